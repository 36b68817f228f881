/** The whole recording in one strip: streams, calls, exchanges, breaks, findings. Promise: pure; at most one primitive per column and row. */
import type { Exchange, Finding } from '../../proxy/core/model.ts'
import { lostFrom } from '../call-fate.ts'
import { crowdCells, spanCells } from './levels.ts'
import { timeToX, type View } from './scale.ts'
import type { Ink, Shape } from './shapes.ts'
import { RANKS, type Track } from './stacker.ts'
import type { SessionTracks } from './tracks.ts'

export const OVERVIEW = 36
const CALL_Y = 18
const FLOOR = 32

export function overviewShapes(view: View, tracks: readonly SessionTracks[], findings: readonly Finding[], edge: number): Shape[] {
  const shapes: Shape[] = []
  const bar = (x0: number, x1: number, y: number, h: number, fill: Ink, a = 1): void =>
    void shapes.push({ k: 'rect', x: x0, y, w: Math.max(2, x1 - x0), h, fill, a })
  tracks.forEach((track, index) => {
    // Neighbours alternate, so that two sessions that overlap in time both show.
    const y = 8 + (index % 2) * 4
    for (const row of track.streams.rows) for (const cell of spanCells(row.plain, view, edge)) bar(cell.x0, cell.x1, y, 4, 'stream')
    for (const row of track.streams.rows) for (const exchange of row.plain.items) streamParts(exchange, view, edge, y, bar)
    if (track.streams.rows.length === 0) bar(timeToX(view, track.from), timeToX(view, Math.min(track.to, edge)), y, 4, 'stream', 0.55)
    for (const path of track.paths) for (const row of path.stack.rows) exchangeTicks(row, view, edge, bar)
    for (const row of track.calls.rows) for (const rank of RANKS) callBars(row[rank], rank === 'problem', view, edge, bar)
    const failed = track.calls.crowd?.failed
    if (failed) for (const { x } of crowdCells(failed.starts, failed.ends, view, edge, 2)) bar(x, x + 2, CALL_Y, 3, 'fail')
  })
  for (const finding of [...findings].reverse()) {
    const x = timeToX(view, finding.at)
    if (finding.severity === 'error') shapes.push({ k: 'glyph', name: 'diamond', x, y: 5.5, size: 3, fill: 'fail' })
    else if (finding.severity === 'warning') shapes.push({ k: 'glyph', name: 'triangle', x, y: 6, size: 3, fill: 'warn' })
    else shapes.push({ k: 'glyph', name: 'circle', x, y: 5.5, size: 2.5, fill: 'info' })
  }
  return shapes
}

type Bar = (x0: number, x1: number, y: number, h: number, fill: Ink, a?: number) => void

function streamParts(exchange: Exchange, view: View, edge: number, y: number, bar: Bar): void {
  if (!exchange.held) return
  bar(timeToX(view, exchange.held.from), timeToX(view, Math.min(exchange.held.to ?? edge, edge)), y, 4, 'held', 0.9)
}

function exchangeTicks(
  row: { plain: Track<Exchange>; redirect: Track<Exchange>; problem: Track<Exchange> },
  view: View,
  edge: number,
  bar: Bar,
): void {
  for (const rank of RANKS) {
    for (const cell of spanCells(row[rank], view, edge)) {
      const h = Math.min(8, 3 + Math.log2(cell.count))
      bar(
        cell.x0 - 1,
        cell.count > 1 ? cell.x1 : cell.x0 + 1,
        FLOOR - h,
        h,
        rank === 'problem' ? 'fail' : 'post',
        rank === 'problem' ? 1 : 0.7,
      )
    }
  }
}

function callBars(track: SessionTracks['calls']['rows'][number]['plain'], failed: boolean, view: View, edge: number, bar: Bar): void {
  for (const cell of spanCells(track, view, edge)) {
    const call = track.items[cell.first]
    const lost = cell.count === 1 && failed && call ? lostFrom(call) : undefined
    if (lost === undefined) bar(cell.x0, cell.x1, CALL_Y, 3, failed ? 'fail' : 'call')
    else {
      const x = timeToX(view, lost)
      bar(cell.x0, x, CALL_Y, 3, 'call')
      bar(x, cell.x1, CALL_Y, 3, 'fail')
      bar(cell.x1 - 1.5, cell.x1 + 1.5, 22, 10, 'fail')
    }
  }
}

/** "27 ms", "17 s", "2 min 58 s", "3 h 12 min": how long it all took. */
export function overviewLength(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.ceil(ms))} ms`
  const s = Math.round(ms / 1000)
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  if (s < 172_800) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`
}
