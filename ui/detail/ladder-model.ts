/** The delivery ladder as rows: the steps of a call with its break put in where it happened. Promise: pure; times stay recording milliseconds. */
import type { Call, Step } from '../../proxy/core/model.ts'
import { gaveUpAt, isLate, lostFrom } from '../call-fate.ts'

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

/** What kept the answer from the client, or made it wait no more, as it came. */
function breaksOf(call: Call): Required<Rung>[] {
  const { broken, cancelled, delivery } = call
  const rungs: Required<Rung>[] = []
  if (cancelled) {
    const gaveUp = gaveUpAt(call) !== undefined
    const name = gaveUp ? 'The client gave up' : 'The client cancelled it'
    const reason = cancelled.reason ?? 'no reason given'
    rungs.push({ ...cancelled, kind: gaveUp ? 'break' : 'unknown', name, says: gaveUp ? `its time limit: ${reason}` : reason })
  }
  // After its cancellation no answer was due; and the end of the recording hides what came, it broke nothing.
  if (broken && delivery !== 'cancelled')
    rungs.push({ ...broken, kind: delivery === 'unknown' ? 'unknown' : 'break', name: broken.says, says: broken.detail })
  return rungs.sort((a, b) => a.at - b.at)
}

/** Steps that happened, in time; each break before the first step that came after it; then what never came. */
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
  for (const { kind, name, says, at, seq } of breaksOf(call)) {
    const place = steps.findIndex(step => step.at === undefined || step.at > at)
    steps.splice(place < 0 ? steps.length : place, 0, { kind, name, says, at, seq })
  }
  return steps
}

/** "complete" needs no more; a loss says between which steps it happened: "broken between accepted and written". */
export function summaryOf(call: Call): string {
  const refused = call.status !== undefined && call.ladder.some(({ name, state }) => name === 'accepted' && state === 'no')
  if (call.delivery === 'none') return 'no answer is due'
  if (gaveUpAt(call) !== undefined && call.delivery !== 'undeliverable')
    return isLate(call) ? 'the client had given up when the answer came' : 'the client gave up, no answer came'
  if (call.delivery === 'pending') return 'waiting for the answer'
  if (call.delivery === 'delivered') return refused ? `refused with ${call.status}` : 'complete'
  if (call.delivery === 'cancelled') return 'cancelled by the client, no answer is due'
  const lost = lostFrom(call) ?? Number.POSITIVE_INFINITY
  const last = call.ladder.findLast(step => step.state === 'yes' && (step.at ?? 0) <= lost)
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
