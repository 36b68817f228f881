/** An answer crossed its cancellation on the way. Promise: a note, because the protocol allows it. */

import { isTimeout } from '../core/lifecycle.ts'
import type { Call } from '../core/model.ts'
import { spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

/** A server that stops at once still has an answer on its way for so long (ms). */
export const CROSSING_SPAN = 1_000

/** Calls that the client took back for a reason other than its limit, and that were answered with a result all the same. */
export const answeredAnyway = ({ from, kind, cancelled, answeredAt = 0, answerBytes, error }: Call): boolean =>
  from === 'client' &&
  kind === 'request' &&
  cancelled !== undefined &&
  !isTimeout(cancelled.reason) &&
  answerBytes !== undefined &&
  answeredAt >= cancelled.at &&
  !(error && (error.code === 0 || /cancel/i.test(error.message)))

export const cancelledButAnswered: Rule = {
  id: 'cancelled-but-answered',
  severity: 'info',
  title: 'A cancelled call was answered',
  why: 'It looks like a stray answer and is a legal race: the client ignores it.',
  signature:
    'A response to an id that the client cancelled less than a second before. TypeScript servers stay silent, Python servers answer with code 0.',
  fix: 'Nothing to do: the client ignores the answer.',
  references: ['modelcontextprotocol/python-sdk#2064', 'modelcontextprotocol/typescript-sdk#404'],
  check({ calls }) {
    return calls
      .filter(call => answeredAnyway(call) && (call.answeredAt ?? 0) - (call.cancelled?.at ?? 0) < CROSSING_SPAN)
      .slice(0, 20)
      .map(call => ({
        confidence: 'certain',
        at: call.answeredAt ?? call.sentAt,
        call: call.id,
        exchange: call.exchange,
        title: `Call ${call.number} was answered ${spanText((call.answeredAt ?? 0) - (call.cancelled?.at ?? 0))} after it was cancelled. That is legal.`,
        says: 'The answer was on its way when the cancellation came. The client has to ignore it.',
        cause: 'A race between answer and cancellation.',
        fix: ['Nothing to do.'],
        evidence: cancellationEvidence(call),
      }))
  },
}

export const cancellationEvidence = (call: Call) => [
  { seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number}` },
  {
    seq: call.cancelled?.seq ?? 0,
    at: call.cancelled?.at ?? 0,
    says: `The client cancelled it: ${call.cancelled?.reason ?? 'no reason given'}`,
  },
  {
    seq: call.ladder.find(({ name }) => name === 'answered')?.seq ?? call.seqs.at(-1) ?? 0,
    at: call.answeredAt ?? call.sentAt,
    says: 'The answer came',
  },
]
