/**
 * What every part of the page agrees on: the rows of one session, a selection, a range of time.
 * Promise: plain data only; no component, no store.
 */
import type { Call, Exchange, Finding, Frame, Gap, LogLine, Session } from '../proxy/core/model.ts'

/** One selection in three views: timeline, table and detail all show it. */
export interface Selection {
  readonly kind: 'session' | 'call' | 'exchange' | 'frame' | 'log' | 'finding'
  readonly id: number
}

/** The rows of one session, each list in time order. Lists grow in place; `rev` tells that they did. */
export interface SessionRows {
  readonly session: Session
  readonly exchanges: readonly Exchange[]
  readonly calls: readonly Call[]
  readonly frames: readonly Frame[]
  readonly findings: readonly Finding[]
  readonly rev: number
}

/** A span of recording time, in milliseconds. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** What stands at 0 on the time axis: a moment of the recording, or the wall clock. */
export interface Zero {
  readonly at: number
  readonly mode: 'session' | 'clock' | 'selection'
  /** What the axis calls it: "session start", "call 6 sent". */
  readonly label: string
}

/** Everything that the timeline draws. */
export interface TimelineData {
  /** The chain that is shown, oldest session first. */
  readonly sessions: readonly SessionRows[]
  readonly logs: readonly LogLine[]
  readonly gaps: readonly Gap[]
  /** Wall clock of recording time 0, ms since the epoch. */
  readonly startedAt: number
  /** The live edge in recording ms; undefined for a past recording. */
  readonly now?: number
  /** True while the page has lost the recorder: the edge is drawn dashed. */
  readonly lost: boolean
}

export interface TimelineProps {
  readonly data: TimelineData
  /** Grows with every change of `data`'s lists. */
  readonly rev: number
  readonly selection: Selection | null
  /** The session whose lanes are in focus; in narrow layouts the others fold to one strip. */
  readonly focus: number
  readonly zero: Zero
  readonly range: Range
  readonly follow: boolean
  readonly theme: 'light' | 'dark'
  /** Rows that the filter hides are drawn at 25 %. */
  readonly dimmed?: (kind: Selection['kind'], id: number) => boolean
  readonly onSelect: (selection: Selection | null) => void
  /** A range chosen by hand; ends following unless it still contains the live edge. */
  readonly onRange: (range: Range) => void
  readonly onZero: (mode: Zero['mode']) => void
  readonly onFollow: (follow: boolean) => void
}
