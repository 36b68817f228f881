/**
 * The rows of one session as tracks: lists in time order that a frame can search in log n.
 * Promise: zoom plays no part here; a track changes only when the rows do, and rows in one sub-row never overlap.
 */
import type { Call, Exchange, Session } from '../../proxy/core/model.ts'
import type { SessionRows } from '../view.ts'
import { callEnd, isFailedCall } from './call-fate.ts'
import { FrameTracks } from './frame-tracks.ts'

/** Things with a beginning and an end, ascending by start. An end that is not known yet is Infinity. */
export interface Track<T> {
  readonly starts: number[]
  readonly ends: number[]
  readonly items: T[]
}
/** What must never be hidden by what: problems are drawn last and never merged into anything else. */
export type Rank = 'plain' | 'redirect' | 'problem'
export const RANKS: readonly Rank[] = ['plain', 'redirect', 'problem']

export interface SubRow<T> {
  readonly plain: Track<T>
  readonly redirect: Track<T>
  readonly problem: Track<T>
}
/** Overlapping things in sub-rows; what found no room in the last of them is only counted. */
export interface Stacked<T> {
  readonly rows: SubRow<T>[]
  /** Starts and ends of the crowd that found no sub-row, each ascending by itself. */
  readonly crowd?: { readonly starts: number[]; readonly ends: number[]; readonly items: T[] }
}

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
const STREAM_ROWS = 3
/** More paths than this share one lane: a crawler must not push the rest out of sight. */
export const PATH_LANES = 16
const OTHER_PATHS = '(other paths)'

const emptyTrack = <T>(): Track<T> => ({ starts: [], ends: [], items: [] })
const emptyRow = <T>(): SubRow<T> => ({ plain: emptyTrack(), redirect: emptyTrack(), problem: emptyTrack() })

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

class Stacker<T> {
  readonly rows: SubRow<T>[] = []
  readonly #free: number[] = []
  readonly #limit: number
  #crowd: Track<T> | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The sub-row it took; -1 when all were taken. Items come in order of their start. */
  add(item: T, start: number, end: number, rank: Rank): number {
    let row = this.#free.findIndex(free => free <= start)
    if (row < 0 && this.rows.length < this.#limit) {
      row = this.rows.length
      this.rows.push(emptyRow())
      this.#free.push(0)
    }
    if (row >= 0) this.#free[row] = Math.max(end, start)
    else this.#crowd ??= emptyTrack()
    const track = row >= 0 ? (this.rows[row] as SubRow<T>)[rank] : (this.#crowd as Track<T>)
    track.starts.push(start)
    track.ends.push(end)
    track.items.push(item)
    return row
  }

  done(): Stacked<T> {
    if (this.#crowd) this.#crowd.ends.sort((a, b) => a - b)
    return this.#crowd ? { rows: this.rows, crowd: this.#crowd } : { rows: this.rows }
  }
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
    callRow.set(call.id, { call, row: calls.add(call, call.sentAt, end, isFailedCall(call) ? 'problem' : 'plain') })
    to = Math.max(to, end)
  }
  const paths = new PathStackers()
  const streams = new Stacker<Exchange>(STREAM_ROWS)
  const places = new Map<number, Place>()
  for (const exchange of rows.exchanges) {
    const end = exchangeEnd(exchange)
    const path = isStream(exchange) ? -1 : paths.at(exchange)
    const stack = path < 0 ? streams : (paths.list[path]?.stack ?? streams)
    const row = stack.add(exchange, exchange.requestAt, end, path < 0 ? 'plain' : rankOfExchange(exchange, session))
    places.set(exchange.id, { path, row, exchange })
    to = Math.max(to, end)
  }
  const frames = before?.frames.takes(rows.frames) ? before.frames : new FrameTracks()
  frames.update(rows.frames)
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
