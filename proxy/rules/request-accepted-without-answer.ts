/** On Streamable HTTP a request was answered with 202, as only a notification may be. Promise: silent where the answer came another way after all. */
import { ownExchange, unanswered } from '../core/lost-answer.ts'
import { countText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const requestAcceptedWithoutAnswer: Rule = {
  id: 'request-accepted-without-answer',
  severity: 'error',
  title: 'A request was answered with 202 and nothing else',
  why: 'On Streamable HTTP 202 means that no answer is due. The client takes the request for done, or waits for an answer that has no way to come.',
  signature: 'The POST of a request gets 202 on Streamable HTTP, and no answer comes on any stream.',
  fix: 'Answer requests with 200, as JSON or as an event stream. 202 is for notifications and responses alone (or for requests on the older HTTP+SSE transport, whose answers come on its stream).',
  references: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports'],
  check(facts) {
    const { transport, server } = facts.session
    if (transport !== 'streamable' && transport !== 'stateless') return []
    const calls = unanswered(facts).filter(call => ownExchange(facts, call)?.status === 202)
    const call = calls[0]
    const own = call && ownExchange(facts, call)
    if (!call || !own) return []
    const name = call.name ?? call.method
    return [
      {
        confidence: 'certain',
        at: own.responseAt ?? call.sentAt,
        call: call.id,
        exchange: own.id,
        title: `Call ${call.number}, ${name}, was answered with 202. ${calls.length > 1 ? `So were ${countText(calls.length - 1, 'other')}.` : 'Its answer has no way to come.'}`,
        says: `202 means that no answer is due; ${name} under id ${call.rpcId} is a request, to which one is. The response had ${own.responseBytes} B and ended.`,
        cause: `${server.name ?? 'The server'} treats a request as a notification, or speaks HTTP+SSE on a Streamable URL.`,
        fix: [
          `Let the server answer ${call.method} with 200 and the result, as application/json or text/event-stream.`,
          'Check that the server was not set up for the older HTTP+SSE transport at this URL.',
        ],
        evidence: calls.slice(0, 5).flatMap(one => {
          const exchange = ownExchange(facts, one)
          return [
            { seq: one.seqs[0] ?? 0, at: one.sentAt, says: `POST of call ${one.number} under id ${one.rpcId}` },
            {
              seq: exchange?.responseSeq ?? 0,
              at: exchange?.responseAt ?? one.sentAt,
              says: `Answered with 202, ${exchange?.responseBytes ?? 0} B`,
            },
          ]
        }),
        alternatives: [{ rule: 'orphan-request', standing: 'ruled out', why: 'the response has ended' }],
      },
    ]
  },
}
