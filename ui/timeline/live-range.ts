/**
 * The range that is shown at this moment: what was chosen, on its way there for 160 ms, or led along by the live edge.
 * Promise: a range that we told the page ourselves is no news when it comes back as a prop.
 */
import type { Range } from '../view.ts'
import { between, followRange, span, wholeRange } from './scale.ts'

const ZOOM_MS = 160
/** Echoes may come back late; this many are remembered. */
const ECHOES = 32

const sameRange = (a: Range, b: Range): boolean => {
  const wide = Math.max(span(a), span(b))
  return Math.abs(a.from - b.from) < wide * 1e-6 && Math.abs(a.to - b.to) < wide * 1e-6
}

export class LiveRange {
  shown: Range
  #target: Range
  #flight: { readonly from: Range; readonly at: number } | undefined
  #told: Range[] = []
  #heard: Range

  constructor(range: Range) {
    this.shown = range
    this.#target = range
    this.#heard = range
  }

  get flying(): boolean {
    return this.#flight !== undefined
  }

  /** The page's range; true when it is news and leads somewhere else. `at` is now; undefined: without a glide. */
  hear(range: Range, at: number | undefined): boolean {
    if (sameRange(range, this.#heard)) return false
    this.#heard = range
    if (this.#told.some(told => sameRange(told, range))) return false
    this.#told = []
    this.go(range, at)
    return true
  }

  /** Remembers what the page is told. */
  tell(range: Range): void {
    this.#told = [...this.#told.slice(1 - ECHOES), range]
  }

  go(range: Range, at: number | undefined): void {
    this.#target = range
    this.#flight = at === undefined ? undefined : { from: this.shown, at }
    if (at === undefined) this.shown = range
  }

  /** Moves on to `at`; true when a flight has just ended. */
  advance(at: number): boolean {
    if (!this.#flight) {
      this.shown = this.#target
      return false
    }
    const share = Math.min(1, (at - this.#flight.at) / ZOOM_MS)
    this.shown = between(this.#flight.from, this.#target, 1 - (1 - share) ** 3)
    if (share < 1) return false
    this.#flight = undefined
    return true
  }

  /** The edge leads: only the chosen span counts; of the whole, the start stays and the span grows. */
  follow(now: number, isWhole = false): void {
    this.#flight = undefined
    this.shown = isWhole ? wholeRange(this.#target, now) : followRange(this.#target, now)
  }
}
