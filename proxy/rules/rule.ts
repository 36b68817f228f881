/**
 * What a rule is: one fault, its prose beside its check. Promise: a check is a pure function of what the fold derived and `now`;
 * it does no I/O, reads no clock, and the type demands the words that a person needs.
 */
import type { Alternative, Call, Confidence, Evidence, Exchange, Frame, LogLine, Session, Severity } from '../core/model.ts'

/** Everything a rule may look at: one session with its rows, and what surrounds it. Lists are in time order. */
export interface Facts {
  readonly session: Session
  readonly exchanges: readonly Exchange[]
  readonly calls: readonly Call[]
  /** Frames of note: endpoint events, JSON-RPC answers, the last ones before an end. Pings and bulk events are only counted. */
  readonly frames: readonly Frame[]
  /** Lines of the server's log between the session's start and a minute past its end. */
  readonly logs: readonly LogLine[]
  /** Other sessions of the same upstream, newest first. */
  readonly others: readonly Session[]
  /** Recording milliseconds at which it is judged. */
  readonly now: number
  /** Older rows of this session have left memory: what is found holds, what is no longer found does not withdraw anything. */
  readonly partial?: boolean
}

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
