/** How a call's wait came to an end without an answer, in words. Promise: the ladder's red row says who, how, and what else was waiting. */
import { isTakenBack } from './delivery.ts'
import type { Actor, Ending } from './event.ts'
import type { Break } from './model.ts'
import type { CallState, SessionState } from './state.ts'
import { actorText, endingText, spanText } from './words.ts'

/** What ended: for the words of a break. */
export interface Ended {
  readonly at: number
  readonly seq: number
  readonly by: Actor
  readonly how: Ending
  readonly what: 'stream' | 'response' | 'request' | 'connection' | 'session' | 'deletion' | 'recording'
  /** Calls of the session that were in flight then. */
  readonly inFlight?: number
}

/** The words of a call's break. */
export function breakOf(call: CallState, { at, seq, by, how, what, inFlight = waiting(call.session, at) }: Ended): Break {
  if (what === 'session') {
    return {
      at,
      seq,
      by,
      how,
      says: 'No stream was left to answer on',
      detail: `${actorText(by).toLowerCase()} had ended it ${spanText(at - (call.session.row.ended?.at ?? at))} before`,
    }
  }
  if (what === 'deletion')
    return { at, seq, by, how, says: 'The client ended the session', detail: 'DELETE, its answer was not waited for' }
  if (what === 'request')
    return {
      at,
      seq,
      by,
      how,
      says: 'The client did not follow the redirect',
      detail: `no request to ${call.hops.at(-1)?.row.location ?? 'its target'}`,
    }
  if (what === 'recording') return { at, seq, by, how, says: 'Nothing more was recorded', detail: 'what came of it was not seen' }
  if (by === 'proxy' && how === 'closed')
    return {
      at,
      seq,
      by,
      how,
      says: `The proxy cut the ${what} as it was stopped`,
      detail: 'what the server would have answered was not seen',
    }
  const others = inFlight - 1
  const alone =
    call.row.number === 0 || inFlight === 0
      ? ''
      : others < 1
        ? `, call ${call.row.number} the only one in flight`
        : `, call ${call.row.number} and ${others} more in flight`
  const port = by === 'client' ? ` from port ${(call.session.stream ?? call.hops[0])?.row.clientPort}` : ''
  const verb = by === 'proxy' ? 'ended' : how === 'complete' ? 'ended' : how === 'reset' ? 'reset' : 'closed'
  return { at, seq, by, how, says: `${actorText(by)} ${verb} the ${what}`, detail: `${endingText(how)}${port}${alone}` }
}

/** The client's calls that have no answer and were not taken back until `at`. */
export function waiting(session: SessionState, at: number): number {
  let count = 0
  for (const call of session.open) if (call.row.from === 'client' && !call.answer && !call.broken && !isTakenBack(call, at)) count++
  return count
}
