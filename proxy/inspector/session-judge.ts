/**
 * When which session is judged, and what comes of it. Promise: each changed session is judged, and again when it has been quiet for a
 * while, because rules know time; a rule that fails is remembered and harms no other.
 */
import type { Fold } from '../core/fold.ts'
import type { Finding } from '../core/model.ts'
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

export class SessionJudge {
  readonly failures: RuleFailure[] = []
  readonly #fold: Fold
  readonly #judgement: Judgement
  readonly #due = new Set<number>()
  readonly #quiet = new Map<number, { readonly since: number; stage: number }>()

  /** @param base first id of the recording */
  constructor(fold: Fold, base: number) {
    this.#fold = fold
    this.#judgement = new Judgement(base)
  }

  /** A finding of an earlier worker, to be confirmed or withdrawn by `last`. */
  remember(finding: Finding): void {
    this.#judgement.remember(finding)
  }

  /** Takes note of the sessions that changed since the last call. */
  note(): void {
    for (const session of this.#fold.changedSessions()) this.#due.add(session)
  }

  /**
   * Judges what is due. Gives findings that are new, changed or gone, with `rev` 0, and tells the fold their counts.
   * @param now recording milliseconds  @param clock milliseconds of a clock that runs
   */
  judgeDue(now: number, clock: number): Finding[] {
    this.note()
    for (const session of this.#due) this.#quiet.set(session, { since: clock, stage: 0 })
    const sessions = new Set([...this.#due, ...this.#fallenQuiet(clock)])
    this.#due.clear()
    return this.#judge(sessions, now)
  }

  /** The last judgement: the fold has finished. */
  judgeLast(now: number): Finding[] {
    this.note()
    const found = this.#judge(new Set([...this.#due, ...this.#quiet.keys()]), now)
    this.#due.clear()
    this.#quiet.clear()
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
      found.push(...this.#judgement.update(session, findings, facts.partial))
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
