/** A redirect leads the client to another origin. Promise: one that the proxy led back to itself is not told. */
import { pathAndQuery, pathOf } from '../core/endpoint.ts'
import { answerAt, answerSeq, asksForStream, bySuccess, ownOrigin, redirectOrigin } from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { countText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const redirectLeavesOrigin: Rule = {
  id: 'redirect-leaves-origin',
  severity: 'error',
  title: 'A redirect leads to another origin',
  why: 'Careful clients do not follow it, because headers with credentials would go along. Those that do follow leave the proxy, and what they send is not seen here.',
  signature:
    'A message or a stream is answered with 3xx, and scheme, host or port of its Location differ from the URL that the client used. The usual case is https turned into http.',
  fix: 'Use the final URL in the client’s settings, and tell the server its public scheme and host.',
  references: ['cBioPortal/cbioportal-mcp#78', 'modelcontextprotocol/modelcontextprotocol#2755'],
  check({ session, exchanges }) {
    const hops = exchanges.filter(x => (x.calls.length > 0 || asksForStream(x)) && redirectOrigin(x) !== undefined)
    const first = hops[0]
    if (!first) return []
    const own = ownOrigin(first) ?? ''
    const to = redirectOrigin(first) ?? ''
    const served = exchanges.some(x => x.requestAt > first.requestAt && bySuccess(x))
    const method = hops.every(hop => hop.method === first.method) ? first.method : 'request'
    return [
      {
        ...(served && { severity: 'warning' as const }),
        confidence: 'certain',
        at: answerAt(first),
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `${first.status} leads from ${own} to ${to}: ${countText(hops.length, method)}.`,
        says: `${first.method} ${first.path} is sent on to ${pathOf(pathAndQuery(first.location ?? '', first.target))} of another origin. TypeScript clients from 1.32 on refuse that (“Redirect to … not followed”); others go there without the proxy.`,
        cause: causeOf(own, to),
        fix: fixOf(own, to, first, session.server.header ?? ''),
        evidence: hops.slice(0, 5).map(hop => ({
          seq: answerSeq(hop),
          at: answerAt(hop),
          says: `${hop.method} ${hop.path} answered with ${hop.status}, Location ${(hop.location ?? '').slice(0, 100)}`,
        })),
        alternatives:
          [301, 302, 303].includes(first.status ?? 0) && first.method === 'POST'
            ? [{ rule: 'method-changing-redirect', standing: 'possible', why: `${first.status} may also turn the POST into a GET` }]
            : [],
      },
    ]
  },
}

const SIGN_IN = /login|auth|sso|accounts/i
const hostOf = (origin: string): string => origin.replace(/^[a-z]+:\/\//, '')

function causeOf(own: string, to: string): string {
  if (hostOf(own) === hostOf(to))
    return `The server takes ${to.split(':', 1)[0]} for its scheme; the client came by ${own.split(':', 1)[0]}.`
  if (SIGN_IN.test(to)) return 'A sign-in page stands before the server and sends everybody there first.'
  return 'The server has moved, or builds its redirects from a host name of its own.'
}

function fixOf(own: string, to: string, first: Exchange, server: string): string[] {
  const path = pathOf(pathAndQuery(first.location ?? '', first.target))
  const python = /uvicorn|hypercorn/i.test(server)
  if (hostOf(own) === hostOf(to))
    return [
      `Use the path ${path} in the client’s settings, so that there is no redirect.`,
      python
        ? 'Start uvicorn with --proxy-headers and --forwarded-allow-ips, so that it learns the scheme from X-Forwarded-Proto.'
        : 'Let the server learn its scheme from X-Forwarded-Proto.',
    ]
  if (SIGN_IN.test(to)) return ['Give the client a token for it, or exempt the MCP path from the sign-in page.']
  return [`If ${to} is the server: give the proxy --target ${to}${path}, so that there is no redirect.`]
}
