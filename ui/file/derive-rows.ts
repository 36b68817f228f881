/**
 * All rows of a recording that lies in memory whole. Promise: what the dashboard would show of it, findings included;
 * a pure function of the events.
 */
import type { WireEvent } from '../../proxy/core/event.ts'
import { Fold } from '../../proxy/core/fold.ts'
import type { AnyRow, Finding } from '../../proxy/core/model.ts'
import { hasLeft } from '../../proxy/core/per-facts.ts'
import { judge } from '../../proxy/rules/index.ts'

/** Findings take the upper part of a recording's ids; the fold counts from below. */
const FIRST_FINDING = 800_000_000
/** Judged between so many events, before the fold forgets what is over. */
const BATCH_EVENTS = 2000

export interface Derived {
  /** In the order of their revisions, which are their places, from 1. */
  readonly rows: readonly AnyRow[]
  /** Row ids of exchanges by their number in the journal. */
  readonly numbers: ReadonlyMap<number, number>
}

/** @param decoded what compressed chunks decode to, by the number of their record */
export function deriveRows(events: readonly WireEvent[], decoded: ReadonlyMap<number, Uint8Array>): Derived {
  let current: Uint8Array | undefined
  const inflater = { push: () => (current ? [current] : []), end: () => [] }
  const fold = new Fold({ recording: 0, inflate: () => inflater })
  const findings = new Findings()
  const rows = new Map<number, AnyRow>()
  const take = (): void => {
    for (const row of fold.takeRows()) rows.set(row.id, row)
  }
  let lastAt = 0
  for (const [index, event] of events.entries()) {
    current = event.kind === 'chunk' ? decoded.get(event.seq) : undefined
    fold.push(event)
    lastAt = Math.max(lastAt, event.at)
    if (index % BATCH_EVENTS < BATCH_EVENTS - 1) continue
    findings.judge(fold, lastAt)
    take()
  }
  fold.finish()
  findings.judge(fold, lastAt)
  take()
  const all: AnyRow[] = [...rows.values(), ...findings.rows()]
  return { rows: all.map((row, index) => ({ ...row, rev: index + 1 })), numbers: numbersOf(events, all) }
}

class Findings {
  readonly #bySession = new Map<number, Map<string, Finding>>()
  readonly #ids = new Map<string, number>()

  judge(fold: Fold, now: number): void {
    for (const session of fold.changedSessions()) {
      const facts = fold.facts(session, now)
      if (!facts) continue
      const before = this.#bySession.get(session)
      const found = new Map([...(before ?? [])].filter(([, finding]) => hasLeft(facts, finding)))
      for (const { key, alternatives = [], ...verdict } of judge(facts).findings)
        found.set(key, { ...verdict, alternatives, t: 'finding', id: this.#id(key), rev: 0, session })
      this.#bySession.set(session, found)
      const count = (severity: string) => [...found.values()].filter(one => one.severity === severity).length
      fold.judged(session, count('error'), count('warning'))
    }
  }

  #id(key: string): number {
    const id = this.#ids.get(key) ?? FIRST_FINDING + this.#ids.size
    this.#ids.set(key, id)
    return id
  }

  rows(): Finding[] {
    return [...this.#bySession.values()].flatMap(found => [...found.values()])
  }
}

function numbersOf(events: readonly WireEvent[], rows: readonly AnyRow[]): ReadonlyMap<number, number> {
  const bySeq = new Map(rows.flatMap(row => (row.t === 'exchange' ? [[row.requestSeq, row.id] as const] : [])))
  const numbers = new Map<number, number>()
  for (const event of events) {
    if (event.kind !== 'request') continue
    const id = bySeq.get(event.seq)
    if (id !== undefined) numbers.set(event.exchange, id)
  }
  return numbers
}
