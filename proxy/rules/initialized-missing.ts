/** The client never said that it was ready. Promise: told only once it has asked for something after the result of initialize. */
import { clientName, hasHandshake, initializeOf, isTurnedDown, requestsOf } from '../core/lifecycle.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

/** `initialized` may still be under way on another connection (ms). */
const RACE_SPAN = 500

export const initializedMissing: Rule = {
  id: 'initialized-missing',
  severity: 'warning',
  title: 'notifications/initialized was never sent',
  why: 'The handshake has three steps. Python servers before 1.18 refuse every request until the third; newer ones tolerate its absence.',
  signature: 'The result of initialize was delivered and requests follow, but notifications/initialized never comes.',
  fix: 'Let the client send notifications/initialized right after the result of initialize.',
  references: ['modelcontextprotocol/python-sdk#1478', 'modelcontextprotocol/python-sdk#423'],
  check(facts) {
    const { session, now } = facts
    const init = initializeOf(facts)
    if (!hasHandshake(facts) || !session.issued || session.initializedAt !== undefined) return []
    const readyAt = init?.error || init?.delivery !== 'delivered' ? undefined : init?.answeredAt
    if (!init || readyAt === undefined) return []
    // A POST that the server refused may have been it.
    if (facts.exchanges.some(({ method, requestAt, calls }) => method === 'POST' && calls.length === 0 && requestAt > readyAt)) return []
    const later = requestsOf(facts).filter(({ sentAt }) => sentAt >= readyAt)
    const first = later[0]
    if (!first || now - first.sentAt < RACE_SPAN) return []
    const refused = later.filter(call => isTurnedDown(call, now))
    const [bad] = refused
    return [
      {
        ...(bad && { severity: 'error' as const }),
        confidence: 'certain',
        at: first.sentAt,
        call: first.id,
        exchange: first.exchange,
        title: `${clientName(facts)} never sent notifications/initialized. ${bad ? `${countText(refused.length, 'request')} got no result.` : 'The server tolerates it.'}`,
        says: `It asked for ${first.method} ${spanText(first.sentAt - readyAt)} after the result of initialize, without saying that it was ready.`,
        cause: 'The client leaves out the third step of the handshake.',
        fix: [
          'Let the client send notifications/initialized right after the result of initialize; SDKs do so in connect() or initialize().',
        ],
        evidence: [
          { seq: init.seqs.at(-1) ?? 0, at: readyAt, says: 'The result of initialize came' },
          { seq: first.seqs[0] ?? 0, at: first.sentAt, says: `POST of call ${first.number}, ${first.method}` },
          ...(bad?.error
            ? [
                {
                  seq: bad.seqs.at(-1) ?? 0,
                  at: bad.answeredAt ?? bad.sentAt,
                  says: `Answered with ${bad.error.code} ${bad.error.message}`,
                },
              ]
            : []),
        ],
      },
    ]
  },
}
