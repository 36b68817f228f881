/**
 * The server does not know the session that a client names: which fault that is. Promise: what the proxy saw of that session before
 * decides, in the order of how surely it knows, and exactly one rule is named.
 */
import { queryOf } from './endpoint.ts'
import type { Facts } from './facts.ts'
import { headerOf } from './fields.ts'
import { answerAt, answerSeq } from './http-signs.ts'
import type { Alternative, Call, Confidence, Evidence, Exchange, Session } from './model.ts'
import { EXPIRY_SPAN, lastKnown, lastSign, remembersOld, restarted, SERVED_ON } from './restart-signs.ts'
import { restartedUnseen } from './restart-unseen.ts'
import { actorText, errorWords, spanText } from './words.ts'
import { forgottenAtOnce, otherWorker } from './worker-signs.ts'

/** A client that begins anew by itself does so this soon after the refusal (ms). */
const RECOVERY_SPAN = 3_000

export interface UnknownSession {
  /** The rule that tells it. */
  readonly rule: string
  readonly cause: string
  readonly says: string
  readonly confidence: Confidence
  readonly fix: readonly string[]
  /** What came before the refusal. */
  readonly evidence: readonly Evidence[]
  readonly alternatives?: readonly Alternative[]
  /** Calls that lost their answer by what made the session unknown. */
  readonly lost?: readonly Call[]
}

const WORDS =
  /could not find session|session (was )?not found|unknown session|no transport (was )?found|no valid session id|session has been terminated|invalid session id|session .{0,60}(expired|does not exist|not found)/i

/** Not every 404: a wrong path answers "Not Found", and since 2026-07-28 an unknown method is a 404 with -32601. */
export function isUnknownSession(exchange: Exchange): boolean {
  const { status, errorText = '', responseBy, method } = exchange
  if (responseBy !== 'server' || (status !== 404 && status !== 400) || method === 'OPTIONS') return false
  if (/-32601/.test(errorText) || (WANTS_ID.test(errorText) && namesNone(exchange))) return false
  return WORDS.test(errorText)
}

/** Said of an id that is unknown, and of a request that names none: a probe, or one that lost its id. */
const WANTS_ID = /(no valid|invalid) session id/i
const namesNone = ({ requestHeaders, target }: Exchange) => headerOf(requestHeaders, 'mcp-session-id') === '' && queryOf(target) === ''

/** The refusals of a session that the server does not know, oldest first. */
export function refusalsOf({ session, exchanges }: Facts): readonly Exchange[] {
  return session.transport === 'other' || session.transport === 'stateless' ? [] : exchanges.filter(isUnknownSession)
}

/** `POST /mcp answered with 404: Session not found`. */
export const refusalLine = (exchange: Exchange): Evidence => ({
  seq: answerSeq(exchange),
  at: answerAt(exchange),
  says: `${exchange.method} ${exchange.path} answered with ${exchange.status}: ${errorWords(exchange.errorText ?? '').slice(0, 80)}`,
})

/** The session with which the client began anew: at once, or else it may be another process of the same program. */
export const recoveredBy = (facts: Facts): Session | undefined => {
  const first = refusalsOf(facts)[0]
  if (!first) return undefined
  const at = answerAt(first)
  return facts.others.find(
    ({ id, protocolVersion, startedAt }) =>
      id === facts.session.replacedBy && protocolVersion !== undefined && startedAt - at <= RECOVERY_SPAN,
  )
}

/** Why it is not known; undefined where no request was refused for it. */
export function unknownSession(facts: Facts): UnknownSession | undefined {
  const first = refusalsOf(facts)[0]
  if (!first) return undefined
  return (
    neverIssued(facts) ??
    terminated(facts, first) ??
    restarted(facts, first) ??
    tooEarly(facts, first) ??
    deadStream(facts, first) ??
    otherWorker(facts, first) ??
    restartedUnseen(facts, first) ??
    forgottenAtOnce(facts, first) ??
    expired(facts, first)
  )
}

/** `32 hex digits`: the form of an id, as far as SDKs differ in it. */
function formOf(id: string): string {
  if (/^[0-9a-f]{32}$/i.test(id)) return '32 hex digits'
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? 'a dashed UUID' : `${id.length} characters of its own`
}

/** What has no id, or none yet, is known by its client's port. */
export const isPort = (key: string): boolean => /^\d{1,5}$/.test(key)

function neverIssued({ session, others }: Facts): UnknownSession | undefined {
  if (session.issued) return undefined
  const known = others.find(
    ({ issued, transport, key, endpoint }) =>
      issued && !isPort(key) && transport === session.transport && (transport !== 'sse' || endpoint?.includes(key)),
  )
  const foreign =
    known && formOf(known.key) !== formOf(session.key) ? ` It is ${formOf(session.key)}; this server issues ${formOf(known.key)}.` : ''
  return {
    rule: 'session-managed-by-hand',
    cause: 'An id that the client was given otherwise: kept from an earlier run, or made up.',
    says: `No server issued this id through this proxy: it was kept from an earlier run, or made up by hand.${foreign}`,
    confidence: foreign === '' ? 'likely' : 'certain',
    fix: [
      'Remove the session id from the client’s settings or code, and let its MCP library take the one that the server issues.',
      'If the client connected before the recording began: connect it anew.',
    ],
    evidence: [],
    alternatives:
      foreign === '' ? [{ rule: 'server-restarted', standing: 'possible', why: 'the session may be older than this recording' }] : [],
  }
}

function terminated({ exchanges }: Facts, first: Exchange): UnknownSession | undefined {
  const end = exchanges.find(({ method, status = 0, requestAt }) => method === 'DELETE' && status < 300 && requestAt < first.requestAt)
  if (!end) return undefined
  return {
    rule: 'session-unknown-or-expired',
    cause: 'The client uses a session that it has ended itself.',
    says: `The client ended this session with DELETE ${spanText(first.requestAt - end.requestAt)} before, and used it again.`,
    confidence: 'certain',
    fix: ['After DELETE, begin with initialize and without the old id.'],
    evidence: [{ seq: end.requestSeq, at: end.requestAt, says: 'The client sent DELETE for this session' }],
  }
}

/** The client has a new stream already, and posts to the old one's endpoint before the new one has named its own. */
function tooEarly({ session, others }: Facts, first: Exchange): UnknownSession | undefined {
  const { ended } = session
  const next = others.find(({ id }) => id === session.replacedBy)
  if (session.transport !== 'sse' || !ended || !next || next.startedAt > first.requestAt) return undefined
  if (first.requestAt >= (next.endpointAt ?? Number.POSITIVE_INFINITY)) return undefined
  return {
    rule: 'post-before-endpoint',
    cause: 'The client posts before its new stream has named an endpoint.',
    says: `The client had opened a new stream ${spanText(first.requestAt - next.startedAt)} before, and did not wait for its endpoint event: it posted to the endpoint of the stream before.`,
    confidence: 'certain',
    fix: ['Wait for the endpoint event of the new stream, and post there; begin with initialize.'],
    evidence: [{ seq: ended.seq, at: ended.at, says: `${actorText(ended.by)} ended the stream whose endpoint this is` }],
  }
}

function deadStream({ session, exchanges }: Facts, first: Exchange): UnknownSession | undefined {
  const { ended } = session
  if (session.transport !== 'sse' || !ended || ended.at > answerAt(first)) return undefined
  const stream = exchanges.find(exchange => exchange.id === session.stream)
  const span = spanText(Math.max(0, first.requestAt - ended.at))
  return {
    rule: 'session-unknown-or-expired',
    cause: 'The client goes on with a session whose stream has ended.',
    says: `The session’s stream was ended by ${ended.by === 'client' ? 'the client itself' : actorText(ended.by).toLowerCase()} ${span} before; the client goes on posting to it.`,
    confidence: 'certain',
    fix: ['Open a new stream and post to the endpoint that it names; begin with initialize.'],
    evidence: [{ seq: ended.seq, at: ended.at, says: `${actorText(ended.by)} ended the stream${stream ? ` of ${stream.path}` : ''}` }],
    ...(ended.by === 'server' &&
      ended.how !== 'complete' && {
        alternatives: [
          { rule: 'server-restarted', standing: 'possible' as const, why: 'the stream had no clean end' },
          { rule: 'network-interruption', standing: 'possible' as const, why: 'the stream had no clean end' },
        ],
      }),
  }
}

function expired(facts: Facts, first: Exchange): UnknownSession {
  const { at: since, before } = lastKnown(facts, first)
  const gap = Math.max(0, first.requestAt - since)
  const long = gap >= EXPIRY_SPAN
  const isSame = remembersOld(facts, since, answerAt(first))
  return {
    rule: 'session-unknown-or-expired',
    cause: long
      ? 'The server dropped the session while nothing was asked of it.'
      : isSame
        ? 'The server dropped the session for a reason of its own, or another worker answered.'
        : 'The server was restarted, or dropped the session for a reason of its own.',
    says: long
      ? `The session had been idle for ${spanText(gap)}: the server let it expire.`
      : `The server knew the session ${spanText(gap)} before, and knows it no longer.`,
    confidence: long ? 'likely' : 'possible',
    fix: [
      'Begin a new session with initialize.',
      long
        ? 'Raise the server’s idle limit for sessions, or keep a stream open.'
        : isSame
          ? 'Look into the server’s log for this session’s id, and count its workers: each knows its own sessions only.'
          : 'Look into the server’s log for a restart at that moment.',
    ],
    evidence: before ? [lastSign(before, since, gap)] : [],
    alternatives: [
      isSame ? SERVED_ON : { rule: 'server-restarted', standing: 'possible', why: 'the wire shows neither a restart nor a rule of expiry' },
      ...(long ? [] : [{ rule: 'wrong-worker', standing: 'possible' as const, why: 'another worker may have answered' }]),
    ],
  }
}
