/**
 * Joins a redirected request to the one that followed it. Promise: two requests are joined only if the second goes where the
 * first was sent, comes from the same client, and carries the same message; an id alone never joins.
 */
import { pathAndQuery } from './endpoint.ts'
import { headerOf } from './fields.ts'
import type { ExchangeState } from './state.ts'

/** A follow-up this late is another request (ms). */
const FOLLOW_SPAN = 30_000
/** From here on the rules may call it not followed (ms). */
const OVERDUE_SPAN = 6_000
const WAITING_LIMIT = 1000

interface Hop {
  readonly exchange: ExchangeState
  readonly target: string
  readonly at: number
  told: boolean
}

export class Redirects {
  #waiting: Hop[] = []

  /** A 3xx with a Location has come for this exchange. */
  note(x: ExchangeState, at: number): void {
    const { location, target } = x.row
    if (location === undefined) return
    this.#waiting.push({ exchange: x, target: pathAndQuery(location, target), at, told: false })
    if (this.#waiting.length > WAITING_LIMIT) this.#waiting.shift()
  }

  /** The hop that a request follows, by its head alone: enough to place it in a session, not to join it. */
  likely(x: ExchangeState): ExchangeState | undefined {
    return this.#candidates(x)[0]?.exchange
  }

  /** The hop that a request follows, now that its body is known. Joins both. */
  join(x: ExchangeState): ExchangeState | undefined {
    const fits = this.#candidates(x).filter(hop => sameMessage(hop.exchange, x))
    const hop = fits.find(({ exchange }) => exchange.row.conn === x.row.conn) ?? fits[0]
    if (!hop) return undefined
    this.#waiting = this.#waiting.filter(other => other !== hop)
    x.row.follows = hop.exchange.row.id
    hop.exchange.row.followedBy = x.row.id
    return hop.exchange
  }

  /** Hops that have waited longer than clients take; each is told once. */
  overdue(at: number): ExchangeState[] {
    const late = this.#waiting.filter(hop => !hop.told && at - hop.at > OVERDUE_SPAN)
    for (const hop of late) hop.told = true
    return late.map(hop => hop.exchange)
  }

  /** Hops that nobody will follow any more, and until when somebody might have. */
  expire(at: number): { readonly exchange: ExchangeState; readonly until: number }[] {
    const old = this.#waiting.filter(hop => at - hop.at > FOLLOW_SPAN)
    if (old.length > 0) this.#waiting = this.#waiting.filter(hop => at - hop.at <= FOLLOW_SPAN)
    return old.map(hop => ({ exchange: hop.exchange, until: hop.at + FOLLOW_SPAN }))
  }

  get size(): number {
    return this.#waiting.length
  }

  #candidates(x: ExchangeState): Hop[] {
    if (this.#waiting.length === 0) return []
    const { target, method, requestAt } = x.row
    return this.#waiting.filter(
      hop =>
        hop.target === target &&
        hop.exchange !== x &&
        !namesAnother(hop.exchange, x) &&
        requestAt - hop.at <= FOLLOW_SPAN &&
        hop.exchange.row.upstream === x.row.upstream &&
        (hop.exchange.client === x.client || hop.exchange.conn === x.conn) &&
        (hop.exchange.row.method === method || (method === 'GET' && [301, 302, 303].includes(hop.exchange.row.status ?? 0))),
    )
  }
}

/** A client follows with the headers that it had: one that names a session now speaks of something else. */
function namesAnother(hop: ExchangeState, x: ExchangeState): boolean {
  const id = headerOf(x.row.requestHeaders, 'mcp-session-id')
  return id !== '' && id !== headerOf(hop.row.requestHeaders, 'mcp-session-id')
}

/** Same bytes; or, where the first was cut short by its early answer, nothing that speaks against it. */
function sameMessage(hop: ExchangeState, x: ExchangeState): boolean {
  if (hop.row.method !== x.row.method) return true
  if (hop.body === x.body) return true
  return hop.row.requestEnd !== undefined && hop.row.requestBytes < x.row.requestBytes
}
