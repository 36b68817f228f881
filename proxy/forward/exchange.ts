/**
 * One request and its response on their way through. Promise: each byte and head is in the journal before it leaves, in both
 * directions with back-pressure, and each part's end is recorded on both legs as what it was. A truncated answer never gets a clean end.
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Leg, Part } from '../core/event.ts'
import { headerOf, isChunked, pairsOf, requestHead, responseHead } from '../core/headers.ts'
import type { BodyRewriter, Origins } from '../core/reorigin.ts'
import { bodyRewriterFor, type HeadRewrite, rewriteHead } from '../core/rewrite.ts'
import { MetadataRewriter } from '../core/rewrite-metadata.ts'
import type { Refusal } from '../guard.ts'
import { BodyTap, type Ended, recordEnd } from '../tap.ts'
import { CLOSED, type Connection, type Fate } from './connection.ts'
import { flushHead, setRequestHead, setResponseHead } from './raw-head.ts'
import { type Trouble, troubleBody, troubleOf } from './trouble.ts'
import type { Waiting } from './turn.ts'

export interface ExchangeOptions {
  readonly target: URL
  readonly hostHeader: 'preserve' | 'upstream'
  readonly forwarded: boolean
  readonly bodyCap: number
  /** Origins that mean the upstream. */
  readonly upstreamOrigins: readonly string[]
  /** How a client that sent no Host addresses the proxy. */
  readonly listen: string
}

const MAX_HEAD_BYTES = 32 * 1024
/** http-proxy asks whether the client's socket is gone; ends are this file's business. */
const LIVE = { destroyed: false }

export class Exchange implements Waiting {
  // ---- what http-proxy reads of a request (it is given an exchange in its place, and pipes it)
  readonly method: string
  readonly url = '/'
  readonly headers: Record<string, string> = {}
  readonly httpVersionMajor = 1
  readonly socket = LIVE

  readonly number: number
  readonly #connection: Connection
  readonly #options: ExchangeOptions
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  #ended = 0
  #turning = false

  #proxyReq: ClientRequest | undefined
  #requestTap: BodyTap
  #requestOut: Buffer[] = []
  #requestHeadSent = false
  #requestOver = false
  #requestPaused = false

  #proxyRes: IncomingMessage | undefined
  #responseTap: BodyTap | undefined
  #responseOut: Uint8Array[] = []
  #rewriter: BodyRewriter | undefined
  #rewritten: HeadRewrite | undefined
  #responseHeadSent = false
  /** The server's response has come to its end; `#truncated` when that was before its framing said so. */
  #responseOver = false
  #truncated: Fate | undefined
  #responsePaused = false
  #clientGone = false
  /** Sizes of the writes that the client's kernel has not taken yet, and the body bytes that it has. */
  #unflushed: number[] = []
  #taken = 0
  #answeredByProxy = false
  #linger: NodeJS.Timeout | undefined
  held = false
  /** The response has left for the client, or never will. */
  answered = false

  constructor(number: number, connection: Connection, req: IncomingMessage, res: ServerResponse, options: ExchangeOptions) {
    this.number = number
    this.#connection = connection
    this.#options = options
    this.#req = req
    this.#res = res
    this.method = req.method as string
    const { journal } = connection.shared
    journal.append({
      kind: 'request',
      conn: connection.number,
      exchange: number,
      upstream: connection.shared.name,
      method: this.method,
      target: req.url as string,
      http: req.httpVersion,
      headers: pairsOf(req.rawHeaders),
    })
    this.#requestTap = this.#tap('request', req)
    connection.begin(this)
    res.on('error', ignore)
    req.on('error', ignore)
    res.on('finish', () => this.#onSent())
  }

  /** Nothing of it is under way on the client's leg. */
  get over(): boolean {
    return this.answered && (this.#requestOver || this.#clientGone)
  }
  /** True for an event stream that has begun: it has no end of its own. */
  get isStream(): boolean {
    const headers = this.#proxyRes?.rawHeaders
    return this.method === 'GET' && headers !== undefined && (headerOf(headers, 'content-type') ?? '').startsWith('text/event-stream')
  }
  /** Response bytes that have come so far. */
  get crossed(): number {
    return this.#responseTap?.total ?? 0
  }

  #tap(part: Part, message: IncomingMessage): BodyTap {
    const length = headerOf(message.rawHeaders, 'content-length')
    const expected = length === undefined ? (part === 'request' && !isChunked(message.rawHeaders) ? 0 : undefined) : Number(length)
    return new BodyTap(this.#connection.shared.journal, this.#connection.number, this.number, part, this.#options.bodyCap, expected)
  }

  #change(
    what: 'host' | 'forwarded' | 'endpoint' | 'location' | 'resource-metadata' | 'linger-begin' | 'linger-end' | 'rejected' | 'drain',
    original: string,
    replacement: string,
  ): void {
    this.#connection.shared.journal.append({
      kind: 'change',
      conn: this.#connection.number,
      exchange: this.number,
      what,
      original,
      replacement,
    })
  }

  // ---- request

  /** http-proxy registers for errors here; ours come by the connection. */
  on(): this {
    return this
  }

  /** http-proxy hands over the request that it opened. */
  pipe(proxyReq: ClientRequest): ClientRequest {
    this.#proxyReq = proxyReq
    proxyReq.maxHeadersCount = 0
    ;(proxyReq as { maxHeaderSize?: number }).maxHeaderSize = MAX_HEAD_BYTES
    const req = this.#req
    setRequestHead(proxyReq, `${this.method} ${req.url} HTTP/1.1`, requestHead(req.rawHeaders, this.#requestChoices()))
    proxyReq.on('information', info => this.#onInformation(info))
    proxyReq.on('upgrade', (_, socket) => {
      socket.destroy()
      this.onError(Object.assign(new Error('101 Switching Protocols, which nobody asked for'), { code: 'HPE_UPGRADE' }))
    })
    proxyReq.on('drain', () => this.resumeRequest())
    proxyReq.on('finish', () => this.#end('server', 'request', { how: 'complete', by: 'client', bytes: this.#requestTap.total }))
    req.on('data', (bytes: Buffer) => {
      this.#requestTap.take(bytes)
      this.#requestOut.push(bytes)
      this.#wait()
    })
    req.on('end', () => this.#wait())
    this.#wait()
    return proxyReq
  }

  #requestChoices() {
    const { hostHeader, forwarded, target } = this.#options
    const { rawHeaders, httpVersion } = this.#req
    const http10 = httpVersion === '1.0'
    if (hostHeader === 'preserve' && !forwarded) return { http10 }
    const host = headerOf(rawHeaders, 'host') ?? ''
    const noted = this.#connection.noted
    const choices: { http10: boolean; host?: string; origin?: string; append?: string[] } = { http10 }
    if (hostHeader === 'upstream') {
      choices.host = target.host
      if (!noted.has('host')) this.#change('host', `Host: ${host}`, `Host: ${target.host}`)
      noted.add('host')
      const origin = headerOf(rawHeaders, 'origin')
      if (origin !== undefined && origin.toLowerCase() === `http://${host.toLowerCase()}`) {
        choices.origin = target.origin
        if (!noted.has('origin')) this.#change('host', `Origin: ${origin}`, `Origin: ${target.origin}`)
        noted.add('origin')
      }
    }
    if (forwarded) {
      choices.append = ['X-Forwarded-For', this.#connection.client.remoteAddress ?? 'unknown']
      if (headerOf(rawHeaders, 'x-forwarded-proto') === undefined) choices.append.push('X-Forwarded-Proto', 'http')
      if (headerOf(rawHeaders, 'x-forwarded-host') === undefined) choices.append.push('X-Forwarded-Host', host)
      if (!noted.has('forwarded')) this.#change('forwarded', '', linesOf(choices.append))
      noted.add('forwarded')
    }
    return choices
  }

  /** The server's leg has room again, or nobody reads there any more. */
  resumeRequest(): void {
    if (!this.#requestPaused) return
    this.#requestPaused = false
    this.#req.resume()
  }

  #releaseRequest(): void {
    const to = this.#proxyReq
    if (!to || to.writableEnded) {
      this.#requestOut = []
      return
    }
    let room = true
    for (const bytes of this.#requestOut) room = to.write(bytes)
    if (this.#requestOver) {
      if (this.#req.rawTrailers.length > 0) to.addTrailers(trailersOf(this.#req.rawTrailers))
      to.end()
    } else {
      if (this.#requestOut.length === 0 && !this.#requestHeadSent) flushHead(to)
      if (!room && !to.destroyed) {
        this.#requestPaused = true
        this.#req.pause()
      }
    }
    this.#requestHeadSent = true
    if (this.#requestOut.length > 0) this.#requestOut = []
  }

  // ---- response

  #onInformation(info: { statusCode: number; statusMessage: string; httpVersion: string; rawHeaders: string[] }): void {
    const { journal } = this.#connection.shared
    journal.append({
      kind: 'response',
      by: 'server',
      conn: this.#connection.number,
      exchange: this.number,
      status: info.statusCode,
      reason: info.statusMessage,
      http: info.httpVersion,
      headers: pairsOf(info.rawHeaders),
    })
    journal.flush()
    if (this.#clientGone || this.#res.headersSent || this.#req.httpVersion === '1.0') return
    if (info.statusCode === 100) this.#res.writeContinue()
    else this.#res.writeInformation(info.statusCode, info.rawHeaders)
  }

  onResponse(proxyRes: IncomingMessage): void {
    this.#proxyRes = proxyRes
    // The server closes when it closes; node would go first after `Connection: close`.
    ;(this.#proxyReq as ClientRequest).shouldKeepAlive = true
    const status = proxyRes.statusCode as number
    this.#connection.shared.journal.append({
      kind: 'response',
      by: 'server',
      conn: this.#connection.number,
      exchange: this.number,
      status,
      reason: proxyRes.statusMessage as string,
      http: proxyRes.httpVersion,
      headers: pairsOf(proxyRes.rawHeaders),
    })
    this.#responseTap = this.#tap('response', proxyRes)
    this.#planRewrites(status, proxyRes)
    proxyRes.on('data', (bytes: Buffer) => this.#onResponseData(bytes))
    proxyRes.on('end', () => this.#wait())
    proxyRes.on('error', ignore)
    proxyRes.on('close', () => this.#onResponseClose())
    this.#wait()
  }

  #planRewrites(status: number, proxyRes: IncomingMessage): void {
    const { upstreamOrigins, listen, target } = this.#options
    const host = headerOf(this.#req.rawHeaders, 'host')
    const origins: Origins = { upstream: upstreamOrigins, scheme: target.protocol, proxy: host === undefined ? listen : `http://${host}` }
    this.#rewritten = rewriteHead(proxyRes.rawHeaders, origins)
    const { location, challenge } = this.#rewritten
    if (location) this.#change('location', location.original, location.replacement)
    if (challenge) this.#change('resource-metadata', challenge.original, challenge.replacement)
    this.#rewriter = bodyRewriterFor(
      { method: this.method, target: this.#req.url as string },
      { status, headers: proxyRes.rawHeaders },
      origins,
    )
  }

  #onResponseData(bytes: Buffer): void {
    const tap = this.#responseTap as BodyTap
    tap.take(bytes)
    if (this.#rewriter) {
      for (const part of this.#rewriter.push(bytes)) this.#responseOut.push(part)
      this.#recordBodyChanges()
    } else this.#responseOut.push(bytes)
    this.#wait()
  }

  #recordBodyChanges(): void {
    const rewriter = this.#rewriter as BodyRewriter
    const what = rewriter instanceof MetadataRewriter ? 'resource-metadata' : 'endpoint'
    for (const { original, replacement } of rewriter.takeChanges()) this.#change(what, original, replacement)
  }

  #onResponseClose(): void {
    const proxyRes = this.#proxyRes as IncomingMessage
    if (this.#responseOver) return
    // A client that reads slowly leaves bytes in node's buffer; they were received, and they go on.
    for (let bytes: Buffer | null = proxyRes.read(); bytes !== null; bytes = proxyRes.read()) this.#onResponseData(bytes)
    if (!proxyRes.complete) this.#truncated = this.#connection.serverFate
    this.#overResponse()
    this.resumeRequest()
    this.#wait()
  }

  /** The server's part has ended: what was held back goes on, and the end is recorded. */
  #overResponse(): void {
    if (this.#responseOver) return
    this.#responseOver = true
    if (this.#rewriter) {
      for (const part of this.#rewriter.finish()) this.#responseOut.push(part)
      this.#recordBodyChanges()
    }
    const bytes = this.#responseTap?.total ?? 0
    if (this.#truncated) this.#end('server', 'response', { ...this.#truncated, bytes })
    else this.#end('server', 'response', { how: 'complete', by: 'server', bytes, trailers: this.#proxyRes?.rawTrailers })
    this.#endLinger('the answer ended')
  }

  #releaseResponse(): void {
    const proxyRes = this.#proxyRes
    const out = this.#responseOut
    if (out.length > 0) this.#responseOut = []
    if (!proxyRes || this.#answeredByProxy || this.#clientGone || this.#res.writableEnded) return
    const holdsHead = this.#rewriter instanceof MetadataRewriter && !this.#rewriter.passing && !this.#responseOver
    if (holdsHead) return
    const res = this.#res
    if (!this.#responseHeadSent) {
      this.#responseHeadSent = true
      this.#sendHead(proxyRes, out)
      if (out.length === 0 && (!this.#responseOver || this.#truncated)) flushHead(res)
    }
    let room = true
    for (const bytes of out) {
      this.#unflushed.push(bytes.length)
      room = res.write(bytes, this.#onFlushed)
    }
    if (this.#truncated) this.#cut(this.#truncated)
    else if (this.#responseOver) {
      if (proxyRes.rawTrailers.length > 0 && res.chunkedEncoding) res.addTrailers(trailersOf(proxyRes.rawTrailers))
      res.end()
    } else if (!room) this.#pauseResponse(proxyRes)
  }

  #sendHead(proxyRes: IncomingMessage, out: readonly Uint8Array[]): void {
    const status = proxyRes.statusCode as number
    const flat = this.#rewritten?.headers ?? proxyRes.rawHeaders
    const changed = this.#rewriter instanceof MetadataRewriter && this.#responseOver && !this.#truncated
    const length = changed ? out.reduce((sum, part) => sum + part.length, 0) : undefined
    const http10 = this.#req.httpVersion === '1.0'
    const head = responseHead(flat, { http10, status, ...(length !== undefined && { length }) })
    setResponseHead(this.#res, status, proxyRes.statusMessage as string, head)
  }

  #onFlushed = (error?: Error | null) => {
    const size = this.#unflushed.shift() ?? 0
    if (!error) this.#taken += size
  }

  #pauseResponse(proxyRes: IncomingMessage): void {
    if (this.#responsePaused) return
    this.#responsePaused = true
    proxyRes.pause()
    this.#res.once('drain', () => {
      this.#responsePaused = false
      proxyRes.resume()
    })
  }

  /** Ends the client's leg as the server's ended: never with a terminator. */
  #cut(fate: Fate): void {
    const connection = this.#connection
    connection.closeClient(fate.how === 'reset' ? 'reset' : 'fin')
  }

  #onSent(): void {
    this.#end('client', 'response', { how: 'complete', by: this.#answeredByProxy ? 'proxy' : 'server', bytes: this.#taken })
    this.answered = true
    if (this.#answeredByProxy) this.#closeAnswered()
    this.#connection.progressed(this)
  }

  // ---- turns

  #wait(): void {
    if (this.#turning) return
    this.#turning = true
    this.#connection.shared.turn.add(this)
  }

  settle(): void {
    this.#turning = false
    if (!this.#requestOver && this.#req.complete && this.#req.readableLength === 0) {
      this.#requestOver = true
      this.#end('client', 'request', { how: 'complete', by: 'client', bytes: this.#requestTap.total, trailers: this.#req.rawTrailers })
      if (this.answered) this.#connection.progressed(this)
    }
    const proxyRes = this.#proxyRes
    if (proxyRes?.complete && proxyRes.readableLength === 0 && !this.#responseOver) this.#overResponse()
  }

  release(): void {
    this.#releaseRequest()
    this.#releaseResponse()
  }

  // ---- ends

  #end(leg: Leg, part: Part, ended: Ended): void {
    const bit = (leg === 'client' ? 1 : 2) << (part === 'request' ? 0 : 2)
    if (this.#ended & bit) return
    this.#ended |= bit
    const { journal } = this.#connection.shared
    const from = part === 'request' ? 'client' : 'server'
    const body = leg !== from ? undefined : part === 'request' ? this.#requestTap : this.#responseTap
    recordEnd(journal, this.#connection.number, this.number, leg, part, ended, body)
  }

  /** The client sent a FIN while its answer is due: it has gone, or will read on and send no more. */
  clientFinished(): void {
    const fate: Fate = { how: 'fin', by: 'client' }
    this.settle()
    if (!this.#requestOver) return
    this.#end('client', 'response', { ...fate, bytes: this.#taken })
    if (this.#beginLinger()) return
    const proxyReq = this.#proxyReq
    if (!proxyReq || proxyReq.writableFinished) this.#connection.halfCloseUpstream()
    else proxyReq.once('finish', () => this.#connection.halfCloseUpstream())
  }

  /** The client's leg has ended: nothing more can be sent to it. */
  clientGone(fate: Fate): void {
    if (this.#clientGone) return
    this.#clientGone = true
    this.#end('client', 'request', { ...fate, bytes: this.#requestTap.total })
    this.#end('client', 'response', { ...fate, bytes: this.#taken })
    if (this.#responseOver || !this.#beginLinger()) {
      if (!this.#responseOver) this.#truncated ??= CLOSED
      this.#leave()
    }
    if (this.#responsePaused) this.#proxyRes?.resume()
  }

  /** Nobody waits any more, on either side. */
  #leave(): void {
    const fate = this.#connection.serverFate
    this.#end('server', 'request', { ...fate, bytes: this.#requestBytesOut() })
    this.#end('server', 'response', { ...(this.#truncated ?? fate), bytes: this.#responseTap?.total ?? 0 })
    this.answered = true
    this.#connection.progressed(this)
  }

  #requestBytesOut(): number {
    const pending = this.#requestOut.reduce((sum, part) => sum + part.length, this.#proxyReq?.writableLength ?? 0)
    return Math.max(0, this.#requestTap.total - pending)
  }

  /** http-proxy reports an error of the upstream request. */
  onError(error: NodeJS.ErrnoException): void {
    const garbage = error.code?.startsWith('HPE_') === true
    if (garbage) this.#connection.failServer({ how: 'garbage', by: 'server', code: error.code as string, detail: error.message })
    const fate = this.#connection.serverFate
    this.#end('server', 'request', { ...fate, bytes: this.#requestBytesOut() })
    this.resumeRequest()
    if (this.#proxyRes || this.#answeredByProxy) return
    if (this.#clientGone) {
      this.#leave()
      return
    }
    if (this.#connection.reached && !garbage) {
      // Connected, then ended without an answer: the client sees the same.
      this.#responseOver = true
      this.#truncated = fate
      this.#end('server', 'response', { ...fate, bytes: 0 })
      this.#connection.closeClient(fate.how === 'reset' ? 'reset' : 'fin')
      return
    }
    this.fail(troubleOf(error, this.#options.target))
  }

  /** The client broke the framing of its request. True if it could be told so: no answer had begun. */
  breakRequest(fate: Fate, refusal: Refusal): boolean {
    this.#end('client', 'request', { ...fate, bytes: this.#requestTap.total })
    if (this.#requestOver || this.#responseOver || this.#responseHeadSent || !this.#proxyReq) return false
    this.#responseOver = true
    this.#connection.resetUpstream()
    this.#end('server', 'request', { ...CLOSED, bytes: this.#requestBytesOut() })
    this.#end('server', 'response', { ...CLOSED, bytes: 0 })
    this.refuse(refusal)
    return true
  }

  /** Answers in the server's place, since it cannot. */
  fail(trouble: Trouble): void {
    if (trouble.status === 508) this.#change('rejected', trouble.message, '508 Loop Detected')
    const { how, code, message } = trouble
    this.#end('server', 'request', { how, by: 'server', bytes: 0, code })
    this.#end('server', 'response', { how, by: 'server', bytes: 0, code, detail: message })
    this.#answer(trouble.status, troubleBody(trouble, this.#options.target.origin))
  }

  /** Answers a request that may not pass. Nothing is forwarded. */
  refuse(refusal: Refusal): void {
    this.#change('rejected', refusal.message, `${refusal.status} ${refusal.code}`)
    this.#answer(refusal.status, troubleBody(refusal, this.#options.target.origin))
  }

  #answer(status: number, body: string): void {
    this.#answeredByProxy = true
    const bytes = Buffer.from(body)
    const headers = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(bytes.length), 'Connection', 'close']
    const { journal } = this.#connection.shared
    const reason = REASONS[status] ?? 'Refused'
    const at = { conn: this.#connection.number, exchange: this.number }
    journal.append({ kind: 'response', by: 'proxy', ...at, status, reason, http: '1.1', headers: pairsOf(headers) })
    journal.append({ kind: 'chunk', ...at, part: 'response', size: bytes.length, bytes })
    journal.flush()
    this.#responseOver = true
    this.#req.resume()
    setResponseHead(this.#res, status, reason, responseHead(headers, { http10: false, status }))
    this.#unflushed.push(bytes.length)
    this.#res.write(bytes, this.#onFlushed)
    this.#res.end()
  }

  #closeAnswered(): void {
    this.settle()
    if (this.#req.complete) this.#connection.closeClient('fin')
    else this.#connection.closeWhenSent()
  }

  /** Ends a response that has no end of its own, because the proxy stops. */
  drain(): void {
    this.#change('drain', 'the proxy stops', 'the connection was closed')
    this.#end('client', 'response', { ...CLOSED, bytes: this.#taken })
    this.#connection.closeClient('fin')
  }

  // ---- linger

  #beginLinger(): boolean {
    const { lingerMs } = this.#connection.shared
    if (this.held) return true
    if (lingerMs <= 0 || !this.#requestOver || this.#responseOver || !this.#proxyReq) return false
    this.held = true
    this.#change('linger-begin', 'the client has gone', `the server's leg is held open for up to ${lingerMs / 1000} s`)
    this.#linger = setTimeout(() => this.#endLinger('the time was over'), lingerMs)
    return true
  }

  #endLinger(why: string): void {
    if (!this.held) return
    this.held = false
    clearTimeout(this.#linger)
    this.#change('linger-end', why, "the server's leg is closed")
    if (!this.#responseOver) this.#truncated ??= CLOSED
    if (this.#clientGone) this.#leave()
    if (this.#clientGone || !this.#responseOver) this.#connection.release()
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  508: 'Loop Detected',
}

export const reasonOf = (status: number): string => REASONS[status] ?? 'Refused'

function linesOf(flat: readonly string[]): string {
  return pairsOf(flat)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
}

const trailersOf = (flat: readonly string[]) => pairsOf(flat) as [string, string][]

function ignore(): void {}
