/** A POST was redirected, and nobody sent it again. Promise: told once clients would have followed; a redirect to another origin is a fault of its own. */
import { pathAndQuery, pathOf } from '../core/endpoint.ts'
import { foreignOrigin } from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { countText } from '../core/words.ts'
import { attribution, isOver, isSlashRedirect, redirectEvidence } from './redirect-path-mismatch.ts'
import type { Rule } from './rule.ts'

export const redirectNotFollowed: Rule = {
  id: 'redirect-not-followed',
  severity: 'error',
  title: 'A redirected message was not sent again',
  why: 'The message is lost: the server never saw it, and the client waits for an answer that nobody owes.',
  signature: 'A POST is answered with 307 or 308 to a path of the same origin, and the same message is never posted there.',
  fix: 'Use the path in Location from the start; where the client is your own, let it repeat a POST after 307 and 308.',
  references: ['modelcontextprotocol/python-sdk#732', 'langchain-ai/langchain-mcp-adapters#206', 'BerriAI/litellm#23688'],
  check(facts) {
    const hops = facts.exchanges.filter(isRedirectedPost)
    const lost = hops.filter(hop => hop.followedBy === undefined && isOver(facts, hop))
    const first = lost[0]
    if (!first) return []
    const to = pathOf(pathAndQuery(first.location ?? '', first.target))
    const { side, cause, fix } = isSlashRedirect(first)
      ? attribution(facts, first)
      : {
          side: 'unknown' as const,
          cause: `The server routes ${first.path} to ${to}.`,
          fix: [`Let the client post to ${to} from the start.`],
        }
    const followed = hops.length - lost.length
    return [
      {
        confidence: 'certain',
        causeConfidence: side === 'unknown' ? 'possible' : 'certain',
        at: first.responseAt ?? first.requestAt,
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `${first.status} on ${countText(hops.length, 'POST')}, ${lost.length === hops.length ? (lost.length > 1 ? 'none followed' : 'not followed') : `${lost.length} not followed`}. ${lost.length > 1 ? 'The messages were' : 'The message was'} lost.`,
        says: `POST ${first.path} is redirected to ${to}. The client did not repeat ${lost.length > 1 ? countText(lost.length, 'request') : 'the request'} there${followed > 0 ? `; it followed ${followed} of them` : ''}.`,
        cause,
        fix: [...fix, 'If the client is your own: let it repeat a POST, with its body, after 307 and 308.'],
        evidence: redirectEvidence(facts, lost),
        alternatives: [{ rule: 'redirect-leaves-origin', standing: 'ruled out', why: 'Location stays on the same origin' }],
      },
    ]
  },
}

const isRedirectedPost = (x: Exchange): boolean =>
  x.method === 'POST' &&
  (x.status === 307 || x.status === 308) &&
  x.location !== undefined &&
  (foreignOrigin(x, x.location) === undefined || x.changes.some(({ what }) => what === 'location'))
