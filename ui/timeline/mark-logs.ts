/** Marks of the server's own words: short ticks; an error or a traceback is one block on the second row with its exception's name. */
import type { LogLine } from '../../proxy/core/model.ts'
import { plural } from '../format.ts'
import type { Ticks } from './frame-tracks.ts'
import type { Lane } from './lanes.ts'
import { type Cell, tickCells } from './levels.ts'
import { amongOf, isCrowd, markCrowds } from './mark-crowds.ts'
import { countText, isSelected, type Pass, ring, xOf } from './pass.ts'
import { inView } from './scale.ts'
import { PRIORITY, type TextPart } from './shapes.ts'

export interface LogTracks {
  readonly lines: Ticks<LogLine>
  readonly errors: Ticks<LogLine>
}

const isLoud = (log: LogLine): boolean => log.exception !== undefined || log.level === 'error'

export function logTracks(logs: readonly LogLine[]): LogTracks {
  const tracks: LogTracks = { lines: { times: [], items: [] }, errors: { times: [], items: [] } }
  for (const log of logs) {
    const into = isLoud(log) ? tracks.errors : tracks.lines
    into.times.push(log.at)
    into.items.push(log)
  }
  return tracks
}

const alphaOf = (pass: Pass, { times, items }: Ticks<LogLine>, cell: Cell): number =>
  pass.alphaOf('log', amongOf({ times, ids: i => (items[i] as LogLine).id }, cell))

export function markLogs(pass: Pass, lane: Lane, tracks: LogTracks): void {
  const top = lane.y + 7
  const cells = tickCells(tracks.lines.times, pass.view)
  markCrowds(
    pass,
    cells,
    { y: top, h: 9, ink: 'log', ground: 'logBg', textY: top + 8.5 },
    { kind: 'log', times: tracks.lines.times, ids: i => (tracks.lines.items[i] as LogLine).id },
  )
  for (const cell of cells) {
    if (isCrowd(cell)) continue
    const log = tracks.lines.items[cell.first] as LogLine
    const a = alphaOf(pass, tracks.lines, cell)
    const tall = log.level === 'warning' ? 2 : 0
    const w = Math.max(1.5, cell.x1 - cell.x0)
    pass.scene.shapes.push({ k: 'rect', x: cell.x0 - 0.75, y: top - tall, w, h: 9 + tall, fill: 'log', a })
    hit(pass, tracks.lines, cell.first, cell.count, cell.x0 - 1, cell.x0 + w, top, top + 9)
  }
  for (const cell of tickCells(tracks.errors.times, pass.view)) {
    const log = tracks.errors.items[cell.first] as LogLine
    const a = alphaOf(pass, tracks.errors, cell)
    const w = Math.max(8, cell.x1 - cell.x0)
    const x = cell.x0 - 4
    pass.scene.over.push({ k: 'line', x: cell.x0, y: top, x2: cell.x0, y2: top + 15, ink: 'log', width: 1.2, a })
    pass.scene.over.push({ k: 'rect', x, y: top + 15, w, h: 12, fill: 'log', r: 1, a })
    pass.scene.taken.push({ x0: x, x1: x + w, y0: top + 15, y1: top + 27 })
    if (inView(pass.view, log.at)) label(pass, log, cell.count, { x, w, y: top + 25, a })
    hit(pass, tracks.errors, cell.first, cell.count, x, x + w, top, top + 27)
  }
}

interface LabelAt {
  readonly x: number
  readonly w: number
  readonly y: number
  readonly a: number
}

function label(pass: Pass, log: LogLine, n: number, { x, w, y, a }: LabelAt): void {
  const first = log.text.split('\n').find(line => line.trim() !== '') ?? ''
  const parts: TextPart[] = log.exception
    ? [
        { text: log.exception, ink: 'log', bold: true },
        { text: log.lines > 1 ? ` traceback, ${plural(log.lines, 'line')}` : '', ink: 'log' },
      ]
    : [{ text: first.trim().slice(0, 60), ink: 'log' }]
  if (n > 1) parts.push({ text: `, ${countText(n)} in all`, ink: 'log' })
  pass.scene.labels.push({
    parts,
    spots: [
      { x: x - 5, y, align: 'end' },
      { x: x + w + 5, y, align: 'start' },
    ],
    priority: PRIORITY.break,
    halo: 'pane',
    maxWidth: 300,
    a,
  })
}

function hit(pass: Pass, ticks: Ticks<LogLine>, first: number, n: number, x0: number, x1: number, y0: number, y1: number): void {
  const id = (ticks.items[first] as LogLine).id
  const among = { times: ticks.times, ids: (i: number) => (ticks.items[i] as LogLine).id, first, count: n }
  pass.scene.hits.push({ x0, x1, y0, y1, kind: 'log', id, front: true, ...(n > 1 ? { among } : {}) })
  if (pass.selection?.kind !== 'log') return
  for (let i = first; i < first + Math.min(n, 64); i++) {
    const log = ticks.items[i] as LogLine
    if (isSelected(pass, 'log', log.id)) ring(pass, xOf(pass, log.at) - 1, y0, Math.max(3, x1 - x0 - 2), y1 - y0)
  }
}
