/**
 * Why a stream ended without a clean end, where no lost answer tells it already. Promise: each end has one cause: a restart, silence
 * that fits a known limit, or else the network, in that order; what was only possible is named beside it.
 */

import { bisect } from './bisect.ts'
import { CLIENT_IDLE_LIMITS, IDLE_LIMITS, nearest } from './client-limits.ts'
import type { Facts } from './facts.ts'
import type { Alternative, Call, Confidence, End, Evidence, Exchange } from './model.ts'
import { callOf, perFacts } from './per-facts.ts'
import { RESTART_LEAST } from './restart-signs.ts'
import { countText, endingText, spanText } from './words.ts'

export interface EndCause {
  readonly rule: 'server-restarted' | 'idle-cut' | 'network-interruption'
  readonly confidence: Confidence
  readonly exchange: Exchange
  readonly end: End
  /** How long nothing had come before the end (ms). */
  readonly silence: number
  /** The limit that the silence fits (ms). */
  readonly limit?: number
  /** Other ends after the same silence. */
  readonly again: number
  /** Calls of the client that lost their answer by it. */
  readonly lost: readonly Call[]
  /** Calls of the client that it cut, and that could be resumed: they have no answer yet. */
  readonly waiting: readonly Call[]
  readonly why: string
  readonly evidence: readonly Evidence[]
  readonly others: readonly Alternative[]
}

/** A server that is gone is found out this soon after its streams ended (ms). */
export const RESTART_SPAN = 60_000
const BURST_SPAN = 1_000
const EXITED = /^ended (by signal|with exit code)/

/** The ends of this session's streams and waiting POSTs that broke off, oldest first. */
export const endCauses = perFacts((facts): readonly EndCause[] =>
  abruptEnds(facts).flatMap(one => (one.end.by === 'server' ? byServer(facts, one) : byClient(facts, one)) ?? []),
)

const abruptEnds = perFacts((facts): readonly Abrupt[] => facts.exchanges.flatMap(exchange => abruptEnd(facts, exchange) ?? []))

interface Abrupt {
  readonly exchange: Exchange
  readonly end: End
  readonly silence: number
}

/** The end that came first, where it was no clean one and not the proxy's own. */
function abruptEnd({ session }: Facts, exchange: Exchange): Abrupt | undefined {
  const { clientEnd, serverEnd, body, status = 0, responseBy } = exchange
  const end = serverEnd && (!clientEnd || serverEnd.at <= clientEnd.at || clientEnd.by !== 'client') ? serverEnd : clientEnd
  const streams = (body === 'stream' || body === 'sse') && status < 300
  // The connection broke before a head came: the proxy had to answer.
  const headless = (status === 0 || (status === 502 && responseBy === 'proxy')) && end?.by === 'server' && end.how !== 'refused'
  // Sent again, it lost nothing.
  if (headless && exchange.followedBy !== undefined) return undefined
  if (!end || end.by === 'proxy' || !BROKEN.has(end.how) || !(streams || headless)) return undefined
  // What either side drops after the client has ended the session is no break.
  if (session.ended?.detail === 'DELETE' && session.ended.at <= end.at) return undefined
  const before = headless ? (exchange.requestEndAt ?? exchange.requestAt) : (exchange.lastByteAt ?? exchange.responseAt ?? end.at)
  return { exchange, end, silence: end.at - Math.min(end.at, before) }
}
const BROKEN = new Set(['fin', 'reset', 'timeout'])

/** Calls by the end that broke them. */
const byBreak = perFacts(({ calls }) =>
  Map.groupBy(
    calls.filter(({ broken }) => broken !== undefined),
    ({ broken }) => broken?.seq,
  ),
)

function cutBy(facts: Facts, { exchange, end }: Abrupt): Pick<EndCause, 'lost' | 'waiting'> {
  const found = new Set([...(byBreak(facts).get(end.seq) ?? []), ...exchange.calls.flatMap(id => callOf(facts, id) ?? [])])
  const asked = [...found].filter(({ from, kind }) => from === 'client' && kind === 'request').sort((a, b) => a.id - b.id)
  return {
    lost: asked.filter(({ delivery }) => delivery === 'unanswered'),
    waiting: asked.filter(
      ({ delivery, cancelled }) => exchange.resumable === true && !cancelled && (delivery === 'pending' || delivery === 'unknown'),
    ),
  }
}

function byServer(facts: Facts, one: Abrupt): EndCause {
  const base = { ...one, ...cutBy(facts, one), again: 0 }
  const restart = restartSign(facts, one.end)
  const idle = idleSign(facts, one)
  const how = `${endingText(one.end.how)} ${spanText(one.silence)} after the last byte`
  const network: Alternative = { rule: 'network-interruption', standing: 'possible', why: `the stream had no clean end: ${how}` }
  if (restart?.sure) {
    return { ...base, rule: 'server-restarted', confidence: 'certain', why: restart.why, evidence: restart.evidence, others: [] }
  }
  if (idle) {
    const others: Alternative[] = restart ? [{ rule: 'server-restarted', standing: 'possible', why: restart.why }, network] : [network]
    return { ...base, ...idle, rule: 'idle-cut', evidence: [], others }
  }
  if (restart) {
    return { ...base, rule: 'server-restarted', confidence: 'possible', why: restart.why, evidence: restart.evidence, others: [network] }
  }
  const back = backAfter(facts, one)
  const silent: Alternative = { rule: 'idle-cut', standing: 'ruled out', why: `last byte ${spanText(one.silence)} before the end` }
  // A process that ends closes its streams by FIN; what breaks on the way resets or falls silent. No process is back at once.
  const both = cutTogether(facts, one)
  if (one.end.how === 'fin' && (one.exchange.body === 'stream' || both) && (back ?? Number.POSITIVE_INFINITY) > RESTART_LEAST) {
    const why =
      back === undefined
        ? `the server closed ${both ? 'its streams at once' : 'it in the middle'}, and was not heard of again`
        : `the server closed ${both ? 'its streams at once' : 'it in the middle'}, and answered again ${spanText(back)} later`
    return { ...base, rule: 'server-restarted', confidence: both ? 'likely' : 'possible', why, evidence: [], others: [network, silent] }
  }
  const restarted: Alternative =
    back === undefined
      ? { rule: 'server-restarted', standing: 'possible', why: 'nothing was asked of the server after it' }
      : {
          rule: 'server-restarted',
          standing: back > RESTART_LEAST ? 'possible' : 'ruled out',
          why: `it answered another request ${spanText(back)} later`,
        }
  return { ...base, rule: 'network-interruption', confidence: 'possible', why: how, evidence: [], others: [restarted, silent] }
}

/** Connections that end in the same moment have one cause (ms). */
const AT_ONCE = 100

/** Moments at which the server broke off the session's streams, and the responses of its POSTs. */
const cuts = perFacts(({ exchanges }) => {
  const at = (isStream: boolean) =>
    exchanges
      .flatMap(({ body, serverEnd: end }) =>
        (body === 'stream') === isStream && end?.by === 'server' && end.how === 'fin' ? [end.at] : [],
      )
      .sort((one, two) => one - two)
  return { streams: at(true), posts: at(false) }
})

/** The stream of a session and the response of a POST broke off together. */
function cutTogether(facts: Facts, { exchange, end }: Abrupt): boolean {
  if (facts.session.transport !== 'streamable') return false
  const others = exchange.body === 'stream' ? cuts(facts).posts : cuts(facts).streams
  const next = others[bisect(others, at => at >= end.at - AT_ONCE)]
  return next !== undefined && next <= end.at + AT_ONCE
}

/** A client that leaves while nothing is in flight may do so; only what it leaves after, or a reset, says more. */
const wasUsed = perFacts(({ calls }) => calls.some(({ from, delivery, error }) => from === 'client' && delivery === 'delivered' && !error))

function byClient(facts: Facts, one: Abrupt): EndCause | undefined {
  const { end } = one
  if (
    byBreak(facts)
      .get(end.seq)
      ?.some(({ delivery }) => delivery !== 'delivered')
  )
    return undefined
  const base = { ...one, lost: [], waiting: [], again: 0, evidence: [] }
  // A client that could not even begin leaves for that reason.
  const idle = wasUsed(facts) ? idleSign(facts, one) : undefined
  if (idle && (nearest(one.silence, CLIENT_IDLE_LIMITS) || idle.again > 0)) return { ...base, ...idle, rule: 'idle-cut', others: [] }
  if (end.how === 'fin') return undefined
  const why = `the client’s side ended by ${endingText(end.how)}`
  const closed: Alternative = { rule: 'client-closed-early', standing: 'possible', why: 'some clients close with a reset' }
  return { ...base, rule: 'network-interruption', confidence: 'possible', why, others: [closed] }
}

interface IdleSign {
  readonly confidence: Confidence
  readonly limit: number
  readonly again: number
  readonly why: string
}

/** How many ends of one side came after the same silence. */
const alike = perFacts(facts => {
  const count = new Map<string, number>()
  for (const { end, silence } of abruptEnds(facts)) {
    for (const limit of IDLE_LIMITS) {
      const key = `${end.by} ${limit * 1000}`
      if (nearest(silence, [limit])) count.set(key, (count.get(key) ?? 0) + 1)
    }
  }
  return count
})

function idleSign(facts: Facts, { silence, end }: Abrupt): IdleSign | undefined {
  const fit = silence < 20_000 ? undefined : nearest(silence, IDLE_LIMITS)
  if (!fit) return undefined
  const same = (span: number | undefined) => span !== undefined && nearest(span, [fit.limit / 1000]) !== undefined
  const again =
    (alike(facts).get(`${end.by} ${fit.limit}`) ?? 1) -
    1 +
    facts.others.filter(({ ended }) => ended?.by === end.by && ended.how !== 'complete' && ended.seq !== end.seq && same(ended.silentMs))
      .length
  return { confidence: again > 0 ? 'certain' : 'likely', limit: fit.limit, again, why: `closed ${spanText(silence)} after the last byte` }
}

const exits = perFacts(({ logs }) => logs.filter(({ source, text }) => source === 'process' && EXITED.test(text)))

/** The server was found gone after the end, its process ended, or other streams ended with it. */
export function restartSign(facts: Facts, end: End): { sure: boolean; why: string; evidence: Evidence[] } | undefined {
  const near = facts.others.filter(
    ({ ended }) => ended?.by === 'server' && BROKEN.has(ended.how) && Math.abs(ended.at - end.at) < BURST_SPAN,
  )
  const outage = facts.outages?.find(
    ({ from, to }) => from >= end.at - RESTART_SPAN && from <= end.at + RESTART_SPAN && (to ?? from) >= end.at,
  )
  const exit = exits(facts).find(({ at }) => Math.abs(at - end.at) < 2_000)
  const evidence: Evidence[] = []
  if (exit) evidence.push({ seq: exit.seq, at: exit.at, says: `The server’s process: ${exit.text.slice(0, 80)}` })
  if (outage) evidence.push({ seq: outage.seq, at: outage.from, says: `The server could not be reached: ${outage.says}` })
  if (outage?.to !== undefined) evidence.push({ seq: outage.backSeq ?? outage.seq, at: outage.to, says: 'The server was back' })
  const burst = near.length > 0 ? `${countText(near.length, 'other stream')} ended with it` : ''
  if (outage || exit)
    return {
      sure: true,
      why: [exit ? `the server’s process ${exit.text.slice(0, 60)}` : '', outage ? 'nothing accepted connections after it' : '', burst]
        .filter(Boolean)
        .join(', '),
      evidence,
    }
  return near.length > 0 && end.how === 'fin' ? { sure: false, why: burst, evidence } : undefined
}

/** When the server answered something, on this session or elsewhere, oldest first. */
const answersAt = perFacts(({ exchanges, others }): readonly number[] => {
  const own = exchanges.flatMap(({ responseAt, responseBy }) => (responseAt !== undefined && responseBy === 'server' ? [responseAt] : []))
  const elsewhere = others.flatMap(({ endpointAt, transport, lastAt }) => endpointAt ?? (transport === 'sse' ? [] : [lastAt]))
  return [...own, ...elsewhere].sort((a, b) => a - b)
})

/** How soon after it the server answered something (ms). */
function backAfter(facts: Facts, { end }: Abrupt): number | undefined {
  const times = answersAt(facts)
  const first = times[bisect(times, at => at > end.at)]
  return first === undefined ? undefined : first - end.at
}
