/** The client posts before its stream has named where to. Promise: measured against the stream of the same client that was opening just then. */
import type { Facts } from '../core/facts.ts'
import { headerOf } from '../core/fields.ts'
import type { Exchange, Session } from '../core/model.ts'
import { isUnknownSession } from '../core/unknown-session.ts'
import { spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'
import { unknownSessionVerdicts } from './unknown-session-verdict.ts'

export const postBeforeEndpoint: Rule = {
  id: 'post-before-endpoint',
  severity: 'error',
  title: 'A message was posted before the endpoint was named',
  why: 'Only the endpoint event says where a session’s messages go. What is posted before it has no session, or an old one.',
  signature:
    'A POST to a message path while the client’s stream is open and has not delivered its endpoint event; also a POST to the endpoint of the stream before.',
  fix: 'Wait for the endpoint event of the new stream, and post exactly there.',
  references: ['modelcontextprotocol/typescript-sdk#510', 'modelcontextprotocol/python-sdk#423'],
  check: facts => [...unknownSessionVerdicts(facts, 'post-before-endpoint'), ...earlyPosts(facts)].slice(0, 1),
}

function earlyPosts(facts: Facts): Verdict[] {
  const { exchanges, session, others } = facts
  const found = exchanges.flatMap(x => {
    if (x.method !== 'POST' || (x.status ?? 0) < 400 || x.responseBy !== 'server' || isUnknownSession(x)) return []
    const stream = [session, ...others].find(one => isOpening(one, x))
    return stream ? [{ x, stream }] : []
  })
  const first = found[0]
  if (!first) return []
  const { x, stream } = first
  const named = stream.endpointAt === undefined ? 'it was never named' : `it was named ${spanText(stream.endpointAt - x.requestAt)} later`
  return [
    {
      confidence: 'likely',
      at: x.requestAt,
      exchange: x.id,
      ...(x.calls[0] !== undefined && { call: x.calls[0] }),
      title: `POST ${x.path} came ${spanText(x.requestAt - stream.startedAt)} after the stream was asked for. The endpoint was not known yet.`,
      says: `The client posted without waiting for the endpoint event (${named}), and the server refused with ${x.status}.`,
      cause: 'The client does not wait for the endpoint event.',
      fix: ['Wait for the endpoint event of the stream, and post exactly where it says.'],
      evidence: [
        { seq: x.requestSeq, at: x.requestAt, says: `POST ${x.path}, before the endpoint event` },
        { seq: x.responseSeq ?? x.requestSeq, at: x.responseAt ?? x.requestAt, says: `The server refused it with ${x.status}` },
      ],
      alternatives: [{ rule: 'session-id-missing', standing: 'possible', why: 'the client may never send an id' }],
    },
  ]
}

/** A stream of the same client that was open and had not named its endpoint when this was posted. */
export function isOpening(one: Session, x: Exchange): boolean {
  if (one.transport !== 'sse' || one.startedAt >= x.requestAt || (one.ended?.at ?? Number.POSITIVE_INFINITY) < x.requestAt) return false
  if ((one.endpointAt ?? Number.POSITIVE_INFINITY) <= x.requestAt || one.stream === undefined) return false
  if ((one.client.userAgent ?? '') !== headerOf(x.requestHeaders, 'user-agent')) return false
  // A stream that names nothing for this long is a fault of its own.
  return one.endpointAt === undefined ? false : one.endpoint?.split('?', 1)[0] === x.path
}
