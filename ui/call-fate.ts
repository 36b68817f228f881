/** How a call came out, as its bars show it everywhere. Promise: facts of its row only; the end of a recording breaks nothing, and a person who cancels breaks nothing either. */
import { isTimeout } from '../proxy/core/lifecycle.ts'
import type { Call } from '../proxy/core/model.ts'

/**
 * `answered`: in time. `failed`: with an error, or it is no call at all. `late`: when nobody waited any more. `lost`: no answer came, and none can
 * reach the client. `open`: the answer may still come. `untold`: it was cancelled, or what came of it was not seen.
 */
export type Fate = 'answered' | 'failed' | 'late' | 'lost' | 'open' | 'untold'

/** When the client gave up by its own time limit, and said so; recording ms. */
export const gaveUpAt = ({ cancelled }: Call): number | undefined => (cancelled && isTimeout(cancelled.reason) ? cancelled.at : undefined)

/** From when on (recording ms) no answer could reach the client, or none was waited for: its stream had ended, or its own limit had. */
export function lostFrom(call: Call): number | undefined {
  const broken = call.delivery === 'undeliverable' || call.delivery === 'unanswered' ? call.brokenAt : undefined
  const gaveUp = gaveUpAt(call)
  return broken === undefined || gaveUp === undefined ? (broken ?? gaveUp) : Math.min(broken, gaveUp)
}

/** Some servers answer a cancellation with an error that says no more than that. */
const isConfirmation = ({ cancelled, error }: Call): boolean =>
  cancelled !== undefined && error !== undefined && /cancel/i.test(error.message)

/** Its answer came when nobody waited for it any more. */
export function isLate(call: Call): boolean {
  const lost = lostFrom(call)
  return lost !== undefined && call.answeredAt !== undefined && call.answeredAt > lost && !isConfirmation(call)
}

export function fateOf(call: Call): Fate {
  if (isLate(call)) return 'late'
  if (lostFrom(call) !== undefined || call.delivery === 'undeliverable' || call.delivery === 'unanswered') return 'lost'
  if (call.cancelled !== undefined || call.delivery === 'unknown') return 'untold'
  if (call.error !== undefined || call.kind === 'invalid') return 'failed'
  return call.delivery === 'pending' ? 'open' : 'answered'
}

export const isFailedCall = (call: Call): boolean => FAILED.has(fateOf(call))
const FAILED: ReadonlySet<Fate> = new Set(['failed', 'late', 'lost'])

/** When a call's bar ends: its answer, or the moment from which none was waited for; Infinity while both may still come. */
export function callEnd(call: Call): number {
  const known = call.answeredAt ?? call.cancelled?.at ?? (call.delivery === 'cancelled' ? undefined : call.brokenAt)
  if (known !== undefined) return Math.max(known, call.sentAt)
  if (call.delivery === 'pending') return Number.POSITIVE_INFINITY
  return Math.max(call.sentAt, call.acceptedAt ?? call.sentAt)
}

/** What a fate that is no success is called; undefined where an answer came in time, and where how late it came says more. */
export function fateText(call: Call): string | undefined {
  const fate = fateOf(call)
  if (fate === 'failed') return call.error ? `${call.error.code} ${call.error.message}` : 'invalid'
  if (fate === 'open') return 'pending'
  if (fate === 'untold') return call.cancelled ? 'cancelled' : 'unknown'
  if (fate !== 'lost') return undefined
  if (call.delivery === 'undeliverable') return 'undeliverable'
  return call.delivery === 'unanswered' ? 'never answered' : 'given up'
}
