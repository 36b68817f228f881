/**
 * Gives each exchange its session. Promise: an exchange is assigned once and never moves; a session that began as a
 * client's attempt becomes what it turns out to be, so that a probe and the connection after it are one session.
 *
 * By: the `Mcp-Session-Id` header; the id in the endpoint event and the targets that carry it; for 2026-07-28 the client;
 * everything else is the upstream's one `other` session.
 */
import { guessId, type IdPlace, idAt, pathOf, sameButSlash, trimSlash } from './endpoint.ts'
import { headerOf } from './fields.ts'
import type { RpcMessage } from './jsonrpc.ts'
import type { Transport } from './model.ts'
import type { SessionBook } from './session-book.ts'
import type { ExchangeState, SessionState, World } from './state.ts'
import { succeed } from './succession.ts'

/** A client that tries again this soon after a refusal continues the same attempt (ms). */
const PROBE_SPAN = 5_000
/** Requests without an id belong to the same client's session while it was used this lately (ms). */
const CLIENT_SPAN = 300_000
const STATELESS_SINCE = '2026-07-28'
const isStatelessVersion = (version: string) => /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= STATELESS_SINCE

export class SessionFinder {
  readonly #world: World
  readonly #book: SessionBook
  readonly #other = new Map<string, SessionState>()
  readonly #places = new Map<string, IdPlace[]>()

  constructor(world: World, book: SessionBook) {
    this.#world = world
    this.#book = book
  }

  /** By what the request's head says; undefined if only its body can tell. */
  atHead(x: ExchangeState): SessionState | undefined {
    const { method, target, requestHeaders } = x.row
    const version = headerOf(requestHeaders, 'mcp-protocol-version')
    if (isStatelessVersion(version)) return this.#statelessOn(x) ?? (method === 'POST' ? undefined : this.#stateless(x, version))
    const id = headerOf(requestHeaders, 'mcp-session-id')
    if (id !== '') return this.#keyed(x, id, 'streamable')
    const byTarget = this.#byTarget(x, target)
    if (byTarget) return byTarget
    if (method === 'GET' && wantsStream(headerOf(requestHeaders, 'accept'), x.row.path)) {
      return this.#sessionless(x) ?? this.#attempt(x, 'sse')
    }
    return method === 'POST' ? undefined : this.#otherOf(x)
  }

  /** By its body's messages, for a POST that the head could not place. */
  atBody(x: ExchangeState, messages: readonly RpcMessage[]): SessionState {
    const modern = messages.find(
      message => message.method !== 'initialize' && message.protocolVersion && isStatelessVersion(message.protocolVersion),
    )
    const header = headerOf(x.row.requestHeaders, 'mcp-protocol-version')
    const version = modern?.protocolVersion ?? (isStatelessVersion(header) ? header : undefined)
    if (version) return this.#stateless(x, version, modern?.client?.name)
    if (messages.some(message => message.method === 'initialize')) return this.#attempt(x, 'streamable')
    const rpc = messages.some(message => message.kind !== 'invalid')
    return this.#sessionless(x, messages) ?? (rpc ? this.#sameClient(x) : undefined) ?? this.#otherOf(x)
  }

  /** Sessions of this upstream carry their id there. */
  learnPlace(upstream: string, place: IdPlace): void {
    const places = this.#places.get(upstream) ?? []
    const text = JSON.stringify(place)
    if (places.length < 8 && !places.some(known => JSON.stringify(known) === text)) this.#places.set(upstream, [...places, place])
  }

  #byTarget(x: ExchangeState, target: string): SessionState | undefined {
    for (const place of this.#places.get(x.row.upstream) ?? []) {
      const id = idAt(target, place)
      if (id === undefined) continue
      const session = this.#book.byKey(x.row.upstream, id)
      if (session) return session
      if ('param' in place && x.row.method === 'POST') return this.#keyed(x, id, 'sse')
    }
    const guess = guessId(target)
    const known = guess === undefined ? undefined : this.#book.byKey(x.row.upstream, guess)
    if (known) return known
    if (x.row.method !== 'POST') return undefined
    const same = this.#book.newest(x.client, session => session.row.endpoint !== undefined && sameTarget(session.row.endpoint, target))
    return same ?? (guess === undefined ? undefined : this.#keyed(x, guess, 'sse'))
  }

  #keyed(x: ExchangeState, key: string, transport: Transport): SessionState {
    const known = this.#book.byKey(x.row.upstream, key)
    if (known) return known
    const offered = this.#book.offered(x.row.upstream, key)
    if (offered) {
      this.#book.establish(offered, key)
      return offered
    }
    const session = this.#book.create(x, transport, key)
    session.row.issued = false
    session.established = true
    this.#book.name(session, key)
    return session
  }

  /** The stateless session of the same connection. */
  #statelessOn(x: ExchangeState): SessionState | undefined {
    return this.#book.newest(x.client, s => s.row.transport === 'stateless' && s.exchanges.at(-1)?.conn === x.conn)
  }

  /** The same client on another of its connections, or a new one. */
  #stateless(x: ExchangeState, version: string, name?: string): SessionState {
    const fits = (s: SessionState) =>
      s.row.transport === 'stateless' && this.#lately(s) && (!name || !s.row.client.name || s.row.client.name === name)
    const own = this.#book.newest(x.client, fits)
    if (own) return own
    const session = this.#attempt(x, 'stateless')
    session.row.protocolVersion ??= version
    return session
  }

  /**
   * The session of a client whose server gave it no id. Several clients may share an address, and clients of one program their
   * connections: the same connection speaks for a session, and what ends a handshake belongs to one that is not at its end.
   */
  #sessionless(x: ExchangeState, messages: readonly RpcMessage[] = []): SessionState | undefined {
    const newest = (also: (s: SessionState) => boolean) =>
      this.#book.newest(x.client, s => hasNoId(s) && !s.row.ended && s.path === trimSlash(x.row.path) && this.#lately(s) && also(s))
    const same = (s: SessionState) => s === x.conn.session
    const awaits = (s: SessionState) => s.row.initializedAt === undefined
    const endsHandshake = messages.some(({ method }) => method === 'notifications/initialized')
    const begun = endsHandshake ? (newest(s => same(s) && awaits(s)) ?? newest(awaits)) : undefined
    return begun ?? newest(same) ?? newest(() => true)
  }

  /** The session that a client means when its request lost the id. */
  #sameClient(x: ExchangeState): SessionState | undefined {
    return this.#book.newest(x.client, s => {
      const path = s.row.transport === 'sse' && s.row.endpoint !== undefined ? pathOf(s.row.endpoint) : s.path
      return (s.row.transport === 'sse' || s.row.transport === 'streamable') && trimSlash(path) === trimSlash(x.row.path) && this.#lately(s)
    })
  }

  #lately = (session: SessionState) => this.#world.at - session.row.lastAt <= CLIENT_SPAN

  /** A client begins a connection, or tries it another way after a refusal. */
  #attempt(x: ExchangeState, transport: Transport): SessionState {
    const before = this.#book.newest(
      x.client,
      s => s.failed && !s.served && s.openExchanges.size === 0 && this.#world.at - s.row.lastAt <= PROBE_SPAN,
    )
    if (before && before === this.#book.last(x.client)) {
      before.row.transport = transport
      before.failed = false
      before.established = transport === 'stateless'
      before.offered = undefined
      if (transport !== 'stateless') delete before.row.protocolVersion
      this.#world.touch(before)
      return before
    }
    const session = this.#book.create(x, transport, String(x.row.clientPort))
    session.established = transport === 'stateless'
    succeed(session, this.#book, this.#world)
    return session
  }

  #otherOf(x: ExchangeState): SessionState {
    const known = this.#other.get(x.row.upstream)
    if (known) return known
    const session = this.#book.create(x, 'other', 'other')
    session.established = true
    session.row.client = { address: session.row.client.address }
    this.#other.set(x.row.upstream, session)
    return session
  }
}

/** A session that its server gave no id: nothing in a request names it. */
export const hasNoId = ({ row, established, offered }: SessionState): boolean =>
  row.transport === 'streamable' && row.issued && established && offered === undefined

/** Some clients, and curl, say that they take anything; at this path they mean the stream. */
const wantsStream = (accept: string, path: string) =>
  accept.includes('text/event-stream') || ((accept === '' || accept === '*/*') && /\/sse\/?$/.test(path))

const sameTarget = (endpoint: string, target: string) =>
  endpoint === target ||
  (sameButSlash(pathOf(endpoint), pathOf(target)) && endpoint.slice(pathOf(endpoint).length) === target.slice(pathOf(target).length))
