/** An answer came on the stream before its POST was acknowledged: two connections race. Promise: a note, never a fault. */

import { carriersOf } from '../core/per-facts.ts'
import { spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

/** Closer than this nobody would notice (ms). */
const NOTICED = 10

export const answerBeforeAccepted: Rule = {
  id: 'answer-before-accepted',
  severity: 'info',
  title: 'An answer came before the 202 of its request',
  why: 'It looks like a server that answers what it has not accepted. It is a race between two connections, and clients are made for it.',
  signature: 'On HTTP+SSE the answer arrives on the stream before the POST of its request gets its 202.',
  fix: 'Nothing to mend. Do not wait for the 202 in a client of your own before you listen for the answer.',
  references: ['https://modelcontextprotocol.io/specification/2024-11-05/basic/transports'],
  check(facts) {
    const { session, calls } = facts
    if (session.transport !== 'sse') return []
    const early = calls.flatMap(call => {
      const gap = (call.acceptedAt ?? 0) - (call.answeredAt ?? Number.POSITIVE_INFINITY)
      return call.from === 'client' && call.kind === 'request' && gap >= NOTICED ? [{ call, gap }] : []
    })
    const first = early.toSorted((a, b) => b.gap - a.gap)[0]
    if (!first) return []
    const { call, gap } = first
    const accepted = carriersOf(facts, call).findLast(one => one.status === call.status)
    return [
      {
        confidence: 'certain',
        at: call.answeredAt ?? call.sentAt,
        call: call.id,
        exchange: call.exchange,
        title: `The answer to call ${call.number} came ${spanText(gap)} before its POST was accepted. This is healthy.`,
        says: `Answer and acknowledgement travel on two connections, and either may be first. It happened ${early.length === 1 ? 'once' : `${early.length} times`} on this session.`,
        cause: 'The server hands the message to its handler before it acknowledges the POST.',
        fix: ['Nothing to mend.'],
        evidence: [
          { seq: call.seqs.find(seq => seq !== call.seqs[0]) ?? 0, at: call.sentAt, says: `POST of call ${call.number}` },
          ...(accepted?.responseSeq !== undefined
            ? [
                {
                  seq: accepted.responseSeq,
                  at: accepted.responseAt ?? call.sentAt,
                  says: `Accepted with ${accepted.status}, after the answer`,
                },
              ]
            : []),
        ],
      },
    ]
  },
}
