/** What every mark file gets for one frame. Promise: read-only but for `scene`; y values are already moved by axis and scrolling. */
import type { Call } from '../../proxy/core/model.ts'
import type { Selection, SessionRows } from '../view.ts'
import type { Measure } from './labels.ts'
import type { Lane } from './lanes.ts'
import type { View } from './scale.ts'
import { clampX, timeToX } from './scale.ts'
import type { Among, Ink, Scene } from './shapes.ts'
import type { SessionTracks } from './tracks.ts'

export interface Pass {
  readonly view: View
  /** What an open end reaches: the live edge, or the recording's last moment. */
  readonly edge: number
  readonly scene: Scene
  readonly selection: Selection | null
  readonly measure: Measure
  /** Less than 1 for what the filter hides. */
  readonly alpha: (kind: Selection['kind'], id: number) => number
  /** The same of several that are drawn as one. */
  readonly alphaOf: (kind: Selection['kind'], among: Among) => number
}

/** One session in one frame: its tracks, its rows and its lanes (already moved). */
export interface Block {
  readonly tracks: SessionTracks
  readonly rows: SessionRows
  readonly header: Lane
  readonly calls?: Lane
  readonly paths: readonly (Lane | undefined)[]
  readonly stream?: Lane
  /** Lower end of the last lane. */
  readonly bottom: number
}

/** A call that was drawn as itself. */
export interface DrawnCall {
  readonly call: Call
  readonly x0: number
  readonly x1: number
  readonly top: number
}
/** An exchange's mark that was drawn: for curves and for the room of the lens. */
export interface DrawnExchange {
  readonly id: number
  readonly path: number
  readonly x0: number
  readonly x1: number
  readonly y: number
  readonly bar: boolean
}

export const BAR = 12
export const isSelected = (pass: Pass, kind: Selection['kind'], id: number): boolean =>
  pass.selection?.kind === kind && pass.selection.id === id

/** [x0, x1] held within the plot and at least `least` wide. */
export function barOf(view: View, from: number, to: number, least = 3): { x: number; w: number } {
  const x = clampX(view, from)
  return { x, w: Math.max(least, clampX(view, to) - x) }
}
export const xOf = (pass: Pass, at: number): number => timeToX(pass.view, at)

/** Numbers of a crowd: "12", "1.2k", "34k", "1.2M". */
export function countText(count: number): string {
  if (count < 1000) return String(count)
  if (count < 10_000) return `${(Math.floor(count / 100) / 10).toFixed(1)}k`
  if (count < 1_000_000) return `${Math.floor(count / 1000)}k`
  return `${(Math.floor(count / 100_000) / 10).toFixed(1)}M`
}

/** The frame around what is selected. */
export function ring(pass: Pass, x: number, y: number, w: number, h: number, ink: Ink = 'focus'): void {
  pass.scene.over.push({ k: 'rect', x: x - 2.5, y: y - 2.5, w: w + 5, h: h + 5, stroke: ink, r: 3 })
}
