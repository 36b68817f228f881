/** Nothing speaks MCP at the address that the client uses. Promise: silent while the client may still find the right one by itself. */
import { lostPrefix, pathOf, sameButSlash } from '../core/endpoint.ts'
import type { Facts } from '../core/facts.ts'
import { headerOf } from '../core/fields.ts'
import {
  answerAt,
  answerOf,
  asksForStream,
  byRefusal,
  bySuccess,
  carriesMessage,
  isForeignBody,
  isSettled,
  mediaType,
} from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import type { Rule, Verdict } from './rule.ts'
import { isUnknownSession } from './session-unknown-or-expired.ts'
import { mismatchOf } from './transport-mismatch.ts'

export const wrongEndpoint: Rule = {
  id: 'wrong-endpoint',
  severity: 'error',
  title: 'There is no MCP server at this path',
  why: 'The server runs and answers, but not there: every message is lost, and the client only says that it cannot connect.',
  signature:
    'The path that the client uses is answered with 404 “Not Found” or with a web page, or messages are POSTed to another path than the server advertised and get 404.',
  fix: 'Use the path at which the server speaks MCP: often /mcp for Streamable HTTP and /sse for HTTP+SSE.',
  references: ['modelcontextprotocol/python-sdk#412', 'modelcontextprotocol/typescript-sdk#583', 'open-webui/mcpo#209'],
  check(facts) {
    // A page that answers a message too is told by its content type.
    if (mismatchOf(facts) || (facts.session.transport === 'streamable' && facts.exchanges.some(isForeignBody))) return []
    const worked = new Set(facts.exchanges.filter(x => bySuccess(x) && !isPage(x)).map(({ path }) => path))
    const missed = facts.exchanges.filter(x => (isMissing(facts, x) || isPage(x)) && !worked.has(x.path))
    // What was tried before the stream opened was a probe of the other transport.
    const opened = facts.exchanges.find(({ id }) => id === facts.session.stream && facts.session.endpoint !== undefined)
    const first = missed.find(x => !opened || x.requestAt > answerAt(opened))
    if (!first || !isSettled(facts, answerAt(first))) return []
    const found = caseOf(facts, first)
    return found ? [verdictOn(missed, first, found)] : []
  },
}

/** A path that the server does not route. Not a session it does not know, and not an unknown method of 2026-07-28. */
function isMissing(facts: Facts, x: Exchange): boolean {
  if (!byRefusal(x, 404) || isUnknownSession(x) || /-32601/.test(x.errorText ?? '')) return false
  return (x.method === 'POST' && carriesMessage(facts, x)) || (asksForStream(x) && x.follows === undefined)
}
const isPage = (x: Exchange): boolean => asksForStream(x) && bySuccess(x) && mediaType(x) === 'text/html'

type Case = Pick<Verdict, 'says' | 'cause' | 'causeConfidence' | 'fix'>

function caseOf(facts: Facts, first: Exchange): Case | undefined {
  const { session, exchanges } = facts
  const stream = exchanges.find(({ id }) => id === session.stream)
  if (session.endpoint !== undefined && first.method === 'POST') {
    const advertised = pathOf(session.endpoint)
    if (first.path !== advertised) return posted(first, advertised)
    return stream && lostPrefix(stream.path, advertised) !== undefined ? undefined : unrouted(advertised)
  }
  // A probe: the client was served at another path after it.
  if (exchanges.some(x => bySuccess(x) && !isPage(x))) return undefined
  const own = first.method === 'POST' ? unusedEndpoint(facts, first) : undefined
  if (own !== undefined) return { ...posted(first, own), causeConfidence: 'likely' }
  return session.transport === 'sse' && first.method === 'POST' && session.endpoint === undefined && !session.issued
    ? stray(first)
    : configured(facts, first)
}

/** The message path that an open stream of the same program had named, and to which nobody has posted: without its id the POST counts apart. */
function unusedEndpoint({ session, others }: Facts, first: Exchange): string | undefined {
  const agent = headerOf(first.requestHeaders, 'user-agent')
  const stream = others.find(
    ({ transport, endpoint, endpointAt = Number.POSITIVE_INFINITY, ended, calls, client }) =>
      transport === 'sse' &&
      endpoint !== undefined &&
      endpointAt <= first.requestAt &&
      (ended === undefined || ended.at > first.requestAt) &&
      calls === 0 &&
      client.userAgent === agent &&
      client.address === session.client.address,
  )
  return stream?.endpoint === undefined ? undefined : pathOf(stream.endpoint)
}

const posted = (first: Exchange, advertised: string): Case => ({
  says: `The server advertises ${advertised} for messages; the client posts to ${first.path}, which the server does not know${sameButSlash(first.path, advertised) ? ': the slash at the end counts' : ''}.`,
  cause: 'The client: it uses a message path of its own instead of the one in the endpoint event.',
  fix: [`Post to ${advertised}, as the endpoint event says: remove the message endpoint from the client’s settings.`],
})

const stray = (first: Exchange): Case => ({
  says: `The client posts a message with a session id to ${first.path}, which the server does not know. No stream named that path.`,
  cause: 'The client: it uses a message path of its own, from its settings or from an earlier run.',
  fix: ['Open the stream first and post to the path of its endpoint event: remove the message endpoint from the client’s settings.'],
})

const unrouted = (advertised: string): Case => ({
  says: `The server advertises ${advertised} for messages, and answers 404 there itself.`,
  cause: 'The server: it advertises a path that it does not route.',
  fix: [
    `Route POST ${advertised} to the SSE transport, or advertise the path that is routed.`,
    'With Starlette: the path in SseServerTransport(…) and in Mount(…) have to be the same.',
  ],
})

function configured({ works = [] }: Facts, first: Exchange): Case {
  const known = works[0]
  const guess = first.method === 'GET' ? '/sse' : '/mcp'
  const other = guess === first.path ? (guess === '/mcp' ? '/sse' : '/mcp') : guess
  const page = isPage(first)
  return {
    says: page
      ? `${first.path} is a web page, not an event stream: another program answers there, or a sign-in page.`
      : `The server answers, but knows no ${first.path}. The client found no other path.`,
    cause: `The URL in the client’s settings ends in ${first.path}; MCP is not served there.`,
    fix: [
      known
        ? `Write the URL with ${known.path} in the client’s settings: another client is served there.`
        : `Write the URL with the server’s own path in the client’s settings; often it is ${other}.`,
      'Look at what the server prints when it starts: most print their URL.',
    ],
  }
}

function verdictOn(missed: readonly Exchange[], first: Exchange, { says, cause, causeConfidence, fix }: Case): Verdict {
  const paths = [...new Set(missed.map(({ path }) => path))]
  const what = first.status === 200 ? 'a web page' : String(first.status)
  const times = missed.length > paths.length ? `, ${missed.length} times` : ''
  return {
    confidence: 'certain',
    causeConfidence: causeConfidence ?? (first.status === 200 ? 'likely' : 'certain'),
    at: answerAt(first),
    exchange: first.id,
    ...(first.calls[0] !== undefined && { call: first.calls[0] }),
    title: `Nothing speaks MCP at ${paths.slice(0, 3).join(' and ')}: ${what}${times}.`,
    says,
    cause,
    fix,
    evidence: missed.slice(0, 5).map(answerOf),
  }
}
