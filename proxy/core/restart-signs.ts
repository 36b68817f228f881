/**
 * Whether a server that knows a session no longer was restarted. Promise: told from what was seen of its end or its beginning; that it
 * forgot one session is no sign.
 */
import { IDLE_LIMITS, nearest } from './client-limits.ts'
import type { Facts } from './facts.ts'
import { answerAt, answerSeq, bySuccess } from './http-signs.ts'
import type { Alternative, End, Evidence, Exchange, LogLine, Session } from './model.ts'
import type { UnknownSession } from './unknown-session.ts'
import { countText, spanText } from './words.ts'

/** A session this long without a request may have expired (ms). */
export const EXPIRY_SPAN = 60_000
/** No process is up again sooner than this (ms). */
export const RESTART_LEAST = 300
const RESTART_FIX = [
  'Reconnect the client: it has to begin with initialize.',
  'If the server should survive restarts, keep its sessions in a shared store or serve without sessions.',
]

/** The stream's end, where its server dropped it in the middle: a process that ends does so; a network that breaks resets or falls silent. */
function droppedStream({ session, exchanges }: Facts, first: Exchange): (End & { silentMs?: number }) | undefined {
  const own = exchanges.findLast(({ body, serverEnd }) => body === 'stream' && serverEnd !== undefined && serverEnd.at < first.requestAt)
  const end =
    session.transport === 'sse'
      ? session.ended
      : own?.serverEnd && { ...own.serverEnd, silentMs: own.serverEnd.at - (own.lastByteAt ?? own.serverEnd.at) }
  if (end?.by !== 'server' || end.how === 'complete' || end.at >= first.requestAt) return undefined
  // A client that had left before it makes this a consequence.
  return own?.clientEnd?.by === 'client' && own.clientEnd.at <= end.at ? undefined : end
}

/** Its stream was dropped in the middle, or it could not be reached for a while. */
export function restarted(facts: Facts, first: Exchange): UnknownSession | undefined {
  const { session, others, outages = [] } = facts
  const outage = outages.find(({ from, wasUp }) => wasUp && from >= session.startedAt && from < first.requestAt)
  const by = droppedStream(facts, first)
  const burst = others.filter(({ ended }) => ended && by && ended.by === 'server' && Math.abs(ended.at - by.at) < 1_000).length
  const torn = by?.how === 'fin' && ((by.silentMs ?? 0) < 20_000 || nearest(by.silentMs ?? 0, IDLE_LIMITS) === undefined)
  if (!outage && burst === 0 && !torn) return undefined
  const evidence: Evidence[] = []
  if (by)
    evidence.push({
      seq: by.seq,
      at: by.at,
      says: `The server closed the stream without a clean end${burst > 0 ? `, and ${countText(burst, 'other stream')} with it` : ''}`,
    })
  if (outage) evidence.push({ seq: outage.seq, at: outage.from, says: `The server could not be reached: ${outage.says}` })
  return {
    rule: 'server-restarted',
    cause: 'The server was restarted and keeps its sessions in memory.',
    says: 'The server went away and came back. It keeps sessions in memory, so it does not know those from before.',
    confidence: outage ? 'certain' : 'likely',
    fix: RESTART_FIX,
    evidence,
    ...(!outage && {
      alternatives: [
        {
          rule: 'network-interruption',
          standing: 'possible' as const,
          why: 'nothing was refused in between: the stream alone may have been cut',
        },
      ],
    }),
  }
}

/** The last sign, before a refusal, that the server knew the session. */
export function lastKnown({ exchanges, session }: Facts, first: Exchange): { readonly at: number; readonly before: Exchange | undefined } {
  const until = answerAt(first)
  const before = exchanges.findLast(one => one.id < first.id && bySuccess(one) && answerAt(one) <= until)
  return { at: before ? Math.min(before.lastByteAt ?? answerAt(before), until) : session.startedAt, before }
}

/** The evidence for it. */
export const lastSign = (before: Exchange, at: number, gap: number): Evidence => ({
  seq: answerSeq(before),
  at,
  says: `Last sign that the server knew it, ${spanText(gap)} before`,
})
export const SERVED_ON: Alternative = {
  rule: 'server-restarted',
  standing: 'ruled out',
  why: 'a session that is as old was served after it',
}

/**
 * No stream was open that would have ended with the process, and nobody asked while it was down: what is left are the new process's own
 * words, its new version, and that it knows none of the sessions from before.
 */
export function restartedUnseen(facts: Facts, first: Exchange): UnknownSession | undefined {
  const { at: since } = lastKnown(facts, first)
  const at = answerAt(first)
  const began = beginning(facts, since, at)
  const isSure = began !== undefined && BEGINS.test(began.text)
  const renewed = newVersion(facts, at)
  const alike = at - since >= RESTART_LEAST && at - since < EXPIRY_SPAN ? forgottenTogether(facts, since, at) : []
  if (!began && !renewed && alike.length === 0) return undefined
  const evidence: Evidence[] = []
  if (began) evidence.push({ seq: began.seq, at: began.at, says: `Server log: ${began.text.split('\n', 1)[0]?.slice(0, 80)}` })
  for (const { ended } of alike.slice(0, 3))
    if (ended) evidence.push({ seq: ended.seq, at: ended.at, says: 'Another session of this server became unknown too' })
  const signs = [
    began && 'its log tells of a start',
    alike.length > 0 && `${countText(alike.length, 'other session')} became unknown with this one, and none from before was served again`,
    renewed && `it then called itself version ${renewed.server.version}, and ${facts.session.server.version} before`,
  ].filter(Boolean)
  return {
    rule: 'server-restarted',
    cause: 'The server was restarted and keeps its sessions in memory.',
    says: `Between two requests, ${spanText(Math.max(0, first.requestAt - since))} apart, the server was ${isSure ? '' : 'probably '}restarted: ${signs.join('; ')}. It does not know sessions from before.`,
    confidence: isSure ? 'certain' : 'likely',
    fix: RESTART_FIX,
    evidence,
    ...(!isSure && {
      alternatives: [
        { rule: 'wrong-worker', standing: 'possible' as const, why: 'another worker may have answered' },
        { rule: 'session-unknown-or-expired', standing: 'possible' as const, why: 'the server may have dropped its sessions and run on' },
      ],
    }),
  }
}

/** What a process says once, when it begins: uvicorn, the Python SDK, gunicorn. */
const BEGINS =
  /Started server process|Application startup complete|Uvicorn running on|StreamableHTTP session manager started|Booting worker with pid/i
/** What those of Node say by custom, and some at other times too. */
const SEEMS_TO_BEGIN = /\blistening (on|at)\b|\bserver (is )?(running|started|listening) /i
/** A bridge starts a server of its own for each session. */
const FOR_ONE_SESSION = /\bstdio\b/i

/** The line of its log by which the server began in this time, if it did. */
function beginning(facts: Facts, since: number, until: number): LogLine | undefined {
  const lines = facts.logs.filter(({ at }) => at >= since && at <= until)
  const sure = lines.find(({ text }) => BEGINS.test(text))
  if (sure || remembersOld(facts, since, until)) return sure
  return lines.find(({ text }) => SEEMS_TO_BEGIN.test(text) && !FOR_ONE_SESSION.test(text))
}

/** A session begun since, to which the server called itself by the same name and another version. */
function newVersion({ session, others }: Facts, at: number): Session | undefined {
  const { name, version } = session.server
  if (name === undefined || version === undefined) return undefined
  return others.find(
    ({ server, startedAt }) => startedAt >= at && server.name === name && server.version !== undefined && server.version !== version,
  )
}

const asOld = ({ session, others }: Facts, since: number): readonly Session[] =>
  others.filter(({ transport, issued, startedAt }) => transport === session.transport && issued && startedAt <= since)

/** It still served a session from before: so it was not restarted. */
export const remembersOld = (facts: Facts, since: number, at: number): boolean =>
  asOld(facts, since).some(({ ended, lastAt }) => lastAt > at && ended === undefined)

/** Sessions that the server knew no longer at about this time; none where it still served one that is as old. */
function forgottenTogether(facts: Facts, since: number, at: number): readonly Session[] {
  if (remembersOld(facts, since, at)) return []
  return asOld(facts, since).filter(({ ended }) => isForgotten(ended) && Math.abs((ended?.at ?? 0) - at) <= EXPIRY_SPAN)
}

const isForgotten = (end: End | undefined): boolean => end?.by === 'server' && end.how === 'complete' && /^40[04]\b/.test(end.detail ?? '')
