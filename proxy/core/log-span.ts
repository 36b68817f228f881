/** The time in which lines of the server's log belong to a session. Promise: the same for the page, the feed and exports. */
import type { Session } from './model.ts'

const BEFORE_MS = 5000
const AFTER_MS = 60_000

/** A span of recording time, in milliseconds, both ends included. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** From a little before its first byte to a minute after its end. */
export function logSpan(session: Session): Span {
  return { from: session.startedAt - BEFORE_MS, to: session.ended ? session.ended.at + AFTER_MS : Number.MAX_SAFE_INTEGER }
}
