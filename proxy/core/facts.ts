/** What the fold hands to the rules. Promise: rows only, nothing that a rule could change or follow further. */
import type { Call, Exchange, Frame, LogLine, Session } from './model.ts'

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
  /** Paths at which other connections of this upstream were served, newest first. */
  readonly works?: readonly string[]
  /** Recording milliseconds at which it is judged. */
  readonly now: number
  /** Older rows of this session have left memory: what is found holds, what is no longer found does not withdraw anything. */
  readonly partial?: boolean
}
