/** A client names a session to a server that has none. Promise: a note, because servers ignore it; those that refuse it are another fault. */
import type { Facts } from '../core/facts.ts'
import { bySuccess, requestHeader, responseHeader } from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { isPort } from '../core/unknown-session.ts'
import { countText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const sessionHeaderOnStateless: Rule = {
  id: 'session-header-on-stateless',
  severity: 'info',
  title: 'The client names a session to a server without sessions',
  why: 'Servers without sessions should ignore the header, but some refuse it, and whoever reads the traffic takes it for a session.',
  signature: 'Mcp-Session-Id on a request of 2026-07-28, or on requests to a server that answered initialize without one.',
  fix: 'Let the client send the header only when the server issued an id, and never since 2026-07-28.',
  references: ['mark3labs/mcp-go#370', 'modelcontextprotocol/inspector#806', 'modelcontextprotocol/go-sdk#952'],
  check(facts) {
    const named = facts.exchanges.filter(x => requestHeader(x, 'mcp-session-id') !== '' && bySuccess(x))
    const first = named[0]
    if (!first) return []
    if (facts.session.transport === 'stateless') return [modern(named, first)]
    return isWithoutSessions(facts) ? [legacy(named, first)] : []
  },
}

/** The server answered initialize without an id: here, or for the same client before. */
function isWithoutSessions({ session, exchanges, calls, others }: Facts): boolean {
  if (session.issued || session.transport !== 'streamable') return false
  const begun = calls.find(({ method, answeredAt, error }) => method === 'initialize' && answeredAt !== undefined && !error)
  if (begun) return exchanges.some(x => x.id === begun.exchange && responseHeader(x, 'mcp-session-id') === '')
  return others.some(
    ({ transport, key, protocolVersion, client }) =>
      transport === 'streamable' &&
      isPort(key) &&
      protocolVersion !== undefined &&
      client.userAgent === session.client.userAgent &&
      client.address === session.client.address,
  )
}

const base = (named: readonly Exchange[], first: Exchange) => ({
  confidence: 'certain' as const,
  at: first.requestAt,
  exchange: first.id,
  evidence: named.slice(0, 5).map(x => ({
    seq: x.requestSeq,
    at: x.requestAt,
    says: `${x.method} ${x.path} with Mcp-Session-Id, answered with ${x.status}`,
  })),
})

const modern = (named: readonly Exchange[], first: Exchange): Verdict => ({
  ...base(named, first),
  title: `Mcp-Session-Id on ${countText(named.length, 'request')} of 2026-07-28, which has no sessions.`,
  says: 'The server ignored it. The revision took sessions away; the header means nothing any more.',
  cause: 'The client, or a bridge before it, adds the header out of habit.',
  fix: ['Remove Mcp-Session-Id from the client’s settings, or upgrade the bridge.'],
})

const legacy = (named: readonly Exchange[], first: Exchange): Verdict => ({
  ...base(named, first),
  title: `Mcp-Session-Id on ${countText(named.length, 'request')}. The server issued none.`,
  says: 'The server answered initialize without an id, so it keeps no sessions; it ignored the id that the client made up or kept.',
  cause: 'The client, or a bridge before it, sends an id of its own.',
  fix: ['Let the client send Mcp-Session-Id only when the answer to initialize had one.'],
})
