/** Who ended a leg: C in a circle, S in a square, P in a hexagon. Red only where something was in flight. */
import type { End } from '../../proxy/core/model.ts'
import type { Pass } from './pass.ts'
import { endText } from './say.ts'
import { type GlyphName, PRIORITY } from './shapes.ts'

const GLYPH: Record<End['by'], { name: GlyphName; letter: string; size: number }> = {
  client: { name: 'circle', letter: 'C', size: 7.5 },
  server: { name: 'square', letter: 'S', size: 6.5 },
  proxy: { name: 'hexagon', letter: 'P', size: 8 },
}

export interface BadgeAt {
  readonly x: number
  readonly y: number
  readonly broke: boolean
  readonly a: number
  /** Says how it ended beside it: to the right, else to the left with this baseline. */
  readonly named?: number
}

/** Draws the badge; nothing outside the plot. */
export function markBadge(pass: Pass, end: End, { x, y, broke, a, named }: BadgeAt): void {
  if (x < pass.view.x0 - 8 || x > pass.view.x1 + 8) return
  const glyph = GLYPH[end.by]
  pass.scene.over.push({
    k: 'glyph',
    name: glyph.name,
    x,
    y,
    size: glyph.size,
    fill: broke ? 'fail' : 'held',
    stroke: 'pane',
    width: 1.5,
    text: glyph.letter,
    textInk: 'pane',
    a,
  })
  pass.scene.taken.push({ x0: x - 8, x1: x + 8, y0: y - 6.5, y1: y + 6.5 })
  if (named === undefined) return
  pass.scene.labels.push({
    parts: [{ text: endText(end), ink: broke ? 'fail' : 'tx2' }],
    spots: [
      { x: x + 12, y: y + 4, align: 'start' },
      { x: x - 12, y: named, align: 'end' },
    ],
    priority: PRIORITY.break,
    halo: 'pane',
    a,
  })
}
