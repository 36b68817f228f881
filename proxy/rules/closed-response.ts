/** The note on calls whose response the client closed, since 2026-07-28. Promise: one for a session, however often it cancels. */
import type { Facts } from '../core/facts.ts'
import { clientName } from '../core/lifecycle.ts'
import { type LossCause, lossCause } from '../core/loss-cause.ts'
import type { Call } from '../core/model.ts'
import { countText, spanText } from '../core/words.ts'
import type { Verdict } from './rule.ts'

/** Since 2026-07-28 closing the response is how a client cancels: alone, it is no fault. */
export const isCancel = ({ session }: Facts, { rule }: LossCause): boolean =>
  session.transport === 'stateless' && rule === 'client-closed-early'

/** A note, so that a call without an answer is explained all the same. */
export function closedOn(facts: Facts, losses: readonly (readonly Call[])[]): Verdict[] {
  if (facts.session.transport !== 'stateless') return []
  const closed = losses.flat().filter(call => call.broken && isCancel(facts, lossCause(facts, call, call.broken)))
  const [first] = closed
  if (!first?.broken) return []
  const { broken } = first
  const span = spanText(broken.at - first.sentAt)
  const many = closed.length > 1
  return [
    {
      severity: 'info',
      confidence: 'certain',
      causeConfidence: 'possible',
      at: broken.at,
      call: first.id,
      exchange: first.exchange,
      title: many
        ? `${clientName(facts)} closed the responses of ${countText(closed.length, 'call')} before their answers, the first at ${span}.`
        : `${clientName(facts)} closed the response of call ${first.number} at ${span}, before its answer.`,
      says: `Since 2026-07-28 that is how a call is cancelled. Whether a person, a limit of the client’s own or its end did it, the wire does not say.`,
      cause: 'The client took the call back, or ended.',
      fix: ['Nothing to do where it was meant. Otherwise look into the client’s own log for that moment.'],
      evidence: closed.slice(0, 5).flatMap(call => [
        { seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number}, ${call.name ?? call.method}` },
        { seq: call.broken?.seq ?? 0, at: call.broken?.at ?? 0, says: `${call.broken?.says}: ${call.broken?.detail ?? ''}` },
      ]),
      alternatives: [
        { rule: 'client-timeout-shorter-than-tool', standing: 'possible', why: 'a limit of its own: it need not be announced' },
        { rule: 'client-closed-early', standing: 'possible', why: 'the client may have ended' },
      ],
    },
  ]
}
