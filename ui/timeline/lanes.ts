/**
 * The vertical order of the timeline: for each session a header, its calls, one lane per path, its streams; the server's log last.
 * Promise: client above, server below; a lane's place depends on the rows and the focus, never on the zoom.
 */
import type { SessionTracks } from './tracks.ts'

export type LaneKind = 'header' | 'calls' | 'path' | 'stream' | 'log'

export interface Lane {
  /** Stable across frames. */
  readonly key: string
  readonly kind: LaneKind
  /** Index in the shown chain; -1 for the log. */
  readonly session: number
  /** Index of the path; -1 elsewhere. */
  readonly path: number
  /** Top, in pixels from the first lane. */
  readonly y: number
  readonly height: number
  /** Sub-rows, without the strip for the crowd. */
  readonly rows: number
  readonly crowd: boolean
  /** Sessions that are not in focus take less room. */
  readonly compact: boolean
  /** A header that stands for its whole session. */
  readonly folded: boolean
  readonly label: string
  readonly mono: boolean
}
export interface LaneLayout {
  readonly lanes: readonly Lane[]
  readonly height: number
}
export interface LaneOptions {
  /** Index of the session in focus. */
  readonly focus: number
  /** Sessions out of focus fold to one strip. */
  readonly narrow: boolean
  /** Sessions that have nothing in the shown time: only their header is shown. */
  readonly away: ReadonlySet<number>
  readonly log: boolean
  /** Height in pixels beyond which sessions out of focus fold, those farthest from it first. */
  readonly room?: number
}

const HEADER = 22
const CALL_PITCH = 16
const PATH_PITCH = 15
const STREAM_PITCH = 44
export const CROWD = 10

interface Size {
  readonly calls: number
  readonly path: number
  readonly stream: number
}
const FULL: Size = { calls: 36, path: 20, stream: 42 }
const COMPACT: Size = { calls: 24, path: 18, stream: 40 }
export const LOG = 38

export function layoutLanes(sessions: readonly SessionTracks[], options: LaneOptions): LaneLayout {
  const { focus, away, room = Number.POSITIVE_INFINITY } = options
  let layout = lanesOf(sessions, options)
  const order = sessions.map((_, index) => index).filter(index => index !== focus && !away.has(index))
  order.sort((a, b) => Math.abs(b - focus) - Math.abs(a - focus))
  for (let folded = 1; layout.height > room && folded <= order.length; folded++)
    layout = lanesOf(sessions, { ...options, away: new Set([...away, ...order.slice(0, folded)]) })
  return layout
}

function lanesOf(sessions: readonly SessionTracks[], options: LaneOptions): LaneLayout {
  const lanes: Lane[] = []
  let y = 0
  const add = (lane: Omit<Lane, 'y'>): void => {
    lanes.push({ ...lane, y })
    y += lane.height
  }
  sessions.forEach((tracks, session) => {
    const compact = session !== options.focus
    const folded = compact && (options.narrow || options.away.has(session))
    const base = { session, path: -1, rows: 1, crowd: false, compact, folded, mono: false }
    const key = String(tracks.session.id)
    add({ ...base, key: `${key} header`, kind: 'header', height: HEADER, label: tracks.session.key, mono: true })
    if (folded) return
    const size = compact ? COMPACT : FULL
    if (tracks.calls.rows.length > 0 || tracks.session.transport !== 'other') {
      const rows = Math.max(1, tracks.calls.rows.length)
      const crowd = tracks.calls.crowd !== undefined
      add({
        ...base,
        key: `${key} calls`,
        kind: 'calls',
        height: size.calls + (rows - 1) * CALL_PITCH + (crowd ? CROWD : 0),
        rows,
        crowd,
        label: 'Calls',
      })
    }
    tracks.paths.forEach(({ method, path, stack }, index) => {
      const rows = Math.max(1, stack.rows.length)
      const crowd = stack.crowd !== undefined
      const height = size.path + (rows - 1) * PATH_PITCH + (crowd ? CROWD : 0)
      add({
        ...base,
        key: `${key} ${method} ${path}`,
        kind: 'path',
        path: index,
        height,
        rows,
        crowd,
        label: method ? `${method} ${path}` : path,
        mono: true,
      })
    })
    const streams = tracks.streams.rows.length
    if (streams > 0) {
      const crowd = tracks.streams.crowd !== undefined
      add({
        ...base,
        key: `${key} stream`,
        kind: 'stream',
        height: size.stream + (streams - 1) * STREAM_PITCH + (crowd ? CROWD : 0),
        rows: streams,
        crowd,
        label: 'SSE stream',
      })
    }
  })
  if (options.log) {
    add({
      key: 'log',
      kind: 'log',
      session: -1,
      path: -1,
      height: LOG,
      rows: 1,
      crowd: false,
      compact: false,
      folded: false,
      label: 'Server log',
      mono: false,
    })
  }
  return { lanes, height: y }
}

/** Top of a call's bar within its lane, 12 px high. */
export const callBarTop = (lane: Lane, row: number): number => lane.y + (lane.compact ? 6 : 18) + row * CALL_PITCH
/** Middle of an exchange's mark within its lane. */
export const pathMiddle = (lane: Lane, row: number): number => lane.y + (lane.compact ? 9 : 10) + row * PATH_PITCH

export interface Legs {
  /** Top of the client leg and of the server leg; both are LEG px high. */
  readonly client: number
  readonly server: number
  readonly middle: number
}
export const LEG = 9
export function legsOf(lane: Lane, row: number): Legs {
  const client = lane.y + 5 + row * STREAM_PITCH
  const server = lane.y + (lane.compact ? 25 : 27) + row * STREAM_PITCH
  return { client, server, middle: (client + LEG + server) / 2 }
}
