/**
 * Requests that the server made itself while a call ran, as its log tells them. Promise: counted only where a client library says so in
 * its own words (Python's httpx and urllib3), and only when they are so many that they are the reason for the time.
 */
import type { Facts } from './facts.ts'
import type { Call, LogLine } from './model.ts'

/** httpx at INFO: `HTTP Request: POST https://host/api/ "HTTP/1.1 200 OK"`; urllib3 at DEBUG: `…connectionpool:https://host:443 "GET /api/ HTTP/1.1" 200 12`. */
const OUTGOING = /HTTP Request: [A-Z]+ https?:\/\/|connectionpool\b.*"[A-Z]+ \S+ HTTP\/1/

const MANY = 20

export interface OwnRequests {
  readonly count: number
  readonly first: LogLine
  readonly last: LogLine
}

/** From the call's sending until `until` (recording ms). */
export function ownRequests({ logs }: Facts, { sentAt }: Call, until: number): OwnRequests | undefined {
  const lines = logs.filter(({ at, text }) => at >= sentAt && at <= until && OUTGOING.test(text))
  const [first, last] = [lines[0], lines.at(-1)]
  return first && last && lines.length >= MANY ? { count: lines.length, first, last } : undefined
}
