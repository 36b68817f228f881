/**
 * When which session is judged, and what comes of it. Promise: each changed session is judged, and again when it has been quiet for a
 * while, because rules know time; one that is judged while it goes on takes a tenth of the time at most; a rule that fails is
 * remembered and harms no other.
 */
import type { Fold } from '../core/fold.ts'
import type { Finding } from '../core/model.ts'
import { hasLeft } from '../core/per-facts.ts'
import { judge } from '../rules/index.ts'
import { Judgement } from './judgement.ts'

export interface RuleFailure {
  readonly rule: string
  readonly session: number
  readonly error: string
}

/** Ages of quiet (ms) at which a session is judged again. */
const QUIET_MS = [2000, 10_000, 30_000, 65_000]
const MAX_FAILURES = 100
/** Between two judgements of a session lies at least so many times what the one before took, with all that were judged beside it. */
const REST = 9
/** It waits no longer than this (ms): the fold lets go of sessions that have been quiet for 5 s. */
const LONGEST_REST = 4_000
/** Judging that took less than this (ms) is no burden. */
const CHEAP = 5
/** Rows by which a session may have grown before it is judged at once: the fold keeps the newest 2,000. */
const GROWTH = 500

interface Pace {
  readonly judgedAt: number
  readonly took: number
  readonly rows: number
}

export class SessionJudge {
  readonly failures: RuleFailure[] = []
  readonly #fold: Fold
  readonly #judgement: Judgement
  readonly #due = new Set<number>()
  /** Changed since the last look at the clock. */
  readonly #fresh = new Set<number>()
  readonly #paces = new Map<number, Pace>()
  readonly #stopwatch: () => number
  readonly #quiet = new Map<number, { readonly since: number; stage: number }>()

  /** @param base first id of the recording  @param stopwatch milliseconds, to tell what judging costs */
  constructor(fold: Fold, base: number, stopwatch = () => performance.now()) {
    this.#fold = fold
    this.#stopwatch = stopwatch
    this.#judgement = new Judgement(base)
  }

  /** A finding of an earlier worker, to be confirmed or withdrawn by `last`. */
  remember(finding: Finding): void {
    this.#judgement.remember(finding)
  }

  /** Takes note of the sessions that changed since the last call. */
  note(): void {
    for (const session of this.#fold.changedSessions()) {
      this.#due.add(session)
      this.#fresh.add(session)
    }
  }

  /**
   * Judges what is due. Gives findings that are new, changed or gone, with `rev` 0, and tells the fold their counts.
   * @param now recording milliseconds  @param clock milliseconds of a clock that runs
   * @param isPaced what was judged only just, and costs something, may wait for its next turn
   */
  judgeDue(now: number, clock: number, isPaced = false): Finding[] {
    this.note()
    for (const session of this.#fresh) this.#quiet.set(session, { since: clock, stage: 0 })
    this.#fresh.clear()
    const sessions = new Set(isPaced ? [...this.#due].filter(session => this.#isRested(session, clock)) : this.#due)
    for (const session of sessions) this.#due.delete(session)
    for (const session of this.#fallenQuiet(clock)) sessions.add(session)
    const began = this.#stopwatch()
    const found = this.#judge(sessions, now)
    const took = this.#stopwatch() - began
    for (const session of sessions) {
      if (took < CHEAP || !this.#quiet.has(session)) this.#paces.delete(session)
      else this.#paces.set(session, { judgedAt: clock, took, rows: this.#fold.rowsOf(session) })
    }
    return found
  }

  #isRested(session: number, clock: number): boolean {
    const pace = this.#paces.get(session)
    if (!pace) return true
    return clock - pace.judgedAt >= Math.min(LONGEST_REST, pace.took * REST) || this.#fold.rowsOf(session) - pace.rows >= GROWTH
  }

  /** The last judgement: the fold has finished. */
  judgeLast(now: number): Finding[] {
    this.note()
    const found = this.#judge(new Set([...this.#due, ...this.#quiet.keys()]), now)
    this.#due.clear()
    this.#fresh.clear()
    this.#quiet.clear()
    this.#paces.clear()
    return [...found, ...this.#judgement.takeUnconfirmed()]
  }

  #judge(sessions: Iterable<number>, now: number): Finding[] {
    const found: Finding[] = []
    for (const session of sessions) {
      const facts = this.#fold.facts(session, now)
      if (!facts) {
        this.#judgement.settle(session)
        continue
      }
      const { findings, failures } = judge(facts)
      for (const { rule, error } of failures) this.#fail({ rule, session, error })
      found.push(...this.#judgement.update(session, findings, finding => hasLeft(facts, finding)))
      const { errors, warnings } = this.#judgement.counts(session)
      this.#fold.judged(session, errors, warnings)
    }
    return found
  }

  #fallenQuiet(clock: number): number[] {
    const quiet: number[] = []
    for (const [session, state] of this.#quiet) {
      if (clock - state.since < (QUIET_MS[state.stage] ?? 0)) continue
      quiet.push(session)
      state.stage += 1
      if (state.stage === QUIET_MS.length) this.#quiet.delete(session)
    }
    return quiet
  }

  #fail(failure: RuleFailure): void {
    const known = this.failures.some(({ rule, session }) => rule === failure.rule && session === failure.session)
    if (!known && this.failures.length < MAX_FAILURES) this.failures.push(failure)
  }
}
