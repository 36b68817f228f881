/** A stream was cut and resumed where it had ended. Promise: a note, and only where the client asked for the rest and got it. */
import { headerOf } from '../core/fields.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const streamResumed: Rule = {
  id: 'stream-resumed',
  severity: 'info',
  title: 'A stream was resumed',
  why: 'A stream that ends in the middle of a call looks like a loss. Here the client asked for what followed its last event, and the server had it.',
  signature: 'A GET with Last-Event-ID is answered with an event stream.',
  fix: 'Nothing to mend. Where it happens often, look for what ends the streams: an idle limit, or a server that lets clients poll on purpose.',
  references: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports'],
  check({ session, exchanges, calls }) {
    const found = exchanges.filter(
      ({ method, status, body, requestHeaders }) =>
        method === 'GET' && status === 200 && body === 'stream' && headerOf(requestHeaders, 'last-event-id') !== '',
    )
    const first = found[0]
    if (!first) return []
    const answered = calls.filter(call => found.some(({ id }) => id === call.answerExchange) && call.delivery === 'delivered')
    const waiting = calls.some(
      ({ from, kind, sentAt, answeredAt, cancelled }) =>
        from === 'client' && kind === 'request' && sentAt < first.requestAt && answeredAt === undefined && !cancelled,
    )
    const cut = exchanges.findLast(one => one.id < first.id && (one.body === 'sse' || one.body === 'stream') && one.serverEnd !== undefined)
    const gap = cut?.serverEnd ? first.requestAt - cut.serverEnd.at : undefined
    return [
      {
        confidence: 'certain',
        at: first.requestAt,
        exchange: first.id,
        title: `The stream was resumed${gap === undefined ? '' : ` ${spanText(gap)} after it had ended`}. ${answered.length > 0 ? `${countText(answered.length, 'answer')} came that way.` : waiting ? 'No answer has come on it yet.' : 'This is healthy.'}`,
        says: `${session.client.name ?? 'The client'} asked for what followed, and the server ${waiting ? 'went on there.' : 'had it: nothing was lost.'}${found.length > 1 ? ` This happened ${found.length} times.` : ''}`,
        cause:
          cut?.serverEnd?.how === 'complete'
            ? 'The server ended the stream and lets the client poll.'
            : 'The stream was cut and the client reconnected.',
        fix: ['Nothing to mend.'],
        evidence: [
          ...(cut?.serverEnd ? [{ seq: cut.serverEnd.seq, at: cut.serverEnd.at, says: 'The stream before it ended' }] : []),
          { seq: first.requestSeq, at: first.requestAt, says: `GET with Last-Event-ID, answered with ${first.status}` },
        ],
        alternatives: [{ rule: 'not-resumable-drop', standing: 'ruled out', why: 'it was resumed' }],
      },
    ]
  },
}
