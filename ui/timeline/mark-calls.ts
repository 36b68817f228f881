/** Marks of the Calls lane: bars with number and name, and the hatched part in which nobody could be answered any more. */
import type { Call } from '../../proxy/core/model.ts'
import { callEnd, type Fate, fateOf, fateText, isFailedCall, isLate, lostFrom } from '../call-fate.ts'
import { lengthText } from './axis.ts'
import { callBarTop, type Lane } from './lanes.ts'
import { type Cell, spanCells, WIDE } from './levels.ts'
import { amongOf, isCrowd, markCrowds, type Run, runsOf } from './mark-crowds.ts'
import { markStrip } from './mark-strips.ts'
import { BAR, type Block, barOf, type DrawnCall, isSelected, type Pass, ring, xOf } from './pass.ts'
import { callName } from './say.ts'
import { clampX, inView } from './scale.ts'
import { type Ink, type LabelWish, PRIORITY, type Spot, type TextPart } from './shapes.ts'
import { RANKS, type Track } from './stacker.ts'

const NAME_FROM = 110

export interface DrawnCalls {
  readonly calls: readonly DrawnCall[]
  /** Where several are drawn as one: no line could be told apart there. */
  readonly crowds: readonly Run[]
}

export function markCalls(pass: Pass, block: Block): DrawnCalls {
  const lane = block.calls
  const drawn: DrawnCall[] = []
  const crowds: Run[] = []
  if (!lane) return { calls: drawn, crowds }
  block.tracks.calls.rows.forEach((row, index) => {
    const top = callBarTop(lane, index)
    for (const rank of RANKS) {
      const track = row[rank]
      const ink: Ink = rank === 'problem' ? 'fail' : 'call'
      const cells = spanCells(track, pass.view, pass.edge)
      const look = { y: top, h: BAR, ink, ground: rank === 'problem' ? ('failBg' as const) : ('callBg' as const), textY: top + 10 }
      markCrowds(pass, cells, look, { kind: 'call', times: track.starts, ids: i => (track.items[i] as Call).id })
      crowds.push(...runsOf(cells))
      for (const cell of cells) {
        if (isCrowd(cell)) continue
        if (cell.count > 1) markSame(pass, track, cell, top, ink)
        else drawn.push(markCall(pass, lane, track.items[cell.first] as Call, cell, top, index))
      }
    }
  })
  const { crowd } = block.tracks.calls
  if (crowd) markStrip(pass, lane, crowd, { kind: 'call', ink: 'call', one: 'call', end: callEnd })
  return { calls: drawn, crowds }
}

/** Calls that begin in the same pixel: one bar, told apart by the pointer's time. */
function markSame(pass: Pass, track: Track<Call>, cell: Cell, top: number, ink: Ink): void {
  const w = Math.max(3, cell.x1 - cell.x0)
  const ids = (i: number): number => (track.items[i] as Call).id
  const among = amongOf({ times: track.starts, ids }, cell)
  pass.scene.shapes.push({ k: 'rect', x: cell.x0, y: top, w, h: BAR, fill: ink, r: 1.5, a: pass.alphaOf('call', among) })
  pass.scene.hits.push({
    x0: cell.x0,
    x1: cell.x0 + w,
    y0: top,
    y1: top + BAR,
    kind: 'call',
    id: ids(cell.first),
    among,
    front: ink === 'fail',
  })
  pass.scene.taken.push({ x0: cell.x0, x1: cell.x0 + w, y0: top, y1: top + BAR })
}

function markCall(pass: Pass, lane: Lane, call: Call, cell: Cell, top: number, row: number): DrawnCall {
  const { view, scene } = pass
  const a = pass.alpha('call', call.id)
  const end = Math.min(callEnd(call), pass.edge)
  const late = isLate(call)
  const soundEnd = late ? (lostFrom(call) ?? end) : end
  const sound = barOf(view, call.sentAt, soundEnd)
  const whole = barOf(view, call.sentAt, end)
  if (inViewSpan(pass, call.sentAt, soundEnd)) markSound(pass, call, sound, soundEnd, top, a)
  if (late && inViewSpan(pass, soundEnd, end)) {
    const x = clampX(view, soundEnd)
    const w = Math.max(3, whole.x + whole.w - x)
    scene.shapes.push({ k: 'hatch', x, y: top, w, h: BAR, ink: 'fail', ground: 'failBg', dash: true, frame: true, a })
  }
  if (late) labelLate(pass, lane, call, top, row, a)
  labelCall(pass, lane, call, sound, whole, top, row, a)
  const box = { x0: whole.x, x1: whole.x + whole.w, y0: top, y1: top + BAR }
  scene.hits.push({ ...box, kind: 'call', id: call.id, front: isFailedCall(call) })
  scene.taken.push(box)
  if (isSelected(pass, 'call', call.id) && whole.w < WIDE) ring(pass, whole.x, top, whole.w, BAR)
  return { call, x0: cell.x0, x1: Math.max(cell.x1, cell.x0 + 3), top }
}

/** Filled is a bar only by an answer. One without is hollow, and ends in red where none can come any more. */
const FATE_LOOK: Record<Fate, { readonly ink: Ink; readonly ground: Ink }> = {
  answered: { ink: 'call', ground: 'callBg' },
  late: { ink: 'call', ground: 'callBg' },
  failed: { ink: 'fail', ground: 'failBg' },
  lost: { ink: 'fail', ground: 'pane' },
  open: { ink: 'call', ground: 'pane' },
  untold: { ink: 'held', ground: 'pane' },
}

/** The part in which the call could still be answered; where there is no room to tell more, only whether it failed. */
function markSound(pass: Pass, call: Call, { x, w }: Extent, end: number, top: number, a: number): void {
  const { shapes } = pass.scene
  const fate = fateOf(call)
  const { ink, ground } = FATE_LOOK[fate]
  if (w < WIDE) {
    const solid = ground !== 'pane' || fate === 'lost'
    shapes.push({ k: 'rect', x, y: top, w, h: BAR, fill: solid ? ink : ground, ...(!solid && { stroke: ink }), r: 1.5, a })
    return
  }
  shapes.push({ k: 'rect', x, y: top, w, h: BAR, fill: ground, stroke: ink, r: 2, dash: fate === 'untold', a })
  if (fate === 'lost' && inView(pass.view, end)) shapes.push({ k: 'rect', x: x + w - 3, y: top, w: 3, h: BAR, fill: 'fail', a })
}

const inViewSpan = (pass: Pass, from: number, to: number): boolean => to >= pass.view.from && from <= pass.view.to

/** "11.2 s late" above the hatched part, or beside it where there is no line above. */
function labelLate(pass: Pass, lane: Lane, call: Call, top: number, row: number, a: number): void {
  const lost = lostFrom(call)
  if (lost === undefined || call.answeredAt === undefined) return
  const from = xOf(pass, lost)
  const until = xOf(pass, call.answeredAt)
  if (until < pass.view.x0 || from > pass.view.x1) return
  const above: Spot = { x: Math.max(from, pass.view.x0) + 6, y: top - 4, align: 'start' }
  const beside: Spot = { x: until + 6, y: top + 10, align: 'start' }
  pass.scene.labels.push({
    parts: [{ text: `${lengthText(call.answeredAt - lost)} late`, ink: 'fail', bold: true }],
    spots: row === 0 && !lane.compact ? [above, beside] : [beside],
    priority: PRIORITY.break,
    halo: 'pane',
    a,
  })
}

interface Extent {
  readonly x: number
  readonly w: number
}

function labelCall(pass: Pass, lane: Lane, call: Call, sound: Extent, whole: Extent, top: number, row: number, a: number): void {
  const failed = isFailedCall(call)
  const number: TextPart = { text: String(call.number), ink: failed && !isLate(call) ? 'fail' : 'tx1', bold: true }
  const push = (wish: Omit<LabelWish, 'a'>): void => void pass.scene.labels.push(a < 1 ? { ...wish, a } : wish)
  if (sound.w >= NAME_FROM) {
    const parts: TextPart[] = [
      { ...number, ink: 'tx1', mono: true },
      { text: ` ${callName(call)}`, ink: 'tx1', mono: true },
    ]
    const note = call.toolError !== undefined ? 'tool error' : fateText(call)
    if (note) parts.push({ text: `  ${note}`, ink: failed ? 'fail' : 'tx2' })
    // Inside its own bar it needs no room of others.
    const wish: LabelWish = {
      parts,
      spots: [{ x: sound.x + 6, y: top + 10, align: 'start' }],
      priority: PRIORITY.callName,
      maxWidth: sound.w - 12,
    }
    pass.scene.pinned.push(a < 1 ? { ...wish, a } : wish)
    return
  }
  if (!inView(pass.view, call.sentAt)) return
  const right: Spot = { x: whole.x + whole.w + 7, y: top + 10, align: 'start' }
  const above: Spot = { x: sound.x + sound.w / 2, y: top - 4, align: 'middle' }
  const spots = row === 0 && !lane.compact ? [above, right] : [right]
  const short: LabelWish = { parts: [number], spots, priority: PRIORITY.number, halo: 'pane', ...(a < 1 ? { a } : {}) }
  const note = fateText(call)
  if (!note) push(short)
  else
    push({
      parts: [number, { text: ` ${note}`, ink: failed ? 'fail' : 'tx2' }],
      spots: [right],
      priority: failed ? PRIORITY.break : PRIORITY.number,
      halo: 'pane',
      maxWidth: 130,
      otherwise: short,
    })
}
