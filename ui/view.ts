/**
 * What every part of the page agrees on: the rows of one session, a selection, a range of time.
 * Promise: plain data only; no component, no store.
 */
import type { Part } from '../proxy/core/event.ts'
import type { RecordingInfo, RecordView } from '../proxy/core/feed.ts'
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
  /** While true and `data.now` is known, the timeline itself keeps the edge at 80 %: only the span of `range` counts. */
  readonly follow: boolean
  /** `range` is all of what is shown: while the edge is followed, its start stays and its span grows. */
  readonly whole?: boolean
  readonly theme: 'light' | 'dark'
  /** Rows that the filter hides are drawn at 25 %. */
  readonly dimmed?: (kind: Selection['kind'], id: number) => boolean
  readonly onSelect: (selection: Selection | null) => void
  /** A range chosen by hand. `follow`: following goes on with it. */
  readonly onRange: (range: Range, follow: boolean) => void
  /** All is wanted, of what will come as well: no range can say so. */
  readonly onAll: () => void
  readonly onFollow: (follow: boolean) => void
  /** The view is frozen: the live edge stands still. */
  readonly paused?: boolean
  /** Beside the expanded detail: no overview and no key. */
  readonly compact?: boolean
  /** Height in pixels that would show everything without scrolling; told whenever it changes. */
  readonly onHeight?: (px: number) => void
}

/** Tabs of the detail, in the order of the keys 1 to 6. */
export const DETAIL_TABS = ['delivery', 'headers', 'jsonrpc', 'events', 'raw', 'timing'] as const
export type DetailTab = (typeof DETAIL_TABS)[number]

/** Bytes of a body as the recorder gives them: masked, decoded, perhaps only the beginning. */
export interface LoadedBytes {
  readonly bytes: Uint8Array
  /** Size of the whole decoded body. */
  readonly totalBytes: number
  /** What the recorder says of it, in words: cut, undecodable, masked. */
  readonly note?: string
}
export interface LoadedText {
  readonly text: string
  readonly totalBytes: number
  readonly note?: string
}

/** What the detail may ask of the recorder. Each rejects with an Error whose message can be shown; an aborted one with AbortError. */
export interface DetailApi {
  /** `offset` and `limit` in bytes of the decoded body; without them its first 64 kB. */
  loadBody(exchange: number, part: Part, options?: { offset?: number; limit?: number; signal?: AbortSignal }): Promise<LoadedBytes>
  /** The `data` of one SSE event; `limit` in bytes, without it the first 64 kB. */
  loadData(frame: number, options?: { limit?: number; signal?: AbortSignal }): Promise<LoadedText>
  /** One wire event of the journal, by its number in the recording of the selected session. */
  loadRecord(seq: number, options?: { signal?: AbortSignal }): Promise<RecordView>
}

/** Everything that the detail pane shows: one selected thing and the session it belongs to. */
export interface DetailProps {
  readonly selection: Selection
  /** Rows of the session that the selection belongs to; grows in place, `rev` tells that it did. */
  readonly rows: SessionRows
  readonly rev: number
  /** The chain of the session, oldest first (itself included). */
  readonly chain: readonly Session[]
  readonly logs: readonly LogLine[]
  readonly gaps: readonly Gap[]
  /** The recording it belongs to: options (linger, masking), upstreams, wall clock of time 0. */
  readonly recording: RecordingInfo
  readonly zero: Zero
  /** Recording ms of the live edge; for a past recording its last moment. */
  readonly now: number
  /** Rules that could not judge this session. */
  readonly ruleFailures: readonly { readonly rule: string; readonly error: string }[]
  readonly api: DetailApi
  readonly tab: DetailTab
  readonly onTab: (tab: DetailTab) => void
  /** A level of its own on a small page: closing it leads back, and there is nothing to expand over. */
  readonly level: boolean
  /** Expanded: the pane takes the whole width below the timeline; ladder left, verdict right. */
  readonly expanded: boolean
  readonly onExpand: (expanded: boolean) => void
  readonly onSelect: (selection: Selection) => void
  /** An evidence reference (`#226`): selects the row that holds this record and moves the timeline if it is out of view. */
  readonly onRecord: (seq: number) => void
  readonly onClose: () => void
}
