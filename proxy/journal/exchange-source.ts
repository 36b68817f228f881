/**
 * A recording by exchanges, for exports. Promise: one exchange in memory at a time; of the rest only places are kept.
 */
import type { Position, WireEvent } from '../core/event.ts'
import type { Reader } from './reader.ts'

export interface ExchangeFilter {
  /** Only these exchanges, with their connections, and what happened meanwhile. */
  readonly exchanges: ReadonlySet<number>
}

const BATCH = 2000

export class ExchangeSource {
  readonly #reader: Reader
  readonly #filter: ExchangeFilter | undefined
  /** Where the recording ended when this began: a live one grows, and each pass must see the same. */
  readonly #places = new Map<number, Position[]>()
  readonly #conns = new Set<number>()
  #lastSeq = 0
  #from = Number.POSITIVE_INFINITY
  #to = Number.NEGATIVE_INFINITY

  constructor(reader: Reader, filter?: ExchangeFilter) {
    this.#reader = reader
    this.#filter = filter
    this.#index()
  }

  /** Numbers of the exchanges, in the order in which they began. */
  get numbers(): readonly number[] {
    return [...this.#places.keys()]
  }

  /** The events of each exchange in order. Throws an Error when a file has been removed meanwhile. */
  *exchanges(): Generator<{ readonly exchange: number; readonly events: readonly WireEvent[] }> {
    for (const [exchange, places] of this.#places) yield { exchange, events: places.map(place => this.#reader.readAt(place)) }
  }

  /** The `recording` event, connections, log lines and gaps. */
  *loose(): Generator<WireEvent> {
    for (const event of this.events()) if (exchangeOf(event) === 0) yield event
  }

  /** All events in order. */
  *events(): Generator<WireEvent> {
    for (let after: Position | null = null, more = true; more; ) {
      const batch = this.#reader.read(after, BATCH)
      for (const { event } of batch.events) {
        if (event.seq > this.#lastSeq) return
        if (this.#isWanted(event)) yield event
      }
      after = batch.next
      more = batch.more
    }
  }

  #index(): void {
    const wanted = this.#filter?.exchanges
    for (let after: Position | null = null, more = true; more; ) {
      const batch = this.#reader.read(after, BATCH)
      for (const { event, position } of batch.events) {
        this.#lastSeq = Math.max(this.#lastSeq, event.seq)
        const exchange = exchangeOf(event)
        if (exchange === 0 || (wanted && !wanted.has(exchange)) || !('conn' in event)) continue
        const places = this.#places.get(exchange)
        if (places) places.push(position)
        else this.#places.set(exchange, [position])
        this.#conns.add(event.conn)
        this.#from = Math.min(this.#from, event.at)
        this.#to = Math.max(this.#to, event.at)
      }
      after = batch.next
      more = batch.more
    }
  }

  #isWanted(event: WireEvent): boolean {
    if (this.#filter === undefined || event.kind === 'recording') return true
    const exchange = exchangeOf(event)
    if (exchange > 0) return this.#filter.exchanges.has(exchange)
    if ('conn' in event) return this.#conns.has(event.conn)
    return event.at >= this.#from && event.at <= this.#to + 60_000
  }
}

function exchangeOf(event: WireEvent): number {
  return 'exchange' in event ? event.exchange : 0
}
