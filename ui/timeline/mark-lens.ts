/** The lens: the selected call's exchanges, magnified in their own lanes where they are too narrow to see. Promise: no free space, no lens. */
import type { Call, Exchange } from '../../proxy/core/model.ts'
import { lostFrom } from '../call-fate.ts'
import { lengthText } from './axis.ts'
import { overlaps } from './labels.ts'
import type { Lane } from './lanes.ts'
import { WIDE } from './levels.ts'
import type { Block, Pass } from './pass.ts'
import { inView } from './scale.ts'
import type { Ink, Shape } from './shapes.ts'
import { PRIORITY } from './shapes.ts'
import { exchangeEnd, isFailedExchange, isRedirect } from './tracks.ts'

const WIDTH = 206
const AWAY = 22
const MOST = 4

interface Lensed {
  readonly exchange: Exchange
  readonly lane: Lane
  readonly end: number
}

/** Called after all other marks of the block: it takes only what they leave free. */
export function markLens(pass: Pass, block: Block, call: Call): void {
  const seen = lensed(pass, block, call)
  const first = seen[0]
  if (!first || seen.length > MOST) return
  const from = first.exchange.requestAt
  const to = Math.max(...seen.map(item => item.end))
  const px = (pass.view.x1 - pass.view.x0) / (pass.view.to - pass.view.from)
  if ((to - from) * px >= WIDE || !inView(pass.view, from)) return
  const lanes = [...new Set(seen.map(item => item.lane))].sort((a, b) => a.y - b.y)
  const top = (lanes[0] as Lane).y - 1
  const bottom = Math.max(...lanes.map(lane => lane.y + lane.height)) + 1
  const anchor = pass.view.x0 + (from - pass.view.from) * px
  const left = freePlace(pass, block, { y0: top, y1: bottom }, anchor)
  if (left === undefined) return
  draw(pass, block, seen, { left, top, bottom, from, to, anchor })
}

/** The call's request on its path lanes; a long answer carried by the same exchange is not magnified. */
function lensed(pass: Pass, block: Block, call: Call): Lensed[] {
  const found: Lensed[] = []
  for (const id of call.exchanges) {
    const place = block.tracks.places.get(id)
    const lane = place && place.path >= 0 ? block.paths[place.path] : undefined
    if (!place || !lane || lane.folded) continue
    found.push({ exchange: place.exchange, lane, end: Math.min(exchangeEnd(place.exchange), pass.edge) })
  }
  return found.sort((a, b) => a.exchange.requestAt - b.exchange.requestAt)
}

/** Beside the call, right or left, where nothing lies that can be pointed at and no answer goes up. */
function freePlace(pass: Pass, block: Block, box: { readonly y0: number; readonly y1: number }, anchor: number): number | undefined {
  const arrows = block.rows.calls.length < 5000 ? block.rows.calls : []
  const free = (x: number): boolean => {
    if (x < pass.view.x0 + 4 || x + WIDTH > pass.view.x1 - 4) return false
    if (pass.scene.hits.some(hit => overlaps(hit, { ...box, x0: x - 8, x1: x + WIDTH + 8 }))) return false
    const from = pass.view.from + ((x - 4 - pass.view.x0) / (pass.view.x1 - pass.view.x0)) * (pass.view.to - pass.view.from)
    const to = pass.view.from + ((x + WIDTH + 4 - pass.view.x0) / (pass.view.x1 - pass.view.x0)) * (pass.view.to - pass.view.from)
    return !arrows.some(call => within(call.answeredAt, from, to) || within(lostFrom(call), from, to))
  }
  return [anchor + AWAY, anchor - AWAY - WIDTH].find(free)
}
const within = (at: number | undefined, from: number, to: number): boolean => at !== undefined && at >= from && at <= to

interface Glass {
  readonly left: number
  readonly top: number
  readonly bottom: number
  readonly from: number
  readonly to: number
  readonly anchor: number
}

function draw(pass: Pass, block: Block, seen: readonly Lensed[], glass: Glass): void {
  const { left, top, bottom, from, to, anchor } = glass
  const out: Shape[] = pass.scene.over
  // A single bar leaves room for its words; of several, each has room beside the others.
  const [only, more] = seen
  const words = only && !more ? pass.measure(lensText(only), false, false) + 12 : 0
  const x = (at: number): number => left + 8 + ((at - from) / Math.max(to - from, 1e-6)) * (WIDTH - 16 - words)
  const right = left > anchor
  const near = right ? left : left + WIDTH
  const step = right ? 1 : -1
  out.push({ k: 'line', x: anchor + 7 * step, y: top + 10, x2: near, y2: top + 3, ink: 'edge', width: 1, dash: [1, 2] })
  out.push({ k: 'line', x: anchor + 4 * step, y: bottom - 9, x2: near, y2: bottom - 3, ink: 'edge', width: 1, dash: [1, 2] })
  out.push({ k: 'rect', x: left, y: top, w: WIDTH, h: bottom - top, fill: 'pane', stroke: 'lineStrong', r: 4 })
  pass.scene.taken.push({ x0: left, x1: left + WIDTH, y0: top, y1: bottom })
  let previous: { x: number; y: number } | undefined
  for (const { exchange, lane, end } of seen) {
    const y = lane.y + lane.height / 2
    const redirect = isRedirect(exchange)
    const ink: Ink = isFailedExchange(exchange, block.tracks.session) ? 'fail' : redirect ? 'redirect' : 'post'
    const ground: Ink = ink === 'fail' ? 'failBg' : redirect ? 'redirectBg' : 'postBg'
    const a = x(exchange.requestAt)
    const d = Math.max(a + 3, x(end))
    const b = x(exchange.requestEndAt ?? exchange.requestAt)
    const c = x(exchange.firstByteAt ?? exchange.responseAt ?? end)
    out.push({ k: 'rect', x: a, y: y - 5.5, w: d - a, h: 11, fill: ground, stroke: ink, r: 1.5 })
    if (b > a) out.push({ k: 'rect', x: a, y: y - 5.5, w: b - a, h: 11, fill: ink, r: 1.5 })
    if (d > c) out.push({ k: 'rect', x: c, y: y - 5.5, w: d - c, h: 11, fill: ink, r: 1.5, a: 0.55 })
    if (previous) out.push({ k: 'curve', x: previous.x, y: previous.y, x2: a - 1, y2: y, ink: 'redirect', width: 1.4, upright: false })
    previous = redirect ? { x: d, y } : undefined
    name(pass, lensText({ exchange, end }), { a, b, c, d, y, left, ink: redirect ? 'warn' : ink === 'fail' ? 'fail' : 'tx2' })
  }
}

/** "307 in 4.1 ms" */
const lensText = ({ exchange, end }: Pick<Lensed, 'exchange' | 'end'>): string =>
  `${exchange.status ?? 'waiting'} in ${lengthText(end - exchange.requestAt)}`

interface LensBar {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly y: number
  readonly left: number
  readonly ink: Ink
}

/** Beside its bar, inside the lens, else on the bar's light part; nowhere if it cannot be read there. */
function name(pass: Pass, text: string, at: LensBar): void {
  const width = pass.measure(text, false, false)
  const y = at.y + 4
  const parts = [{ text, ink: at.ink }]
  if (at.d + 8 + width <= at.left + WIDTH - 3)
    pass.scene.pinned.push({ parts, spots: [{ x: at.d + 8, y, align: 'start' }], priority: PRIORITY.break })
  else if (at.a - 8 - width > at.left + 4)
    pass.scene.pinned.push({ parts, spots: [{ x: at.a - 8, y, align: 'end' }], priority: PRIORITY.break })
  else if (at.c - at.b >= width + 8)
    pass.scene.pinned.push({
      parts: [{ text, ink: 'tx1' }],
      spots: [{ x: (at.b + at.c) / 2, y, align: 'middle' }],
      priority: PRIORITY.break,
    })
}
