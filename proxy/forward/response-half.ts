/**
 * A response's way to the client. Promise: head and bytes leave as they came, with back-pressure, but for the recorded rewrites of
 * the server's own URLs; a response that the server broke off never gets an end that looks whole.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { asksToKeep, headerOf, isChunked, responseHead } from '../core/headers.ts'
import type { BodyRewriter, Origins } from '../core/reorigin.ts'
import { bodyRewriterFor, type HeadRewrite, rewriteHead } from '../core/rewrite.ts'
import { MetadataRewriter } from '../core/rewrite-metadata.ts'
import type { BodyTap } from '../tap.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { Fate } from './leg-record.ts'
import { flushHead, sendTrailers, setResponseHead } from './raw-head.ts'

/** What happens to a response, told to its exchange. */
export interface ResponseEvents {
  /** There is something to send (so many bytes): ask for a turn. */
  wait(bytes: number): void
  /** The server's part has ended, whole or not. */
  ended(): void
  /** The client's leg must end as the server's did. */
  cut(fate: Fate): void
  /** How the server's leg ended. */
  serverFate(): Fate
}

export class ResponseHalf {
  readonly message: IncomingMessage
  readonly #request: IncomingMessage
  readonly #res: ServerResponse
  readonly #record: ExchangeRecord
  readonly #events: ResponseEvents
  readonly #tap: BodyTap
  readonly #rewritten: HeadRewrite
  readonly #rewriter: BodyRewriter | undefined
  #out: Uint8Array[] = []
  #headSent = false
  #paused = false
  /** Sizes of the writes that the client's kernel has not taken yet. */
  #unflushed: number[] = []
  /** Body bytes that the client's kernel has taken. */
  taken = 0
  /** The server's part has ended. */
  over = false
  /** How, when that was before its framing said so. */
  truncated: Fate | undefined

  constructor(
    message: IncomingMessage,
    request: IncomingMessage,
    res: ServerResponse,
    origins: Origins,
    record: ExchangeRecord,
    events: ResponseEvents,
  ) {
    this.message = message
    this.#request = request
    this.#res = res
    this.#record = record
    this.#events = events
    const { rawHeaders: headers, httpVersion: http, statusCode, statusMessage } = message
    const status = statusCode as number
    record.response('server', { status, reason: statusMessage as string, http, headers })
    const length = headerOf(headers, 'content-length')
    this.#tap = record.tap('response', length === undefined ? undefined : Number(length))
    this.#rewritten = rewriteHead(headers, origins)
    for (const { what, original, replacement } of this.#rewritten.changes) record.change(what, original, replacement)
    this.#rewriter = bodyRewriterFor({ method: request.method as string, target: request.url as string }, { status, headers }, origins)
    message.on('data', (bytes: Buffer) => {
      this.#take(bytes)
      events.wait(bytes.length)
    })
    message.on('end', () => {
      if (!this.over) events.wait(0)
    })
    message.on('error', () => {})
  }

  get headSent(): boolean {
    return this.#headSent
  }
  /** Body bytes that have come. */
  get total(): number {
    return this.#tap.total
  }
  /** An event stream that answers a GET: it has no end of its own. */
  get isStream(): boolean {
    return this.#request.method === 'GET' && (headerOf(this.message.rawHeaders, 'content-type') ?? '').startsWith('text/event-stream')
  }

  #take(bytes: Buffer): void {
    this.#tap.take(bytes)
    if (!this.#rewriter) this.#out.push(bytes)
    else this.#rewrite(this.#rewriter.push(bytes))
  }

  #rewrite(parts: readonly Uint8Array[]): void {
    for (const part of parts) this.#out.push(part)
    const what = this.#rewriter instanceof MetadataRewriter ? 'resource-metadata' : 'endpoint'
    for (const { original, replacement } of this.#rewriter?.takeChanges() ?? []) this.#record.change(what, original, replacement)
  }

  /** Notices a whole end. */
  settle(): void {
    if (!this.over && this.message.complete && this.message.readableLength === 0) this.finish(this.#brokenOff())
  }

  /** A body without framing ends with the connection, and node takes any end for a whole one; a reset is none. */
  #brokenOff(): Fate | undefined {
    const { rawHeaders, statusCode } = this.message
    const bodiless = this.#request.method === 'HEAD' || statusCode === 204 || statusCode === 304
    if (bodiless || headerOf(rawHeaders, 'content-length') !== undefined || isChunked(rawHeaders)) return undefined
    const fate = this.#events.serverFate()
    return fate.how === 'fin' ? undefined : fate
  }

  /** The server's leg has closed: what node still holds of the message goes on, then it is over. */
  close(fate: Fate): void {
    if (this.over) return
    // A client that reads slowly leaves bytes in node's buffer; they were received, and they go on.
    for (let bytes: Buffer | null = this.message.read(); bytes !== null; bytes = this.message.read()) this.#take(bytes)
    this.finish(this.message.complete ? this.#brokenOff() : fate)
    this.#events.wait(0)
  }

  /** The server's part is over; `truncated` says how, where it is not whole. */
  finish(truncated: Fate | undefined): void {
    if (this.over) return
    this.over = true
    this.truncated = truncated
    if (this.#rewriter) this.#rewrite(this.#rewriter.finish())
    const bytes = this.#tap.total
    if (truncated) this.#record.end('server', 'response', { ...truncated, bytes }, this.#tap)
    else this.#record.end('server', 'response', { how: 'complete', by: 'server', bytes, trailers: this.message.rawTrailers }, this.#tap)
    this.#events.ended()
  }

  release(): void {
    const res = this.#res
    if (res.writableEnded || (this.#holdsHead && !this.over)) return
    const out = this.#out
    if (out.length > 0) this.#out = []
    if (!this.#headSent) {
      this.#sendHead(out)
      if (out.length === 0 && (!this.over || this.truncated)) flushHead(res)
    }
    let room = true
    for (const bytes of out) {
      this.#unflushed.push(bytes.length)
      room = res.write(bytes, this.#onFlushed)
    }
    if (this.truncated) this.#events.cut(this.truncated)
    else if (this.over) {
      sendTrailers(res, this.message.rawTrailers)
      res.end()
    } else if (!room) this.#pause()
  }

  /** Nobody takes it any more: it is read and recorded, and goes nowhere. */
  discard(): void {
    this.#out = []
    if (this.#paused) this.message.resume()
  }

  /** A small document whose length will change. */
  get #holdsHead(): boolean {
    return this.#rewriter instanceof MetadataRewriter && !this.#rewriter.passing
  }

  #sendHead(out: readonly Uint8Array[]): void {
    this.#headSent = true
    const { statusCode, statusMessage } = this.message
    const status = statusCode as number
    const length = this.#holdsHead && !this.truncated ? out.reduce((sum, part) => sum + part.length, 0) : undefined
    const http10 = this.#request.httpVersion === '1.0'
    const keeps = http10 && asksToKeep(this.#request.rawHeaders)
    const head = responseHead(this.#rewritten.headers, { http10, keeps, status, ...(length !== undefined && { length }) })
    setResponseHead(this.#res, status, statusMessage as string, head)
  }

  readonly #onFlushed = (error?: Error | null) => {
    const size = this.#unflushed.shift() ?? 0
    if (!error) this.taken += size
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.message.pause()
    this.#res.once('drain', () => {
      this.#paused = false
      this.message.resume()
    })
  }
}
