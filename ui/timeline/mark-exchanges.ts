/** Marks of the path lanes: ticks, bars with their phases, redirect diamonds and the curves to their follow-ups, events inside a streamed answer. */
import type { End, Exchange, Frame } from '../../proxy/core/model.ts'
import { lengthText } from './axis.ts'
import { type Lane, pathMiddle } from './lanes.ts'
import { type Cell, spanCells, tickCells, WIDE } from './levels.ts'
import { markBadge } from './mark-badges.ts'
import { amongOf, isCrowd, markCrowds } from './mark-crowds.ts'
import { markStrip } from './mark-strips.ts'
import { BAR, type Block, barOf, type DrawnExchange, isSelected, type Pass, ring, xOf } from './pass.ts'
import { endText } from './say.ts'
import { clampX, inView } from './scale.ts'
import { type Ink, PRIORITY } from './shapes.ts'
import { RANKS, type Rank, type Track } from './stacker.ts'
import { exchangeEnd, isRedirect } from './tracks.ts'

const LABEL_FROM = 70
const INK: Record<Rank, { ink: Ink; ground: Ink }> = {
  plain: { ink: 'post', ground: 'postBg' },
  redirect: { ink: 'redirect', ground: 'redirectBg' },
  problem: { ink: 'fail', ground: 'failBg' },
}

export function markExchanges(pass: Pass, block: Block): Map<number, DrawnExchange> {
  const drawn = new Map<number, DrawnExchange>()
  block.tracks.paths.forEach((path, index) => {
    const lane = block.paths[index]
    if (!lane) return
    path.stack.rows.forEach((row, sub) => {
      const y = pathMiddle(lane, sub)
      for (const rank of RANKS) {
        const track = row[rank]
        const cells = spanCells(track, pass.view, pass.edge)
        const { ink, ground } = INK[rank]
        markCrowds(
          pass,
          cells,
          { y: y - 6, h: BAR, ink, ground, textY: y + 4 },
          { kind: 'exchange', times: track.starts, ids: i => (track.items[i] as Exchange).id },
        )
        for (const cell of cells) {
          if (isCrowd(cell)) continue
          if (cell.count > 1) markSame(pass, track, cell, y, rank)
          const exchange = track.items[cell.first] as Exchange
          if (cell.count === 1) markOne(pass, block, exchange, y, rank)
          const bar = cell.count === 1 && cell.x1 - cell.x0 >= WIDE
          drawn.set(exchange.id, { id: exchange.id, path: index, x0: cell.x0, x1: cell.x1, y, bar })
        }
      }
    })
    const { crowd } = path.stack
    if (crowd) markStrip(pass, lane, crowd, { kind: 'exchange', ink: 'post', one: 'exchange', end: exchangeEnd })
  })
  return drawn
}

/** Exchanges that begin in the same pixel. */
function markSame(pass: Pass, track: Track<Exchange>, cell: Cell, y: number, rank: Rank): void {
  const { ink, ground } = INK[rank]
  const ids = (i: number): number => (track.items[i] as Exchange).id
  const among = amongOf({ times: track.starts, ids }, cell)
  const a = pass.alphaOf('exchange', among)
  const w = Math.max(3.5, cell.x1 - cell.x0)
  if (rank === 'redirect')
    pass.scene.over.push({ k: 'glyph', name: 'diamond', x: cell.x0, y, size: 5.5, fill: ground, stroke: ink, width: 1.3, a })
  else pass.scene.shapes.push({ k: 'rect', x: cell.x0 - 1.5, y: y - 6, w, h: BAR, fill: ink, r: 1, a })
  pass.scene.hits.push({
    x0: cell.x0 - 2,
    x1: cell.x0 + w,
    y0: y - 6,
    y1: y + 6,
    kind: 'exchange',
    id: ids(cell.first),
    among,
    front: rank !== 'plain',
  })
}

function markOne(pass: Pass, block: Block, exchange: Exchange, y: number, rank: Rank): void {
  const { view, scene } = pass
  const a = pass.alpha('exchange', exchange.id)
  const end = Math.min(exchangeEnd(exchange), pass.edge)
  const { x, w } = barOf(view, exchange.requestAt, end, 3.5)
  const { ink, ground } = INK[rank]
  let box = { x, w }
  if (w >= WIDE) markPhases(pass, block, exchange, x, w, y, rank, a)
  else if (rank === 'redirect') {
    scene.over.push({ k: 'glyph', name: 'diamond', x, y, size: 5.5, fill: ground, stroke: ink, width: 1.3, a })
    box = { x: x - 5.5, w: 11 }
  } else {
    scene.shapes.push({ k: 'rect', x: x - 1.5, y: y - 6, w, h: BAR, fill: ink, r: 1, a })
    box = { x: x - 1.5, w }
    if (rank === 'problem' && inView(view, exchange.requestAt)) labelStatus(pass, exchange, x, w, y, a)
  }
  const around = { x0: box.x, x1: box.x + box.w, y0: y - 6, y1: y + 6 }
  scene.taken.push(around)
  scene.hits.push({ ...around, kind: 'exchange', id: exchange.id, front: rank !== 'plain' })
  if (isSelected(pass, 'exchange', exchange.id)) ring(pass, box.x, y - 6, box.w, BAR)
}

function labelStatus(pass: Pass, exchange: Exchange, x: number, w: number, y: number, a: number): void {
  const text = exchange.status === undefined ? 'no response' : String(exchange.status)
  pass.scene.labels.push({
    parts: [{ text, ink: 'fail', bold: true }],
    spots: [
      { x: x + w + 5, y: y + 4, align: 'start' },
      { x: x - 7, y: y + 4, align: 'end' },
    ],
    priority: PRIORITY.break,
    halo: 'pane',
    a,
  })
}

/** Dark: the request is being sent. Light: waiting. Middle: the response is coming. */
function markPhases(pass: Pass, block: Block, exchange: Exchange, x: number, w: number, y: number, rank: Rank, a: number): void {
  const { view, scene } = pass
  const { ink, ground } = INK[rank]
  const top = y - 6
  scene.shapes.push({ k: 'rect', x, y: top, w, h: BAR, fill: ground, stroke: ink, r: 2, a })
  const sent = clampX(view, exchange.requestEndAt ?? exchange.responseAt ?? exchange.requestAt)
  if (sent > x) scene.shapes.push({ k: 'rect', x, y: top, w: sent - x, h: BAR, fill: ink, r: 2, a })
  const head = exchange.firstByteAt ?? exchange.responseAt
  const streamed = exchange.body === 'sse' || exchange.body === 'stream'
  if (head !== undefined && !streamed) {
    const from = clampX(view, head)
    if (x + w > from) scene.shapes.push({ k: 'rect', x: from, y: top, w: x + w - from, h: BAR, fill: ink, r: 2, a: a * 0.55 })
  }
  const inner = streamed && markInnerFrames(pass, block, exchange, y, a)
  const { clientEnd, serverEnd } = exchange
  const first = clientEnd && serverEnd ? (serverEnd.at < clientEnd.at ? serverEnd : clientEnd) : undefined
  const cut = first && first.how !== 'complete' ? first : undefined
  if (cut) markBadge(pass, cut, { x: xOf(pass, cut.at), y, broke: rank === 'problem', a })
  // Its events say more than its status would.
  if (!cut && (w < LABEL_FROM || inner)) return
  const waits = { from: Math.max(sent, x), to: streamed || head === undefined ? x + w : Math.min(x + w, clampX(view, head)) }
  nameBar(pass, exchange, { x, w, y, waits, inner, rank, cut, a })
}

interface NamedBar {
  readonly x: number
  readonly w: number
  readonly y: number
  /** The light part of the bar, on which text can be read. */
  readonly waits: { readonly from: number; readonly to: number }
  readonly inner: boolean
  readonly rank: Rank
  readonly cut: End | undefined
  readonly a: number
}

/** Status and length in the light part of the bar where they fit, else beside it; how it was cut always beside it. */
function nameBar(pass: Pass, exchange: Exchange, { x, w, y, waits, inner, rank, cut, a }: NamedBar): void {
  const length = lengthText(Math.min(exchangeEnd(exchange), pass.edge) - exchange.requestAt)
  const text = `${exchange.status ?? 'waiting'}, ${length}`
  const badge = cut && xOf(pass, cut.at)
  const room = Math.min(waits.to, badge === undefined ? waits.to : badge - 10) - waits.from - 10
  const inside = !inner && w >= LABEL_FROM && pass.measure(text, false, false) <= room
  if (inside)
    pass.scene.pinned.push({
      parts: [{ text, ink: 'tx1' }],
      spots: [{ x: waits.from + 6, y: y + 4, align: 'start' }],
      priority: PRIORITY.number,
      a,
    })
  const beside = [inside ? '' : text, cut ? endText(cut) : ''].filter(Boolean).join(', ')
  if (!beside) return
  const end = Math.max(x + w, (badge ?? x) + 8)
  pass.scene.labels.push({
    parts: [{ text: beside, ink: rank === 'problem' ? 'fail' : 'tx2' }],
    spots: [
      { x: end + 6, y: y + 4, align: 'start' },
      { x: x - 6, y: y + 4, align: 'end' },
    ],
    priority: cut ? PRIORITY.break : PRIORITY.number,
    halo: 'pane',
    a,
  })
}

/** A streamed answer shows its events inside the bar; false when none is in view. */
function markInnerFrames(pass: Pass, block: Block, exchange: Exchange, y: number, fade: number): boolean {
  const frames = block.tracks.frames.of(exchange.id)
  if (!frames) return false
  let any = false
  const sets = [
    { ticks: frames.pings, ink: 'held' as Ink, h: 6 },
    { ticks: frames.events, ink: 'stream' as Ink, h: 14 },
    { ticks: frames.problems, ink: 'fail' as Ink, h: 14 },
  ]
  for (const { ticks, ink, h } of sets) {
    for (const cell of tickCells(ticks.times, pass.view)) {
      any = true
      const w = Math.max(2.5, cell.x1 - cell.x0)
      const among = amongOf({ times: ticks.times, ids: i => (ticks.items[i] as Frame).id }, cell)
      const a = fade * pass.alphaOf('frame', among)
      pass.scene.shapes.push({ k: 'rect', x: cell.x0 - 1.25, y: y - h / 2, w, h, fill: ink, a })
      const id = (ticks.items[cell.first] as Frame).id
      pass.scene.hits.push({ x0: cell.x0 - 1.25, x1: cell.x0 + w, y0: y - h / 2, y1: y + h / 2, kind: 'frame', id, among, front: true })
      if (cell.count === 1 && isSelected(pass, 'frame', id)) ring(pass, cell.x0 - 1.25, y - h / 2, w, h)
    }
  }
  return any
}

/** A redirect's step to its follow-up, from lane to lane. */
export function markRedirects(pass: Pass, block: Block, drawn: ReadonlyMap<number, DrawnExchange>): void {
  for (const mark of drawn.values()) {
    const place = block.tracks.places.get(mark.id)
    const next = place?.exchange.followedBy
    if (!place || next === undefined || !isRedirect(place.exchange)) continue
    const follow = block.tracks.places.get(next)
    const lane: Lane | undefined = follow && follow.path >= 0 ? block.paths[follow.path] : undefined
    if (!follow || !lane || follow.row < 0) continue
    const y2 = pathMiddle(lane, follow.row)
    const x2 = xOf(pass, follow.exchange.requestAt)
    const a = pass.alpha('exchange', mark.id)
    if (mark.bar) pass.scene.shapes.push({ k: 'curve', x: mark.x1, y: mark.y, x2, y2, ink: 'redirect', width: 1.6, upright: false, a })
    else
      pass.scene.shapes.push({
        k: 'curve',
        x: mark.x0,
        y: mark.y,
        x2: Math.max(x2, mark.x0),
        y2: y2 + (y2 > mark.y ? -5 : 5),
        ink: 'redirect',
        width: 1.4,
        upright: true,
        a,
      })
  }
}
