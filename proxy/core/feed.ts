/**
 * The contract between the inspector and the page: what the dashboard's API answers and what its live feed sends.
 * Promise: both sides import these types and nothing else of each other.
 *
 * HTTP on the dashboard port, `Authorization: Bearer TOKEN` on everything under /api (the token comes in the URL's fragment, `#t=`):
 *   GET  /api/state                                   -> State
 *   GET  /api/rows?after=REV&limit=N[&session=ID,ID]  -> RowPage. Without `session`: sessions, findings and gaps. With it: all rows of these sessions
 *                                                        (exchanges, calls, frames, findings) and the log lines in their time
 *   GET  /api/body?exchange=ID&part=request|response[&offset=N&limit=N] -> the body's bytes, masked, decoded from Content-Encoding.
 *                                                        Headers: x-total (bytes of the decoded body), x-note (cut, undecodable: in words)
 *   GET  /api/data?frame=ID[&limit=N]                 -> the frame's `data` as text, masked. x-total as above
 *   GET  /api/search?q=TEXT[&session=ID]              -> SearchAnswer, over bodies and SSE data
 *   GET  /api/record?seq=N&recording=N                -> RecordView: one wire event of the journal, masked
 *   GET  /api/export?format=har|jsonl|html[&session=ID][&recording=N][&secrets=1] -> the file, as an attachment; of one session, or of a recording
 *   POST /api/demo {}                                 -> 202; plays the demonstration session against the bundled server
 *   POST /api/probe {}                                -> ProbeAnswer: does the target answer at all
 * Whatever fails answers {"error":{"message"}} in words: 400 and 404 for the question, 401 for the token, 403 for a stranger.
 * WebSocket /api/feed: the client's first message is Hello; then Watch at any time. The server sends FeedMessages, and closes with 4401 for a
 * wrong token or no hello, 1008 for what it does not understand. After a restart of the inspector all rows come again, with the same ids
 * and revisions above all earlier ones. `rows.rev` is where a page may resume, once the rows of its latest Watch have come.
 */
import type { GapEvent, RecordingOptions, Upstream, WireEvent } from './event.ts'
import type { AnyRow } from './model.ts'

export interface RecordingInfo {
  /** Index: its rows' ids begin at index * ID_SPACE. */
  readonly index: number
  readonly id: string
  readonly startedAt: number
  readonly live: boolean
  readonly imported?: string
  /** Name of the file or folder as which it was opened, where the user named one. */
  readonly file?: string
  readonly product: string
  readonly upstreams: readonly Upstream[]
  readonly options: RecordingOptions
  readonly bytes: number
  readonly events: number
  /** Records that are in the journal and not yet folded. */
  readonly behind: number
  readonly lastAt: number
  /** Recording milliseconds at the moment of the answer; for a past recording its last event's time. */
  readonly now: number
  readonly gap?: GapEvent
  /** A failure that is going on now ("disk full since 14:03"). */
  readonly trouble?: string
}

export interface State {
  readonly product: string
  readonly recordings: readonly RecordingInfo[]
  readonly rev: number
  readonly openStreams: number
  /** Events per second over the last five seconds. */
  readonly rate: number
  /** Rules that failed on a session, with their error. */
  readonly ruleFailures: readonly { readonly rule: string; readonly session: number; readonly error: string }[]
  /** True where POST /api/demo works (a live run). */
  readonly canDemo: boolean
}

export interface RowPage {
  readonly rows: readonly AnyRow[]
  /** Highest rev in the answer; ask again after it while `more`. */
  readonly rev: number
  readonly more: boolean
}

export interface SearchAnswer {
  readonly hits: readonly {
    readonly session: number
    readonly exchange: number
    readonly frame?: number
    readonly part: 'request' | 'response'
    readonly at: number
    readonly excerpt: string
  }[]
  readonly more: boolean
}
/** An event as JSON: bytes as text where they are UTF-8, else base64. */
export interface RecordView {
  readonly event: Omit<WireEvent, 'bytes'> & { readonly text?: string; readonly base64?: string }
}
export interface ProbeAnswer {
  readonly reached: boolean
  readonly status?: number
  readonly server?: string
  readonly took: number
  readonly error?: string
}

export type PageMessage =
  | { readonly type: 'hello'; readonly token: string; readonly after: number; readonly product: string }
  /** Sessions whose exchanges, calls, frames and log lines are wanted; replaces the earlier list. */
  | { readonly type: 'watch'; readonly sessions: readonly number[]; readonly after: number }
  | { readonly type: 'pong' }

export type FeedMessage =
  | { readonly type: 'welcome'; readonly state: State }
  | { readonly type: 'rows'; readonly rows: readonly AnyRow[]; readonly rev: number }
  /** At least every two seconds while something is live. */
  | { readonly type: 'state'; readonly state: State }
  /** The reader was too slow: fetch /api/rows after the last rev, then go on. */
  | { readonly type: 'resync'; readonly rev: number }
  | { readonly type: 'ping' }
