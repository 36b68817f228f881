/**
 * Time to pixels and back, and what a hand does to a range: zoom, pan, fit, follow.
 * Promise: pure; no range becomes narrower than 0.02 ms or wider than a year, and time is never folded.
 *
 *   x0                                   x1
 *   |<----------- range.from..to ------->|      recording ms on CSS pixels of the plot
 */
import type { Range } from '../view.ts'

/** The plot as one frame sees it. */
export interface View extends Range {
  readonly x0: number
  readonly x1: number
}

export const MIN_SPAN = 0.02
export const MAX_SPAN = 366 * 86_400_000
/** A step of zoom by key or button. */
export const ZOOM = 1.5
/** Where the live edge stands while it is followed. */
const EDGE_AT = 0.8

export const span = (range: Range): number => range.to - range.from
export const msPerPx = (view: View): number => (view.to - view.from) / Math.max(1, view.x1 - view.x0)
export const timeToX = (view: View, at: number): number => view.x0 + (at - view.from) / msPerPx(view)
export const xToTime = (view: View, x: number): number => view.from + (x - view.x0) * msPerPx(view)
/** As `timeToX`, held within the plot. */
export const clampX = (view: View, at: number): number => Math.max(view.x0, Math.min(view.x1, timeToX(view, at)))
export const inView = (range: Range, at: number): boolean => at >= range.from && at <= range.to

/** `factor` below 1 shows less time. The moment `pivot` keeps its place. */
export function zoomRange(range: Range, factor: number, pivot: number): Range {
  const now = span(range)
  const next = Math.min(MAX_SPAN, Math.max(MIN_SPAN, now * factor))
  const share = now > 0 ? (pivot - range.from) / now : 0.5
  return { from: pivot - next * share, to: pivot + next * (1 - share) }
}

export const panRange = (range: Range, ms: number): Range => ({ from: range.from + ms, to: range.to + ms })

/** A range that shows [from, to] with air on both sides (`pad` of its length). */
export function fitRange(from: number, to: number, pad = 0.04): Range {
  const width = Math.max(to - from, MIN_SPAN * 10)
  const middle = (from + to) / 2
  const half = Math.min(MAX_SPAN, width * (1 + 2 * pad)) / 2
  return { from: middle - half, to: middle + half }
}

/** The same span with the live edge at 80 % of the plot. */
export function followRange(range: Range, now: number): Range {
  const wide = span(range)
  return { from: now - wide * EDGE_AT, to: now + wide * (1 - EDGE_AT) }
}

/**
 * What following makes of a range chosen while it leads: the chosen start, with the edge where following has it. Undefined where the choice
 * ends it: a pan, which keeps the span and moves it, or whatever leaves the edge out.
 */
export function followedBy(chosen: Range, shown: Range, now: number | undefined): Range | undefined {
  const pan = Math.abs(span(chosen) - span(shown)) < span(shown) * 1e-6 && chosen.from !== shown.from
  if (now === undefined || pan || !inView(chosen, now)) return undefined
  return { from: chosen.from, to: chosen.from + Math.max((now - chosen.from) / EDGE_AT, MIN_SPAN) }
}

/** From the range's start, with the edge where following has it. */
export function wholeRange({ from, to }: Range, now: number): Range {
  return { from, to: Math.max(to, from + (now - from) / EDGE_AT) }
}

/** Between two ranges, for a programmed zoom; `share` 0 to 1. Widths go by ratio, so that a deep zoom looks even. */
export function between(from: Range, to: Range, share: number): Range {
  const a = span(from)
  const b = span(to)
  if (a <= 0 || b <= 0) return to
  const wide = a * (b / a) ** share
  const travelled = Math.abs(b - a) < 1e-9 ? share : (wide - a) / (b - a)
  const middle = (from.from + from.to) / 2 + ((to.from + to.to) / 2 - (from.from + from.to) / 2) * travelled
  return { from: middle - wide / 2, to: middle + wide / 2 }
}
