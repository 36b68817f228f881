/**
 * Joins a request that broke off before any answer to the one by which its client sent it again, as clients do whose idle connection
 * the server closed at that very moment. Promise: the same bytes to the same target in the same session, by the same client on another
 * connection, soon after. (Two sessions of one program send equal bytes: their ids tell them apart.)
 */
import { headerOf } from './fields.ts'
import type { End } from './model.ts'
import type { ExchangeState } from './state.ts'

/** Who sends by itself again does so within this time (ms). */
const RETRY_SPAN = 5_000
const WAITING_LIMIT = 100

export class Retries {
  #lost: { readonly exchange: ExchangeState; readonly at: number }[] = []

  /** The server's side of a request ended before its head came. */
  note(x: ExchangeState, { at, by, how }: End): void {
    if (x.row.method !== 'POST' || by !== 'server' || (how !== 'fin' && how !== 'reset')) return
    this.#lost.push({ exchange: x, at })
    if (this.#lost.length > WAITING_LIMIT) this.#lost.shift()
  }

  /** The request that this one, whose body is known now, sends again. Joins both. */
  join(x: ExchangeState): ExchangeState | undefined {
    if (this.#lost.length === 0) return undefined
    const { requestAt, target, method } = x.row
    this.#lost = this.#lost.filter(({ at }) => requestAt - at <= RETRY_SPAN)
    const found = this.#lost.find(
      ({ exchange }) =>
        exchange.row.method === method &&
        exchange.row.target === target &&
        exchange.client === x.client &&
        sessionIdOf(exchange) === sessionIdOf(x) &&
        exchange.conn !== x.conn &&
        exchange.body === x.body,
    )
    if (!found) return undefined
    this.#lost = this.#lost.filter(one => one !== found)
    x.row.follows = found.exchange.row.id
    found.exchange.row.followedBy = x.row.id
    return found.exchange
  }
}

const sessionIdOf = ({ row }: ExchangeState): string => headerOf(row.requestHeaders, 'mcp-session-id')
