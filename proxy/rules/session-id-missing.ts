/** A message came without the id of its session. Promise: where the id came under another name, session-param-name tells it. */
import { queryOf } from '../core/endpoint.ts'
import type { Facts } from '../core/facts.ts'
import { headerOf } from '../core/fields.ts'
import type { Exchange, Session } from '../core/model.ts'
import { countText, errorWords } from '../core/words.ts'
import { isOpening } from './post-before-endpoint.ts'
import type { Rule, Verdict } from './rule.ts'

export const sessionIdMissing: Rule = {
  id: 'session-id-missing',
  severity: 'error',
  title: 'A message came without its session id',
  why: 'Without the id the server cannot tell whose message it is, and refuses it.',
  signature:
    'A POST without the id that the endpoint event or initialize gave is answered with 400 “session_id is required”, “Missing session ID”, “Mcp-Session-Id header is required” or “Server not initialized”.',
  fix: 'Post to the endpoint exactly as the server named it, query and all; on Streamable HTTP send the Mcp-Session-Id header with every request after initialize.',
  references: ['modelcontextprotocol/typescript-sdk#764', 'modelcontextprotocol/python-sdk#423'],
  check(facts) {
    const refused = facts.exchanges.filter(x => isMissing(x) && !usedOtherName(facts, x) && !isHidden(facts, x) && !isEarly(facts, x))
    return refused[0] ? [verdictOn(facts, refused[0], refused)] : []
  },
}

const WORDS =
  /session[_ -]?id (header |parameter |query parameter )?(is |was )?(required|missing)|missing (mcp-)?session[_ -]?id|no valid session id|server not initialized/i

/** Refused for want of an id. A probe of the revision without sessions needs none. */
export function isMissing({ method, status, responseBy, errorText = '', requestHeaders }: Exchange): boolean {
  return (
    method === 'POST' &&
    responseBy === 'server' &&
    status === 400 &&
    WORDS.test(errorText) &&
    headerOf(requestHeaders, 'mcp-session-id') === '' &&
    !(headerOf(requestHeaders, 'mcp-protocol-version') >= '2026')
  )
}

/** The session that it was meant for: its own, or the newest of the same client whose messages go to this path. */
export function meant({ session, others }: Facts, x: Exchange): Session | undefined {
  const path = (one: Session) => one.endpoint?.split('?', 1)[0]
  return (
    [session, ...others].find(one => path(one) === x.path) ??
    (session.transport === 'streamable' ? session : others.find(one => one.transport === 'streamable'))
  )
}

const nameOfId = (target: string): string | undefined =>
  queryOf(target)
    .split('&')
    .map(part => part.split('=', 1)[0] ?? '')
    .find(name => /session/i.test(name))

/** The query names an id otherwise than the server's endpoint does. */
export function usedOtherName(facts: Facts, x: Exchange): { readonly sent: string; readonly wanted: string } | undefined {
  const sent = nameOfId(x.target)
  const wanted = nameOfId(meant(facts, x)?.endpoint ?? '') ?? /\b(session_id|sessionId)\b/.exec(x.errorText ?? '')?.[1]
  return sent !== undefined && wanted !== undefined && sent !== wanted ? { sent, wanted } : undefined
}

/** A browser that was not allowed to read the header: a fault of its own. */
function isHidden({ exchanges }: Facts, x: Exchange): boolean {
  if (headerOf(x.requestHeaders, 'origin') === '') return false
  const issuing = exchanges.find(({ responseHeaders = [] }) => headerOf(responseHeaders, 'mcp-session-id') !== '')
  return !/mcp-session-id|\*/i.test(headerOf(issuing?.responseHeaders ?? [], 'access-control-expose-headers'))
}

function verdictOn(facts: Facts, first: Exchange, refused: readonly Exchange[]): Verdict {
  const session = meant(facts, first)
  const sse = session ? session.transport === 'sse' : /session_?id is required/i.test(first.errorText ?? '')
  const where = session?.endpoint ?? ''
  const at = first.responseAt ?? first.requestAt
  const issuing = facts.exchanges.find(
    ({ responseHeaders = [], status = 0 }) => status < 300 && headerOf(responseHeaders, 'mcp-session-id') !== '',
  )
  const named = facts.frames.find(({ event }) => event === 'endpoint')
  return {
    confidence: 'certain',
    causeConfidence: 'possible',
    at,
    exchange: first.id,
    ...(first.calls[0] !== undefined && { call: first.calls[0] }),
    title: `${countText(refused.length, 'POST')} came without a session id. The server refused ${refused.length > 1 ? 'them' : 'it'} with 400.`,
    says: sse
      ? `${where ? `The server named ${where.split('?', 1)[0]} with an id in its query, and t` : 'T'}he client posted to ${first.target}.`
      : issuing
        ? 'The server issued an id with the answer to initialize; the client has to send it back in Mcp-Session-Id with every request.'
        : 'The answer to initialize gives the id that every later request has to carry in Mcp-Session-Id.',
    cause: 'A client built by hand, or something on the way that strips the query or the header.',
    fix: sse
      ? [
          'Post to the endpoint exactly as the endpoint event names it, with its query.',
          'If a gateway stands between: let it pass the query on.',
        ]
      : [
          'Send the Mcp-Session-Id header with every request after initialize; an SDK’s transport does so by itself.',
          'If a gateway stands between: let it pass unknown headers on.',
        ],
    evidence: [
      ...(named ? [{ seq: named.seq, at: named.at, says: `The server named its endpoint: ${named.preview}` }] : []),
      ...(issuing && !sse
        ? [
            {
              seq: issuing.responseSeq ?? issuing.requestSeq,
              at: issuing.responseAt ?? issuing.requestAt,
              says: 'The server issued a session id',
            },
          ]
        : []),
      ...refused.slice(0, 5).map(x => ({
        seq: x.responseSeq ?? x.requestSeq,
        at: x.responseAt ?? x.requestAt,
        says: `${x.method} ${x.path} answered with 400: ${errorWords(x.errorText ?? '').slice(0, 80)}`,
      })),
    ],
    alternatives: [
      { rule: 'session-param-name', standing: 'ruled out', why: 'the query names no id at all' },
      {
        rule: 'cors-session-header-hidden',
        standing: 'ruled out',
        why: headerOf(first.requestHeaders, 'origin') === '' ? 'no browser sent it' : 'the header may be read',
      },
    ],
  }
}

/** The client did not know the id yet: a fault of its own. */
const isEarly = ({ session, others }: Facts, x: Exchange) => [session, ...others].some(one => isOpening(one, x))
