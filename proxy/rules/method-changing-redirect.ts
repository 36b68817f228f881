/** A POST is redirected in a way that lets the client drop its method and body. Promise: a client that repeated the POST all the same is only warned. */
import { pathAndQuery, pathOf, sameButSlash } from '../core/endpoint.ts'
import { answerAt, answerSeq, isSettled, redirectOrigin } from '../core/http-signs.ts'
import type { Evidence, Exchange } from '../core/model.ts'
import { countText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const methodChangingRedirect: Rule = {
  id: 'method-changing-redirect',
  severity: 'error',
  title: 'A redirect turns the POST into a GET',
  why: 'After 301, 302 or 303 most clients come back with GET and without the message, as browsers do. The message is lost, and the error that follows names neither.',
  signature: 'A POST is answered with 301, 302 or 303; the client then sends GET to the Location, or nothing.',
  fix: 'Use the final URL in the client’s settings. On the server: redirect with 307 or 308, which keep method and body, or route the path as it is.',
  references: ['modelcontextprotocol/modelcontextprotocol#2755', 'wojtekmach/req#236'],
  check(facts) {
    const hops = facts.exchanges.filter(x => x.calls.length > 0 && isChanging(x) && redirectOrigin(x) === undefined)
    const first = hops[0]
    if (!first) return []
    const next = (hop: Exchange) => facts.exchanges.find(({ id }) => id === hop.followedBy)
    const lost = hops.filter(hop => next(hop)?.method !== 'POST')
    if (lost.length > 0 && !next(first) && !isSettled(facts, answerAt(first))) return []
    const to = pathOf(pathAndQuery(first.location ?? '', first.target))
    const slash = sameButSlash(to, first.path)
    const turned = lost.filter(hop => next(hop)).length
    const came = turned > 0 ? 'The client came back with GET, without the message.' : 'The client did not send it again.'
    return [
      {
        ...(lost.length === 0 && { severity: 'warning' as const }),
        confidence: 'certain',
        at: answerAt(first),
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `${first.status} on ${countText(hops.length, 'POST')}. ${lost.length > 0 ? came : 'This client repeats the POST; others would send GET.'}`,
        says: `POST ${first.path} is redirected to ${to}${slash ? ', the same path but for the slash' : ''}. ${first.status} allows a client to drop the message; 307 and 308 do not.`,
        cause: slash
          ? 'The server routes the path with the other slash only, and redirects in the way of web pages (as Django does).'
          : `The server, or what stands before it, has moved ${first.path} and redirects as for a web page.`,
        fix: [
          `Write the URL with ${to} in the client’s settings.`,
          `Or let the server answer ${first.path} itself, or redirect it with 308.`,
        ],
        evidence: evidenceOf(hops, next),
      },
    ]
  },
}

const isChanging = ({ method, status, location }: Exchange): boolean =>
  method === 'POST' && (status === 301 || status === 302 || status === 303) && location !== undefined

function evidenceOf(hops: readonly Exchange[], next: (hop: Exchange) => Exchange | undefined): Evidence[] {
  return hops.slice(0, 3).flatMap(hop => {
    const then = next(hop)
    return [
      {
        seq: answerSeq(hop),
        at: answerAt(hop),
        says: `POST ${hop.path} answered with ${hop.status}, Location ${(hop.location ?? '').slice(0, 100)}`,
      },
      ...(then
        ? [
            {
              seq: then.requestSeq,
              at: then.requestAt,
              says: `The client sent ${then.method} ${then.path}, answered with ${then.status ?? 'nothing'}`,
            },
          ]
        : []),
    ]
  })
}
