/** Marks of the stream lane: two legs that end separately, events, pings, silences, what the proxy held, and answers that found nobody. */
import type { Exchange, Frame } from '../../proxy/core/model.ts'
import { size } from '../format.ts'
import { lengthText } from './axis.ts'
import { SILENCE_MS, type StreamFrames, type Ticks } from './frame-tracks.ts'
import { LEG, type Legs, legsOf } from './lanes.ts'
import { type Cell, tickCells } from './levels.ts'
import { markBadge } from './mark-badges.ts'
import { amongOf, isCrowd, markCrowds } from './mark-crowds.ts'
import { markStrip } from './mark-strips.ts'
import { type Block, isSelected, type Pass, ring, xOf } from './pass.ts'
import { clampX, inView, msPerPx } from './scale.ts'
import { type Ink, type LabelWish, PRIORITY, type Spot } from './shapes.ts'
import { firstAtLeast } from './sorted.ts'
import { RANKS } from './stacker.ts'
import { exchangeEnd } from './tracks.ts'

/** Room that "15.0 s" needs between its dots. */
const SILENCE_ROOM = 34
/** Half the width of the cross of what found nobody. */
const CROSS = 4
/** A frame never reads more silences than fit side by side. */
const MOST_SILENCES = 200

export function markStreams(pass: Pass, block: Block): void {
  const lane = block.stream
  if (!lane) return
  block.tracks.streams.rows.forEach((row, index) => {
    const legs = legsOf(lane, index)
    for (const rank of RANKS) {
      for (const exchange of row[rank].items) {
        const end = Math.min(exchangeEnd(exchange), pass.edge)
        if (end < pass.view.from - 40 * msPerPx(pass.view) || exchange.requestAt > pass.view.to) continue
        markStream(pass, block, exchange, legs)
      }
    }
  })
  const { crowd } = block.tracks.streams
  if (crowd) markStrip(pass, lane, crowd, { kind: 'exchange', ink: 'stream', one: 'stream', end: exchangeEnd })
}

function markStream(pass: Pass, block: Block, exchange: Exchange, legs: Legs): void {
  const a = pass.alpha('exchange', exchange.id)
  const clientEnd = exchange.clientEnd?.at ?? pass.edge
  const serverEnd = exchange.serverEnd?.at ?? pass.edge
  const heldFrom = exchange.held?.from
  leg(pass, exchange.requestAt, clientEnd, legs.client, a)
  leg(pass, exchange.requestAt, heldFrom === undefined ? serverEnd : Math.min(heldFrom, serverEnd), legs.server, a)
  if (heldFrom !== undefined) held(pass, heldFrom, exchange.held?.to ?? serverEnd, legs.server, a)
  const frames = block.tracks.frames.of(exchange.id)
  silences(pass, frames, exchange, { clientEnd, legs, fatal: cutForSilence(block, exchange), a })
  const x0 = clampX(pass.view, exchange.requestAt)
  const x1 = clampX(pass.view, Math.max(clientEnd, serverEnd))
  pass.scene.hits.push({ x0, x1, y0: legs.client, y1: legs.server + LEG, kind: 'exchange', id: exchange.id })
  if (isSelected(pass, 'exchange', exchange.id)) ring(pass, x0, legs.client, x1 - x0, legs.server + LEG - legs.client)
  if (frames) {
    pings(pass, frames.pings, legs, a)
    events(pass, frames.events, legs, a)
    problems(pass, frames.problems, legs, exchange)
  }
  ends(pass, block, exchange, legs, frames, a)
}

function leg(pass: Pass, from: number, to: number, y: number, a: number): void {
  const x = clampX(pass.view, from)
  const w = clampX(pass.view, to) - x
  if (w <= 0 && (to < pass.view.from || from > pass.view.to)) return
  pass.scene.shapes.push({ k: 'rect', x, y, w: Math.max(1, w), h: LEG, fill: 'streamBg', stroke: 'stream', r: 2, a })
}

function held(pass: Pass, from: number, to: number, y: number, a: number): void {
  const x = clampX(pass.view, from)
  const w = clampX(pass.view, to) - x
  if (w <= 0) return
  pass.scene.shapes.push({ k: 'hatch', x, y, w, h: LEG, ink: 'held', ground: 'pane', frame: true, a })
  if (w < 190) return
  pass.scene.labels.push({
    parts: [{ text: 'upstream held open by linger', ink: 'tx3' }],
    spots: [{ x: x + w / 2, y: y - 4, align: 'middle' }],
    priority: PRIORITY.gap,
    halo: 'pane',
    a,
  })
}

interface SilenceAt {
  readonly clientEnd: number
  readonly legs: Legs
  /** The last silence is what the stream was cut for. */
  readonly fatal: boolean
  readonly a: number
}

/** Dotted lines between the legs, with the seconds in their middle. */
function silences(pass: Pass, frames: StreamFrames | undefined, exchange: Exchange, { clientEnd, legs, fatal, a }: SilenceAt): void {
  const draw = (from: number, to: number, ink: Ink = 'tx3'): void => {
    if (to - from < SILENCE_MS) return
    const xa = clampX(pass.view, from)
    const xb = clampX(pass.view, to)
    if (xb - xa < SILENCE_ROOM) return
    const middle = (xa + xb) / 2
    const text = lengthText(to - from)
    const half = pass.measure(text, false, false) / 2 + 3
    const line = (x: number, x2: number): void => {
      if (x2 > x) pass.scene.shapes.push({ k: 'line', x, y: legs.middle, x2, y2: legs.middle, ink: 'edge', width: 1, dash: [1, 2], a })
    }
    line(xa + 4, middle - half)
    line(middle + half, xb - 4)
    pass.scene.labels.push({
      parts: [{ text, ink, bold: ink === 'fail' }],
      spots: [{ x: middle, y: legs.middle + 4, align: 'middle' }],
      priority: PRIORITY.gap,
      a,
    })
  }
  const last = frames?.lastAt ?? exchange.responseAt
  if (frames) {
    const { starts, ends: until } = frames.silences
    const first = firstAtLeast(until, pass.view.from)
    for (let i = first; i < until.length && i < first + MOST_SILENCES && (starts[i] as number) <= pass.view.to; i++)
      draw(starts[i] as number, Math.min(until[i] as number, clientEnd))
  }
  if (last !== undefined) draw(last, Math.min(clientEnd, pass.edge), fatal ? 'fail' : 'tx3')
}

const alphaOf = (pass: Pass, { times, items }: Ticks<Frame>, cell: Cell): number =>
  pass.alphaOf('frame', amongOf({ times, ids: i => (items[i] as Frame).id }, cell))

function pings(pass: Pass, ticks: Ticks<Frame>, legs: Legs, fade: number): void {
  for (const cell of tickCells(ticks.times, pass.view)) {
    const frame = ticks.items[cell.first] as Frame
    const a = fade * alphaOf(pass, ticks, cell)
    const x = (cell.x0 + cell.x1) / 2
    const stroke: Ink = frame.crossed ? 'stream' : 'held'
    const dot = (y: number): void =>
      void pass.scene.shapes.push({ k: 'glyph', name: 'ring', x, y: y + LEG / 2, size: 2.6, fill: 'pane', stroke, width: 1.3, a })
    if (frame.crossed) dot(legs.client)
    dot(legs.server)
    hit(pass, ticks, cell.first, cell.count, x - 3, x + 3, legs, false)
  }
}

function events(pass: Pass, ticks: Ticks<Frame>, legs: Legs, fade: number): void {
  const cells = tickCells(ticks.times, pass.view)
  const h = legs.server + LEG + 2 - legs.client
  const look = { y: legs.client - 1, h, ink: 'stream' as const, ground: 'streamBg' as const, textY: legs.middle + 4 }
  markCrowds(pass, cells, look, { kind: 'frame', times: ticks.times, ids: i => (ticks.items[i] as Frame).id })
  for (const cell of cells) {
    if (isCrowd(cell)) continue
    const frame = ticks.items[cell.first] as Frame
    const a = fade * alphaOf(pass, ticks, cell)
    const top = frame.crossed ? legs.client - 1 : legs.server - 1
    const h = legs.server + LEG + 1 - top
    const w = Math.max(2.5, cell.x1 - cell.x0)
    pass.scene.shapes.push({ k: 'rect', x: cell.x0 - 1.25, y: top, w, h, fill: 'stream', a })
    if (frame.event === 'endpoint') pass.scene.shapes.push({ k: 'rect', x: cell.x0 - 1.25, y: top, w: 7, h: 2.5, fill: 'stream', a })
    hit(pass, ticks, cell.first, cell.count, cell.x0 - 1.25, cell.x0 + w, legs, false)
  }
}

/** Error answers cross both legs in red; what did not cross rises from the server leg and ends in a cross. */
function problems(pass: Pass, ticks: Ticks<Frame>, legs: Legs, exchange: Exchange): void {
  for (const cell of tickCells(ticks.times, pass.view)) {
    const frame = ticks.items[cell.first] as Frame
    const x = cell.x0
    const w = Math.max(3, cell.x1 - cell.x0)
    const a = alphaOf(pass, ticks, cell)
    const arrived = frame.crossed && frame.kind !== 'unfinished'
    if (arrived) {
      pass.scene.over.push({ k: 'rect', x: x - 1.5, y: legs.client - 1, w, h: legs.server + LEG + 2 - legs.client, fill: 'fail', a })
    } else {
      pass.scene.over.push({ k: 'rect', x: x - 2, y: legs.server - 1, w: Math.max(4, w), h: LEG + 2, fill: 'fail', a })
      pass.scene.over.push({ k: 'line', x, y: legs.server - 1, x2: x, y2: legs.middle + 2, ink: 'fail', width: 1.6, a })
      pass.scene.over.push({ k: 'glyph', name: 'cross', x, y: legs.middle + 1, size: CROSS, stroke: 'fail', width: 1.8, a })
      if (cell.count === 1) labelLost(pass, frame, x, legs, exchange, a)
    }
    hit(pass, ticks, cell.first, cell.count, x - (arrived ? 2 : CROSS), x + Math.max(w, arrived ? 0 : CROSS), legs, true)
  }
}

function labelLost(pass: Pass, frame: Frame, x: number, legs: Legs, exchange: Exchange, a: number): void {
  if (!inView(pass.view, frame.at)) return
  const end = exchange.serverEnd ? xOf(pass, exchange.serverEnd.at) : pass.view.x1
  // The badge of the leg's end may stand right beside it; a leg that goes on would strike the words through.
  const beside = end - x < 24
  const from = end - x >= -2 && beside ? Math.max(end, x + 11) + 14 : x + 9
  const bytes = size(frame.size)
  const long = frame.kind === 'unfinished' ? `${bytes}, unfinished` : `${bytes} answer, unread`
  const y = beside ? legs.server + 8.5 : legs.middle + 5.5
  const spots: Spot[] = [
    { x: from, y, align: 'start' },
    // Right of the leg's end nothing else is drawn; its badge may stand there.
    { x: end + 14, y: legs.server + 8.5, align: 'start' },
    { x: x - 8, y: legs.server - 3, align: 'end' },
  ]
  const wish = (text: string): LabelWish => ({ parts: [{ text, ink: 'fail' }], spots, priority: PRIORITY.break, halo: 'pane', a })
  pass.scene.labels.push({ ...wish(long), otherwise: wish(bytes) })
}

function hit(pass: Pass, ticks: Ticks<Frame>, first: number, count: number, x0: number, x1: number, legs: Legs, front: boolean): void {
  const id = (ticks.items[first] as Frame).id
  const among = { times: ticks.times, ids: (i: number) => (ticks.items[i] as Frame).id, first, count }
  const { crossed } = ticks.items[first] as Frame
  // What did not cross is met at its cross as well.
  const y0 = crossed ? legs.client - 1 : front ? legs.middle + 1 - CROSS : legs.server - 1
  pass.scene.hits.push({ x0, x1, y0, y1: legs.server + LEG + 1, kind: 'frame', id, front: true, ...(count > 1 ? { among } : {}) })
  if (front) pass.scene.taken.push({ x0, x1, y0: legs.server - 1, y1: legs.server + LEG })
  const selection = pass.selection
  if (selection?.kind !== 'frame') return
  for (let i = first; i < first + Math.min(count, 64); i++) {
    if ((ticks.items[i] as Frame).id === selection.id)
      ring(pass, xOf(pass, ticks.times[i] as number) - 1.25, y0, 2.5, legs.server + LEG + 1 - y0)
  }
}

const cutForSilence = (block: Block, exchange: Exchange): boolean =>
  brokeOff(block, exchange) && block.rows.findings.some(({ rule, gone }) => rule === 'idle-cut' && !gone)

/** A call was in flight when it ended. That is known of the session's end alone; an earlier stream broke only if an answer was lost on it. */
function brokeOff({ tracks }: Block, { clientEnd, serverEnd }: Exchange): boolean {
  const { ended } = tracks.session
  const first = Math.min(clientEnd?.at ?? Number.POSITIVE_INFINITY, serverEnd?.at ?? Number.POSITIVE_INFINITY)
  return ended !== undefined && ended.inFlight > 0 && Math.abs(ended.at - first) < 1
}

/** Badges on both legs; the one that ended first says how. */
function ends(pass: Pass, block: Block, exchange: Exchange, legs: Legs, frames: StreamFrames | undefined, a: number): void {
  const { clientEnd, serverEnd } = exchange
  const serverFirst = clientEnd !== undefined && serverEnd !== undefined && serverEnd.at < clientEnd.at
  const first = clientEnd && serverEnd ? (serverFirst ? serverEnd : clientEnd) : (clientEnd ?? serverEnd)
  const broke = brokeOff(block, exchange) || (frames?.lost ?? false)
  const clientFirst = first === clientEnd
  // The leg that closed first is drawn last, above the other's badge.
  // Who only went along is no news; the proxy's passing on always is.
  const other = clientFirst ? serverEnd : clientEnd
  const news = other !== undefined && first !== undefined && other.by !== first.by
  const client = { y: legs.client + LEG / 2, a }
  const server = { y: legs.server + LEG / 2, a }
  if (clientEnd && !clientFirst && news) markBadge(pass, clientEnd, { ...client, x: xOf(pass, clientEnd.at), broke: false })
  if (serverEnd && clientFirst && news) markBadge(pass, serverEnd, { ...server, x: besideLost(pass, frames, serverEnd.at), broke: false })
  if (first) markBadge(pass, first, { ...(clientFirst ? client : server), x: xOf(pass, first.at), broke, named: legs.middle + 4 })
}

/** A badge steps aside for an answer that was lost within its width. */
function besideLost(pass: Pass, frames: StreamFrames | undefined, at: number): number {
  const x = xOf(pass, at)
  const last = frames?.problems.times[frames.problems.times.length - 1]
  if (last === undefined || Math.abs(x - xOf(pass, last)) >= 11) return x
  return xOf(pass, last) + 11
}
