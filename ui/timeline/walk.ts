/** Arrow keys: from mark to mark in time within a lane, and to the nearest mark of the next lane. Promise: every mark can be reached without a mouse. */
import type { Exchange } from '../../proxy/core/model.ts'
import type { Range, Selection, SessionRows, TimelineData } from '../view.ts'
import { numberedFindings } from './findings.ts'
import { firstAtLeast, nearest } from './sorted.ts'
import type { SessionTracks } from './tracks.ts'

export type Direction = 'left' | 'right' | 'up' | 'down' | 'first' | 'last'

interface Stop {
  readonly kind: Selection['kind']
  readonly ids: readonly number[]
  readonly times: readonly number[]
}

function stop<T extends { readonly id: number }>(kind: Selection['kind'], rows: readonly T[], at: (row: T) => number): Stop {
  return { kind, ids: rows.map(row => row.id), times: rows.map(at) }
}

/** The lanes from top to bottom, as lists of what can be selected in them. */
export function stopsOf(data: TimelineData, tracks: readonly SessionTracks[]): Stop[] {
  const findings = [...numberedFindings(data.sessions)].sort((a, b) => a.at - b.at)
  const sessions = data.sessions.flatMap((rows, index) => {
    const track = tracks[index]
    return track ? lanesOf(rows, track) : []
  })
  const stops = [stop('finding', findings, finding => finding.at), ...sessions, stop('log', data.logs, log => log.at)]
  return stops.filter(lane => lane.ids.length > 0)
}

/** Kept with the tracks, which are made anew when the rows change: a key that is held down must not read 100,000 rows each time. */
const kept = new WeakMap<SessionTracks, readonly Stop[]>()

function lanesOf(rows: SessionRows, tracks: SessionTracks): readonly Stop[] {
  const known = kept.get(tracks)
  if (known) return known
  // One lane per path, then the streams.
  const paths: Exchange[][] = [...tracks.paths, undefined].map(() => [])
  for (const exchange of rows.exchanges) {
    const place = tracks.places.get(exchange.id)
    // What came since has no lane yet.
    if (place) paths.at(place.path)?.push(exchange)
  }
  const calls = rows.calls.filter(call => call.number > 0)
  const stops = [
    stop('session', [rows.session], session => session.startedAt),
    stop('call', calls, call => call.sentAt),
    ...paths.map(lane => stop('exchange', lane, exchange => exchange.requestAt)),
    stop('frame', rows.frames, frame => frame.at),
  ]
  kept.set(tracks, stops)
  return stops
}

/** What an arrow leads to; null when there is nothing at all. Without a selection the first mark in view. */
export function walk(stops: readonly Stop[], selection: Selection | null, direction: Direction, view: Range): Selection | null {
  const lane = selection ? stops.findIndex(stop => stop.kind === selection.kind && stop.ids.includes(selection.id)) : -1
  const here = stops[lane]
  if (!here || !selection) return firstInView(stops, view)
  const index = here.ids.indexOf(selection.id)
  const pick = (stop: Stop, i: number): Selection => ({
    kind: stop.kind,
    id: stop.ids[Math.min(Math.max(i, 0), stop.ids.length - 1)] as number,
  })
  if (direction === 'left') return pick(here, index - 1)
  if (direction === 'right') return pick(here, index + 1)
  if (direction === 'first') return pick(here, 0)
  if (direction === 'last') return pick(here, here.ids.length - 1)
  const next = stops[lane + (direction === 'up' ? -1 : 1)]
  if (!next) return selection
  return pick(next, nearest(next.times, here.times[index] as number))
}

function firstInView(stops: readonly Stop[], view: Range): Selection | null {
  for (const stop of stops) {
    if (stop.kind === 'session') continue
    const index = firstAtLeast(stop.times, view.from)
    if (index < stop.times.length && (stop.times[index] as number) <= view.to) return { kind: stop.kind, id: stop.ids[index] as number }
  }
  const any = stops.find(stop => stop.kind !== 'session')
  return any ? { kind: any.kind, id: any.ids[any.ids.length - 1] as number } : null
}
