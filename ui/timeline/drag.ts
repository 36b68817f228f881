/** What dragging the overview's brush or one of its ends does to a range. Promise: the ends never cross. */
import type { Range } from '../view.ts'
import { MIN_SPAN, panRange } from './scale.ts'

export type Grip = 'from' | 'to' | 'brush'

export function dragged(range: Range, grip: Grip, ms: number): Range {
  if (grip === 'brush') return panRange(range, ms)
  if (grip === 'from') return { from: Math.min(range.from + ms, range.to - MIN_SPAN), to: range.to }
  return { from: range.from, to: Math.max(range.to + ms, range.from + MIN_SPAN) }
}
