/** Client and server speak different transports of MCP. Promise: silent where the client falls back by itself, as modern ones do. */
import { trimSlash } from '../core/endpoint.ts'
import type { Facts } from '../core/facts.ts'
import { answerAt, answerOf, asksForStream, byRefusal, bySuccess, isSettled, requestHeader, responseHeader } from '../core/http-signs.ts'
import type { Confidence, Exchange } from '../core/model.ts'
import { countText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const transportMismatch: Rule = {
  id: 'transport-mismatch',
  severity: 'error',
  title: 'Client and server speak different transports',
  why: 'The connection never begins, although both sides work. The client shows a refusal that names neither transport.',
  signature:
    'initialize is POSTed to the URL of an SSE stream (405, Allow: GET); or a stream is asked for at a Streamable URL (400, 405, 406); or a request of 2026-07-28 meets a server that wants initialize, or the other way round; and the client tries nothing else.',
  fix: 'Give the client the transport and the URL that belong together: SSE with the URL of the stream (often /sse), Streamable HTTP with the URL for POST (often /mcp).',
  references: ['metoro-io/mcp-golang#90', 'exa-labs/exa-mcp-server#86'],
  check(facts) {
    const found = mismatchOf(facts)
    return found ? [verdictOn(facts, found)] : []
  },
}

type Kind = 'streamable-to-sse' | 'sse-to-streamable' | 'modern-to-legacy' | 'legacy-to-modern'
export interface Mismatch {
  readonly kind: Kind
  readonly exchange: Exchange
  readonly confidence: Confidence
}

/** The exchange that shows it; undefined while the client may still try another way, or once it was served. */
export function mismatchOf(facts: Facts): Mismatch | undefined {
  const { session, exchanges } = facts
  if (session.transport === 'other' || exchanges.some(isServed)) return undefined
  const last = exchanges.findLast(x => x.responseAt !== undefined)
  if (!last || !isSettled(facts, answerAt(last))) return undefined
  for (const x of exchanges) {
    const found = kindOf(facts, x)
    if (found) return { ...found, exchange: x }
  }
  return undefined
}

/** Answered as MCP is: not the empty stream of a server that waits for a POST. */
const isServed = (x: Exchange): boolean => bySuccess(x) && (x.method === 'POST' || x.frames > 0)

function kindOf(facts: Facts, x: Exchange): Omit<Mismatch, 'exchange'> | undefined {
  const text = x.errorText ?? ''
  const allow = responseHeader(x, 'allow').toUpperCase()
  const known = (transport: 'sse' | 'streamable') =>
    facts.works?.some(one => one.transport === transport && one.path === trimSlash(x.path)) ?? false
  // A GET that a redirect made of a POST asks for nothing.
  if (asksForStream(x) && x.follows === undefined && requestHeader(x, 'mcp-session-id') === '') {
    const hints = allow.includes('POST') || /session.?id|not initialized|must accept/i.test(text) || known('streamable')
    if (byRefusal(x, 400, 404, 405, 406) && hints)
      return { kind: 'sse-to-streamable', confidence: known('streamable') ? 'certain' : 'likely' }
    if (x.body === 'stream' && bySuccess(x) && (known('streamable') || responseHeader(x, 'mcp-session-id') !== ''))
      return { kind: 'sse-to-streamable', confidence: 'likely' }
  }
  if (x.method !== 'POST' || !byRefusal(x)) return undefined
  const methods = facts.calls.filter(call => x.calls.includes(call.id)).map(({ method }) => method)
  if (methods.includes('initialize')) {
    if (byRefusal(x, 400) && /-3202[02]/.test(text)) return { kind: 'legacy-to-modern', confidence: 'certain' }
    if (byRefusal(x, 404, 405) && (known('sse') || (x.status === 405 && allow.includes('GET') && !allow.includes('POST'))))
      return { kind: 'streamable-to-sse', confidence: 'certain' }
  } else if (facts.session.transport === 'stateless' && byRefusal(x, 400, 404)) {
    if (/not initialized|unsupported protocol version|session.?id/i.test(text) && !/-32022/.test(text))
      return { kind: 'modern-to-legacy', confidence: 'certain' }
  }
  return undefined
}

function verdictOn(facts: Facts, { kind, exchange, confidence }: Mismatch): Verdict {
  const refused = facts.exchanges.filter(x => byRefusal(x))
  const tries = refused.length > 1 ? `, ${countText(refused.length, 'try').replace('trys', 'tries')}` : ''
  const answer = exchange.status === 200 ? 'a stream without an endpoint event' : `${exchange.status}${tries}`
  return {
    confidence,
    at: answerAt(exchange),
    exchange: exchange.id,
    ...(exchange.calls[0] !== undefined && { call: exchange.calls[0] }),
    title: `${TITLES[kind]} ${exchange.method} ${exchange.path} gives ${answer}.`,
    says: SAYS[kind],
    cause: CAUSES[kind],
    fix: fixOf(facts, kind, exchange),
    evidence: (refused.length > 0 ? refused : [exchange]).slice(0, 5).map(answerOf),
    ...(confidence !== 'certain' && {
      alternatives: [{ rule: 'wrong-endpoint', standing: 'possible' as const, why: 'another service may answer at this path' }],
    }),
  }
}

const TITLES: Record<Kind, string> = {
  'streamable-to-sse': 'The client speaks Streamable HTTP to an SSE address.',
  'sse-to-streamable': 'The client speaks HTTP+SSE to a Streamable address.',
  'modern-to-legacy': 'The client speaks 2026-07-28; the server wants initialize.',
  'legacy-to-modern': 'The client sends initialize; the server speaks 2026-07-28 alone.',
}
const SAYS: Record<Kind, string> = {
  'streamable-to-sse': 'It POSTs initialize to an address that only opens a stream with GET, and tries nothing else.',
  'sse-to-streamable': 'It asks for a stream that begins with an endpoint event; this server waits for a POST of initialize instead.',
  'modern-to-legacy':
    'It sends requests without a session; the server does not serve them before initialize. The client does not fall back.',
  'legacy-to-modern': 'The server serves requests of the stateless revision alone, and refuses initialize.',
}
const CAUSES: Record<Kind, string> = {
  'streamable-to-sse': 'The transport or the URL in the client’s settings: it is that of the other transport.',
  'sse-to-streamable': 'The transport or the URL in the client’s settings: it is that of the other transport.',
  'modern-to-legacy': 'The client supports only revisions from 2026-07-28 on, the server only older ones.',
  'legacy-to-modern': 'The server supports only revisions from 2026-07-28 on, the client only older ones.',
}

function fixOf({ works = [] }: Facts, kind: Kind, { path }: Exchange): string[] {
  const at = (transport: 'sse' | 'streamable') => works.find(one => one.transport === transport)?.path
  switch (kind) {
    case 'streamable-to-sse': {
      const other = at('streamable')
      return [
        `Set the client’s transport to SSE for ${path} ("type": "sse").`,
        `Or keep Streamable HTTP and use ${other ?? 'the server’s URL for it, often /mcp'}.`,
      ]
    }
    case 'sse-to-streamable': {
      const other = at('sse')
      return [
        `Set the client’s transport to Streamable HTTP for ${path} ("type": "http" or "streamable-http").`,
        `Or keep SSE and use ${other ?? 'the server’s stream URL, often /sse, if it has one'}.`,
      ]
    }
    case 'modern-to-legacy':
      return ['Upgrade the server’s SDK to one that serves 2026-07-28, or let the client fall back to initialize.']
    default:
      return ['Upgrade the client to one that speaks 2026-07-28, or let the server serve the older revisions too.']
  }
}
