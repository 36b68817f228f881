/** The handshake takes longer than clients wait. Promise: measured from the POST of initialize to its result, or to the moment someone gave up. */
import type { Facts } from '../core/facts.ts'
import { clientName, hasHandshake, initializeOf, isTimeout } from '../core/lifecycle.ts'
import { failedOtherwise } from '../core/lost-answer.ts'
import { spanText } from '../core/words.ts'
import { connectSetting } from './advice.ts'
import { CONNECT_SPAN } from './client-closed-early.ts'
import type { Rule } from './rule.ts'

/** What Windsurf waits for initialize (ms). */
const HARD_SPAN = 60_000

export const slowInitialize: Rule = {
  id: 'slow-initialize',
  severity: 'warning',
  title: 'The server is slow to initialize',
  why: 'Clients limit the handshake: Windsurf to 60 s, others to 10 or 30 s. Beyond that the server never shows up in the client.',
  signature: 'More than 30 s from the POST of initialize to its result; or the client leaves, or cancels, after such a wait.',
  fix: 'Answer initialize at once and do the slow work (login, discovery, loading) afterwards or on the first call.',
  references: ['stefanoamorelli/bc-code-intelligence-mcp#31', 'postmanlabs/postman-mcp-server#125', 'axiomhq/mcp#32'],
  check(facts) {
    const call = initializeOf(facts)
    if (!hasHandshake(facts) || !call || failedOtherwise(facts, call)) return []
    const endAt = call.answeredAt ?? call.broken?.at ?? (facts.session.state === 'live' ? facts.now : facts.session.lastAt)
    const gaveUp =
      call.cancelled && isTimeout(call.cancelled.reason) ? call.cancelled : call.delivery === 'undeliverable' ? call.broken : undefined
    const span = (gaveUp?.at ?? endAt) - call.sentAt
    if (span < CONNECT_SPAN && !(gaveUp && gaveUp === call.cancelled)) return []
    // A server that left is told by its end.
    if (!gaveUp && call.answeredAt === undefined && call.delivery !== 'pending') return []
    const took = call.answeredAt === undefined ? undefined : spanText(call.answeredAt - call.sentAt)
    const outcome = gaveUp
      ? `${clientName(facts)} gave up at ${spanText(span)}.`
      : took
        ? `${clientName(facts)} waited.`
        : 'It has not answered yet.'
    return [verdict(facts, { call, span, gaveUp, took, outcome })]
  },
}

interface Wait {
  readonly call: NonNullable<ReturnType<typeof initializeOf>>
  readonly span: number
  readonly gaveUp: { readonly at: number; readonly seq: number } | undefined
  readonly took: string | undefined
  readonly outcome: string
}

function verdict(facts: Facts, { call, span, gaveUp, took, outcome }: Wait): ReturnType<Rule['check']>[number] {
  return {
    ...((gaveUp || span >= HARD_SPAN) && { severity: 'error' as const }),
    confidence: 'certain',
    causeConfidence: 'likely',
    at: gaveUp?.at ?? call.answeredAt ?? call.sentAt + CONNECT_SPAN,
    call: call.id,
    exchange: call.exchange,
    title: took ? `initialize took ${took}. ${outcome}` : `initialize had no answer for ${spanText(span)}. ${outcome}`,
    says: `Clients limit this step, Windsurf to 60 s: a server that answers later never shows up there.`,
    cause: 'The server does slow work before it answers initialize.',
    fix: ['Answer initialize at once; do login, discovery and loading afterwards or on the first call.', connectSetting(facts)],
    evidence: [
      { seq: call.seqs[0] ?? 0, at: call.sentAt, says: 'POST of initialize' },
      ...(gaveUp
        ? [{ seq: gaveUp.seq, at: gaveUp.at, says: `The client gave up, ${spanText(gaveUp.at - call.sentAt)} after the POST` }]
        : []),
      ...(call.answeredAt === undefined
        ? []
        : [{ seq: call.seqs.findLast(seq => seq !== gaveUp?.seq) ?? 0, at: call.answeredAt, says: 'The result of initialize came' }]),
    ],
    alternatives: gaveUp
      ? [{ rule: 'client-closed-early', standing: 'possible', why: 'somebody may have stopped the client at that moment' }]
      : [],
  }
}
