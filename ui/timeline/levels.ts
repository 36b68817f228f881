/**
 * Level of detail: what a lane shows at this zoom. A frame reads a track by binary search, so its cost depends on the screen and not on the session.
 * Promise: at most one cell per pixel column and rank, at most `MOST` in a block of `BLOCK` pixels, every item counted exactly once;
 * ranks are read apart, so that a problem is never merged into anything else.
 */
import { msPerPx, timeToX, type View } from './scale.ts'
import { firstAtLeast } from './sorted.ts'
import type { Track } from './stacker.ts'

export const BLOCK = 12
export const MOST = 4
/** From this width on a span is drawn as itself, whatever surrounds it. */
export const WIDE = 24

/** Items [first, first + count) of a track, drawn as one. `x0 = x1` for a moment. */
export interface Cell {
  readonly x0: number
  readonly x1: number
  readonly first: number
  readonly count: number
}

/** Blocks are fixed in time, not on the screen: panning must not regroup them. */
function blockEnd(view: View, at: number): number {
  const wide = msPerPx(view) * BLOCK
  let end = (Math.floor(at / wide) + 1) * wide
  // A block far narrower than the time's own resolution may round back to `at`.
  while (end <= at) end += Math.max(wide, Number.EPSILON * Math.abs(at) * 4)
  return end
}

/** Moments in view. `margin` pixels beyond the edges count as in view, so that wide glyphs do not pop. */
export function tickCells(times: readonly number[], view: View, margin = 8): Cell[] {
  const cells: Cell[] = []
  const until = view.to + msPerPx(view) * margin
  let i = firstAtLeast(times, view.from - msPerPx(view) * margin)
  while (i < times.length && (times[i] as number) <= until) {
    const end = firstAtLeast(times, blockEnd(view, times[i] as number), i + 1)
    if (end - i > MOST) cells.push(block(view, times, i, end))
    else for (let k = i; k < end; k++) pushColumn(cells, timeToX(view, times[k] as number), k)
    i = end
  }
  return cells
}

function block(view: View, times: readonly number[], first: number, end: number): Cell {
  const x0 = timeToX(view, times[first] as number)
  return { x0, x1: Math.max(x0, timeToX(view, times[end - 1] as number)), first, count: end - first }
}

function pushColumn(cells: Cell[], x: number, index: number): void {
  const last = cells[cells.length - 1]
  if (last && last.x0 === last.x1 && Math.round(last.x0) === Math.round(x) && last.first + last.count === index) {
    cells[cells.length - 1] = { ...last, count: last.count + 1 }
  } else cells.push({ x0: x, x1: x, first: index, count: 1 })
}

/**
 * Spans in view; those of one track do not overlap. `edge` stands for an end that is not known yet.
 * A cell with `count` 1 is one span from x0 to x1 (unclamped); more are a crowd of narrow ones.
 */
export function spanCells<T>(track: Track<T>, view: View, edge: number): Cell[] {
  const { starts, ends } = track
  const cells: Cell[] = []
  const px = msPerPx(view)
  const until = view.to + px * 8
  let i = firstAtLeast(starts, view.from - px * 8)
  // The one before may reach into the view.
  if (i > 0 && Math.min(ends[i - 1] as number, edge) >= view.from) i--
  const single = (k: number): void => {
    const x0 = timeToX(view, starts[k] as number)
    const x1 = Math.max(x0, timeToX(view, Math.min(ends[k] as number, edge)))
    const last = cells[cells.length - 1]
    if (last && x1 - x0 < 3 && last.x1 - last.x0 < 3 && Math.round(last.x0) === Math.round(x0) && last.first + last.count === k) {
      cells[cells.length - 1] = { ...last, x1, count: last.count + 1 }
    } else cells.push({ x0, x1, first: k, count: 1 })
  }
  while (i < starts.length && (starts[i] as number) <= until) {
    const end = firstAtLeast(starts, blockEnd(view, starts[i] as number), i + 1)
    const lastWide = (Math.min(ends[end - 1] as number, edge) - (starts[end - 1] as number)) / px >= WIDE
    const crowd = lastWide ? end - 1 : end
    if (crowd - i > MOST) {
      const x0 = timeToX(view, starts[i] as number)
      cells.push({ x0, x1: Math.max(x0, timeToX(view, Math.min(ends[crowd - 1] as number, edge))), first: i, count: crowd - i })
      if (lastWide) single(crowd)
    } else for (let k = i; k < end; k++) single(k)
    i = end
  }
  return cells
}

/** How many of a crowd are going on until `edge`, per column of `step` pixels: starts so far less ends so far. */
export function crowdCells(
  starts: readonly number[],
  ends: readonly number[],
  view: View,
  edge: number,
  step: number,
): { x: number; count: number }[] {
  const cells: { x: number; count: number }[] = []
  const px = msPerPx(view)
  let begun = 0
  let over = 0
  for (let x = view.x0; x < view.x1; x += step) {
    const from = view.from + (x - view.x0) * px
    if (from > edge) break
    begun = firstAtLeast(starts, from + step * px, begun)
    over = firstAtLeast(ends, from, over)
    if (begun > over) cells.push({ x, count: begun - over })
  }
  return cells
}
