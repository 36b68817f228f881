/**
 * One request and its response on their way through. Promise: each head and byte is in the journal before it leaves, each part's end
 * is recorded on both legs as what it was, and what ends on one leg ends on the other.
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { headerOf, responseHead } from '../core/headers.ts'
import { type Origins, originsFor } from '../core/reorigin.ts'
import type { Refusal } from '../guard.ts'
import type { Connection } from './connection.ts'
import { ExchangeRecord } from './exchange-record.ts'
import { CLOSED, type Fate } from './leg-record.ts'
import { type HeadOptions, outgoingRequest } from './outgoing-request.ts'
import { ownAnswer } from './own-answer.ts'
import { sendInformation, setResponseHead } from './raw-head.ts'
import { RequestHalf } from './request-half.ts'
import { type ResponseEvents, ResponseHalf } from './response-half.ts'
import { type Trouble, troubleOf } from './trouble.ts'
import type { Waiting } from './turn.ts'

export interface ExchangeOptions extends HeadOptions {
  readonly bodyCap: number
  /** Origins that mean the upstream. */
  readonly upstreamOrigins: readonly string[]
  /** Where challenges of this upstream announced protected-resource metadata. */
  readonly announced: Set<string>
  /** The proxy's origin for a client that sent no Host. */
  readonly listen: string
}

/** http-proxy asks whether the client's socket is gone; ends are our business. */
const LIVE = { destroyed: false }

export class Exchange implements Waiting, ResponseEvents {
  // What http-proxy reads of a request: it is given an exchange in its place, and pipes it.
  readonly method: string
  readonly url = '/'
  readonly headers: Record<string, string> = {}
  readonly httpVersionMajor = 1
  readonly socket = LIVE

  readonly record: ExchangeRecord
  readonly #connection: Connection
  readonly #options: ExchangeOptions
  readonly #res: ServerResponse
  readonly #request: RequestHalf
  #response: ResponseHalf | undefined
  #turning = false
  #clientGone = false
  /** Bytes of our own answer, if we gave it. */
  #ownBytes: number | undefined
  #linger: NodeJS.Timeout | undefined
  /** The client has gone, and the server's leg is held open all the same. */
  held = false
  /** The response has left for the client, or never will. */
  answered = false

  constructor(number: number, connection: Connection, req: IncomingMessage, res: ServerResponse, options: ExchangeOptions) {
    const { journal, name } = connection.shared
    this.#connection = connection
    this.#options = options
    this.#res = res
    this.method = req.method as string
    this.record = new ExchangeRecord(journal, connection.number, number, options.bodyCap)
    this.record.request(name, this.method, req.url as string, req.httpVersion, req.rawHeaders)
    this.#request = new RequestHalf(req, this.record)
    connection.begin(this)
    res.on('error', ignore)
    req.on('error', ignore)
    res.on('finish', () => this.#onSent())
  }

  /** Nothing of it is under way on the client's leg. */
  get over(): boolean {
    return this.answered && (this.#request.over || this.#clientGone)
  }
  /** An event stream, which has no end of its own. */
  get isStream(): boolean {
    return this.#response?.isStream === true
  }
  /** Response bytes that have come so far. */
  get crossed(): number {
    return this.#response?.total ?? 0
  }

  // ---- turns

  wait(bytes: number): void {
    const { turn } = this.#connection.shared
    if (!this.#turning) turn.add(this)
    this.#turning = true
    if (bytes > 0) turn.hold(bytes)
  }

  settle(): void {
    this.#turning = false
    if (this.#request.settle() && this.answered) this.#connection.progressed(this)
    this.#response?.settle()
  }

  release(): void {
    this.#request.release()
    if (!this.#clientGone && this.#ownBytes === undefined) this.#response?.release()
  }

  broke(error: Error): void {
    this.#connection.broke(error)
  }

  // ---- from http-proxy

  /** It registers for errors of the request here; ours come by the connection. */
  on(): this {
    return this
  }

  /** It hands over the request that it opened. */
  pipe(proxyReq: ClientRequest): ClientRequest {
    const request = outgoingRequest(this.#request.message, this.#options, this.record, this.#connection.noted)
    this.#request.send(proxyReq, request, bytes => this.wait(bytes))
    proxyReq.on('information', info => this.#onInformation(info))
    proxyReq.on('upgrade', (_, socket) => {
      socket.destroy()
      this.onError(Object.assign(new Error('101 Switching Protocols, which nobody asked for'), { code: 'HPE_UPGRADE' }))
    })
    return proxyReq
  }

  onResponse(message: IncomingMessage): void {
    // The server closes when it closes; node would go first after `Connection: close`.
    ;(this.#request.outgoing as ClientRequest).shouldKeepAlive = true
    const { message: request } = this.#request
    const { upstreamOrigins, announced, listen, target } = this.#options
    const host = headerOf(request.rawHeaders, 'host')
    const proxy = host === undefined ? listen : `http://${host}`
    const origins: Origins = { upstream: originsFor(target, upstreamOrigins, proxy, listen), scheme: target.protocol, proxy, announced }
    const response = new ResponseHalf(message, request, this.#res, origins, this.record, this)
    this.#response = response
    message.on('close', () => {
      response.close(this.#connection.serverFate)
      this.#request.resume()
    })
    this.wait(0)
  }

  #onInformation(info: { statusCode: number; statusMessage: string; httpVersion: string; rawHeaders: string[] }): void {
    const { statusCode: status, statusMessage: reason, httpVersion: http, rawHeaders: headers } = info
    this.record.response('server', { status, reason, http, headers })
    this.record.flush()
    if (this.#clientGone || this.#res.headersSent || this.#request.message.httpVersion === '1.0') return
    sendInformation(this.#res, status, reason, responseHead(headers, { http10: false, status }))
  }

  /** The request to the server failed, before an answer began or after. */
  onError(error: NodeJS.ErrnoException): void {
    const garbage = error.code?.startsWith('HPE_') === true
    if (garbage) this.#connection.failServer({ how: 'garbage', by: 'server', code: error.code as string, detail: error.message })
    const fate = this.#connection.serverFate
    this.record.end('server', 'request', { ...fate, bytes: this.#request.bytesOut })
    this.#request.resume()
    if (this.#response || this.#ownBytes !== undefined) return
    if (this.#clientGone) this.#leave()
    else if (this.#connection.reached && !garbage) {
      // Connected, then ended without an answer: the client sees the same.
      this.record.end('server', 'response', { ...fate, bytes: 0 })
      this.cut(fate)
    } else this.fail(troubleOf(error, this.#options.target))
  }

  // ---- from the response

  serverFate(): Fate {
    return this.#connection.serverFate
  }

  ended(): void {
    this.#endLinger('the answer ended')
  }

  /** Ends the client's leg as the server's ended: never with a terminator. */
  cut(fate: Fate): void {
    this.#connection.closeClient(fate.how === 'reset' ? 'reset' : 'fin')
  }

  #onSent(): void {
    const own = this.#ownBytes
    const sent = own ?? this.#response?.taken ?? 0
    this.record.end('client', 'response', { how: 'complete', by: own === undefined ? 'server' : 'proxy', bytes: sent })
    this.answered = true
    if (own !== undefined) this.#closeAnswered()
    this.#connection.progressed(this)
  }

  // ---- from the connection

  get outgoing(): ClientRequest | undefined {
    return this.#request.outgoing
  }

  /** The server's leg ended, or the client sent a FIN, while this request waited behind another one. */
  unasked(): void {
    this.record.end('client', 'response', { ...this.#connection.clientFate, bytes: 0 })
    this.#endLinger('the server closed')
    if (this.#ownBytes === undefined) this.#leave()
    else {
      this.answered = true
      this.#connection.progressed(this)
    }
  }

  /** The server's leg has room again. */
  resume(): void {
    this.#request.resume()
  }

  /** The client sent a FIN while its answer is due: it has gone, or will read on and send no more. */
  clientFinished(): void {
    this.settle()
    if (!this.#request.over || this.answered) return
    this.record.end('client', 'response', { how: 'fin', by: 'client', bytes: this.#taken })
    if (this.#beginLinger()) return
    const outgoing = this.#request.outgoing
    if (!outgoing || outgoing.writableFinished) this.#connection.halfCloseUpstream()
    else outgoing.once('finish', () => this.#connection.halfCloseUpstream())
  }

  /** The client's leg has ended: nothing more can be sent to it. */
  clientGone(fate: Fate): void {
    if (this.#clientGone) return
    this.#clientGone = true
    this.record.end('client', 'request', { ...fate, bytes: this.#request.tap.total }, this.#request.tap)
    this.record.end('client', 'response', { ...fate, bytes: this.#taken })
    if (!this.#beginLinger()) this.#leave()
    this.#response?.discard()
  }

  get #taken(): number {
    return this.#response?.taken ?? 0
  }

  /** Nobody waits any more: what has not ended on the server's leg ends now. */
  #leave(): void {
    const fate = this.#connection.serverFate
    this.record.end('server', 'request', { ...fate, bytes: this.#request.bytesOut })
    this.#response?.finish(CLOSED)
    this.record.end('server', 'response', { ...fate, bytes: 0 })
    this.answered = true
    this.#connection.progressed(this)
  }

  /** The client broke the framing of its request. True if it could be told so: no answer had begun. */
  breakRequest(fate: Fate, refusal: Refusal): boolean {
    this.record.end('client', 'request', { ...fate, bytes: this.#request.tap.total }, this.#request.tap)
    if (this.#request.over || this.#response?.headSent || this.#ownBytes !== undefined) return false
    this.#connection.resetUpstream()
    this.record.end('server', 'request', { ...CLOSED, bytes: this.#request.bytesOut })
    this.#response?.finish(CLOSED)
    this.record.end('server', 'response', { ...CLOSED, bytes: 0 })
    this.refuse(refusal)
    return true
  }

  // ---- our own answers

  /** Answers in the server's place, since it cannot. */
  fail(trouble: Trouble): void {
    if (trouble.status === 508) this.record.change('rejected', trouble.message, '508 Loop Detected')
    const { how, code, message } = trouble
    this.record.end('server', 'request', { how, by: 'server', bytes: 0, code })
    this.record.end('server', 'response', { how, by: 'server', bytes: 0, code, detail: message })
    this.#answer(trouble)
  }

  /** Answers a request that may not pass. Nothing is forwarded. */
  refuse(refusal: Refusal): void {
    this.record.change('rejected', refusal.message, `${refusal.status} ${refusal.code}`)
    this.#answer(refusal)
  }

  #answer(why: { status: number; code: string; message: string; try: string }): void {
    const { status, reason, headers, body } = ownAnswer(why, this.#options.target.origin)
    this.#ownBytes = body.length
    this.record.response('proxy', { status, reason, http: '1.1', headers })
    this.record.tap('response', body.length).take(body)
    this.record.flush()
    this.#request.message.resume()
    setResponseHead(this.#res, status, reason, responseHead(headers, { http10: false, status }))
    this.#res.end(body)
  }

  #closeAnswered(): void {
    this.settle()
    if (this.#request.over) this.#connection.closeClient('fin')
    else this.#connection.closeWhenSent()
  }

  /** Ends a response that is still under way, because the proxy stops. */
  drain(): void {
    this.record.change('drain', 'the proxy stops', 'the connection was closed')
    this.record.end('client', 'response', { ...CLOSED, bytes: this.#taken })
    this.#connection.closeClient('fin')
  }

  // ---- linger

  #beginLinger(): boolean {
    const { lingerMs } = this.#connection.shared
    if (this.held) return true
    if (lingerMs <= 0 || !this.#request.over || !this.#request.outgoing || this.#response?.over) return false
    this.held = true
    this.record.change('linger-begin', 'the client has gone', `the server's leg is held open for up to ${lingerMs / 1000} s`)
    this.#linger = setTimeout(() => this.#endLinger('the time was over'), lingerMs)
    return true
  }

  #endLinger(why: string): void {
    if (!this.held) return
    this.held = false
    clearTimeout(this.#linger)
    this.record.change('linger-end', why, "the server's leg is closed")
    if (this.#clientGone) this.#leave()
    if (this.#clientGone || !this.#response?.over) this.#connection.release()
  }
}

function ignore(): void {}
