/**
 * Connections: who is at either end, and what ends with them. Promise: one whose beginning is missing from the journal is as good as any
 * other, and one that is closed on both legs is forgotten.
 */
import type { CloseEvent, OpenEvent } from './event.ts'
import { endOf } from './exchange-ends.ts'
import type { ExchangeFold } from './exchange-fold.ts'
import type { ConnState, World } from './state.ts'

const NOWHERE = { address: '', port: 0 }

export class ConnFold {
  readonly #world: World
  readonly #exchanges: ExchangeFold
  readonly #all = new Map<number, ConnState>()

  constructor(world: World, exchanges: ExchangeFold) {
    this.#world = world
    this.#exchanges = exchanges
  }

  get size(): number {
    return this.#all.size
  }

  of(number: number, upstream: string): ConnState {
    let conn = this.#all.get(number)
    if (!conn) {
      conn = { number, upstream, client: NOWHERE, serverPort: 0, open: new Set(), clientClosed: false, serverClosed: false }
      this.#all.set(number, conn)
    }
    return conn
  }

  opened(event: OpenEvent): void {
    const conn = this.of(event.conn, event.upstream)
    if (event.leg === 'client') {
      conn.client = event.remote
      conn.clientClosed = false
      return
    }
    this.#world.outages.reached(event)
    conn.serverPort = event.local.port
    conn.serverAddress = event.remote.address
    conn.serverClosed = false
    for (const x of conn.open) {
      x.row.serverPort = event.local.port
      x.row.serverAddress = event.remote.address
      this.#world.touchExchange(x)
    }
  }

  /** A connection has ended: whatever still ran on it has ended on that leg, whether or not the proxy said so before. */
  closed(event: CloseEvent): void {
    const conn = this.#all.get(event.conn)
    if (!conn) return
    const { how, code, detail } = event
    for (const x of [...conn.open]) {
      const end = endOf(event, x.row.responseBytes)
      if (event.leg === 'client') {
        this.#exchanges.clientEnd(x, end)
        this.#exchanges.clientClosed(x, code !== undefined)
      } else if (x.row.status !== undefined) this.#exchanges.serverEnd(x, end)
      else if (how !== 'complete' && how !== 'closed') x.row.trouble ??= [code, detail].filter(Boolean).join(': ') || how
      this.#world.touchExchange(x)
    }
    if (event.leg === 'server' && event.by === 'server' && conn.open.size === 0) this.#hungUp(conn, event)
    if (event.leg === 'client') conn.clientClosed = true
    else conn.serverClosed = true
    if (!conn.clientClosed || (!conn.serverClosed && conn.serverPort !== 0)) return
    for (const x of [...conn.open]) this.#exchanges.finish(x)
    this.#all.delete(event.conn)
  }

  /** Between two exchanges: the last one bears it. */
  #hungUp({ last }: ConnState, event: CloseEvent): void {
    if (!last || last.session?.dropped) return
    last.row.hangup = endOf(event, last.row.responseBytes)
    this.#world.touchExchange(last)
  }
}
