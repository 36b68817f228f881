/** A client gives one id to two requests at once. Promise: reuse one after the other is legal and stays silent. */
import type { Facts } from '../core/facts.ts'
import { overAt, sharedIds } from '../core/lost-answer.ts'
import type { Call } from '../core/model.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const duplicateInFlightId: Rule = {
  id: 'duplicate-in-flight-id',
  severity: 'error',
  title: 'Two requests in flight share an id',
  why: 'Servers route answers by id alone: two requests under one id cross wires, and one of them gets the other’s answer or none.',
  signature: 'A request is posted on a session while another with the same id has no answer yet.',
  fix: 'Give each request of a session an id of its own; let the SDK’s client count. Until then send one request at a time.',
  references: ['modelcontextprotocol/python-sdk#3060', 'modelcontextprotocol/python-sdk#2655', 'anthropics/claude-ai-mcp#539'],
  check(facts) {
    // Since 2026-07-28 an answer belongs to its own POST and nothing else.
    if (facts.session.transport === 'stateless') return []
    return sharedIds(facts).map(calls => verdictOn(facts, calls))
  },
}

/** How many were in flight at one moment, at most. */
function atOnce(calls: readonly Call[]): number {
  const moments = calls.flatMap(call => [
    { at: call.sentAt, by: 1 },
    { at: overAt(call), by: -1 },
  ])
  let most = 0
  let now = 0
  for (const { by } of moments.sort((a, b) => a.at - b.at || a.by - b.by)) {
    now += by
    most = Math.max(most, now)
  }
  return most
}

function verdictOn({ session }: Facts, calls: readonly Call[]): Verdict {
  const [first, second] = calls as [Call, Call]
  const answered = calls.filter(call => call.answeredAt !== undefined)
  const most = atOnce(calls)
  const who = session.client.name ?? 'The client'
  const outcome =
    answered.length === calls.length ? 'Each got an answer, perhaps the other’s.' : `${countText(answered.length, 'answer')} came for them.`
  return {
    severity: answered.length < calls.length ? 'error' : 'warning',
    confidence: 'certain',
    at: second.sentAt,
    call: second.id,
    exchange: second.exchange,
    title: `${calls.length} requests were in flight under id ${first.rpcId}${most < calls.length ? `, up to ${most} at once` : ''}. ${outcome}`,
    says: `${who} posted ${second.name ?? second.method} under id ${second.rpcId} ${spanText(second.sentAt - first.sentAt)} after ${first.name ?? first.method}, which had no answer yet. Which answer belongs to which cannot be told from its id.`,
    cause: `${who} does not count its ids.`,
    fix: [
      `Give each request its own id in ${session.client.name ?? 'the client'}: let the SDK’s client object send them, one object for each session.`,
      'Until then send one request at a time on a session.',
    ],
    evidence: [
      ...calls
        .slice(0, 5)
        .map(call => ({ seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of ${call.name ?? call.method} under id ${call.rpcId}` })),
      ...answered
        .slice(0, 5)
        .map(call => ({ seq: call.seqs.at(-1) ?? 0, at: call.answeredAt ?? 0, says: `Answer under id ${call.answerId ?? call.rpcId}` })),
    ].sort((a, b) => a.at - b.at || a.seq - b.seq),
  }
}
