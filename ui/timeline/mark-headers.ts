/** What stands in a session's header: its sentence, the gap before it, and for a folded session its whole life in one strip. Promise: none of them lies on another. */
import type { Session } from '../../proxy/core/model.ts'
import { isFailedCall, lostFrom } from '../call-fate.ts'
import { lengthText } from './axis.ts'
import { type Block, type Pass, xOf } from './pass.ts'
import { sessionSentence } from './say.ts'
import { clampX, inView } from './scale.ts'
import { type Ink, PRIORITY, type Spot } from './shapes.ts'

interface Stretch {
  readonly x0: number
  readonly x1: number
}

/** `replaced` is the session before, and `before` its block where that is drawn too. */
export function markHeader(
  pass: Pass,
  block: Block,
  { replaced, before }: { readonly replaced: Session | undefined; readonly before: Block | undefined },
  form: { short: boolean; past: boolean },
): void {
  const { header, tracks } = block
  const { view, scene } = pass
  const own = header.folded ? strip(pass, block) : undefined
  const gap = before && bracket(pass, block, before)
  const text = sessionSentence(tracks.session, replaced, { full: !header.compact, ...form })
  const { x, width } = roomFor(pass, text, own, gap)
  scene.labels.push({
    parts: [{ text, ink: 'tx2' }],
    spots: [{ x, y: header.y + 15, align: 'start' }],
    priority: PRIORITY.callName,
    halo: 'sunk',
    maxWidth: width,
  })
  scene.hits.push({ x0: 0, x1: view.x0, y0: header.y, y1: header.y + header.height, kind: 'session', id: tracks.session.id })
}

/** Where the sentence begins, and how wide it may be: left of what is drawn in the header where it fits there, else on the wider side. */
function roomFor(pass: Pass, text: string, own: Stretch | undefined, gap: Stretch | undefined): { x: number; width: number } {
  const start = pass.view.x0 + 8
  const end = pass.view.x1 - 8
  const drawn = [own, gap].filter(one => one !== undefined)
  if (drawn.length === 0) return { x: start, width: end - start }
  const left = { x: start, width: Math.min(...drawn.map(({ x0 }) => x0)) - 8 - start }
  const after = Math.max(...drawn.map(({ x1 }) => x1)) + 10
  const right = { x: after, width: end - after }
  return left.width >= Math.min(pass.measure(text, false, false), right.width) ? left : right
}

/** The life of a folded session and the breaks in it. Gives what it covers. */
function strip(pass: Pass, block: Block): Stretch | undefined {
  const { tracks, header } = block
  const from = tracks.from
  const to = tracks.session.ended?.at ?? Math.min(tracks.to, pass.edge)
  const x = clampX(pass.view, from)
  const w = Math.max(3, clampX(pass.view, to) - x)
  const seen = to >= pass.view.from && from <= pass.view.to
  if (seen) {
    pass.scene.shapes.push({ k: 'rect', x, y: header.y + 7, w, h: 8, fill: 'streamBg', stroke: 'stream', r: 2 })
    pass.scene.hits.push({ x0: x, x1: x + w, y0: header.y + 4, y1: header.y + 18, kind: 'session', id: tracks.session.id })
  }
  for (const call of block.rows.calls) {
    if (call.number === 0 || !isFailedCall(call)) continue
    const at = lostFrom(call) ?? call.answeredAt ?? call.sentAt
    if (!inView(pass.view, at)) continue
    const mark = { x: xOf(pass, at) - 1.5, w: 3, y: header.y + 4, h: 14 }
    pass.scene.over.push({ k: 'rect', ...mark, fill: 'fail', a: pass.alpha('call', call.id) })
    pass.scene.hits.push({ x0: mark.x, x1: mark.x + mark.w, y0: mark.y, y1: mark.y + mark.h, kind: 'call', id: call.id, front: true })
  }
  return seen ? { x0: x, x1: x + w } : undefined
}

/** "3.0 s with no stream": from the end of the session that was replaced to the beginning of this one. Gives what it and its words cover. */
function bracket(pass: Pass, block: Block, before: Block): Stretch | undefined {
  const { view, scene } = pass
  const { ended: end, state } = before.tracks.session
  const begun = block.tracks.session.startedAt
  if (end === undefined || begun <= end.at) return undefined
  const from = xOf(pass, end.at)
  const to = xOf(pass, begun)
  if (to < view.x0 || from > view.x1) return undefined
  const y = block.header.y + 11
  const x0 = Math.max(from, view.x0)
  const x1 = Math.min(to, view.x1)
  const ink: Ink = end.inFlight > 0 || state === 'broken' ? 'fail' : 'tx2'
  const line = (x: number, y0: number, x2: number, y1: number): void =>
    void scene.over.push({ k: 'line', x, y: y0, x2, y2: y1, ink, width: 1.3 })
  line(x0, y, x1, y)
  if (from >= view.x0) line(from, y - 4, from, y + 4)
  if (to <= view.x1) line(to, y - 4, to, y + 4)
  const streamed = before.tracks.streams.rows.length > 0 && block.tracks.streams.rows.length > 0
  const text = `${lengthText(begun - end.at)} ${streamed ? 'with no stream' : 'between the sessions'}`
  const { spots, covers } = besideBracket(x0, x1, y + 4, pass.measure(text, false, false), block.header.folded)
  scene.labels.push({ parts: [{ text, ink }], spots, priority: PRIORITY.limit, halo: 'sunk' })
  return covers
}

/** On the bracket's own line where that is long enough; else on the side on which its session's strip does not begin. */
function besideBracket(x0: number, x1: number, y: number, width: number, folded: boolean): { spots: Spot[]; covers: Stretch } {
  const within: Spot = { x: (x0 + x1) / 2, y, align: 'middle' }
  const right: Spot = { x: x1 + 6, y, align: 'start' }
  const left: Spot = { x: x0 - 6, y, align: 'end' }
  if (x1 - x0 >= width + 16) return { spots: [within], covers: { x0, x1 } }
  return folded
    ? { spots: [left, right], covers: { x0: x0 - 12 - width, x1 } }
    : { spots: [right, left], covers: { x0, x1: x1 + 12 + width } }
}
