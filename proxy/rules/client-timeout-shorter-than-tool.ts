/** The client gave up on a call by its own limit, and stayed. Promise: the limit is the one that the client announced, not a guess. */

import { nearest, REQUEST_LIMITS } from '../core/client-limits.ts'
import type { Facts } from '../core/facts.ts'
import { clientName, isTimeout } from '../core/lifecycle.ts'
import { failedOtherwise } from '../core/lost-answer.ts'
import type { Alternative, Call, Evidence } from '../core/model.ts'
import { type OwnRequests, ownRequests } from '../core/own-requests.ts'
import { bytesText, countText, limitText, spanText } from '../core/words.ts'
import { fewerRequests, limitSetting, ownRequestsLine } from './advice.ts'
import type { Rule, Verdict } from './rule.ts'

export const clientTimeoutShorterThanTool: Rule = {
  id: 'client-timeout-shorter-than-tool',
  severity: 'error',
  title: 'The client’s limit is shorter than the tool',
  why: 'The tool does its work, and the client has stopped waiting: it shows an error and throws the answer away.',
  signature:
    'The client posts notifications/cancelled whose reason names a timeout, at its limit after the request. Where it leaves its stream instead, undeliverable-response names this cause.',
  fix: 'Answer sooner (page, filter or cache), send progress where the client counts it, or raise the client’s limit.',
  references: ['modelcontextprotocol/typescript-sdk#245', 'modelcontextprotocol/typescript-sdk#404', 'jlowin/fastmcp#235'],
  check(facts) {
    const calls = facts.calls.filter(call => isGivenUp(call) && !failedOtherwise(facts, call))
    return calls[0] ? [verdictOn(facts, calls[0], calls)] : []
  },
}

const isGivenUp = ({ from, kind, method, cancelled, delivery }: Call) =>
  from === 'client' &&
  kind === 'request' &&
  method !== 'initialize' &&
  cancelled !== undefined &&
  isTimeout(cancelled.reason) &&
  delivery !== 'undeliverable'

/** An answer that only confirms the cancellation is none. */
const isReal = ({ answeredAt, error }: Call) => answeredAt !== undefined && !(error && /cancel/i.test(error.message))

function verdictOn(facts: Facts, call: Call, calls: readonly Call[]): Verdict {
  const { cancelled } = call
  const at = cancelled?.at ?? call.sentAt
  const span = at - call.sentAt
  const limit = limitText(nearest(span, REQUEST_LIMITS)?.limit ?? span)
  const late = isReal(call) ? spanText((call.answeredAt ?? 0) - call.sentAt) : undefined
  const who = clientName(facts)
  const name = call.name ?? call.method
  const end = late ? `${name} took ${late}, so its answer was thrown away.` : `${name} had not answered by then.`
  const more = calls.length > 1 ? ` It gave up ${countText(calls.length, 'call')} of this session so.` : ''
  const own = ownRequests(facts, call, call.answeredAt ?? facts.now)
  const steps: string[] = [
    ...(own ? [fewerRequests(own.count)] : []),
    `Answer within ${limit}: page, filter or cache ${(call.answerBytes ?? 0) > 100_000 ? `the ${bytesText(call.answerBytes ?? 0)}` : 'what it returns'}.`,
    limitSetting(facts),
    'Or let the tool send notifications/progress, where the client counts its limit anew with each.',
  ]
  return {
    confidence: 'certain',
    causeConfidence: 'certain',
    at,
    call: call.id,
    exchange: call.exchange,
    title: `${who} gave up at ${spanText(span)}. ${late ? `The answer came at ${late}.` : 'No answer had come.'}`,
    says: `${who} waits ${limit} for a call; ${end}${more}`,
    cause: `The client’s own limit: ${cancelled?.reason ?? 'timeout'}`,
    fix: steps,
    evidence: evidenceOf(call, own),
    alternatives: late ? [] : [orphanStanding(call)],
  }
}

const orphanStanding = ({ answeredAt }: Call): Alternative =>
  answeredAt === undefined
    ? { rule: 'orphan-request', standing: 'possible', why: 'the server may never have answered' }
    : { rule: 'orphan-request', standing: 'ruled out', why: 'the server stopped the call, and said so' }

function evidenceOf(call: Call, own: OwnRequests | undefined): Evidence[] {
  const lines: Evidence[] = [{ seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number}` }]
  if (call.cancelled)
    lines.push({ seq: call.cancelled.seq, at: call.cancelled.at, says: `The client cancelled it: ${call.cancelled.reason ?? ''}` })
  const answer = call.ladder.find(step => step.name === 'answered')
  if (call.answeredAt !== undefined && answer?.seq !== undefined)
    lines.push({
      seq: answer.seq,
      at: call.answeredAt,
      says: `${isReal(call) ? 'The answer came' : 'The server confirmed it with an error'}, ${bytesText(call.answerBytes ?? 0)}`,
    })
  return own ? [...lines, ownRequestsLine(own)].sort((a, b) => a.at - b.at) : lines
}
