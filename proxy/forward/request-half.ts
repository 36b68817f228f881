/**
 * A request's way to the server. Promise: its head leaves as soon as it has come, its body follows with back-pressure,
 * and what the server no longer reads is still taken from the client and recorded.
 */
import type { ClientRequest, IncomingMessage } from 'node:http'
import { headerOf, isChunked } from '../core/headers.ts'
import type { BodyTap } from '../tap.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { OutgoingRequest } from './outgoing-request.ts'
import { flushHead, MAX_HEAD_BYTES, sendTrailers, setRequestHead } from './raw-head.ts'

export class RequestHalf {
  readonly message: IncomingMessage
  readonly tap: BodyTap
  readonly #record: ExchangeRecord
  readonly #expected: number | undefined
  #proxyReq: ClientRequest | undefined
  #out: Buffer[] = []
  #headSent = false
  #paused = false
  /** All of it has come. */
  over = false

  constructor(message: IncomingMessage, record: ExchangeRecord) {
    this.message = message
    this.#record = record
    this.#expected = expectedBytes(message)
    this.tap = record.tap('request', this.#expected)
  }

  /** The request that node opened to the server. */
  get outgoing(): ClientRequest | undefined {
    return this.#proxyReq
  }

  /** Begins to send. `wait` asks for a turn, for so many bytes. */
  send(proxyReq: ClientRequest, request: OutgoingRequest, wait: (bytes: number) => void): void {
    const { message } = this
    this.#proxyReq = proxyReq
    proxyReq.maxHeadersCount = 0
    ;(proxyReq as { maxHeaderSize?: number }).maxHeaderSize = MAX_HEAD_BYTES
    setRequestHead(proxyReq, `${message.method} ${request.target} HTTP/1.1`, request)
    proxyReq.on('drain', () => this.resume())
    proxyReq.on('finish', () => this.#record.end('server', 'request', { how: 'complete', by: 'client', bytes: this.tap.total }))
    message.on('data', (bytes: Buffer) => {
      this.tap.take(bytes)
      this.#out.push(bytes)
      wait(bytes.length)
    })
    // Mostly its end was seen with its last bytes.
    message.on('end', () => {
      if (!this.over) wait(0)
    })
    wait(0)
  }

  /** True when its end has come since the last call. */
  settle(): boolean {
    const { message } = this
    if (this.over || message.readableLength > 0) return false
    // Node's parser tells the end of a body one turn after its last byte; a length that is reached tells it at once.
    if (!message.complete && this.tap.total !== this.#expected) return false
    this.over = true
    this.#record.end('client', 'request', { how: 'complete', by: 'client', bytes: this.tap.total, trailers: message.rawTrailers }, this.tap)
    return true
  }

  release(): void {
    const to = this.#proxyReq
    const out = this.#out
    if (out.length > 0) this.#out = []
    if (!to || to.writableEnded) return
    let room = true
    for (const bytes of out) room = to.write(bytes)
    if (this.over) {
      sendTrailers(to, this.message.rawTrailers)
      to.end()
    } else if (out.length === 0) {
      if (!this.#headSent) flushHead(to)
    } else if (!room && !to.destroyed) {
      this.#paused = true
      this.message.pause()
    }
    this.#headSent = true
  }

  /** The server's leg has room again, or nobody reads there any more. */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.message.resume()
  }

  /** Body bytes that have left, as far as node knows. */
  get bytesOut(): number {
    let pending = this.#proxyReq?.writableLength ?? 0
    for (const bytes of this.#out) pending += bytes.length
    return Math.max(0, this.tap.total - pending)
  }
}

/** The length of a message's body, where its head tells it. A request without framing fields has none. */
function expectedBytes({ rawHeaders }: IncomingMessage): number | undefined {
  const length = headerOf(rawHeaders, 'content-length')
  if (length !== undefined) return Number(length)
  return isChunked(rawHeaders) ? undefined : 0
}
