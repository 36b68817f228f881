/** The client came back on a new stream and went on as if nothing had happened. Promise: told of streams that follow another, never of a first one. */
import type { Facts } from '../core/facts.ts'
import { headerOf } from '../core/fields.ts'
import { clientName, initializeOf, isTurnedDown } from '../core/lifecycle.ts'
import type { Call, Evidence, Exchange, Session } from '../core/model.ts'
import { actorText, countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const reconnectedWithoutInitialize: Rule = {
  id: 'reconnected-without-initialize',
  severity: 'error',
  title: 'The client reconnected without initialize',
  why: 'A new stream is a new session. Servers that insist on the handshake refuse every request on it, for good, and the connection looks alive.',
  signature:
    'A new stream of the same client, whose first message is not initialize. Its GET carries mcp-protocol-version, which a first GET never does.',
  fix: 'Restart the connection in the client, upgrade the client or bridge, or move to Streamable HTTP.',
  references: [
    'modelcontextprotocol/typescript-sdk#510',
    'cursor/cursor#2998',
    'geelen/mcp-remote#269',
    'modelcontextprotocol/python-sdk#423',
  ],
  check(facts) {
    const { session, calls } = facts
    if (session.transport !== 'sse' || !session.issued || initializeOf(facts)) return []
    const stream = streamOf(facts)
    const first = calls.find(({ from, kind }) => from === 'client' && (kind === 'request' || kind === 'notification'))
    if (!stream || !first) return []
    const old = facts.others.find(({ id }) => id === session.replaces)
    return old?.protocolVersion !== undefined || old?.endpointAt !== undefined || asReconnect(stream)
      ? [verdictOn(facts, stream, first, old)]
      : []
  },
}

export const streamOf = ({ session, exchanges }: Facts): Exchange | undefined => exchanges.find(({ id }) => id === session.stream)
/** A first GET cannot know the revision. */
export const asReconnect = (stream: Exchange): boolean => headerOf(stream.requestHeaders, 'mcp-protocol-version') !== ''

function verdictOn(facts: Facts, stream: Exchange, first: Call, old: Session | undefined): Verdict {
  const asked = facts.calls.filter(({ from, kind }) => from === 'client' && kind === 'request')
  const refused = asked.filter(call => isTurnedDown(call, facts.now))
  const gap = old?.ended ? ` ${spanText(stream.requestAt - old.ended.at)} after the old stream had ended` : ''
  const outcome =
    refused.length > 0 ? `${refused.length} of ${countText(asked.length, 'request')} got no result.` : 'The server tolerates it.'
  return {
    severity: refused.length > 0 ? 'error' : 'warning',
    confidence: 'certain',
    causeConfidence: old || asReconnect(stream) ? 'certain' : 'likely',
    at: first.sentAt,
    call: first.id,
    exchange: first.exchange,
    title: `${clientName(facts)} reconnected without initialize. ${outcome}`,
    says: `It opened a new stream${gap} and began with ${first.method}. To the server this is a new session that was never initialized${refused.length > 0 ? ', and it will refuse it for as long as it lives' : ''}.`,
    cause: 'The client’s event source reconnects by itself, and the SDK above it does not notice.',
    fix: [
      'Restart the connection in the client: then it begins with initialize.',
      'Upgrade the client or bridge to one that initializes again, or move both sides to Streamable HTTP.',
      ...(old?.ended && old.ended.by !== 'client' ? ['And find out why the old stream ended: see its session.'] : []),
    ],
    evidence: evidenceOf(facts, stream, first, refused, old),
    alternatives: old ? [] : [{ rule: 'request-before-initialize', standing: 'possible', why: 'the stream before it was not recorded' }],
  }
}

function evidenceOf(facts: Facts, stream: Exchange, first: Call, refused: readonly Call[], old: Session | undefined): Evidence[] {
  const lines: Evidence[] = []
  if (old?.ended) lines.push({ seq: old.ended.seq, at: old.ended.at, says: `${actorText(old.ended.by)} ended the stream before` })
  const known = asReconnect(stream) ? ', with mcp-protocol-version: a reconnect' : ''
  lines.push({ seq: stream.requestSeq, at: stream.requestAt, says: `GET ${stream.path} opened a new stream${known}` })
  lines.push({ seq: first.seqs[0] ?? 0, at: first.sentAt, says: `First message on it: ${first.method}` })
  const [call] = refused
  if (call)
    lines.push({
      seq: call.seqs.at(-1) ?? 0,
      at: call.answeredAt ?? call.broken?.at ?? call.sentAt,
      says: call.error ? `Answered with ${call.error.code} ${call.error.message}` : 'Never answered',
    })
  return [...lines, ...initializationErrors(facts)].sort((a, b) => a.at - b.at || a.seq - b.seq)
}

/** The server's own words for it. */
export const initializationErrors = ({ logs }: Facts): Evidence[] =>
  logs
    .filter(({ text }) => /before initialization/i.test(text))
    .slice(0, 1)
    .map(({ seq, at }) => ({ seq, at, says: 'Server log: Received request before initialization was complete' }))
