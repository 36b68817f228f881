/**
 * What a rule is: one fault, its prose beside its check. Promise: a check is a pure function of what the fold derived and `now`;
 * it does no I/O, reads no clock, and the type demands the words that a person needs.
 */
import type { Facts } from '../core/facts.ts'
import type { Alternative, Confidence, Evidence, Severity } from '../core/model.ts'

export type { Facts } from '../core/facts.ts'

/** What a check returns for each fault that it sees. */
export interface Verdict {
  readonly severity?: Severity
  /** How sure the fault itself is. */
  readonly confidence: Confidence
  /** How sure `cause` is, where that is another question. */
  readonly causeConfidence?: Confidence
  readonly at: number
  readonly exchange?: number
  readonly call?: number
  /** Two short sentences of fact, with numbers. */
  readonly title: string
  readonly says: string
  readonly cause: string
  /** Each entry is one thing to do, for this client and server. */
  readonly fix: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly alternatives?: readonly Alternative[]
}

export interface Rule {
  /** The fault's one name: file, capture, scenario and documentation section bear it. */
  readonly id: string
  readonly severity: Severity
  readonly title: string
  /** Why it matters, for the documentation. */
  readonly why: string
  /** How it looks on the wire. */
  readonly signature: string
  readonly fix: string
  readonly references: readonly string[]
  check(facts: Facts): readonly Verdict[]
}
