/**
 * A call's story as a sequence of moments between client, proxy and server, for the drawing in the expanded detail.
 * Promise: pure; only what the rows say is drawn, in the order of time.
 */
import type { Call, Exchange, Frame } from '../../proxy/core/model.ts'
import { isLate, lostFrom } from '../call-fate.ts'
import { duration, size } from '../format.ts'
import { type Rung, rungsOf } from './ladder-model.ts'

export type Tone = 'plain' | 'redirect' | 'good' | 'fail'
export interface Arrow {
  readonly from: 'client' | 'proxy' | 'server'
  readonly to: 'client' | 'proxy' | 'server'
  readonly tone: Tone
  /** Drawn above the arrow. */
  readonly label?: string
  /** Ends in a cross half way: it did not arrive. */
  readonly lost?: boolean
}
export interface Moment {
  readonly at?: number
  /** The rung that this moment is, if it is one. */
  readonly rung?: Rung
  readonly arrows: readonly Arrow[]
  /** A stretch of waiting: its words, and how many pings crossed in it. */
  readonly wait?: { readonly says: string; readonly pings: number }
}
export interface Sequence {
  readonly moments: readonly Moment[]
  /** Index of the moment from which the leg is dead. */
  readonly clientEnds?: number
  readonly serverEnds?: number
  /** Moments between which the proxy alone held the server's leg. */
  readonly held?: { readonly from: number; readonly to: number }
}

/** Shorter than this, a pause is not worth a line. */
const PAUSE_MS = 500

const redirected = (exchange: Exchange): boolean => exchange.location !== undefined

/** Redirect hops: what the client sent and was sent elsewhere with. */
function hops(call: Call, exchanges: readonly Exchange[]): Moment[] {
  return exchanges
    .filter(exchange => redirected(exchange) && call.exchanges.includes(exchange.id))
    .map((exchange, index) => ({
      at: exchange.requestAt,
      arrows: [
        ...(index === 0 ? [] : through('client', 'server', 'plain')),
        ...through(
          'server',
          'client',
          'redirect',
          `${exchange.status}, ${duration((exchange.responseAt ?? exchange.requestAt) - exchange.requestAt)}`,
        ),
      ],
    }))
}

const through = (from: 'client' | 'server', to: 'client' | 'server', tone: Tone, label?: string): Arrow[] => [
  { from, to: 'proxy', tone, ...(label !== undefined && from === 'client' && { label }) },
  { from: 'proxy', to, tone, ...(label !== undefined && from === 'server' && { label }) },
]

function arrowsOf(rung: Rung, call: Call, redirects: boolean): Arrow[] {
  const answer = size(call.answerBytes ?? 0)
  // A cancellation goes all the way to the server, whoever made it.
  if (rung.seq !== undefined && rung.seq === call.cancelled?.seq)
    return through('client', 'server', rung.kind === 'break' ? 'fail' : 'plain', 'cancelled')
  if (rung.kind === 'break') {
    const how = call.broken?.how === 'reset' ? 'reset' : call.broken?.how === 'complete' ? 'clean end' : 'FIN'
    if (call.broken?.by === 'server') return [{ from: 'server', to: 'proxy', tone: 'fail', label: how }]
    if (call.broken?.by === 'client') return [{ from: 'client', to: 'proxy', tone: 'fail', label: how }]
    return []
  }
  if (rung.kind !== 'yes') return []
  if (rung.name === 'Sent') return through('client', 'server', 'plain')
  if (rung.name === 'Accepted') {
    const label = call.status === undefined ? undefined : String(call.status)
    return [...(redirects ? through('client', 'server', 'plain') : []), ...through('server', 'client', 'good', label)]
  }
  if (rung.name !== 'Answered') return []
  const delivered = call.delivery === 'delivered'
  const tone = delivered && !isLate(call) ? 'good' : 'fail'
  const up: Arrow = { from: 'server', to: 'proxy', tone, label: answer }
  const on: Arrow = { from: 'proxy', to: 'client', tone }
  if (tone === 'good') return [up, on]
  return [up, delivered ? { ...on, label: 'too late' } : { ...on, lost: true, label: 'no stream' }]
}

/** Pauses between moments become lines of their own, with the pings that crossed meanwhile. */
function withWaits(moments: readonly Moment[], frames: readonly Frame[], call: Call): Moment[] {
  const lost = lostFrom(call)
  const nobody = call.delivery === 'undeliverable' ? 'nobody is listening' : 'nobody is waiting'
  const out: Moment[] = []
  let last: number | undefined
  for (const moment of moments) {
    if (moment.at !== undefined && last !== undefined && moment.at - last > PAUSE_MS) {
      const [from, to] = [last, moment.at]
      const pings = frames.filter(({ kind, crossed, at }) => kind === 'comment' && crossed && at > from && at < to).length
      const after = lost !== undefined && from >= lost
      const says = `${duration(to - from)}${after ? `: ${nobody}` : pings > 0 ? `: ${pings} ${pings === 1 ? 'ping' : 'pings'}, nothing else` : ' of silence'}`
      out.push({ arrows: [], wait: { says, pings: Math.min(pings, 4) } })
    }
    out.push(moment)
    if (moment.at !== undefined) last = moment.at
  }
  return out
}

export function sequenceOf(call: Call, exchanges: readonly Exchange[], frames: readonly Frame[]): Sequence {
  const bounced = hops(call, exchanges)
  const rungs: Moment[] = rungsOf(call).map(rung => ({
    rung,
    arrows: arrowsOf(rung, call, bounced.length > 0),
    ...(rung.at !== undefined && { at: rung.at }),
  }))
  const stream = exchanges.find(({ held }) => held !== undefined)
  const [first, ...rest] = rungs
  const ordered: Moment[] = first ? [first, ...bounced, ...rest] : bounced
  if (stream?.held?.to !== undefined) {
    const { from, to } = stream.held
    const place = ordered.findIndex(({ at }) => at === undefined || at > to)
    ordered.splice(place < 0 ? ordered.length : place, 0, {
      at: to,
      arrows: [{ from: 'proxy', to: 'server', tone: 'plain', label: `close, held ${duration(to - from)}` }],
    })
  }
  const answering = exchanges.find(({ id }) => id === call.answerExchange)
  const moments = withWaits(
    ordered,
    frames.filter(({ exchange }) => exchange === (answering ?? exchanges.find(row => row.body === 'stream'))?.id),
    call,
  )
  const index = (match: (moment: Moment) => boolean): number | undefined => {
    const found = moments.findIndex(match)
    return found < 0 ? undefined : found
  }
  const broke = index(({ rung }) => rung?.kind === 'break' && rung.seq === call.broken?.seq)
  const by = call.broken?.by
  const release = stream?.held && index(({ arrows }) => arrows.some(({ label }) => label?.startsWith('close, ')))
  return {
    moments,
    ...(broke !== undefined && by === 'client' && { clientEnds: broke }),
    ...(broke !== undefined && by === 'server' && { serverEnds: broke }),
    ...(release !== undefined && { serverEnds: release }),
    ...(stream?.held && broke !== undefined && { held: { from: broke, to: release ?? moments.length - 1 } }),
  }
}
