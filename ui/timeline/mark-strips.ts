/**
 * The strip below the last sub-row of a lane: how many more are going on, and which of them failed.
 * Promise: at most one primitive per pixel column and kind; whatever is in the strip can be pointed at, and a failure is drawn over the rest.
 */
import type { Selection } from '../view.ts'
import { CROWD, type Lane } from './lanes.ts'
import { crowdCells, WIDE } from './levels.ts'
import { countText, type Pass, ring } from './pass.ts'
import { clampX, xToTime } from './scale.ts'
import { type Ink, PRIORITY, type Spot } from './shapes.ts'
import { firstAtLeast } from './sorted.ts'
import type { Crowd, Track } from './stacker.ts'

const STEP = 2
const HEIGHT = CROWD - 2
const LOW = 6

interface Row {
  readonly id: number
}
export interface StripOf<T> {
  readonly kind: Selection['kind']
  readonly ink: Ink
  /** What one of them is called: "call". */
  readonly one: string
  /** When one of them ended; recording ms. */
  readonly end: (item: T) => number
}

export function markStrip<T extends Row>(pass: Pass, lane: Lane, crowd: Crowd<T>, of: StripOf<T>): void {
  const { scene, view, edge } = pass
  const bottom = lane.y + lane.height - 2
  const a = alphaOf(pass, of.kind, crowd.starts, crowd.items)
  const columns = crowdCells(crowd.starts, crowd.ends, view, edge, STEP)
  let highest = 0
  for (const { x, count } of columns) {
    const h = Math.min(HEIGHT, 2 + Math.log2(count) * 1.6)
    scene.shapes.push({ k: 'rect', x, y: bottom - h, w: STEP + 0.3, h, fill: of.ink, a })
    highest = Math.max(highest, h)
  }
  const y = bottom - 1.5
  for (const run of runsOf(columns)) {
    const count = hitRun(pass, crowd, crowd.starts, run, { bottom, kind: of.kind, front: false })
    if (highest >= LOW) scene.taken.push({ ...run, y0: bottom - HEIGHT, y1: bottom })
    if (run.x1 - run.x0 < WIDE) continue
    const parts = [{ text: `+${countText(count)} ${of.one}${count === 1 ? '' : 's'}`, ink: 'tx2' as const }]
    const beside: Spot[] = [
      { x: run.x1 + 5, y, align: 'start' },
      { x: run.x0 - 5, y, align: 'end' },
    ]
    // On a low strip its words can be read.
    const spots: Spot[] = highest < LOW ? [...beside, { x: run.x0 + 6, y, align: 'start' }] : beside
    scene.labels.push({ parts, spots, priority: PRIORITY.number, halo: 'pane', a })
  }
  markFailed(pass, crowd.failed, bottom, of)
  markSelected(pass, crowd, bottom, of)
}

/** As high as the strip, so that one failure stands out of any crowd. */
function markFailed<T extends Row>(pass: Pass, failed: Track<T>, bottom: number, of: StripOf<T>): void {
  const { scene, view, edge } = pass
  const a = alphaOf(pass, of.kind, failed.ends, failed.items)
  const columns = crowdCells(failed.starts, failed.ends, view, edge, STEP)
  for (const { x } of columns) scene.over.push({ k: 'rect', x, y: bottom - HEIGHT, w: STEP + 1, h: HEIGHT, fill: 'fail', a })
  for (const run of runsOf(columns)) {
    const count = hitRun(pass, failed, failed.ends, run, { bottom, kind: of.kind, front: true })
    const parts = [{ text: `${countText(count)} more failed`, ink: 'fail' as const, bold: true }]
    scene.labels.push({
      parts,
      spots: [
        { x: run.x1 + 6, y: bottom - 1.5, align: 'start' },
        { x: run.x0 - 5, y: bottom - 1.5, align: 'end' },
      ],
      priority: PRIORITY.break,
      halo: 'pane',
      a,
    })
  }
}

const alphaOf = (pass: Pass, kind: Selection['kind'], times: readonly number[], items: readonly Row[]): number =>
  pass.alphaOf(kind, { times, ids: i => (items[i] as Row).id, first: 0, count: items.length })

/** Columns that touch. */
function runsOf(columns: readonly { readonly x: number }[]): { x0: number; x1: number }[] {
  const runs: { x0: number; x1: number }[] = []
  for (const { x } of columns) {
    const last = runs[runs.length - 1]
    if (last && x - last.x1 < STEP / 2) last.x1 = x + STEP
    else runs.push({ x0: x, x1: x + STEP })
  }
  return runs
}

/** Makes a run of columns one that can be pointed at: `times` tell which of its things is meant. Gives how many they are. */
function hitRun<T extends Row>(
  pass: Pass,
  { starts, ends, items }: Track<T>,
  times: readonly number[],
  run: { readonly x0: number; readonly x1: number },
  at: { readonly bottom: number; readonly kind: Selection['kind']; readonly front: boolean },
): number {
  const first = firstAtLeast(ends, xToTime(pass.view, run.x0))
  const count = Math.max(1, firstAtLeast(starts, xToTime(pass.view, run.x1)) - first)
  const ids = (i: number): number => (items[i] as T).id
  const { bottom, kind, front } = at
  const box = { x0: run.x0, x1: run.x1 + 1, y0: bottom - HEIGHT, y1: bottom }
  pass.scene.hits.push({ ...box, kind, id: ids(first), front, among: { times, ids, first, count } })
  if (front) pass.scene.taken.push(box)
  return count
}

function markSelected<T extends Row>(pass: Pass, crowd: Crowd<T>, bottom: number, of: StripOf<T>): void {
  const { selection, view } = pass
  if (selection?.kind !== of.kind) return
  const index = crowd.items.findIndex(item => item.id === selection.id)
  if (index < 0) return
  const x = clampX(view, crowd.starts[index] as number)
  const until = clampX(view, Math.min(of.end(crowd.items[index] as T), pass.edge))
  ring(pass, x, bottom - HEIGHT, Math.max(3, until - x), HEIGHT)
}
