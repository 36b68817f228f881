/**
 * Turns what the rules say into finding rows. Promise: a finding keeps its id for as long as it is the same fault of the same thing,
 * across judgements and restarts; a finding that is no longer true is said to be gone, never silently dropped.
 */
import { createHash } from 'node:crypto'
import type { Finding, Severity } from '../core/model.ts'
import { ID_SPACE } from '../core/model.ts'
import type { Judged } from '../rules/index.ts'

export interface Counts {
  readonly errors: number
  readonly warnings: number
}

/** Findings take the upper part of a recording's ids; the fold counts from below. */
const FIRST = 800_000_000
const ROOM = ID_SPACE - FIRST

const NO_COUNTS: Counts = { errors: 0, warnings: 0 }
const count = (findings: Iterable<Finding>, severity: Severity): number =>
  [...findings].filter(finding => finding.severity === severity).length

export class Judgement {
  readonly #base: number
  /** Live findings by session and key. */
  readonly #live = new Map<number, Map<string, Finding>>()
  /** Whose each given id is. */
  readonly #ids = new Map<number, string>()
  readonly #counts = new Map<number, Counts>()
  /** Findings of an earlier index that this run has not confirmed yet. */
  readonly #unconfirmed = new Map<number, Finding>()

  /** @param base first id of the recording */
  constructor(base: number) {
    this.#base = base
  }

  /** Findings that readers may still hold from before a restart; see `unconfirmed`. */
  remember(finding: Finding): void {
    if (!finding.gone) this.#unconfirmed.set(finding.id, finding)
  }

  #idOf(key: string): number {
    let id = createHash('sha256').update(key).digest().readUInt32LE(0) % ROOM
    while ((this.#ids.get(this.#base + FIRST + id) ?? key) !== key) id = (id + 1) % ROOM
    this.#ids.set(this.#base + FIRST + id, key)
    return this.#base + FIRST + id
  }

  /**
   * Takes the latest judgement of a session; gives the rows that are new, changed or gone, with `rev` 0.
   * @param stands what is found no more, and is not withdrawn all the same
   */
  update(session: number, judged: readonly Judged[], stands: (finding: Finding) => boolean = () => false): Finding[] {
    const before = this.#live.get(session) ?? new Map<string, Finding>()
    const now = new Map<string, Finding>()
    const changed: Finding[] = []
    for (const { key, alternatives = [], ...verdict } of judged) {
      const finding: Finding = { ...verdict, alternatives, t: 'finding', id: this.#idOf(key), rev: 0, session }
      now.set(key, finding)
      this.#unconfirmed.delete(finding.id)
      if (JSON.stringify(before.get(key)) !== JSON.stringify(finding)) changed.push(finding)
    }
    for (const [key, finding] of before) {
      if (now.has(key)) continue
      if (stands(finding)) now.set(key, finding)
      else changed.push({ ...finding, gone: true })
    }
    if (now.size > 0) this.#live.set(session, now)
    else this.#live.delete(session)
    if (changed.length > 0) this.#counts.set(session, { errors: count(now.values(), 'error'), warnings: count(now.values(), 'warning') })
    return changed
  }

  /** A session that is judged no more: its findings stand. */
  settle(session: number): void {
    this.#live.delete(session)
  }

  /** What readers still hold and this run did not find; to be called once all is judged. */
  takeUnconfirmed(): Finding[] {
    const gone = [...this.#unconfirmed.values()].map(finding => ({ ...finding, gone: true }))
    this.#unconfirmed.clear()
    return gone
  }

  counts(session: number): Counts {
    return this.#counts.get(session) ?? NO_COUNTS
  }
}
