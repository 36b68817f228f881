/** The server does not know the session that the client names. Promise: what the proxy saw of that session before decides which fault it is. */
import type { Facts } from '../core/facts.ts'
import type { Alternative, Confidence, Evidence, Exchange, Session, Severity } from '../core/model.ts'
import { actorText, countText, errorWords, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

/** A session this long without a request may have expired (ms). */
const EXPIRY_SPAN = 60_000

export const sessionUnknownOrExpired: Rule = {
  id: 'session-unknown-or-expired',
  severity: 'error',
  title: 'The server does not know the session',
  why: 'Every message is refused until the client begins a new session with initialize, and most clients do not do that by themselves.',
  signature:
    'A message with a session id is answered with 404 “Could not find session”, 404 “Session not found”, or 400 “No valid session ID provided”.',
  fix: 'Begin a new session with initialize. After a restart of the server that is all; behind several workers, send one session to one worker.',
  references: [
    'modelcontextprotocol/python-sdk#1676',
    'modelcontextprotocol/python-sdk#3556',
    'geelen/mcp-remote#106',
    'jlowin/fastmcp#1003',
  ],
  check(facts) {
    if (facts.session.transport === 'other' || facts.session.transport === 'stateless') return []
    const refusals = facts.exchanges.filter(isUnknownSession)
    return refusals.length === 0 ? [] : [verdictOn(facts, refusals)]
  },
}

const WORDS =
  /could not find session|session (was )?not found|unknown session|no transport (was )?found|no valid session id|session has been terminated|invalid session id|session .{0,60}(expired|does not exist|not found)/i

/** Not every 404: a wrong path answers "Not Found", and since 2026-07-28 an unknown method is a 404 with -32601. */
export function isUnknownSession({ status, errorText = '', responseBy, method }: Exchange): boolean {
  if (responseBy !== 'server' || (status !== 404 && status !== 400) || method === 'OPTIONS') return false
  if (/-32601/.test(errorText)) return false
  return WORDS.test(errorText)
}

interface Case {
  readonly cause: string
  readonly says: string
  readonly confidence: Confidence
  readonly fix: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly alternatives?: readonly Alternative[]
}

function verdictOn(facts: Facts, refusals: readonly Exchange[]): Verdict {
  const first = refusals[0] as Exchange
  const found = caseOf(facts, first)
  const recovered = recoveredBy(facts)
  const severity: Severity = recovered ? 'warning' : 'error'
  const again = refusals.length > 1 ? `, ${countText(refusals.length, 'time')}` : ''
  const next = recovered
    ? ` The client began a new session ${spanText(recovered.startedAt - (first.responseAt ?? first.requestAt))} later.`
    : ''
  return {
    severity,
    confidence: 'certain',
    causeConfidence: found.confidence,
    at: first.responseAt ?? first.requestAt,
    exchange: first.id,
    ...(first.calls[0] !== undefined && { call: first.calls[0] }),
    title: `Session ${short(facts.session.key)} is unknown to the server: ${first.status}${again}.`,
    says: found.says + next,
    cause: found.cause,
    fix: found.fix,
    evidence: [...found.evidence, refusalOf(first)].sort((a, b) => a.at - b.at || a.seq - b.seq),
    alternatives: found.alternatives ?? [],
  }
}

const short = (key: string) => (key.length > 8 ? key.slice(0, 8) : key)
const refusalOf = (exchange: Exchange): Evidence => ({
  seq: exchange.responseSeq ?? exchange.requestSeq,
  at: exchange.responseAt ?? exchange.requestAt,
  says: `${exchange.method} ${exchange.path} answered with ${exchange.status}: ${errorWords(exchange.errorText ?? '').slice(0, 80)}`,
})
const recoveredBy = ({ session, others }: Facts): Session | undefined =>
  others.find(other => other.id === session.replacedBy && other.protocolVersion !== undefined)

/** In the order of how surely the proxy knows: never issued, ended, restarted, another worker, expired. */
function caseOf(facts: Facts, first: Exchange): Case {
  return (
    neverIssued(facts) ??
    terminated(facts, first) ??
    restarted(facts, first) ??
    deadStream(facts, first) ??
    otherWorker(facts, first) ??
    expired(facts, first)
  )
}

function neverIssued({ session }: Facts): Case | undefined {
  if (session.issued) return undefined
  return {
    cause: 'session-managed-by-hand',
    says: 'No server issued this id through this proxy: it was kept from an earlier run, or made up by hand.',
    confidence: 'likely',
    fix: [
      'Remove the session id from the client’s settings or code, and let its MCP library take the one that the server issues.',
      'If the client connected before the recording began: connect it anew.',
    ],
    evidence: [],
    alternatives: [{ rule: 'server-restarted', standing: 'possible', why: 'the session may be older than this recording' }],
  }
}

function terminated({ exchanges }: Facts, first: Exchange): Case | undefined {
  const end = exchanges.find(({ method, status = 0, requestAt }) => method === 'DELETE' && status < 300 && requestAt < first.requestAt)
  if (!end) return undefined
  return {
    cause: 'used-after-delete',
    says: `The client ended this session with DELETE ${spanText(first.requestAt - end.requestAt)} before, and used it again.`,
    confidence: 'certain',
    fix: ['After DELETE, begin with initialize and without the old id.'],
    evidence: [{ seq: end.requestSeq, at: end.requestAt, says: 'The client sent DELETE for this session' }],
  }
}

function restarted(facts: Facts, first: Exchange): Case | undefined {
  const { session, exchanges, others } = facts
  const refused = exchanges.find(
    ({ responseBy, requestAt, status }) => responseBy === 'proxy' && status === 502 && requestAt < first.requestAt,
  )
  const by =
    session.ended?.by === 'server' && session.ended.at < first.requestAt && session.ended.how !== 'complete' ? session.ended : undefined
  const burst = others.filter(({ ended }) => ended && by && ended.by === 'server' && Math.abs(ended.at - by.at) < 1_000).length
  if (!refused && !by) return undefined
  const evidence: Evidence[] = []
  if (by)
    evidence.push({
      seq: by.seq,
      at: by.at,
      says: `The server closed the stream without a clean end${burst > 0 ? `, and ${countText(burst, 'other stream')} with it` : ''}`,
    })
  if (refused)
    evidence.push({
      seq: refused.responseSeq ?? refused.requestSeq,
      at: refused.requestAt,
      says: `The server could not be reached: ${refused.trouble ?? '502'}`,
    })
  return {
    cause: 'server-restarted',
    says: 'The server went away and came back. It keeps sessions in memory, so it does not know those from before.',
    confidence: refused ? 'certain' : 'likely',
    fix: [
      'Reconnect the client: it has to begin with initialize.',
      'If the server should survive restarts, keep its sessions in a shared store or serve without sessions.',
    ],
    evidence,
  }
}

function deadStream({ session, exchanges }: Facts, first: Exchange): Case | undefined {
  const { ended } = session
  if (session.transport !== 'sse' || !ended || ended.at > (first.responseAt ?? first.requestAt)) return undefined
  const stream = exchanges.find(exchange => exchange.id === session.stream)
  const span = spanText(Math.max(0, first.requestAt - ended.at))
  return {
    cause: 'dead-session-reused',
    says: `The session’s stream was ended by ${ended.by === 'client' ? 'the client itself' : actorText(ended.by).toLowerCase()} ${span} before; the client goes on posting to it.`,
    confidence: 'certain',
    fix: ['Open a new stream and post to the endpoint that it names; begin with initialize.'],
    evidence: [{ seq: ended.seq, at: ended.at, says: `${actorText(ended.by)} ended the stream${stream ? ` of ${stream.path}` : ''}` }],
  }
}

function otherWorker({ session, exchanges }: Facts, first: Exchange): Case | undefined {
  const at = first.responseAt ?? first.requestAt
  const open = exchanges.find(({ body, responseAt = Number.POSITIVE_INFINITY, status = 0, clientEnd, serverEnd }) => {
    return body === 'stream' && status < 300 && responseAt <= at && (clientEnd?.at ?? at + 1) > at && (serverEnd?.at ?? at + 1) > at
  })
  const after = exchanges.find(
    ({ requestAt, status = 0, method, responseBy }) =>
      method === 'POST' && status < 300 && status > 0 && requestAt > at && responseBy === 'server',
  )
  if (!open && !(after && session.transport === 'streamable')) return undefined
  const evidence: Evidence[] = []
  if (open)
    evidence.push({
      seq: open.responseSeq ?? open.requestSeq,
      at: open.responseAt ?? open.requestAt,
      says: 'The session’s stream was open through this proxy at that moment',
    })
  if (after)
    evidence.push({
      seq: after.responseSeq ?? after.requestSeq,
      at: after.responseAt ?? after.requestAt,
      says: `A later POST of the same session was answered with ${after.status}`,
    })
  return {
    cause: 'wrong-worker',
    says: `The session is alive${open ? ': its stream is open' : ''}${after ? `${open ? ', and' : ': '} a later request of it succeeded` : ''}. Another worker answered that does not know it.`,
    confidence: after ? 'certain' : session.transport === 'sse' ? 'likely' : 'possible',
    fix: [
      'Run one worker, or send all requests of a session to the same one.',
      'Or serve without sessions (stateless), or keep them in a shared store.',
    ],
    evidence,
    ...(!after && {
      alternatives: [
        { rule: 'session-expired', standing: 'possible' as const, why: 'a server may drop a session and leave its stream open' },
      ],
    }),
  }
}

function expired({ exchanges, session }: Facts, first: Exchange): Case {
  const before = exchanges.findLast(({ requestAt, id }) => requestAt < first.requestAt && id !== first.id)
  const since = before ? (before.lastByteAt ?? before.responseAt ?? before.requestAt) : session.startedAt
  const gap = first.requestAt - since
  const long = gap >= EXPIRY_SPAN
  return {
    cause: long ? 'session-expired' : 'server-restarted',
    says: long
      ? `The session had been idle for ${spanText(gap)}: the server let it expire.`
      : `The server knew the session ${spanText(gap)} before, and knows it no longer.`,
    confidence: long ? 'likely' : 'possible',
    fix: [
      'Begin a new session with initialize.',
      long
        ? 'Raise the server’s idle limit for sessions, or keep a stream open.'
        : 'Look into the server’s log for a restart at that moment.',
    ],
    evidence: before
      ? [{ seq: before.responseSeq ?? before.requestSeq, at: since, says: `Last sign that the server knew it, ${spanText(gap)} before` }]
      : [],
    alternatives: [
      {
        rule: long ? 'server-restarted' : 'session-expired',
        standing: 'possible',
        why: 'the wire shows neither a restart nor a rule of expiry',
      },
    ],
  }
}
