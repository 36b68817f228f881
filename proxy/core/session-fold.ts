/**
 * What a session learns from its exchanges: who takes part, in which revision, by which id, and when it ended. Promise: nothing
 * is learned but from what crossed in its own exchanges.
 */
import { waiting } from './call-break.ts'
import { idAt, pathAndQuery, placeOfId } from './endpoint.ts'
import { headerOf } from './fields.ts'
import type { RpcMessage } from './jsonrpc.ts'
import type { End } from './model.ts'
import type { SessionBook } from './session-book.ts'
import type { SessionFinder } from './session-finder.ts'
import type { ExchangeState, SessionState, World } from './state.ts'
import { introduce } from './succession.ts'

export class SessionFold {
  readonly #world: World
  readonly #book: SessionBook
  readonly #finder: SessionFinder

  constructor(world: World, book: SessionBook, finder: SessionFinder) {
    this.#world = world
    this.#book = book
    this.#finder = finder
  }

  enter(x: ExchangeState, session: SessionState): void {
    x.session = session
    if (session.row.transport !== 'other') x.conn.session = session
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
      if (message.client) introduce(session, message.client, this.#book, this.#world)
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
    if (place) this.#finder.learnPlace(x.row.upstream, place)
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
}
