/**
 * All opened recordings as one: the page asks by revision and by id, whichever recording a row belongs to.
 * Promise: revisions are one order over all of them.
 */
import type { State } from '../core/feed.ts'
import { logSpan, type Span } from '../core/log-span.ts'
import { type AnyRow, ID_SPACE } from '../core/model.ts'
import { openReader, type Reader } from '../journal/reader.ts'
import { Follower, type RevCounter } from './follower.ts'
import type { FeedRows } from './live-feed.ts'
import type { InspectorSummary, Source } from './messages.ts'
import type { BodySource } from './recorded-bodies.ts'
import { rowJson } from './row-index.ts'

/** Room for the revisions of one worker; the next one begins above. */
const GENERATION = 1e12
const RATE_SECONDS = 5

export interface RowsQuery {
  readonly after: number
  readonly upTo?: number
  readonly limit: number
  readonly global: boolean
  /** Only what is not global of these sessions. */
  readonly withoutGlobal?: boolean
  readonly sessions: readonly number[]
}

export class Library {
  readonly followers: readonly Follower[]
  readonly #readers = new Map<number, Reader>()
  readonly #revs: RevCounter
  readonly product: string
  readonly #samples: { at: number; events: number }[] = []
  canDemo: boolean
  /** A failure of the recorder that goes on now. */
  trouble: string | undefined

  constructor(
    sources: readonly Source[],
    setting: { scratch: string; generation: number; product: string; canDemo: boolean; trouble?: string },
  ) {
    this.#revs = { value: setting.generation * GENERATION }
    this.product = setting.product
    this.canDemo = setting.canDemo
    this.trouble = setting.trouble
    this.followers = sources.map((source, number) => new Follower(source, number, this.#revs, setting.scratch))
  }

  /** Highest revision that has been stored. */
  rev(): number {
    return Math.min(this.#revs.value, ...this.followers.map(({ unstoredFrom }) => unstoredFrom - 1))
  }

  /** The recording that an id belongs to, with a reader of its own for looking things up. */
  sourceOf(id: number): BodySource | undefined {
    const number = Math.floor(id / ID_SPACE)
    const follower = this.followers[number]
    if (!follower) return undefined
    let reader = this.#readers.get(number)
    if (!reader) {
      reader = openReader(follower.reader.dir)
      this.#readers.set(number, reader)
    }
    return { index: follower.index, reader, masker: follower.masker }
  }

  row<T extends AnyRow['t']>(id: number, kind: T): Extract<AnyRow, { t: T }> | undefined {
    const follower = this.followers[Math.floor(id / ID_SPACE)]
    const stored = follower?.index.row(id)
    if (!follower || stored?.t !== kind) return undefined
    return JSON.parse(rowJson({ json: stored.json, rev: stored.rev + follower.revBase })) as Extract<AnyRow, { t: T }>
  }

  rows({ after, upTo = Number.MAX_SAFE_INTEGER, limit, global, withoutGlobal = false, sessions }: RowsQuery): FeedRows {
    const found: { rev: number; json: string }[] = []
    for (const { index, revBase, number } of this.followers) {
      const own = sessions.filter(id => Math.floor(id / ID_SPACE) === number)
      const query = { after: Math.max(0, after - revBase), upTo: upTo - revBase, limit: limit + 1 }
      if (query.upTo <= query.after) continue
      const lists = [
        global ? index.page(query) : [],
        own.length > 0 ? index.page({ ...query, withoutGlobal, sessions: own, spans: this.#spans(own) }) : [],
      ]
      const seen = new Set<number>()
      for (const row of lists.flat()) {
        if (seen.has(row.id)) continue
        seen.add(row.id)
        found.push({ rev: row.rev + revBase, json: row.json })
      }
    }
    found.sort((a, b) => a.rev - b.rev)
    const page = found.slice(0, limit)
    return { jsons: page.map(rowJson), rev: page.at(-1)?.rev ?? after, more: found.length > limit }
  }

  #spans(sessions: readonly number[]): Span[] {
    return sessions.flatMap(id => {
      const session = this.row(id, 'session')
      return session ? [logSpan(session)] : []
    })
  }

  /** Called once a second: what the rate is computed from. */
  sample(): void {
    this.#samples.push({ at: performance.now(), events: this.#events() })
    if (this.#samples.length > RATE_SECONDS + 1) this.#samples.shift()
  }
  #events(): number {
    return this.followers.reduce((sum, { events }) => sum + events, 0)
  }
  #rate(): number {
    const [first] = this.#samples
    if (!first || !this.isLive) return 0
    const seconds = Math.max(1, (performance.now() - first.at) / 1000)
    return Math.round(((this.#events() - first.events) / seconds) * 10) / 10
  }

  get isLive(): boolean {
    return this.followers.some(({ isLive }) => isLive)
  }

  state(): State {
    return {
      product: this.product,
      recordings: this.followers.map(follower => {
        const info = follower.info()
        const trouble = [follower.isLive ? this.trouble : undefined, info.trouble].filter(Boolean).join('; ')
        return trouble ? { ...info, trouble } : info
      }),
      rev: this.rev(),
      // What an interrupted recording left open is not open now.
      openStreams: this.followers.reduce((sum, { openStreams, isLive }) => sum + (isLive ? openStreams.size : 0), 0),
      rate: this.#rate(),
      ruleFailures: this.followers.flatMap(({ failures }) => failures),
      canDemo: this.canDemo,
    }
  }

  summary(): InspectorSummary {
    let sum = { sessions: 0, calls: 0, undelivered: 0, cut: 0, error: 0, warning: 0, info: 0 }
    for (const { index } of this.followers) {
      const next = index.totals()
      sum = Object.fromEntries(Object.entries(sum).map(([key, value]) => [key, value + next[key as keyof typeof sum]])) as typeof sum
    }
    const { error, warning, info, ...rest } = sum
    const behind = this.followers.reduce((total, follower) => total + follower.info().behind, 0)
    return { ...rest, findings: { error, warning, info }, events: this.#events(), behind }
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close()
    for (const follower of this.followers) follower.close()
  }
}
