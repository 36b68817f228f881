/** Which labels find room. Promise: no two placed labels touch, and where two would, the one of lower priority is dropped. */
import { type Box, type Ink, type LabelWish, PRIORITY, type Spot, type TextPart } from './shapes.ts'

/** Width in CSS pixels of a text at the timeline's size. */
export type Measure = (text: string, mono: boolean, bold: boolean) => number

export interface PlacedLabel {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly parts: readonly (TextPart & { readonly dx: number })[]
  readonly halo?: Ink
  readonly a?: number
}

/** Height of capitals at 11 px: what a label really covers. */
const ASCENT = 8.5
const DESCENT = 3
const AIR = 4
/** Numbers stand closer: a row of calls is read as one. */
const NUMBER_AIR = 2
const ELLIPSIS = '\u2026'

export const overlaps = (a: Box, b: Box): boolean => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1

/** `text` cut with an ellipsis so that it is at most `width` wide; empty when not even three characters fit. */
export function fitText(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text
  let low = 0
  let high = text.length
  while (low < high) {
    const mid = (low + high + 1) >> 1
    if (measure(text.slice(0, mid) + ELLIPSIS) <= width) low = mid
    else high = mid - 1
  }
  return low < 3 ? '' : text.slice(0, low).trimEnd() + ELLIPSIS
}

/** As `fitText`, keeping the end: for paths, whose tail tells them apart. */
export function fitTail(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text
  for (let cut = 1; cut < text.length; cut++) {
    const kept = ELLIPSIS + text.slice(cut)
    if (measure(kept) <= width) return kept
  }
  return ELLIPSIS
}

function widthsOf(wish: LabelWish, measure: Measure): { parts: (TextPart & { dx: number })[]; width: number } {
  const parts: (TextPart & { dx: number })[] = []
  let width = 0
  for (const part of wish.parts) {
    const size = (text: string): number => measure(text, part.mono ?? false, part.bold ?? false)
    const room = wish.maxWidth === undefined ? Number.POSITIVE_INFINITY : wish.maxWidth - width
    const text = room === Number.POSITIVE_INFINITY ? part.text : fitText(part.text, room, size)
    if (text === '') break
    parts.push({ ...part, text, dx: width })
    width += size(text)
    if (text !== part.text) break
  }
  return { parts, width }
}

const leftOf = (spot: Spot, width: number): number =>
  spot.align === 'start' ? spot.x : spot.align === 'end' ? spot.x - width : spot.x - width / 2

/** Places what fits within `bounds`, most important first. `taken` are boxes that must stay free. */
export function placeLabels(wishes: readonly LabelWish[], measure: Measure, bounds: Box, taken: readonly Box[]): PlacedLabel[] {
  const busy: Box[] = [...taken]
  const placed: PlacedLabel[] = []
  const order = wishes.map((wish, index) => ({ wish, index })).sort((a, b) => a.wish.priority - b.wish.priority || a.index - b.index)
  for (const { wish } of order) {
    const label = placeOne(wish, measure, bounds, busy)
    if (label) placed.push(label)
  }
  return placed
}

function placeOne(wish: LabelWish, measure: Measure, bounds: Box, busy: Box[]): PlacedLabel | undefined {
  const { parts, width } = widthsOf(wish, measure)
  if (parts.length === 0) return undefined
  const air = wish.priority === PRIORITY.number ? NUMBER_AIR : AIR
  for (const spot of wish.spots) {
    const x = leftOf(spot, width)
    const box = { x0: x - air, y0: spot.y - ASCENT, x1: x + width + air, y1: spot.y + DESCENT }
    if (x < bounds.x0 || x + width > bounds.x1 || box.y0 < bounds.y0 || box.y1 > bounds.y1) continue
    if (busy.some(other => overlaps(other, box))) continue
    busy.push(box)
    return { x, y: spot.y, width, parts, ...(wish.halo ? { halo: wish.halo } : {}), ...(wish.a === undefined ? {} : { a: wish.a }) }
  }
  return wish.otherwise && placeOne(wish.otherwise, measure, bounds, busy)
}
