/** The endpoint event names another origin than the one that the client talks to. Promise: what the proxy led back itself is a note, for only without it could it fail. */
import { originOf } from '../core/endpoint.ts'
import { foreignOrigin, ownOrigin, responseHeader } from '../core/http-signs.ts'
import type { Change, Exchange } from '../core/model.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const endpointCrossOrigin: Rule = {
  id: 'endpoint-cross-origin',
  severity: 'error',
  title: 'The endpoint event leads to another origin',
  why: 'Clients refuse it for safety and close the stream, or hang: not one message is sent. The server sees only a client that connects and leaves.',
  signature:
    'The data of the endpoint event is an absolute URL whose scheme, host or port differs from the URL that the client used. Where it is the server’s own, the proxy leads it back to itself: a note.',
  fix: 'Advertise a path alone (/messages/), or tell the server its public scheme, host and port.',
  references: ['modelcontextprotocol/python-sdk#447', 'idosal/git-mcp#43'],
  check({ session, exchanges, frames }) {
    const stream = exchanges.find(({ id }) => id === session.stream)
    const endpoint = frames.find(({ event, exchange }) => event === 'endpoint' && exchange === stream?.id)
    if (!stream || !endpoint) return []
    const ledBack = stream.changes.find(({ what }) => what === 'endpoint')
    if (ledBack) return [ledBackOn(stream, endpoint.at, ledBack)]
    const url = endpoint.preview.trim()
    const origin = foreignOrigin(stream, url)
    if (origin === undefined) return []
    const own = ownOrigin(stream) ?? ''
    const posts = exchanges.filter(({ method }) => method === 'POST')
    const end = stream.clientEnd?.by === 'client' ? stream.clientEnd : undefined
    const left = end ? spanText(end.at - endpoint.at) : undefined
    const verdict: Verdict = {
      // A client that posts all the same does not look at the origin.
      ...(posts.length > 0 && { severity: 'warning' as const }),
      confidence: 'certain',
      at: endpoint.at,
      exchange: stream.id,
      title: `The endpoint leads to ${origin}, not to ${own}. ${posts.length > 0 ? 'The client ignores that.' : left ? `The client left ${left} later.` : 'The client sends nothing.'}`,
      says:
        posts.length > 0
          ? 'This client posts to the path alone. Others refuse an endpoint of another origin.'
          : `A client must not post to another origin than the stream’s: this one refuses, ${left ? 'and closed the stream without a message' : 'and waits without a word'}.`,
      cause: causeOf(own, origin),
      fix: fixOf(own, origin, stream),
      evidence: [
        { seq: endpoint.seq, at: endpoint.at, says: `The server advertised ${url.slice(0, 120)}` },
        ...(end
          ? [{ seq: end.seq, at: end.at, says: `The client ended the stream ${left} later, after ${countText(posts.length, 'POST')}` }]
          : []),
      ],
      ...(posts.length === 0 && {
        alternatives: [{ rule: 'client-closed-early', standing: 'ruled out' as const, why: 'it left because of the endpoint' }],
      }),
    }
    return [verdict]
  },
}

/** This client never saw the other origin. */
function ledBackOn(stream: Exchange, at: number, { seq, original, replacement }: Change): Verdict {
  const named = originOf(original) ?? original
  const seen = originOf(replacement) ?? replacement
  return {
    severity: 'info',
    confidence: 'certain',
    at,
    exchange: stream.id,
    title: `The endpoint is an absolute URL, of ${named}. The proxy led it back to ${seen}.`,
    says: 'Nothing is wrong through the proxy. Without it, a client works only if its own URL spells scheme, host and port in just that way: localhost is not 127.0.0.1 to it.',
    cause: causeOf(seen, named),
    fix: [relativeEndpoint(stream)],
    evidence: [{ seq, at, says: `The server advertised ${original.slice(0, 120)}` }],
  }
}

const hostOf = (origin: string): string => origin.replace(/^[a-z]+:\/\//, '')

function causeOf(own: string, origin: string): string {
  if (hostOf(own) === hostOf(origin))
    return `The server believes that it is reached by ${origin.split(':', 1)[0]}; the client uses ${own.split(':', 1)[0]}.`
  return `The server builds the URL from its own settings or from a forwarded header, and takes ${hostOf(origin)} for its address.`
}

function fixOf(own: string, origin: string, stream: Exchange): string[] {
  const address = `Or set the server’s public address to ${own}${hostOf(own) === hostOf(origin) ? ' (X-Forwarded-Proto, where a proxy ends TLS)' : ''}.`
  return [relativeEndpoint(stream), address]
}

const relativeEndpoint = (stream: Exchange): string =>
  /uvicorn|hypercorn/i.test(responseHeader(stream, 'server'))
    ? 'Construct SseServerTransport with a path alone, such as "/messages/".'
    : 'Let the server write a path alone into the endpoint event, such as /messages.'
