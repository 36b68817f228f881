/**
 * Puts things that overlap in time into sub-rows. Promise: rows in one sub-row never overlap; what finds no room in the last of them is counted,
 * and of the failed ones among that it is known when they failed.
 */

/** Things with a beginning and an end, ascending by start. An end that is not known yet is Infinity. */
export interface Track<T> {
  readonly starts: number[]
  readonly ends: number[]
  readonly items: T[]
}
/** What must never be hidden by what: problems are drawn last and never merged into anything else. */
export type Rank = 'plain' | 'redirect' | 'problem'
export const RANKS: readonly Rank[] = ['plain', 'redirect', 'problem']

export interface SubRow<T> {
  readonly plain: Track<T>
  readonly redirect: Track<T>
  readonly problem: Track<T>
}
/** What found no sub-row: `items` ascend by start, `starts` and `ends` each by itself. */
export interface Crowd<T> extends Track<T> {
  /** The failed ones: `items` ascend by end; `starts` (from when on they had failed) and `ends` each by itself. */
  readonly failed: Track<T>
}
export interface Stacked<T> {
  readonly rows: SubRow<T>[]
  readonly crowd?: Crowd<T>
}

/** What a thing is to the stacker. `failed`: from when on it had failed, if it has. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly rank: Rank
  readonly failed: { readonly from: number } | false
}

const emptyTrack = <T>(): Track<T> => ({ starts: [], ends: [], items: [] })
const emptyRow = <T>(): SubRow<T> => ({ plain: emptyTrack(), redirect: emptyTrack(), problem: emptyTrack() })
const ascending = (a: number, b: number): number => a - b

export class Stacker<T> {
  readonly rows: SubRow<T>[] = []
  readonly #free: number[] = []
  readonly #limit: number
  readonly #crowd: { readonly item: T; readonly span: Span }[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The sub-row it took; -1 when all were taken. Items come in order of their start. */
  add(item: T, span: Span): number {
    const { start, end, rank } = span
    let row = this.#free.findIndex(free => free <= start)
    if (row < 0 && this.rows.length < this.#limit) {
      row = this.rows.length
      this.rows.push(emptyRow())
      this.#free.push(0)
    }
    if (row < 0) {
      this.#crowd.push({ item, span })
      return row
    }
    this.#free[row] = Math.max(end, start)
    const track = (this.rows[row] as SubRow<T>)[rank]
    track.starts.push(start)
    track.ends.push(end)
    track.items.push(item)
    return row
  }

  done(): Stacked<T> {
    if (this.#crowd.length === 0) return { rows: this.rows }
    const failed = this.#crowd.filter(({ span }) => span.failed).sort((a, b) => a.span.end - b.span.end)
    const crowd: Crowd<T> = {
      starts: this.#crowd.map(({ span }) => span.start),
      ends: this.#crowd.map(({ span }) => span.end).sort(ascending),
      items: this.#crowd.map(({ item }) => item),
      failed: {
        starts: failed.map(({ span }) => (span.failed ? span.failed.from : span.end)).sort(ascending),
        ends: failed.map(({ span }) => span.end),
        items: failed.map(({ item }) => item),
      },
    }
    return { rows: this.rows, crowd }
  }
}
