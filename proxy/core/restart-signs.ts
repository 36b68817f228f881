/**
 * Whether a server that knows a session no longer was restarted. Promise: told from what was seen of its end or its beginning; that it
 * forgot one session is no sign.
 */
import { IDLE_LIMITS, nearest } from './client-limits.ts'
import type { Facts } from './facts.ts'
import { answerAt, answerSeq, bySuccess } from './http-signs.ts'
import { ownExchange } from './lost-answer.ts'
import type { Alternative, Call, End, Evidence, Exchange, Session } from './model.ts'
import type { UnknownSession } from './unknown-session.ts'
import { countText, spanText } from './words.ts'

/** A session this long without a request may have expired (ms). */
export const EXPIRY_SPAN = 60_000
/** No process is up again sooner than this (ms): Node alone takes 40 to begin. */
export const RESTART_LEAST = 100
export const RESTART_FIX = [
  'Reconnect the client: it has to begin with initialize.',
  'If the server should survive restarts, keep its sessions in a shared store or serve without sessions.',
]

/** How a response of the session broke off on the server's side. */
interface Torn {
  readonly end: End
  readonly silentMs: number
  /** It was the response of a call under way. */
  readonly isCall: boolean
}

const BROKEN = new Set(['fin', 'reset', 'timeout'])
/** Ends this close together have one cause (ms). */
const BURST_SPAN = 1_000

/** The end of a stream, or of a call's response with or without a head, that the server did not mean and that was not made good. */
function tornEnd(one: Exchange): Torn | undefined {
  const { body, status = 0, serverEnd: end, clientEnd } = one
  const streams = (body === 'stream' || body === 'sse') && status < 300
  const headless = (status === 0 || (status === 502 && one.responseBy === 'proxy')) && one.followedBy === undefined
  if (!(streams || headless) || end?.by !== 'server' || !BROKEN.has(end.how)) return undefined
  // A client that had left before it makes this a consequence.
  if (clientEnd?.by === 'client' && clientEnd.at <= end.at) return undefined
  const before = headless ? one.requestEndAt : (one.lastByteAt ?? one.responseAt)
  return { end, silentMs: end.at - (before ?? end.at), isCall: body !== 'stream' }
}

/** The last such end before the refusal, unless the server served the session after it. */
function lastTorn({ session, exchanges }: Facts, first: Exchange): Torn | undefined {
  const torn = exchanges
    .flatMap(one => tornEnd(one) ?? [])
    .filter(({ end }) => end.at < first.requestAt && (session.transport !== 'sse' || end.seq === session.ended?.seq))
  const last = torn.sort((a, b) => a.end.at - b.end.at).at(-1)
  const isServed = exchanges.some(one => last && bySuccess(one) && one.requestAt > last.end.at && one.id < first.id)
  return isServed ? undefined : last
}

/** A process that ends closes what is open, and may reset what it had not read; a network that breaks resets or falls silent. */
const isOfProcess = ({ end, silentMs, isCall }: Torn): boolean =>
  (end.how === 'fin' || (isCall && end.how === 'reset')) && (silentMs < 20_000 || nearest(silentMs, IDLE_LIMITS) === undefined)

/** Calls of the client that lost their answer by an end. */
const lostBy = (facts: Facts, { end }: Torn): readonly Call[] =>
  facts.calls.filter(call => {
    const own = call.broken ?? ownExchange(facts, call)?.serverEnd
    const isOpen = call.from === 'client' && call.kind === 'request' && call.delivery === 'unanswered'
    return isOpen && own?.by === 'server' && BROKEN.has(own.how) && Math.abs(own.at - end.at) < BURST_SPAN
  })

/** A response of it was dropped in the middle, or the server could not be reached for a while. */
export function restarted(facts: Facts, first: Exchange): UnknownSession | undefined {
  const { session, others, exchanges, outages = [] } = facts
  // What is served again was not forgotten.
  if (
    session.transport === 'streamable' &&
    exchanges.some(one => bySuccess(one) && one.method === 'POST' && one.requestAt > answerAt(first))
  )
    return undefined
  const outage = outages.find(({ from, wasUp }) => wasUp && from >= session.startedAt && from < first.requestAt)
  const torn = lastTorn(facts, first)
  const by = torn?.end
  const burst = others.filter(
    ({ ended }) => by && ended?.by === 'server' && BROKEN.has(ended.how) && Math.abs(ended.at - by.at) < BURST_SPAN,
  ).length
  if (!outage && burst === 0 && !(torn && isOfProcess(torn))) return undefined
  const evidence: Evidence[] = []
  if (by)
    evidence.push({
      seq: by.seq,
      at: by.at,
      says: `The server ${by.how === 'reset' ? 'reset' : 'closed'} the ${torn?.isCall ? 'response' : 'stream'} without a clean end${burst > 0 ? `, and ${countText(burst, 'other stream')} with it` : ''}`,
    })
  if (outage) evidence.push({ seq: outage.seq, at: outage.from, says: `The server could not be reached: ${outage.says}` })
  return {
    rule: 'server-restarted',
    cause: 'The server was restarted and keeps its sessions in memory.',
    says: 'The server went away and came back. It keeps sessions in memory, so it does not know those from before.',
    confidence: outage ? 'certain' : 'likely',
    fix: RESTART_FIX,
    evidence,
    ...(torn && { lost: lostBy(facts, torn) }),
    ...(!outage && {
      alternatives: [
        {
          rule: 'network-interruption',
          standing: 'possible' as const,
          why: `nothing was refused in between: the ${torn?.isCall ? 'connection' : 'stream'} alone may have been cut`,
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

/** Sessions of this kind that had begun by then. */
export const asOld = ({ session, others }: Facts, since: number): readonly Session[] =>
  others.filter(({ transport, issued, startedAt }) => transport === session.transport && issued && startedAt <= since)

/** It still served a session from before: so it was not restarted. */
export const remembersOld = (facts: Facts, since: number, at: number): boolean =>
  asOld(facts, since).some(({ ended, lastAt }) => lastAt > at && ended === undefined)
