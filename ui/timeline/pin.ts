/** Lanes of the selected call stay in view while the others scroll. Promise: a pinned lane covers others whole, never in part. */
import type { Lane } from './lanes.ts'

/** Share of the viewport that pinned lanes may take; a taller session keeps only its header and calls in view. */
const SHARE = 0.6

/** `lanes` stand at their scrolled place; `session` is the selected call's, `top` and `bottom` bound the viewport. */
export function pinLanes(lanes: readonly Lane[], session: number, top: number, bottom: number): Lane[] {
  const own = lanes.filter(lane => lane.session === session)
  const first = own[0]
  const last = own[own.length - 1]
  if (!first || !last || first.folded) return [...lanes]
  const whole = last.y + last.height - first.y
  const kept = whole <= (bottom - top) * SHARE ? own : own.filter(lane => lane.kind === 'header' || lane.kind === 'calls')
  const end = kept[kept.length - 1] ?? first
  const height = end.y + end.height - first.y
  if (height > (bottom - top) * SHARE) return [...lanes]
  // Above the viewport they stick to its top, below to its bottom.
  const shift = first.y < top ? top - first.y : end.y + end.height > bottom ? bottom - end.y - end.height : 0
  if (shift === 0) return [...lanes]
  const y0 = first.y + shift
  const y1 = y0 + height
  const pinned = kept.map(lane => ({ ...lane, y: lane.y + shift }))
  return lanes.flatMap(lane => {
    const mine = pinned.find(other => other.key === lane.key)
    if (mine) return [mine]
    return lane.y + lane.height > y0 && lane.y < y1 ? [] : [lane]
  })
}
