/**
 * Whether a server was restarted between two requests, with no stream open that would have ended with it. Promise: each sign is named, and
 * one that a process gives only when it begins is told apart from one that others give too.
 */
import type { Facts } from './facts.ts'
import { headerOf } from './fields.ts'
import { answerAt } from './http-signs.ts'
import type { End, Evidence, Exchange, LogLine, Session } from './model.ts'
import { asOld, EXPIRY_SPAN, lastKnown, RESTART_FIX, RESTART_LEAST, remembersOld } from './restart-signs.ts'
import type { UnknownSession } from './unknown-session.ts'
import { countText, spanText } from './words.ts'

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
  const isNear = at - since >= RESTART_LEAST && at - since < EXPIRY_SPAN
  const alike = isNear ? forgottenTogether(facts, since, at) : []
  const kept = isNear ? hungUp(facts, since, at) : undefined
  if (!began && !renewed && alike.length === 0 && !kept) return undefined
  const evidence: Evidence[] = []
  if (kept)
    evidence.push({
      seq: kept.hangup.seq,
      at: kept.hangup.at,
      says: `The server ${kept.hangup.how === 'reset' ? 'reset' : 'closed'} the idle connection from port ${kept.serverPort}`,
    })
  if (began) evidence.push({ seq: began.seq, at: began.at, says: `Server log: ${began.text.split('\n', 1)[0]?.slice(0, 80)}` })
  for (const { ended } of alike.slice(0, 3))
    if (ended) evidence.push({ seq: ended.seq, at: ended.at, says: 'Another session of this server became unknown too' })
  const signs = [
    began && 'its log tells of a start',
    alike.length > 0 && `${countText(alike.length, 'other session')} became unknown with this one, and none from before was served again`,
    kept && `it closed a connection that it had kept open, ${spanText(kept.idle)} after its last answer there`,
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

/** A connection that lay idle for so long may have met any limit (ms). */
const SWEPT = 8_000

interface Kept {
  readonly hangup: End
  /** How long nothing had been under way (ms). */
  readonly idle: number
  readonly serverPort: number
}

/**
 * A connection kept open between requests that the server closed in this time, though no limit on idle ones ran out: short ones are whole
 * seconds (uvicorn and Node 5, gunicorn 2), longer ones are looked after now and then (Bun: 10 s, every 4 s), and they meet one connection
 * after the other.
 */
function hungUp(facts: Facts, since: number, until: number): Kept | undefined {
  const trips = Map.groupBy(facts.exchanges, ({ conn }) => conn)
  const all = facts.exchanges.flatMap(one => ((trips.get(one.conn)?.length ?? 0) > 1 ? (keptOf(one) ?? []) : []))
  const last = all.findLast(({ hangup }) => hangup.at >= since && hangup.at <= until)
  if (!last || remembersOld(facts, since, until)) return undefined
  const { idle, hangup } = last
  const isWhole = idle >= 900 && (idle % 1000 <= 250 || idle % 1000 >= 950)
  const again = all.some(other => Math.abs(other.hangup.at - hangup.at) > 1_000 && Math.abs(other.idle - idle) <= Math.max(50, idle * 0.05))
  return isWhole || again || idle >= SWEPT ? undefined : last
}

/** How the connection of this exchange, its last, was closed; nothing where either side had said that it would be. */
function keptOf({ hangup, serverEnd, serverPort, requestHeaders, responseHeaders = [] }: Exchange): Kept | undefined {
  const isSaid = [requestHeaders, responseHeaders].some(headers => /\bclose\b/i.test(headerOf(headers, 'connection')))
  return !hangup || !serverEnd || isSaid ? undefined : { hangup, serverPort, idle: Math.max(0, hangup.at - serverEnd.at) }
}

/** A session begun since, to which the server called itself by the same name and another version. */
function newVersion({ session, others }: Facts, at: number): Session | undefined {
  const { name, version } = session.server
  if (name === undefined || version === undefined) return undefined
  return others.find(
    ({ server, startedAt }) => startedAt >= at && server.name === name && server.version !== undefined && server.version !== version,
  )
}

/** Sessions that the server knew no longer at about this time; none where it still served one that is as old. */
function forgottenTogether(facts: Facts, since: number, at: number): readonly Session[] {
  if (remembersOld(facts, since, at)) return []
  return asOld(facts, since).filter(({ ended }) => isForgotten(ended) && Math.abs((ended?.at ?? 0) - at) <= EXPIRY_SPAN)
}

const isForgotten = (end: End | undefined): boolean => end?.by === 'server' && end.how === 'complete' && /^40[04]\b/.test(end.detail ?? '')
