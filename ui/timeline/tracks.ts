/**
 * The rows of one session as tracks: lists in time order that a frame can search in log n.
 * Promise: zoom plays no part here; a track changes only when the rows do, and rows in one sub-row never overlap.
 */
import type { Call, Exchange, Session } from '../../proxy/core/model.ts'
import { callEnd, isFailedCall, isLate, lostFrom } from '../call-fate.ts'
import type { SessionRows } from '../view.ts'
import { FrameTracks } from './frame-tracks.ts'
import { type Rank, type Stacked, Stacker } from './stacker.ts'

export interface PathTrack {
  readonly method: string
  readonly path: string
  readonly stack: Stacked<Exchange>
}
export interface Place {
  /** Index of the path's lane; -1 for a stream. */
  readonly path: number
  readonly row: number
  readonly exchange: Exchange
}

export interface SessionTracks {
  readonly session: Session
  readonly calls: Stacked<Call>
  readonly callRow: ReadonlyMap<number, { readonly call: Call; readonly row: number }>
  readonly paths: readonly PathTrack[]
  readonly streams: Stacked<Exchange>
  readonly places: ReadonlyMap<number, Place>
  readonly frames: FrameTracks
  /** First and last moment of anything in the session; `to` is Infinity while something is open. */
  readonly from: number
  readonly to: number
}

export const CALL_ROWS = 6
const PATH_ROWS = 3
const STREAM_ROWS = 6
/** More paths than this share one lane: a crawler must not push the rest out of sight. */
export const PATH_LANES = 16
const OTHER_PATHS = '(other paths)'

/** When an exchange is over on both legs; Infinity while it is open. */
export function exchangeEnd(exchange: Exchange): number {
  const ends = Math.max(exchange.clientEnd?.at ?? Number.NEGATIVE_INFINITY, exchange.serverEnd?.at ?? Number.NEGATIVE_INFINITY)
  if (exchange.clientEnd && (exchange.serverEnd || exchange.responseBy === 'proxy')) return ends
  if (exchange.requestEnd && !exchange.responseAt) return exchange.requestEnd.at
  return Number.POSITIVE_INFINITY
}

export const isStream = (exchange: Exchange): boolean =>
  exchange.body === 'stream' ||
  (exchange.method === 'GET' &&
    exchange.status === undefined &&
    !exchange.trouble &&
    exchange.requestHeaders.some(([name, value]) => name.toLowerCase() === 'accept' && value.includes('text/event-stream')))

export const isRedirect = (exchange: Exchange): boolean =>
  exchange.status !== undefined &&
  exchange.status >= 300 &&
  exchange.status < 400 &&
  (exchange.location !== undefined || exchange.followedBy !== undefined)

const cut = (exchange: Exchange): boolean =>
  exchange.body === 'sse' && exchange.clientEnd !== undefined && exchange.clientEnd.how !== 'complete'

/** A failure that belongs to the MCP connection. 401 (authorisation) and 405 (no GET stream offered) are part of healthy ones. */
export function isFailedExchange(exchange: Exchange, session: Session): boolean {
  const status = exchange.status ?? 0
  if (exchange.trouble !== undefined || status >= 500 || cut(exchange)) return true
  return session.transport !== 'other' && status >= 400 && status !== 401 && status !== 405
}

function rankOfExchange(exchange: Exchange, session: Session): Rank {
  if (isFailedExchange(exchange, session)) return 'problem'
  return isRedirect(exchange) ? 'redirect' : 'plain'
}

class PathStackers {
  readonly #byName = new Map<string, number>()
  readonly list: { method: string; path: string; stack: Stacker<Exchange> }[] = []

  at(exchange: Exchange): number {
    const name = `${exchange.method} ${exchange.path}`
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const full = this.list.length >= PATH_LANES
    const index = full ? PATH_LANES : this.list.length
    if (!this.list[index]) {
      this.list[index] = { method: full ? '' : exchange.method, path: full ? OTHER_PATHS : exchange.path, stack: new Stacker(PATH_ROWS) }
    }
    this.#byName.set(name, index)
    return index
  }
}

/** Tracks of one session. `before` is the last result for the same session: what only grew is taken over. */
export function tracksOf(rows: SessionRows, before?: SessionTracks): SessionTracks {
  const { session } = rows
  const calls = new Stacker<Call>(CALL_ROWS)
  const callRow = new Map<number, { call: Call; row: number }>()
  let to = session.lastAt
  for (const call of rows.calls) {
    // A notification or a response is not waited for: its POST lane shows it.
    if (call.number === 0) continue
    const end = callEnd(call)
    const failed = isFailedCall(call) && { from: isLate(call) ? (lostFrom(call) ?? end) : end }
    callRow.set(call.id, { call, row: calls.add(call, { start: call.sentAt, end, rank: failed ? 'problem' : 'plain', failed }) })
    to = Math.max(to, end)
  }
  const frames = before?.frames.takes(rows.frames) ? before.frames : new FrameTracks()
  frames.update(rows.frames)
  const paths = new PathStackers()
  const streams = new Stacker<Exchange>(STREAM_ROWS)
  const places = new Map<number, Place>()
  for (const exchange of rows.exchanges) {
    const end = exchangeEnd(exchange)
    const path = isStream(exchange) ? -1 : paths.at(exchange)
    const stack = path < 0 ? streams : (paths.list[path]?.stack ?? streams)
    const rank = path < 0 ? 'plain' : rankOfExchange(exchange, session)
    const failed = path < 0 ? (frames.of(exchange.id)?.lost ?? false) && { from: end } : rank === 'problem' && { from: exchange.requestAt }
    const row = stack.add(exchange, { start: exchange.requestAt, end, rank, failed })
    places.set(exchange.id, { path, row, exchange })
    to = Math.max(to, end)
  }
  return {
    session,
    calls: calls.done(),
    callRow,
    paths: paths.list.map(({ method, path, stack }) => ({ method, path, stack: stack.done() })),
    streams: streams.done(),
    places,
    frames,
    from: Math.min(session.startedAt, rows.exchanges[0]?.requestAt ?? session.startedAt),
    to,
  }
}
