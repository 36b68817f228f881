/** What may be said where records are missing. Promise: nobody is blamed for what did not come in a span that was not recorded. */
import type { Facts } from '../core/facts.ts'
import type { Verdict } from './rule.ts'

/** Rules that rest on what did not come before, or on its having come whole. */
const REST_ON_ABSENCE: ReadonlySet<string> = new Set([
  'duplicate-response',
  'idle-cut',
  'initialized-missing',
  'invalid-json-or-utf8',
  'no-endpoint-event',
  'no-keepalive',
  'not-resumable-drop',
  'orphan-request',
  'post-before-endpoint',
  'reconnected-without-initialize',
  'redirect-not-followed',
  'request-accepted-without-answer',
  'request-before-initialize',
  'response-unknown-id',
  'server-restarted',
  'session-managed-by-hand',
  'single-slot-server',
  'sse-buffered',
  'sse-framing',
  'stream-ended-unanswered',
  'transport-mismatch',
  'wrong-endpoint',
])
/** What was lost so long before a verdict may still be what it misses (ms). */
const BEFORE = 300_000
/** What a rule waits for comes within so long (ms). */
const AFTER = 60_000

/** The verdict misses something that the hole may have swallowed. */
export const mayBeInHole = ({ holes = [] }: Facts, rule: string, { at }: Verdict): boolean =>
  REST_ON_ABSENCE.has(rule) && holes.some(hole => at - hole.at <= BEFORE && hole.since - at <= AFTER)
