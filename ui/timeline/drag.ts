/** What dragging the overview's brush or one of its ends does to a range. Promise: the ends never cross. */
import type { Range } from '../view.ts'
import { MIN_SPAN, panRange } from './scale.ts'

export type Grip = 'from' | 'to' | 'brush'

export function dragged(range: Range, grip: Grip, ms: number): Range {
  if (grip === 'brush') return panRange(range, ms)
  const a = grip === 'from' ? range.from + ms : range.from
  const b = grip === 'to' ? range.to + ms : range.to
  // An end pulled past the other becomes the other.
  const from = Math.min(a, b)
  return { from, to: Math.max(a, b, from + MIN_SPAN) }
}
