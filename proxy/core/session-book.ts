/**
 * All sessions, and the ways to find one: by id, by what was offered, by client. Promise: bounded; what it forgets is old
 * and closed.
 */
import { trimSlash } from './endpoint.ts'
import type { Transport } from './model.ts'
import { OpenCalls } from './open-calls.ts'
import type { ExchangeState, SessionState, World } from './state.ts'

const OFFERED_LIMIT = 10_000
const CLIENT_LIMIT = 1_000
const PER_CLIENT_LIMIT = 50

export class SessionBook {
  readonly #world: World
  readonly #byKey = new Map<string, SessionState>()
  /** Ids that a server put on an answer to initialize, before its result confirmed them. */
  readonly #offered = new Map<string, SessionState>()
  /** Sessions of one client on one upstream, newest last. */
  readonly #byClient = new Map<string, SessionState[]>()
  readonly all = new Map<number, SessionState>()

  constructor(world: World) {
    this.#world = world
  }

  byKey(upstream: string, key: string): SessionState | undefined {
    return this.#byKey.get(nameOf(upstream, key))
  }

  offered(upstream: string, key: string): SessionState | undefined {
    return this.#offered.get(nameOf(upstream, key))
  }

  offer(session: SessionState, key: string): void {
    session.offered = key
    this.#offered.set(nameOf(session.row.upstream, key), session)
    if (this.#offered.size > OFFERED_LIMIT) this.#offered.delete(this.#offered.keys().next().value as string)
  }

  /** Another session of the same upstream in which a call of the client waits under this id. Looks at those that are open. */
  waiting(own: SessionState, id: string): SessionState | undefined {
    for (const session of this.all.values()) {
      if (session === own || session.open.size === 0 || session.row.upstream !== own.row.upstream) continue
      if (session.open.under(id, 'client')?.row.rpcId === id) return session
    }
    return undefined
  }

  last(client: string): SessionState | undefined {
    return this.#byClient.get(client)?.at(-1)
  }

  newest(client: string, fits: (session: SessionState) => boolean): SessionState | undefined {
    return this.#byClient.get(client)?.findLast(fits)
  }

  /** It is now known under the id on the wire, or known to have none. */
  establish(session: SessionState, key: string | undefined): void {
    session.established = true
    session.failed = false
    session.row.issued = true
    if (key) {
      this.name(session, key)
    }
    this.#world.touch(session)
  }

  name(session: SessionState, key: string): void {
    session.row.key = key
    this.#byKey.set(nameOf(session.row.upstream, key), session)
  }

  create(x: ExchangeState, transport: Transport, key: string): SessionState {
    const { at } = this.#world
    const session: SessionState = {
      row: {
        t: 'session',
        id: this.#world.nextId(),
        upstream: x.row.upstream,
        transport,
        key,
        issued: true,
        client: { ...(x.userAgent !== '' && { userAgent: x.userAgent }), address: x.conn.client.address },
        server: {},
        startedAt: at,
        lastAt: at,
        state: 'quiet',
        calls: 0,
        exchanges: 0,
        frames: 0,
        undelivered: 0,
        redirects: 0,
        bytes: 0,
        errors: 0,
        warnings: 0,
      },
      client: x.client,
      path: trimSlash(x.row.path),
      established: false,
      failed: false,
      served: false,
      offered: undefined,
      stream: undefined,
      open: new OpenCalls(),
      openExchanges: new Set(),
      number: 0,
      exchanges: [],
      calls: [],
      frames: [],
      noted: { exchanges: [], calls: [] },
      partial: false,
      dropped: false,
      gone: false,
      over: false,
    }
    this.all.set(session.row.id, session)
    if (transport !== 'other') this.#remember(session)
    return session
  }

  #remember(session: SessionState): void {
    const list = this.#byClient.get(session.client) ?? []
    list.push(session)
    if (list.length > PER_CLIENT_LIMIT) list.shift()
    // Newest clients last, so that the oldest can be forgotten.
    this.#byClient.delete(session.client)
    this.#byClient.set(session.client, list)
    if (this.#byClient.size > CLIENT_LIMIT) this.#byClient.delete(this.#byClient.keys().next().value as string)
  }

  /** Forgets a session wholly: its row stays with whoever took it. */
  forget(session: SessionState): void {
    this.all.delete(session.row.id)
    const name = nameOf(session.row.upstream, session.row.key)
    if (this.#byKey.get(name) === session) this.#byKey.delete(name)
    const list = this.#byClient.get(session.client)
    const at = list?.indexOf(session) ?? -1
    if (list && at !== -1) list.splice(at, 1)
    if (list?.length === 0) this.#byClient.delete(session.client)
  }
}

const nameOf = (upstream: string, key: string) => `${upstream}\n${key}`
