/**
 * What the traffic of a session gives away: who speaks on either side, in which version, and which limits were met.
 * Promise: each hint names the record that shows it; where a sign fits several stacks there is no hint.
 */
import { CLIENT_IDLE_LIMITS, IDLE_LIMITS, nearest, REQUEST_LIMITS } from './client-limits.ts'
import { queryOf } from './endpoint.ts'
import type { RawHeader } from './event.ts'
import { headerOf } from './fields.ts'
import { isNoticed, isTimeout, killedBy } from './lifecycle.ts'
import type { Call, Exchange, Frame, Hint, Session } from './model.ts'
import { limitText, spanText } from './words.ts'

type Plain<T> = Omit<T, 'rev'>
/** Rows of one session, in time order; a selection of them will do. */
export interface Traces {
  readonly session: Plain<Omit<Session, 'state'>>
  readonly exchanges: readonly Plain<Exchange>[]
  readonly calls: readonly Plain<Omit<Call, 'ladder'>>[]
  readonly frames: readonly Plain<Frame>[]
}

/** Everything that is given away, sides first, then versions, then figures. */
export function fingerprint(traces: Traces): Hint[] {
  const server = serverStack(traces)
  return [
    server,
    clientStack(traces),
    ...(server ? serverVersions(traces, server.says.includes('Python')) : []),
    clientVersion(traces),
    pingInterval(traces.frames),
    clientLimit(traces.calls),
    idleLimit(traces),
  ].filter((hint): hint is Hint => hint !== undefined)
}

type Wire = Plain<Exchange>
const answered = (x: Wire) => x.responseBy === 'server' && x.responseSeq !== undefined
const atAnswer = (x: Wire, says: string) => ({ seq: x.responseSeq ?? x.requestSeq, at: x.responseAt ?? x.requestAt, says })
const atRequest = (x: Wire, says: string) => ({ seq: x.requestSeq, at: x.requestAt, says })
const answer = (x: Wire, name: string) => headerOf(x.responseHeaders ?? [], name)

const HEX_ID = /^[0-9a-f]{32}$/
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/

type Named = Pick<Session, 'endpoint'>
/** Name of the parameter that bears the session’s id, on HTTP+SSE. */
const idParam = ({ endpoint }: Named) => queryOf(endpoint ?? '').split('=', 1)[0]
/** As the Python SDK names it. */
const hasSdkId = (session: Named) => idParam(session) === 'session_id'

function serverStack({ session, exchanges, frames }: Traces): Hint | undefined {
  const first = exchanges.find(answered)
  if (!first) return undefined
  const header = answer(first, 'server')
  const ping = frames.find(({ kind, preview }) => kind === 'comment' && /^ping - \d{4}-\d\d-\d\d/.test(preview))
  const about = 'server'
  if (ping)
    return {
      about,
      says: 'Python, with sse-starlette',
      confidence: 'certain',
      evidence: { seq: ping.seq, at: ping.at, says: `ping with a time: "${ping.preview.slice(0, 40)}"` },
    }
  const issued = session.issued && session.key !== String(first.clientPort)
  if (/uvicorn|hypercorn|granian/i.test(header)) {
    const id = hasSdkId(session) || (issued && HEX_ID.test(session.key)) ? `, and a session id of 32 hex digits` : ''
    return {
      about,
      says: `Python${id ? ' SDK (mcp)' : ''}, served by ${header}`,
      confidence: id ? 'likely' : 'possible',
      evidence: atAnswer(first, `header server: ${header}${id}`),
    }
  }
  const onNode = exchanges.find(x => answered(x) && (answer(x, 'keep-alive') === 'timeout=5' || answer(x, 'x-powered-by') === 'Express'))
  if (onNode && (idParam(session) === 'sessionId' || (issued && UUID.test(session.key))))
    return {
      about,
      says: 'TypeScript SDK, on Node',
      confidence: 'likely',
      evidence: atAnswer(
        onNode,
        idParam(session) === 'sessionId'
          ? 'the endpoint’s parameter is sessionId; Node’s keep-alive header'
          : 'a dashed session id; Node’s keep-alive header',
      ),
    }
  if (onNode) return { about, says: 'Node', confidence: 'likely', evidence: atAnswer(onNode, 'Node’s keep-alive header') }
  if (header !== '')
    return {
      about,
      says: /nginx|cloudflare|envoy|caddy|apache|awselb/i.test(header) ? `behind ${header}` : header,
      confidence: 'certain',
      evidence: atAnswer(first, `header server: ${header}`),
    }
  return undefined
}

/** Versions told apart by behaviour. Signs of the Python SDK are read only where the server is known to be Python. */
function serverVersions(traces: Traces, python: boolean): Hint[] {
  const { session, exchanges } = traces
  const hints: Hint[] = []
  const add = (says: string, confidence: Hint['confidence'], evidence: Hint['evidence']) =>
    hints.push({ about: 'server version', says, confidence, evidence })
  if (python && session.transport === 'sse' && hasSdkId(session)) legacyVersions(traces, add)
  if (python && session.transport === 'streamable') {
    const unknown = exchanges.find(x => answered(x) && /no valid session id|session (was )?not found/i.test(x.errorText ?? ''))
    if (unknown)
      add(
        unknown.status === 400 ? 'mcp before 1.26' : 'mcp 1.26 or later',
        'likely',
        atAnswer(unknown, `${unknown.status} to an unknown session`),
      )
  }
  const alive = exchanges.find(x => x.pings > 0 && x.body !== 'none' && session.transport === 'streamable')
  if (alive && !python && UUID.test(session.key))
    add('TypeScript SDK 1.30.0 or later', 'possible', atAnswer(alive, 'keepalive comments on Streamable HTTP'))
  return hints
}

/** Versions of the Python SDK, by what its HTTP+SSE server does with a stream that has ended and with a request that comes too early. */
function legacyVersions(traces: Traces, add: (says: string, confidence: Hint['confidence'], evidence: Hint['evidence']) => void): void {
  const { session, exchanges, calls } = traces
  const later = exchanges.find(
    x => x.method === 'POST' && answered(x) && (x.status === 202 || x.status === 404) && isNoticed(session.ended, x.requestAt),
  )
  if (later?.status === 202) add('mcp before 1.27.2', 'certain', atAnswer(later, '202 to a POST whose stream had ended'))
  else if (later && /could not find session/i.test(later.errorText ?? ''))
    add('mcp 1.27.2 or later', 'likely', atAnswer(later, '404 to a POST whose stream had ended'))
  const killed = killedBy(traces)
  if (killed)
    add('mcp 1.9.3 or earlier', 'likely', {
      seq: killed.seq,
      at: killed.at,
      says: 'it ended the stream over a request before the handshake',
    })
  // The same words answer an unknown method: only what came before the handshake was refused for that.
  const ready = calls.find(({ from, method }) => from === 'client' && method === 'initialize')?.answeredAt ?? Number.POSITIVE_INFINITY
  const early = calls.find(
    ({ from, method, sentAt, error }) =>
      from === 'client' &&
      method !== 'initialize' &&
      sentAt < ready &&
      error?.code === -32602 &&
      error.message === 'Invalid request parameters',
  )
  if (early)
    add('mcp 1.9.4 or later, before 2', 'likely', {
      seq: early.seqs.at(-1) ?? 0,
      at: early.answeredAt ?? early.sentAt,
      says: '-32602 “Invalid request parameters” to a request before the handshake',
    })
}

function clientStack({ exchanges }: Traces): Hint | undefined {
  const first = exchanges.find(({ requestHeaders, method }) => method !== 'OPTIONS' && headerOf(requestHeaders, 'user-agent') !== '')
  if (!first) return undefined
  const agent = headerOf(first.requestHeaders, 'user-agent')
  const fetched = isFetch(first.requestHeaders)
  const evidence = atRequest(
    first,
    `header user-agent: ${agent.slice(0, 80)}${agent === 'node' && fetched ? ', with sec-fetch-mode and accept-language: *' : ''}`,
  )
  const about = 'client'
  const httpx = /^python-httpx2?\/([\d.]+)/.exec(agent)
  if (httpx) return { about, says: `Python, with httpx ${httpx[1]}`, confidence: 'certain', evidence }
  if (agent === 'node' && fetched)
    return { about, says: 'Node’s own fetch (undici): gives up after 300 s of silence', confidence: 'likely', evidence }
  if (/^Go-http-client\//.test(agent)) return { about, says: 'Go', confidence: 'certain', evidence }
  if (/^Mozilla\/5\.0/.test(agent))
    return {
      about,
      says: /Electron/.test(agent) ? 'an Electron application' : 'a browser: six connections to one origin',
      confidence: 'likely',
      evidence,
    }
  return { about, says: agent.slice(0, 60), confidence: 'certain', evidence }
}

const isFetch = (headers: readonly RawHeader[]) =>
  headerOf(headers, 'sec-fetch-mode') !== '' && headerOf(headers, 'accept-language') === '*'

function clientVersion({ calls }: Traces): Hint | undefined {
  const about = 'client version'
  const cancelled = calls.find(call => call.cancelled && isTimeout(call.cancelled.reason))?.cancelled
  const reason = cancelled?.reason ?? ''
  if (cancelled && /MCP error -32001/.test(reason))
    return {
      about,
      says: 'TypeScript SDK 1.x',
      confidence: 'likely',
      evidence: { seq: cancelled.seq, at: cancelled.at, says: `cancelled with “${reason.slice(0, 60)}”` },
    }
  if (cancelled && /^SdkError/.test(reason))
    return {
      about,
      says: 'TypeScript SDK 2.x',
      confidence: 'likely',
      evidence: { seq: cancelled.seq, at: cancelled.at, says: `cancelled with “${reason.slice(0, 60)}”` },
    }
  const probe = calls.find(({ rpcId }) => rpcId === '"server-discover-probe-1"')
  return (
    probe && {
      about,
      says: 'TypeScript SDK 2.x, choosing the revision by itself',
      confidence: 'likely',
      evidence: { seq: probe.seqs[0] ?? 0, at: probe.sentAt, says: 'a probe with the id server-discover-probe-1' },
    }
  )
}

/** The middle one of the spans between the comments of one stream. */
function pingInterval(frames: Traces['frames']): Hint | undefined {
  const comments = frames.filter(({ kind }) => kind === 'comment')
  const spans = comments.slice(1).flatMap((frame, i) => {
    const before = comments[i]
    return before?.exchange === frame.exchange && frame.seq !== before.seq ? [frame.at - before.at] : []
  })
  const middle = spans.sort((a, b) => a - b)[Math.floor(spans.length / 2)]
  const last = comments.at(-1)
  if (middle === undefined || last === undefined || spans.length < 2 || middle < 500) return undefined
  return {
    about: 'ping interval',
    says: spanText(middle),
    confidence: 'certain',
    ms: middle,
    evidence: { seq: last.seq, at: last.at, says: `${comments.length} comments seen, this is the newest` },
  }
}

/** What the client announced, or when it left while its call was under way. */
function clientLimit(calls: Traces['calls']): Hint | undefined {
  const about = 'client’s limit'
  const told = calls.find(({ cancelled }) => cancelled && isTimeout(cancelled.reason))
  if (told?.cancelled) {
    const span = told.cancelled.at - told.sentAt
    const ms = nearest(span, REQUEST_LIMITS)?.limit ?? span
    return {
      about,
      says: `${limitText(ms)} for a request`,
      confidence: 'certain',
      ms,
      evidence: {
        seq: told.cancelled.seq,
        at: told.cancelled.at,
        says: `it cancelled ${(span / 1000).toFixed(3)} s after the POST and said so`,
      },
    }
  }
  for (const { broken, delivery, sentAt } of calls) {
    const fit = delivery === 'undeliverable' && broken?.by === 'client' ? nearest(broken.at - sentAt, REQUEST_LIMITS) : undefined
    if (fit && broken && fit.limit >= 10_000)
      return {
        about,
        says: `${limitText(fit.limit)} for a request`,
        confidence: 'possible',
        ms: fit.limit,
        evidence: { seq: broken.seq, at: broken.at, says: `it left ${((broken.at - sentAt) / 1000).toFixed(3)} s after the POST` },
      }
  }
  return undefined
}

/** A stream that ended after a silence that fits a known limit. */
function idleLimit({ session }: Traces): Hint | undefined {
  const { ended } = session
  if (!ended || ended.how === 'complete' || ended.by === 'proxy' || ended.silentMs === undefined || ended.silentMs < 20_000)
    return undefined
  const fit = nearest(ended.silentMs, ended.by === 'client' ? CLIENT_IDLE_LIMITS : IDLE_LIMITS)
  return (
    fit && {
      about: 'limit on silence',
      says: `${limitText(fit.limit)}, on the ${ended.by}’s side`,
      confidence: 'likely',
      ms: fit.limit,
      evidence: { seq: ended.seq, at: ended.at, says: `the stream ended ${spanText(ended.silentMs)} after its last byte` },
    }
  )
}
