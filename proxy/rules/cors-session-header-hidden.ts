/** A page of another origin may not read or send the headers that MCP needs. Promise: told when the browser's next step shows it, not by the header alone. */
import type { Facts } from '../core/facts.ts'
import { answerAt, answerOf, answerSeq, byRefusal, bySuccess, requestHeader, responseHeader } from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { countText, shortId } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const corsSessionHeaderHidden: Rule = {
  id: 'cors-session-header-hidden',
  severity: 'error',
  title: 'CORS keeps a header from the browser',
  why: 'The browser hides the session id from the page, or refuses to send it. The page sees its second request fail, or no request at all, and the server’s log shows nothing wrong.',
  signature:
    'A response to a request with Origin sets Mcp-Session-Id and does not name it in Access-Control-Expose-Headers, and what follows comes without the id; or a preflight is not allowed the headers that it asks for, and no request follows.',
  fix: 'Let the server send Access-Control-Expose-Headers: Mcp-Session-Id, and allow Content-Type, Mcp-Session-Id, Mcp-Protocol-Version and Last-Event-ID in preflights.',
  references: ['modelcontextprotocol/typescript-sdk#764', 'modelcontextprotocol/typescript-sdk#713', 'netdata/netdata#22258'],
  check(facts) {
    const found = facts.session.transport === 'other' ? preflight(facts) : hidden(facts)
    return found ? [found] : []
  },
}

const listOf = (x: Exchange, header: string): string[] =>
  responseHeader(x, header)
    .toLowerCase()
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')

function hidden({ exchanges, session }: Facts): Verdict | undefined {
  const issuing = exchanges.find(
    x => requestHeader(x, 'origin') !== '' && bySuccess(x) && responseHeader(x, 'mcp-session-id') !== '' && !isExposed(x),
  )
  if (!issuing) return undefined
  const without = exchanges.filter(
    x => x.method === 'POST' && x.requestAt > answerAt(issuing) && requestHeader(x, 'mcp-session-id') === '' && byRefusal(x, 400, 404),
  )
  const first = without[0]
  if (!first) return undefined
  const exposed = responseHeader(issuing, 'access-control-expose-headers')
  return {
    confidence: 'certain',
    at: answerAt(first),
    exchange: first.id,
    ...(first.calls[0] !== undefined && { call: first.calls[0] }),
    title: `The browser hides the session id from the page: ${first.status} on ${countText(without.length, 'POST')} without it.`,
    says: `The server issued ${shortId(session.key)} in Mcp-Session-Id, and ${exposed === '' ? 'names no header' : `names only ${exposed.slice(0, 60)}`} in Access-Control-Expose-Headers. A page may read no other header.`,
    cause: 'The CORS settings of the server: they do not expose Mcp-Session-Id.',
    fix: exposeFix(session.server.header ?? ''),
    evidence: [
      {
        seq: answerSeq(issuing),
        at: answerAt(issuing),
        says: `Mcp-Session-Id issued to Origin ${requestHeader(issuing, 'origin')}, not exposed`,
      },
      ...without.slice(0, 4).map(answerOf),
    ],
    alternatives: [{ rule: 'session-id-missing', standing: 'ruled out', why: 'the page could not know the id' }],
  }
}

const isExposed = (x: Exchange): boolean =>
  listOf(x, 'access-control-expose-headers').some(name => name === '*' || name === 'mcp-session-id')

function exposeFix(server: string): string[] {
  return /uvicorn|hypercorn/i.test(server)
    ? ['Add expose_headers=["Mcp-Session-Id"] to CORSMiddleware of the server.']
    : ["Send Access-Control-Expose-Headers: Mcp-Session-Id; with the cors package of Express: exposedHeaders: ['Mcp-Session-Id']."]
}

/** What the browser asked for before a request that never came. */
function preflight({ exchanges, others }: Facts): Verdict | undefined {
  const refused = exchanges.flatMap(x => {
    const problem = x.method === 'OPTIONS' && isForMcp(x) && x.responseBy === 'server' ? problemOf(x) : undefined
    const agent = requestHeader(x, 'user-agent')
    const followed = others.some(({ client, lastAt }) => client.userAgent === agent && lastAt > answerAt(x))
    return problem === undefined || followed ? [] : [{ x, problem }]
  })
  const first = refused[0]
  if (!first) return undefined
  const { x, problem } = first
  return {
    confidence: 'certain',
    at: answerAt(x),
    exchange: x.id,
    title: `The preflight for ${requestHeader(x, 'access-control-request-method')} ${x.path} was not allowed: ${problem}. No request followed.`,
    says: `A browser asks first whether a page of ${requestHeader(x, 'origin')} may send its request. The answer does not allow it, so the browser sends nothing.`,
    cause: 'The CORS settings of the server.',
    fix: [
      `Allow it in the server’s CORS settings: answer OPTIONS with 204, Access-Control-Allow-Origin, Access-Control-Allow-Methods: GET, POST, DELETE, and Access-Control-Allow-Headers: ${requestHeader(x, 'access-control-request-headers')}.`,
    ],
    evidence: refused.slice(0, 5).map(one => ({
      seq: answerSeq(one.x),
      at: answerAt(one.x),
      says: `OPTIONS ${one.x.path} asked for ${requestHeader(one.x, 'access-control-request-headers')}, answered with ${one.x.status}: ${one.problem}`,
    })),
  }
}

const isForMcp = (x: Exchange): boolean =>
  requestHeader(x, 'access-control-request-method') !== '' &&
  !x.path.startsWith('/.well-known/') &&
  /mcp-|last-event-id|content-type/i.test(requestHeader(x, 'access-control-request-headers'))

function problemOf(x: Exchange): string | undefined {
  if (!bySuccess(x)) return `status ${x.status}`
  if (responseHeader(x, 'access-control-allow-origin') === '') return 'no Access-Control-Allow-Origin'
  const allowed = listOf(x, 'access-control-allow-headers')
  const asked = requestHeader(x, 'access-control-request-headers').toLowerCase().split(',')
  const missing = asked
    .map(name => name.trim())
    .filter(name => name !== '' && !allowed.includes(name) && (name === 'authorization' || !allowed.includes('*')))
  return missing.length === 0 ? undefined : `${missing.join(', ')} not in Access-Control-Allow-Headers`
}
