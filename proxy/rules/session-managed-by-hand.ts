/** Somebody other than the SDK's transport keeps or makes session ids. Promise: each sign is told as what was seen, not as what may lie behind it. */
import type { Facts } from '../core/facts.ts'
import { headerOf } from '../core/fields.ts'
import type { Exchange } from '../core/model.ts'
import { shortId } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'
import { unknownSessionVerdicts } from './unknown-session-verdict.ts'

export const sessionManagedByHand: Rule = {
  id: 'session-managed-by-hand',
  severity: 'error',
  title: 'Session ids are kept or made by hand',
  why: 'An id that the transport did not issue belongs to nobody; one id for two connections crosses their answers.',
  signature:
    'A POST with an id that no server issued here; two endpoint events with the same id; one session under different ids; a server whose handler returns nothing (TypeError: NoneType object is not callable).',
  fix: 'Let the SDK’s transport own the ids, on both sides: async with connect_sse(scope, receive, send), and return a Response after it.',
  references: ['modelcontextprotocol/python-sdk#423', 'modelcontextprotocol/python-sdk#1676'],
  check: facts => {
    const found = [
      ...unknownSessionVerdicts(facts, 'session-managed-by-hand'),
      ...twice(facts),
      ...shared(facts),
      ...renamed(facts),
      ...nothingReturned(facts),
    ]
    return found.slice(0, 1)
  },
}

/** Two streams were given the same id: told on the later one. */
function twice({ session, others, frames }: Facts): Verdict[] {
  const other = others.find(
    one => one.key === session.key && one.transport === 'sse' && one.endpointAt !== undefined && one.id < session.id,
  )
  const named = frames.find(({ event }) => event === 'endpoint')
  if (session.transport !== 'sse' || session.endpointAt === undefined || !other || !named) return []
  const both = other.ended === undefined || other.ended.at > session.startedAt
  return [
    {
      confidence: 'certain',
      at: named.at,
      ...(session.stream !== undefined && { exchange: session.stream }),
      title: `Two streams were given the same session id, ${shortId(session.key)}. ${both ? 'Both were open at once.' : 'One came after the other.'}`,
      says: 'The server names one and the same endpoint for two connections: answers can reach the wrong one.',
      cause: 'The server makes ids by hand, or keeps one transport for all clients.',
      fix: ['Create one transport for each connection and let it make its own id.'],
      evidence: [
        { seq: named.seq, at: named.at, says: `The server named its endpoint: ${named.preview}` },
        ...(other.ended ? [{ seq: other.ended.seq, at: other.ended.at, says: 'The stream with the same id ended' }] : []),
      ].sort((a, b) => a.at - b.at),
    },
  ]
}

/** Two programs post under one id. A stream's reader may name itself otherwise than the poster of the same client; posters do not. */
function shared({ session, exchanges }: Facts): Verdict[] {
  if (session.transport === 'stateless' || session.transport === 'other') return []
  const byAgent = new Map<string, Exchange>()
  for (const x of exchanges) {
    const agent = headerOf(x.requestHeaders, 'user-agent')
    if (x.method === 'POST' && agent !== '' && !byAgent.has(agent)) byAgent.set(agent, x)
  }
  const [one, two] = [...byAgent]
  if (!one || !two) return []
  const [agent, x] = two
  return [
    {
      severity: 'warning',
      confidence: 'likely',
      at: x.requestAt,
      exchange: x.id,
      title: `Two programs post to session ${shortId(session.key)}. Both await their answers there.`,
      says: `${one[0].slice(0, 40)} began, and ${agent.slice(0, 40)} uses the same id. Servers tell answers apart by their ids alone, and both count from 0.`,
      cause: 'The id was handed from one program to another.',
      fix: ['Let each program open a session of its own.'],
      evidence: [...byAgent]
        .slice(0, 5)
        .map(([name, post]) => ({ seq: post.requestSeq, at: post.requestAt, says: `First POST by ${name.slice(0, 60)}` })),
      alternatives: [{ rule: 'duplicate-in-flight-id', standing: 'possible', why: 'two counters of ids meet in one session' }],
    },
  ]
}

/** A later answer of the same session names another id. */
function renamed({ session, exchanges }: Facts): Verdict[] {
  if (session.transport !== 'streamable') return []
  const other = exchanges.find(({ status = 0, requestHeaders, responseHeaders = [] }) => {
    const [sent, told] = [headerOf(requestHeaders, 'mcp-session-id'), headerOf(responseHeaders, 'mcp-session-id')]
    return status < 300 && sent !== '' && told !== '' && told !== sent
  })
  if (!other) return []
  return [
    {
      confidence: 'certain',
      at: other.responseAt ?? other.requestAt,
      exchange: other.id,
      title: `The server answers session ${shortId(session.key)} under another id. One session has two ids.`,
      says: 'The id of a session must not change while it lives: clients that take up the new one leave their session behind.',
      cause: 'The server writes the header by hand, or makes a transport for each request.',
      fix: ['Create one transport for each session, and let it write Mcp-Session-Id.'],
      evidence: [
        {
          seq: other.responseSeq ?? other.requestSeq,
          at: other.responseAt ?? other.requestAt,
          says: `${other.method} ${other.path} answered with another mcp-session-id`,
        },
      ],
    },
  ]
}

function nothingReturned({ logs, session }: Facts): Verdict[] {
  const line = logs.find(({ text, exception }) => /'NoneType' object is not callable/.test(`${exception ?? ''} ${text}`))
  if (!line || session.transport === 'other') return []
  return [
    {
      severity: 'warning',
      confidence: 'likely',
      at: line.at,
      title: 'The server’s handler of the stream returned nothing. Its log has a TypeError for it.',
      says: 'Starlette calls what a handler returns. A handler that serves the stream itself has to return a Response after it.',
      cause: 'connect_sse is used in a route that returns None.',
      fix: [
        'Return Response() at the end of the handler that uses connect_sse.',
        'If the handler is FastMCP’s own: upgrade mcp (1.6.0 returns nothing there; 1.12.0 does).',
      ],
      evidence: [{ seq: line.seq, at: line.at, says: 'Server log: TypeError: NoneType object is not callable' }],
    },
  ]
}
