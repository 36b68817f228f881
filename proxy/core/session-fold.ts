/**
 * Gives each exchange its session. Promise: an exchange is assigned once and never moves; a session that began as a
 * client's attempt becomes what it turns out to be, so that a probe and the connection after it are one session.
 *
 * By: the `Mcp-Session-Id` header; the id in the endpoint event and the targets that carry it; for 2026-07-28 the client;
 * everything else is the upstream's one `other` session.
 */
import { waiting } from './call-break.ts'
import { guessId, type IdPlace, idAt, pathAndQuery, pathOf, placeOfId, sameButSlash, trimSlash } from './endpoint.ts'
import { headerOf } from './fields.ts'
import type { RpcMessage } from './jsonrpc.ts'
import type { End, Transport } from './model.ts'
import type { SessionBook } from './session-book.ts'
import type { ExchangeState, SessionState, World } from './state.ts'

/** A client that tries again this soon after a refusal continues the same attempt (ms). */
const PROBE_SPAN = 5_000
/** A new session this soon after the end of the same client's old one replaces it (ms). */
const REPLACE_SPAN = 120_000
/**
 * One that ended in order, with nothing in flight, is only replaced by a session that begins this soon (ms): clients that refresh their
 * list of tools do so at once; later it is another run. In both cases it is a client of the same address and user agent, and of the
 * same name and version once it has said them.
 */
const REPLACE_SPAN_IN_ORDER = 5_000
/** Requests without an id belong to the same client's session while it was used this lately (ms). */
const CLIENT_SPAN = 300_000
export const STATELESS_SINCE = '2026-07-28'
export const isStatelessVersion = (version: string) => /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= STATELESS_SINCE

export class SessionFold {
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
    return this.#sessionless(x) ?? (rpc ? this.#sameClient(x) : undefined) ?? this.#otherOf(x)
  }

  enter(x: ExchangeState, session: SessionState): void {
    x.session = session
    x.row.session = session.row.id
    session.row.exchanges++
    session.row.lastAt = this.#world.at
    session.dropped = false
    session.gone = false
    session.openExchanges.add(x)
    session.exchanges.push(x)
    if (!session.row.client.userAgent && x.userAgent) session.row.client = { ...session.row.client, userAgent: x.userAgent }
    this.#world.touchExchange(x)
  }

  /** What the client's own messages tell: who it is, which revision, that it is ready. */
  learnRequest(x: ExchangeState, messages: readonly RpcMessage[]): void {
    const session = x.session
    if (!session) return
    for (const message of messages) {
      if (message.client) this.#introduced(session, message.client)
      if (message.method === 'initialize') {
        x.initialize = true
        if (message.protocolVersion) session.row.askedVersion = message.protocolVersion
      }
      if (message.protocolVersion && session.row.protocolVersion === undefined) session.row.protocolVersion = message.protocolVersion
      if (message.method === 'notifications/initialized' && session.row.initializedAt === undefined)
        session.row.initializedAt = this.#world.at
    }
    this.#world.touch(session)
  }

  /** The client says who it is: if that is somebody else than whose session this one seemed to replace, it replaces none. */
  #introduced(session: SessionState, client: { readonly name?: string; readonly version?: string }): void {
    const { row } = session
    const old = row.replaces === undefined ? undefined : this.#book.all.get(row.replaces)
    const { name, version } = old?.row.client ?? {}
    if (
      old &&
      name !== undefined &&
      client.name !== undefined &&
      (name !== client.name || (version ?? client.version) !== (client.version ?? version))
    ) {
      delete row.replaces
      delete old.row.replacedBy
      const { userAgent, address } = row.client
      row.client = { ...(userAgent !== undefined && { userAgent }), address }
      this.#world.touch(old)
    }
    row.client = { ...row.client, ...client }
  }

  /** What the server's messages tell. An InitializeResult in a 2xx is what makes a session's id one that the server issued. */
  learnAnswer(x: ExchangeState, message: RpcMessage): void {
    const session = x.session
    if (!session || message.kind !== 'response') return
    if (message.server) session.row.server = { ...session.row.server, ...message.server }
    if (message.protocolVersion) session.row.protocolVersion = message.protocolVersion
    if (message.offersTools !== undefined) session.row.offersTools = message.offersTools
    if (x.initialize && session.row.transport === 'streamable' && !session.established) this.#book.establish(session, session.offered)
  }

  responseHead(x: ExchangeState): void {
    const session = x.session
    const { status = 0, responseHeaders = [] } = x.row
    if (!session) return
    const header = headerOf(responseHeaders, 'server')
    if (header !== '' && x.row.responseBy === 'server') session.row.server = { ...session.row.server, header }
    const offered = headerOf(responseHeaders, 'mcp-session-id')
    if (offered !== '' && x.initialize && status < 300 && !session.established) {
      this.#book.offer(session, offered)
    }
    if (status >= 300 && status < 400) session.row.redirects++
    if (status >= 200 && status < 300) session.served = true
    if (!session.established || session.row.transport === 'stateless') session.failed = status >= 400
    if (
      status >= 200 &&
      status < 300 &&
      x.row.method === 'DELETE' &&
      x.row.requestHeaders.some(([name]) => name.toLowerCase() === 'mcp-session-id')
    ) {
      this.end(session, { at: this.#world.at, how: 'complete', by: 'client', bytes: 0, seq: this.#world.seq, detail: 'DELETE' })
    }
    // One worker's 404 is not the session's end if another worker still serves it.
    if (
      status >= 200 &&
      status < 300 &&
      x.row.method !== 'DELETE' &&
      session.row.ended?.by === 'server' &&
      session.row.transport === 'streamable'
    ) {
      delete session.row.ended
    }
    this.#world.touch(session)
  }

  /** The first `endpoint` event of a stream names the session. */
  endpoint(x: ExchangeState, data: string): void {
    const session = x.session
    if (!session || session.row.transport === 'other') return
    const endpoint = pathAndQuery(data.trim(), x.row.target)
    const place = placeOfId(endpoint)
    session.row.transport = 'sse'
    session.row.endpoint = endpoint
    session.row.endpointAt = this.#world.at
    if (place) this.#learnPlace(x.row.upstream, place)
    this.#book.establish(session, place && idAt(endpoint, place))
  }

  /** A stream of this session has opened. */
  streamed(x: ExchangeState): void {
    if (!x.session) return
    x.session.stream = x
    x.session.row.stream = x.row.id
    this.#world.touch(x.session)
  }

  /** Another session of the same upstream that waits under this id. */
  waitingElsewhere(session: SessionState, id: string): SessionState | undefined {
    return this.#book.waiting(session, id)
  }

  end(session: SessionState, end: End, silentMs?: number): void {
    if (session.row.ended) return
    session.row.ended = { ...end, inFlight: waiting(session, end.at), ...(silentMs !== undefined && { silentMs }) }
    this.#world.touch(session)
  }

  #learnPlace(upstream: string, place: IdPlace): void {
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

  /** The session of a client whose server gave it no id. */
  #sessionless(x: ExchangeState): SessionState | undefined {
    return this.#book.newest(
      x.client,
      s =>
        s.row.transport === 'streamable' &&
        s.established &&
        s.offered === undefined &&
        s.row.issued &&
        !s.row.ended &&
        s.path === trimSlash(x.row.path) &&
        this.#lately(s),
    )
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
    const old = this.#book.newest(
      x.client,
      s => s !== session && fitsBefore(s, session) && this.#world.at - (s.row.ended?.at ?? 0) <= replaceSpan(s),
    )
    if (old) {
      session.row.replaces = old.row.id
      old.row.replacedBy = session.row.id
      session.row.client = { ...old.row.client, ...session.row.client }
      this.#world.touch(old)
    }
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

/** Some clients, and curl, say that they take anything; at this path they mean the stream. */
const wantsStream = (accept: string, path: string) =>
  accept.includes('text/event-stream') || ((accept === '' || accept === '*/*') && /\/sse\/?$/.test(path))

const sameTarget = (endpoint: string, target: string) =>
  endpoint === target ||
  (sameButSlash(pathOf(endpoint), pathOf(target)) && endpoint.slice(pathOf(endpoint).length) === target.slice(pathOf(target).length))

function replaceSpan({ row }: SessionState): number {
  const { ended } = row
  const inOrder =
    ended?.by === 'client' && ended.inFlight === 0 && (ended.detail === 'DELETE' || ended.how === 'fin' || ended.how === 'complete')
  return inOrder ? REPLACE_SPAN_IN_ORDER : REPLACE_SPAN
}

function fitsBefore(old: SessionState, next: SessionState): boolean {
  return (
    old.row.ended !== undefined &&
    old.row.replacedBy === undefined &&
    old.row.transport !== 'other' &&
    old.row.upstream === next.row.upstream
  )
}
