/** What lies under a point: the nearest mark within reach. Promise: inside beats near, front beats back, narrow beats wide. */
import type { Selection } from '../view.ts'
import type { Hit } from './shapes.ts'
import { nearest } from './sorted.ts'

const REACH = 6

/** Pixels from the point to the box; 0 inside. */
function distance(hit: Hit, x: number, y: number): number {
  const dx = Math.max(hit.x0 - x, 0, x - hit.x1)
  const dy = Math.max(hit.y0 - y, 0, y - hit.y1)
  return Math.hypot(dx, dy)
}

export function hitAt(hits: readonly Hit[], x: number, y: number, reach = REACH): Hit | null {
  let best: Hit | null = null
  let bestScore = Number.POSITIVE_INFINITY
  for (const hit of hits) {
    const far = distance(hit, x, y)
    if (far > reach) continue
    const width = Math.min(hit.x1 - hit.x0, 4000)
    const score = far * 10_000 + (hit.front ? 0 : 5000) + width
    if (score < bestScore) {
      bestScore = score
      best = hit
    }
  }
  return best
}

/** What a hit selects when the pointer stands at `at`: of several drawn as one, the nearest in time. */
export function selectionOf(hit: Hit, at: number): Selection {
  const { among } = hit
  if (!among) return { kind: hit.kind, id: hit.id }
  const index = nearest(among.times, at, among.first, among.first + among.count)
  return { kind: hit.kind, id: index < 0 ? hit.id : among.ids(index) }
}
