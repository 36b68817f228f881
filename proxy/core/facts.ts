/** What the fold hands to the rules. Promise: rows only, nothing that a rule could change or follow further. */

import type { Call, Exchange, Frame, LogLine, Session, Transport } from './model.ts'
import type { Outage } from './outages.ts'

/** A path at which MCP is spoken, and by which transport. */
export interface Served {
  readonly path: string
  readonly transport: Transport
}

/** A span of which records are missing from the journal, in recording milliseconds. */
export interface Hole {
  readonly since: number
  readonly at: number
}

/**
 * Everything a rule may look at: one session with its rows, and what surrounds it. Lists are in time order. Rows may be the fold's own:
 * they are true until the next event is folded.
 */
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
  /** Where other connections of this upstream were served, newest first, each once. */
  readonly works?: readonly Served[]
  /** URL of the upstream as configured; absent where the recording names none. */
  readonly target?: string
  /** The upstream has answered nothing yet, on this session or elsewhere. */
  readonly mute?: boolean
  /** How the server's process ended, or that it could not be started, where the proxy started it: that may be long before this session. */
  readonly fate?: LogLine
  /** Spans in which this upstream could not be reached, oldest first. */
  readonly outages?: readonly Outage[]
  /** Recording milliseconds at which it is judged. */
  readonly now: number
  /** The recording is over, and the client had closed each of its connections: it tries nothing else. */
  readonly left?: boolean
  /** Where records are missing, oldest first: what came there was not seen. */
  readonly holes?: readonly Hole[]
  /** Older rows of this session have left memory: what is found holds, and what is about such rows is not withdrawn when it is no longer found. */
  readonly partial?: boolean
}
