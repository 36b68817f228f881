/**
 * Writes wire events by hand, for tests of cases that are hard to record. Promise: what it writes is what the tap would
 * have recorded, in that order, with numbers that fit.
 */
import type { Actor, Draft, Ending, Endpoint, RawHeader, WireEvent } from '../core/event.ts'
import { Fold, type FoldOptions } from '../core/fold.ts'
import type { AnyRow, RowKind } from '../core/model.ts'

const encoder = new TextEncoder()
const PROXY: Endpoint = { address: '127.0.0.1', port: 8002 }
type Body = string | Uint8Array
const bytesOf = (body: Body) => (typeof body === 'string' ? encoder.encode(body) : body)

/** A fold with a pen: everything written is folded at once; `latest` holds each row's latest state. */
export class WireScript {
  readonly fold: Fold
  readonly events: WireEvent[] = []
  readonly latest = new Map<number, AnyRow>()
  at = 0
  clientAddress = '127.0.0.1'
  #conns = 0
  #exchanges = 0
  readonly upstream: string

  constructor(options: Partial<FoldOptions> & { upstream?: string } = {}) {
    const { upstream = 'mcp', ...rest } = options
    this.upstream = upstream
    this.fold = new Fold({ recording: 0, ...rest })
  }

  write(draft: Draft): number {
    const event = { seq: this.events.length + 1, ...draft, at: draft.at ?? this.at } as WireEvent
    this.events.push(event)
    this.fold.push(event)
    return event.seq
  }

  /** Time passes, in ms. */
  wait(ms: number): this {
    this.at += ms
    return this
  }

  connect(port = 50_000 + this.#conns, agent = 'node', upstream = this.upstream): Conn {
    const conn = ++this.#conns
    this.write({ kind: 'open', leg: 'client', conn, upstream, local: PROXY, remote: { address: this.clientAddress, port } })
    return new Conn(this, conn, agent, upstream)
  }

  log(text: string, source: 'file' | 'stdout' | 'stderr' | 'process' = 'stderr'): void {
    for (const line of text.split('\n')) this.write({ kind: 'log', upstream: this.upstream, source, text: line })
  }

  nextExchange(): number {
    return ++this.#exchanges
  }

  rows<K extends RowKind>(kind: K): Extract<AnyRow, { t: K }>[] {
    for (const row of this.fold.takeRows()) this.latest.set(row.id, row)
    return [...this.latest.values()].filter((row): row is Extract<AnyRow, { t: K }> => row.t === kind)
  }

  /** The only row of its kind, or the one at an index. */
  row<K extends RowKind>(kind: K, index = 0): Extract<AnyRow, { t: K }> {
    const row = this.rows(kind).at(index)
    if (!row) throw new Error(`there is no ${kind} ${index}`)
    return row
  }
}

export class Conn {
  readonly script: WireScript
  readonly number: number
  readonly agent: string
  readonly upstream: string

  constructor(script: WireScript, number: number, agent: string, upstream: string) {
    this.script = script
    this.number = number
    this.agent = agent
    this.upstream = upstream
  }

  request(method: string, target: string, headers: readonly RawHeader[] = [], body?: Body): Trip {
    const trip = new Trip(this, this.script.nextExchange())
    const length: RawHeader[] = body === undefined ? [] : [['content-length', String(bytesOf(body).length)]]
    const all: RawHeader[] = [['host', '127.0.0.1:8002'], ['user-agent', this.agent], ...headers, ...length]
    this.script.write({ kind: 'request', ...trip.ids, upstream: this.upstream, method, target, http: '1.1', headers: all })
    if (body !== undefined) trip.send(body)
    return body === undefined && method === 'POST' ? trip : trip.sent()
  }

  get(target: string, headers: readonly RawHeader[] = []): Trip {
    return this.request('GET', target, [['accept', 'text/event-stream'], ...headers])
  }

  post(target: string, message: unknown, headers: readonly RawHeader[] = []): Trip {
    const body = typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message)
    return this.request('POST', target, [['content-type', 'application/json'], ...headers], body)
  }

  close(by: Actor = 'client', how: Ending = 'fin'): void {
    this.script.write({ kind: 'close', conn: this.number, leg: 'client', how, by, received: 0, sent: 0 })
  }
}

export class Trip {
  readonly ids: { readonly conn: number; readonly exchange: number }
  readonly #script: WireScript
  #requestBytes = 0
  #responseBytes = 0

  constructor(conn: Conn, exchange: number) {
    this.#script = conn.script
    this.ids = { conn: conn.number, exchange }
  }

  send(body: Body): this {
    const bytes = bytesOf(body)
    this.#requestBytes += bytes.length
    this.#script.write({ kind: 'chunk', ...this.ids, part: 'request', size: bytes.length, bytes })
    return this
  }

  sent(): this {
    this.#script.write({
      kind: 'end',
      ...this.ids,
      leg: 'client',
      part: 'request',
      how: 'complete',
      by: 'client',
      bytes: this.#requestBytes,
    })
    return this
  }

  head(status: number, headers: readonly RawHeader[] = [], by: 'server' | 'proxy' = 'server'): this {
    this.#script.write({ kind: 'response', ...this.ids, by, status, reason: '', http: '1.1', headers })
    return this
  }

  /** A chunk of the response. `size` beyond the bytes: the recording kept no more. */
  body(body: Body, size?: number): this {
    const bytes = bytesOf(body)
    this.#responseBytes += size ?? bytes.length
    this.#script.write({ kind: 'chunk', ...this.ids, part: 'response', size: size ?? bytes.length, bytes })
    return this
  }

  serverEnd(how: Ending = 'complete', by: Actor = 'server'): this {
    this.#script.write({ kind: 'end', ...this.ids, leg: 'server', part: 'response', how, by, bytes: this.#responseBytes })
    return this
  }

  clientEnd(how: Ending = 'complete', by: Actor = 'server', bytes = this.#responseBytes): this {
    this.#script.write({ kind: 'end', ...this.ids, leg: 'client', part: 'response', how, by, bytes })
    return this
  }

  /** A whole answer. */
  answer(status: number, body: Body = '', headers: readonly RawHeader[] = []): this {
    const bytes = bytesOf(body)
    this.head(status, [['content-length', String(bytes.length)], ...headers])
    if (bytes.length > 0) this.body(bytes)
    return this.serverEnd().clientEnd()
  }

  json(status: number, value: unknown, headers: readonly RawHeader[] = []): this {
    return this.answer(status, JSON.stringify(value), [['content-type', 'application/json'], ...headers])
  }

  stream(): this {
    return this.head(200, [['content-type', 'text/event-stream']])
  }

  /** An SSE event. */
  event(data: unknown, name = 'message'): this {
    return this.body(`event: ${name}\r\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\r\n\r\n`)
  }

  change(what: Extract<Draft, { kind: 'change' }>['what'], original: string, replacement: string): this {
    this.#script.write({ kind: 'change', ...this.ids, what, original, replacement })
    return this
  }
}

export const request = (id: unknown, method: string, params: unknown = {}) => ({ jsonrpc: '2.0', id, method, params })
export const tool = (id: unknown, name = 'slow') => request(id, 'tools/call', { name })
export const result = (id: unknown, value: unknown = { content: [] }) => ({ jsonrpc: '2.0', id, result: value })
export const initialize = (id: unknown = 0, name = 'client') =>
  request(id, 'initialize', { protocolVersion: '2025-06-18', clientInfo: { name, version: '1' } })
export const initialized = (id: unknown = 0) => result(id, { protocolVersion: '2025-06-18', serverInfo: { name: 'server', version: '2' } })

export const SSE_ID = '0123456789abcdef0123456789abcdef'
export const MESSAGES = `/messages/?session_id=${SSE_ID}`

/** An HTTP+SSE session: its stream is open and has named its endpoint. */
export function openSse(script: WireScript, endpoint = MESSAGES): { stream: Trip; conn: Conn; streamConn: Conn } {
  const streamConn = script.connect()
  const stream = streamConn.get('/sse').stream().event(endpoint, 'endpoint')
  return { stream, streamConn, conn: script.connect() }
}

/** A Streamable session with this id, initialized. */
export function openStreamable(script: WireScript, id = 'session-one-0001', conn = script.connect()): { conn: Conn; headers: RawHeader[] } {
  conn.post('/mcp', initialize()).json(200, initialized(), [['mcp-session-id', id]])
  const headers: RawHeader[] = [['mcp-session-id', id]]
  conn.post('/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' }, headers).answer(202)
  return { conn, headers }
}
