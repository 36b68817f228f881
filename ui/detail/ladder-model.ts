/** The delivery ladder as rows: the steps of a call with its break put in where it happened. Promise: pure; times stay recording milliseconds. */
import type { Call, Step } from '../../proxy/core/model.ts'

export interface Rung {
  readonly kind: 'yes' | 'no' | 'open' | 'unknown' | 'break'
  readonly name: string
  readonly says: string
  readonly at?: number
  readonly seq?: number
}

const NAMES: Record<Step['name'], string> = {
  sent: 'Sent',
  accepted: 'Accepted',
  answered: 'Answered',
  written: 'Written',
  received: 'Received',
}

/** Steps that happened, in time; the break before the first step that came after it; then what never came. */
export function rungsOf(call: Call): Rung[] {
  const steps = call.ladder.map(
    (step): Rung => ({
      kind: step.state,
      name: NAMES[step.name],
      says: step.says,
      ...(step.at !== undefined && { at: step.at }),
      ...(step.seq !== undefined && { seq: step.seq }),
    }),
  )
  const { broken } = call
  if (!broken) return steps
  // The end of the recording hides what came; it broke nothing.
  const rung: Rung = {
    kind: call.delivery === 'unknown' ? 'unknown' : 'break',
    name: broken.says,
    says: broken.detail,
    at: broken.at,
    seq: broken.seq,
  }
  const place = steps.findIndex(step => step.at === undefined || step.at > broken.at)
  steps.splice(place < 0 ? steps.length : place, 0, rung)
  return steps
}

/** "delivered in 19 ms" needs no more; a loss says between which steps it happened: "broken between accepted and written". */
export function summaryOf(call: Call): string {
  if (call.delivery === 'none') return 'no answer is due'
  if (call.delivery === 'pending') return 'waiting for the answer'
  if (call.delivery === 'delivered') return 'complete'
  if (call.delivery === 'cancelled') return 'cancelled by the client, no answer is due'
  const last = call.ladder.findLast(step => step.state === 'yes' && (call.brokenAt === undefined || (step.at ?? 0) <= call.brokenAt))
  const never = call.ladder.find(step => step.state === 'no')
  if (!last || !never) return call.delivery === 'unknown' ? 'not known: the recording does not say' : 'broken'
  return `broken between ${last.name} and ${never.name}`
}

export const DELIVERY_WORDS: Record<Call['delivery'], string> = {
  delivered: 'Delivered',
  undeliverable: 'Undeliverable',
  unanswered: 'Never answered',
  cancelled: 'Cancelled',
  pending: 'Pending',
  unknown: 'Unknown',
  none: 'No answer due',
}
