/**
 * What may be said where records are missing. Promise: nobody is blamed for what did not come in a span that was not recorded, and what
 * is proven by records on both sides of one is possible at most; a session that was seen from its beginning on after that span is judged
 * as if there had been none.
 */
import type { Facts, Hole } from '../core/facts.ts'
import { initializeOf } from '../core/lifecycle.ts'
import { exchangeOf, perFacts } from '../core/per-facts.ts'
import type { Verdict } from './rule.ts'

/** Rules that rest on what did not come before, or on its having come whole. */
const REST_ON_ABSENCE: ReadonlySet<string> = new Set([
  'client-closed-early',
  'duplicate-response',
  'idle-cut',
  'initialized-missing',
  'invalid-json-or-utf8',
  'network-interruption',
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
/** A server lets go of a stream this soon after its client has: only a hole that near can hold the client’s end (ms). */
const BEFORE_END = 5_000
/** What a rule waits for comes within so long (ms). */
const AFTER = 60_000

/** When the session began, where its beginning was seen: its client connected, and asked for its stream or initialized it. */
const beganAt = perFacts((facts): number | undefined => {
  const { session } = facts
  if (session.client.address === '') return undefined
  if (session.transport === 'sse') return exchangeOf(facts, session.stream)?.requestAt
  return session.transport === 'streamable' ? initializeOf(facts)?.sentAt : undefined
})

/** A restart is certain by what was seen of it: the process ended or began, or its port refused. */
const isSeen = (rule: string, { confidence, causeConfidence = confidence }: Verdict): boolean =>
  rule === 'server-restarted' && causeConfidence === 'certain'

/** The verdict misses something that the hole may have swallowed. */
export function mayBeInHole(facts: Facts, rule: string, verdict: Verdict): boolean {
  if (!facts.holes || !REST_ON_ABSENCE.has(rule) || isSeen(rule, verdict)) return false
  const { at } = verdict
  // What follows a redirect is known by its client's address, and a connection may have been opened before the session.
  const began = rule === 'redirect-not-followed' ? undefined : beganAt(facts)
  const isBefore = (hole: Hole) => began !== undefined && hole.at < began && hole.at < facts.session.startedAt
  const before = rule === 'network-interruption' ? BEFORE_END : BEFORE
  return facts.holes.some(hole => at - hole.at <= before && hole.since - at <= AFTER && !isBefore(hole))
}

/** Records are missing between the first and the last of what shows it: something else may have come there. */
export function acrossHole({ holes = [] }: Facts, verdict: Verdict): Verdict {
  const times = verdict.evidence.map(({ at }) => at)
  const [first, last] = [Math.min(...times), Math.max(...times)]
  if (!holes.some(({ since, at }) => since < last && at > first)) return verdict
  return {
    ...verdict,
    confidence: 'possible',
    ...(verdict.causeConfidence && { causeConfidence: 'possible' as const }),
    says: `${verdict.says} Records are missing between the first and the last of what shows it, so it is only possible.`,
  }
}
