/** Several marks drawn as one block with their number. Promise: blocks that touch share one number, so that a full lane stays legible. */

import type { Selection } from '../view.ts'
import { BLOCK, type Cell, MOST } from './levels.ts'
import { countText, type Pass } from './pass.ts'
import { type Among, type Ink, PRIORITY, type Spot } from './shapes.ts'

/** Blocks that touch, up to eight of them. */
export interface Run {
  readonly x0: number
  readonly x1: number
  readonly count: number
  /** Its first member, and the one after its last. */
  readonly first: number
  readonly until: number
}

const LONGEST = 8 * BLOCK
/** From this width on a block is framed. */
const FRAMED = 8

export const isCrowd = (cell: Cell): boolean => cell.count > MOST

export function runsOf(cells: readonly Cell[]): Run[] {
  const runs: Run[] = []
  for (const cell of cells) {
    if (!isCrowd(cell)) continue
    const last = runs[runs.length - 1]
    if (last && cell.x0 - last.x1 <= BLOCK / 2 && cell.x1 - last.x0 <= LONGEST)
      runs[runs.length - 1] = { ...last, x1: cell.x1, count: last.count + cell.count, until: cell.first + cell.count }
    else runs.push({ ...cell, until: cell.first + cell.count })
  }
  return runs
}

export interface CrowdLook {
  readonly y: number
  readonly h: number
  readonly ink: Ink
  readonly ground: Ink
  /** Baseline of the number inside the block. */
  readonly textY: number
}
export interface CrowdOf {
  readonly kind: Selection['kind']
  readonly times: readonly number[]
  readonly ids: (index: number) => number
}

/** The blocks of a row of cells and their numbers; cells of few marks are left to the caller. */
export function markCrowds(pass: Pass, cells: readonly Cell[], look: CrowdLook, of: CrowdOf): void {
  const front = look.ink === 'fail'
  const layer = front ? pass.scene.over : pass.scene.shapes
  for (const cell of cells) {
    if (!isCrowd(cell)) continue
    const w = Math.max(4, cell.x1 - cell.x0)
    const a = pass.alphaOf(of.kind, amongOf(of, cell))
    // A narrow frame reads as a digit of the number beside it.
    if (w < FRAMED) layer.push({ k: 'rect', x: cell.x0, y: look.y, w, h: look.h, fill: look.ink, a })
    else layer.push({ k: 'rect', x: cell.x0, y: look.y, w, h: look.h, fill: look.ground, stroke: look.ink, r: 1.5, a })
    pass.scene.hits.push({
      x0: cell.x0,
      x1: cell.x0 + w,
      y0: look.y,
      y1: look.y + look.h,
      kind: of.kind,
      id: of.ids(cell.first),
      among: amongOf(of, cell),
      front,
    })
  }
  for (const run of runsOf(cells)) {
    const text = countText(run.count)
    const a = pass.alphaOf(of.kind, { ...of, first: run.first, count: run.until - run.first })
    const inside: Spot = { x: (Math.max(run.x0, pass.view.x0) + Math.min(run.x1, pass.view.x1)) / 2, y: look.textY, align: 'middle' }
    const beside: Spot = { x: run.x1 + 4, y: look.textY, align: 'start' }
    const fits = run.x1 - run.x0 >= pass.measure(text, false, false) + 4
    if (fits) pass.scene.taken.push({ x0: run.x0, x1: run.x1, y0: look.y, y1: look.y + look.h })
    if (fits) pass.scene.pinned.push({ parts: [{ text, ink: 'tx1' }], spots: [inside], priority: PRIORITY.number, halo: look.ground, a })
    else
      pass.scene.labels.push({
        parts: [{ text, ink: front ? 'fail' : 'tx2' }],
        spots: [beside],
        priority: PRIORITY.number,
        halo: 'pane',
        a,
      })
  }
}

export const amongOf = (of: Pick<CrowdOf, 'times' | 'ids'>, cell: Pick<Cell, 'first' | 'count'>): Among => ({
  times: of.times,
  ids: of.ids,
  first: cell.first,
  count: cell.count,
})
