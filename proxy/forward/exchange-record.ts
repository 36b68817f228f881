/**
 * What one exchange writes into the journal. Promise: each part ends once on each leg, whoever noticed it first.
 */
import type { Actor, ChangeEvent, Journal, Leg, Part } from '../core/event.ts'
import { type FlatHeaders, pairsOf } from '../core/headers.ts'
import { BodyTap, type Ended, recordEnd } from '../tap.ts'

interface ResponseHead {
  readonly status: number
  readonly reason: string
  /** `1.0` or `1.1`. */
  readonly http: string
  readonly headers: FlatHeaders
}

export class ExchangeRecord {
  readonly number: number
  readonly #conn: number
  readonly #journal: Journal
  readonly #cap: number
  #ended = 0

  constructor(journal: Journal, conn: number, number: number, bodyCap: number) {
    this.number = number
    this.#journal = journal
    this.#conn = conn
    this.#cap = bodyCap
  }

  request(upstream: string, method: string, target: string, http: string, headers: FlatHeaders): void {
    const { number: exchange } = this
    this.#journal.append({ kind: 'request', conn: this.#conn, exchange, upstream, method, target, http, headers: pairsOf(headers) })
  }

  /** Informational heads (1xx) come before the final one. */
  response(by: Extract<Actor, 'server' | 'proxy'>, { status, reason, http, headers }: ResponseHead): void {
    const { number: exchange } = this
    this.#journal.append({ kind: 'response', by, conn: this.#conn, exchange, status, reason, http, headers: pairsOf(headers) })
  }

  tap(part: Part, expected: number | undefined): BodyTap {
    return new BodyTap(this.#journal, this.#conn, this.number, part, this.#cap, expected)
  }

  change(what: ChangeEvent['what'], original: string, replacement: string): void {
    this.#journal.append({ kind: 'change', conn: this.#conn, exchange: this.number, what, original, replacement })
  }

  /** `body`: given on the leg that the part came from, for what it says of a body beyond the cap. */
  end(leg: Leg, part: Part, ended: Ended, body?: BodyTap): void {
    const bit = (leg === 'client' ? 1 : 2) << (part === 'request' ? 0 : 2)
    if (this.#ended & bit) return
    this.#ended |= bit
    recordEnd(this.#journal, this.#conn, this.number, leg, part, ended, body)
  }

  flush(): void {
    this.#journal.flush()
  }
}
