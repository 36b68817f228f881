/** Writes what a client and an HTTP+SSE server say to each other into a real journal. For tests: every event as the proxy would record it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal, Leg, RawHeader } from '../core/event.ts'
import { createRecording, type Recording } from '../journal/recording.ts'

export const PRODUCT = 'mcp-seismograph 0.1.0'

/** A data folder of its own, and the recordings in it. */
export class TestData {
  readonly dir = mkdtempSync(join(tmpdir(), 'seismograph-test-'))
  readonly #recordings: Recording[] = []

  record(masked = true): Recording {
    const recording = createRecording(this.dir, {
      upstreams: [{ name: 'mcp', url: 'http://127.0.0.1:8001/sse', listen: { address: '127.0.0.1', port: 8002 } }],
      options: { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 64 << 20, masked },
      product: PRODUCT,
      retention: false,
    })
    this.#recordings.push(recording)
    return recording
  }

  remove(): void {
    for (const recording of this.#recordings) recording.close()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

const CRLF = '\r\n'
const local = { address: '127.0.0.1', port: 8002 }
const HEAD: readonly RawHeader[] = [
  ['Host', 'localhost:8002'],
  ['User-Agent', 'story/1'],
]

/** One client with its stream and its POSTs. */
export class Client {
  readonly #journal: Journal
  readonly #session: string
  readonly #port: number
  static #count = 0
  #conn = 0
  #exchange = 0
  #streamConn = 0
  #stream = 0
  #posts = 0
  #sent = 0

  /** Numbers of connections and exchanges begin at `first * 1000`. */
  constructor(journal: Journal, session: string, first = ++Client.#count) {
    this.#journal = journal
    this.#session = session
    this.#conn = first * 1000
    this.#exchange = first * 1000
    this.#port = 40_000 + first
  }

  #open(): number {
    const conn = ++this.#conn
    const remote = { address: '127.0.0.1', port: this.#port + (conn % 1000) }
    this.#journal.append({ kind: 'open', conn, leg: 'client', upstream: 'mcp', local, remote })
    this.#journal.append({
      kind: 'open',
      conn,
      leg: 'server',
      upstream: 'mcp',
      local: { ...remote, port: remote.port + 10_000 },
      remote: { ...local, port: 8001 },
      took: 0.1,
    })
    return conn
  }

  #end(conn: number, exchange: number, part: 'request' | 'response', bytes: number): void {
    for (const leg of ['client', 'server'] as const)
      this.#journal.append({ kind: 'end', conn, exchange, leg, part, how: 'complete', by: part === 'request' ? 'client' : 'server', bytes })
  }

  #chunk(conn: number, exchange: number, part: 'request' | 'response', bytes: Uint8Array): void {
    this.#journal.append({ kind: 'chunk', conn, exchange, part, size: bytes.length, bytes })
  }

  /** Opens the stream and gets its endpoint. `coding` is the Content-Encoding of what follows, its bytes given to `send` ready. */
  connect(headers: readonly RawHeader[] = []): this {
    const conn = this.#open()
    const exchange = ++this.#exchange
    this.#streamConn = conn
    this.#stream = exchange
    this.#journal.append({
      kind: 'request',
      conn,
      exchange,
      upstream: 'mcp',
      method: 'GET',
      target: '/sse',
      http: '1.1',
      headers: [...HEAD, ['Accept', 'text/event-stream']],
    })
    this.#end(conn, exchange, 'request', 0)
    this.#journal.append({
      kind: 'response',
      conn,
      exchange,
      by: 'server',
      status: 200,
      reason: 'OK',
      http: '1.1',
      headers: [['Content-Type', 'text/event-stream; charset=utf-8'], ...headers],
    })
    if (headers.length === 0) this.endpoint()
    return this
  }

  endpoint(): this {
    return this.send(`event: endpoint${CRLF}data: /messages/?session_id=${this.#session}${CRLF}${CRLF}`)
  }

  /** Bytes on the stream, in pieces of at most `size`. */
  send(bytes: string | Uint8Array, size = Number.POSITIVE_INFINITY): this {
    const all = Buffer.from(bytes)
    for (let at = 0; at < all.length; at += size) {
      const piece = all.subarray(at, at + size)
      this.#chunk(this.#streamConn, this.#stream, 'response', piece)
      this.#sent += piece.length
    }
    this.#journal.flush()
    return this
  }

  event(data: string): this {
    return this.send(`event: message${CRLF}data: ${data}${CRLF}${CRLF}`)
  }

  ping(): this {
    return this.send(`: ping - 2026-11-20${CRLF}${CRLF}`)
  }

  /** A POST of `body`, accepted with 202. */
  post(
    body: string,
    options: { status?: number; answer?: string; headers?: readonly RawHeader[]; answerHeaders?: readonly RawHeader[] } = {},
  ): this {
    if (this.#posts === 0) this.#posts = this.#open()
    const conn = this.#posts
    const exchange = ++this.#exchange
    const bytes = Buffer.from(body)
    const { status = 202, answer = 'Accepted', headers = [], answerHeaders = [] } = options
    this.#journal.append({
      kind: 'request',
      conn,
      exchange,
      upstream: 'mcp',
      method: 'POST',
      target: `/messages/?session_id=${this.#session}`,
      http: '1.1',
      headers: [...HEAD, ['Content-Type', 'application/json'], ['Content-Length', `${bytes.length}`], ...headers],
    })
    this.#chunk(conn, exchange, 'request', bytes)
    this.#end(conn, exchange, 'request', bytes.length)
    this.#journal.append({
      kind: 'response',
      conn,
      exchange,
      by: 'server',
      status,
      reason: status === 202 ? 'Accepted' : '',
      http: '1.1',
      headers: [
        ['content-length', `${Buffer.byteLength(answer)}`],
        ...(answerHeaders.length > 0 ? answerHeaders : [['content-type', 'text/plain'] as const]),
      ],
    })
    if (answer) this.#chunk(conn, exchange, 'response', Buffer.from(answer))
    this.#end(conn, exchange, 'response', Buffer.byteLength(answer))
    this.#journal.flush()
    return this
  }

  initialize(): this {
    this.post(
      '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2024-11-05","clientInfo":{"name":"story","version":"1"}}}',
    )
    this.event(
      '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2024-11-05","serverInfo":{"name":"panos","version":"1"},"capabilities":{}}}',
    )
    return this.post('{"jsonrpc":"2.0","method":"notifications/initialized"}')
  }

  call(id: number, tool: string, args = '{}'): this {
    return this.post(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`)
  }

  answer(id: number, text: string): this {
    return this.event(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } }))
  }

  /** The client closes its stream. */
  leave(): this {
    this.#endStream('client', 'client', 'fin')
    this.#endStream('server', 'proxy', 'closed')
    return this
  }

  /** The server ends the stream in order. */
  finish(): this {
    this.#endStream('server', 'server', 'complete')
    this.#endStream('client', 'server', 'complete')
    return this
  }

  #endStream(leg: Leg, by: 'client' | 'server' | 'proxy', how: 'fin' | 'closed' | 'complete'): void {
    const conn = this.#streamConn
    this.#journal.append({ kind: 'end', conn, exchange: this.#stream, leg, part: 'response', how, by, bytes: this.#sent })
    this.#journal.append({ kind: 'close', conn, leg, how: how === 'complete' ? 'fin' : how, by, received: 300, sent: this.#sent })
    this.#journal.flush()
  }
}
