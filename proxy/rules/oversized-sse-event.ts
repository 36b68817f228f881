/** An answer came whole, in one event too large for the client’s reader. Promise: size alone is a note; a fault needs the client’s own behaviour. */
import type { Facts } from '../core/facts.ts'
import type { Call } from '../core/model.ts'
import { EVENT_LIMITS, eventSize, unread } from '../core/oversized-answer.ts'
import { bytesText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

const MIB = 1_048_576

export const oversizedSseEvent: Rule = {
  id: 'oversized-sse-event',
  severity: 'error',
  title: 'An event is larger than the client reads',
  why: 'Several clients drop an SSE event above a limit (64 KiB in some line readers, 1 MiB in httpx2 2.10 and older Go SDKs) without a word about its size: the call looks unanswered although every byte arrived.',
  signature:
    'An answer is delivered whole in one event above a known limit, and the client goes on as if it had none: it cancels the call, comes back at once, or resumes after the event before.',
  fix: 'Page or filter what the tool returns, return a link to a resource, or answer with JSON instead of an event stream (json_response=True in the Python SDK); upgrade the client.',
  references: [
    'modelcontextprotocol/python-sdk#3332',
    'modelcontextprotocol/python-sdk#3338',
    'modelcontextprotocol/go-sdk#726',
    'gravitational/teleport#67000',
  ],
  check: facts => facts.calls.flatMap(call => verdictOn(facts, call)),
}

function verdictOn(facts: Facts, call: Call): Verdict[] {
  const size = eventSize(facts, call)
  const limit = size === undefined ? undefined : EVENT_LIMITS.findLast(bytes => size > bytes)
  if (size === undefined || limit === undefined || call.answeredAt === undefined) return []
  const sign = unread(facts, call)
  // Without a sign it is advice, and only above the limit of current SDKs; a long tool list has a rule of its own.
  if (!sign && (limit < MIB || call.method === 'tools/list')) return []
  const who = facts.session.client.name ?? 'The client'
  const answer = {
    seq: call.seqs.at(-1) ?? 0,
    at: call.answeredAt,
    says: `Answer to id ${call.rpcId} delivered whole: one event of ${bytesText(size)}`,
  }
  return [
    {
      ...(!sign && { severity: 'info' as const }),
      confidence: sign ? sign.confidence : 'possible',
      at: call.answeredAt,
      call: call.id,
      exchange: call.answerExchange ?? call.exchange,
      title: `Call ${call.number} was answered in one event of ${bytesText(size)}. ${sign ? `${who} did not read it.` : 'Some clients read no event above 1,048,576 B.'}`,
      says: sign
        ? `The answer was delivered ${spanText(call.answeredAt - call.sentAt)} after the request. ${sign.says}`
        : 'The answer was delivered, and nothing shows that this client did not read it. Others drop such an event and say only that the stream ended without a response.',
      cause: `The event is larger than ${bytesText(limit)}, a limit of known clients.`,
      fix: [
        `Make the answer of ${call.name ?? call.method} smaller than ${bytesText(limit)}: page it, filter it, or return a link to a resource.`,
        facts.session.transport === 'sse'
          ? 'Move to Streamable HTTP and answer with JSON, which has no such limit.'
          : 'Answer with JSON instead of an event stream (json_response=True in the Python SDK), which has no such limit.',
        ...(sign ? [`Upgrade ${facts.session.client.name ?? 'the client'}, or raise its limit for one event.`] : []),
      ],
      evidence: [answer, ...(sign?.evidence ?? [])],
      alternatives: sign
        ? [
            { rule: 'client-timeout-shorter-than-tool', standing: 'ruled out', why: 'the answer was there before the client gave up' },
            {
              rule: 'client-closed-early',
              standing: sign.confidence === 'certain' ? 'ruled out' : 'possible',
              why: 'it acted after the answer’s last byte',
            },
          ]
        : [],
    },
  ]
}
