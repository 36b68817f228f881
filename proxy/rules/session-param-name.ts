/** The session id came under a name that the server does not know. Promise: both names are told, the one sent and the one wanted. */
import { countText } from '../core/words.ts'
import type { Rule } from './rule.ts'
import { isMissing, meant, usedOtherName } from './session-id-missing.ts'

export const sessionParamName: Rule = {
  id: 'session-param-name',
  severity: 'error',
  title: 'The session id bears the wrong parameter name',
  why: 'Servers choose the name themselves: Python writes session_id, TypeScript and Java write sessionId. Under another name the id is not seen.',
  signature: 'A POST whose query has sessionId where the endpoint event has session_id (or the reverse) is answered with 400.',
  fix: 'Post to the endpoint exactly as the server named it, instead of building the URL by hand.',
  references: ['modelcontextprotocol/typescript-sdk#764', 'modelcontextprotocol/python-sdk#423'],
  check(facts) {
    const refused = facts.exchanges.filter(x => isMissing(x) && usedOtherName(facts, x))
    const first = refused[0]
    const names = first && usedOtherName(facts, first)
    if (!first || !names) return []
    const endpoint = meant(facts, first)?.endpoint
    const named = facts.frames.find(({ event }) => event === 'endpoint')
    return [
      {
        confidence: 'certain',
        at: first.responseAt ?? first.requestAt,
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `The client sends ${names.sent}, the server wants ${names.wanted}. ${countText(refused.length, 'POST')} ${refused.length > 1 ? 'were' : 'was'} refused.`,
        says: `${endpoint ? `The server named ${endpoint.split('=', 1)[0]}=…, and t` : 'T'}he client built its own URL with ${names.sent} in the query.`,
        cause: 'The client builds the URL by hand instead of using the endpoint event’s.',
        fix: [`Post to the endpoint exactly as the endpoint event names it; at the least write ${names.wanted} for ${names.sent}.`],
        evidence: [
          ...(named ? [{ seq: named.seq, at: named.at, says: `The server named its endpoint with ${names.wanted}` }] : []),
          ...refused.slice(0, 5).map(x => ({
            seq: x.responseSeq ?? x.requestSeq,
            at: x.responseAt ?? x.requestAt,
            says: `POST ${x.path} with ${names.sent} answered with 400`,
          })),
        ],
        alternatives: [{ rule: 'session-id-missing', standing: 'ruled out', why: `the id is there, as ${names.sent}` }],
      },
    ]
  },
}
