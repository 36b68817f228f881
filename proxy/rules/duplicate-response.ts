/** The server answers a request twice. Promise: a replay after a resumption is no second answer. */
import { strays } from '../core/lost-answer.ts'
import { callsUnder } from '../core/per-facts.ts'
import { bytesText, spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const duplicateResponse: Rule = {
  id: 'duplicate-response',
  severity: 'warning',
  title: 'A request was answered twice',
  why: 'The client keeps the first answer and drops the second, with a line in its log at best. Where ids are reused the second can pass for the answer to another request.',
  signature: 'A response comes with the id of a request of this session that has its answer already.',
  fix: 'Send one answer for each request: not both in the POST’s response and on the stream, and none after an error has been sent.',
  references: ['modelcontextprotocol/python-sdk#3137', 'https://www.jsonrpc.org/specification'],
  check(facts) {
    const pairs = strays(facts).flatMap(frame => {
      const call = callsUnder(facts, frame.rpcId).find(
        one => one.from === 'client' && one.answeredAt !== undefined && one.answeredAt <= frame.at,
      )
      return call ? [{ frame, call }] : []
    })
    const first = pairs[0]
    if (!first) return []
    const { frame, call } = first
    const elsewhere = call.answerExchange !== frame.exchange
    return [
      {
        confidence: 'certain',
        at: frame.at,
        call: call.id,
        exchange: frame.exchange,
        title: `Call ${call.number} was answered twice, ${spanText(frame.at - (call.answeredAt ?? frame.at))} apart.${pairs.length > 1 ? ` So were ${pairs.length - 1} more.` : ''}`,
        says: `A second answer under id ${call.rpcId}, ${bytesText(frame.size)}, came ${elsewhere ? 'on another response than the first' : 'on the same stream'}. Clients take the first and drop the other.`,
        cause: elsewhere ? 'The server answers both in the POST’s response and on the stream.' : 'The server’s handler sends two answers.',
        fix: [
          elsewhere
            ? 'Answer in one place: in the POST’s own response, or (HTTP+SSE) on the stream with an empty 202 for the POST.'
            : `Look for a second send in the handler of ${call.name ?? call.method}: an error after a result, or a retry inside the server.`,
        ],
        evidence: [
          { seq: call.seqs.at(-1) ?? 0, at: call.answeredAt ?? frame.at, says: `First answer to id ${call.rpcId}` },
          ...pairs
            .slice(0, 5)
            .map(pair => ({ seq: pair.frame.seq, at: pair.frame.at, says: `Second answer under id ${pair.frame.rpcId}` })),
        ],
      },
    ]
  },
}
