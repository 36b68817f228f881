/** From a composed frame to the three canvases. Promise: sizes follow the box and the screen's resolution; CSS pixels everywhere else. */

import type { TimelineProps } from '../view.ts'
import { clockText } from './axis.ts'
import { AXIS, type ComposedFrame } from './compose.ts'
import { drawGrid } from './draw-grid.ts'
import { drawOverlay, type OverlayInput } from './draw-overlay.ts'
import { drawShapes } from './draw-shapes.ts'
import type { Measure } from './labels.ts'
import type { Palette } from './palette.ts'
import type { SessionTracks } from './tracks.ts'

export interface Layers {
  readonly scroller: HTMLElement
  readonly grid: HTMLCanvasElement
  readonly marks: HTMLCanvasElement
  readonly over: HTMLCanvasElement
}
export interface Picture {
  readonly layers: Layers
  readonly palette: Palette
  readonly frame: ComposedFrame
  readonly width: number
  readonly height: number
  readonly measure: Measure
}

/** Grid and marks: whenever anything but the pointer moved. */
export function paintLower(
  { layers, palette, frame, width, height, measure }: Picture,
  tracks: readonly SessionTracks[],
  now: number | undefined,
): void {
  const replaces = tracks.map(track => tracks.some(other => other.session.id === track.session.replaces))
  const grid = prepare(layers.grid, width, height)
  if (grid) drawGrid(grid, palette, { frame, width, height, now, measure, replaces })
  const marks = prepare(layers.marks, width, height)
  if (!marks) return
  marks.clearRect(0, 0, width, height)
  marks.save()
  marks.beginPath()
  marks.rect(frame.view.x0 - 1, AXIS, frame.view.x1 - frame.view.x0 + 2, Math.max(0, height - AXIS))
  marks.clip()
  drawShapes(marks, palette, frame.scene.shapes)
  drawShapes(marks, palette, frame.scene.over)
  marks.restore()
}

/** Crosshair, labels and live edge. */
export function paintUpper(
  { layers, palette, frame, width, height, measure }: Picture,
  props: TimelineProps,
  pointer: Pick<OverlayInput, 'crossX' | 'hover' | 'chosen'>,
): void {
  const over = prepare(layers.over, width, height)
  if (!over) return
  const { data, zero } = props
  const lastText = data.now === undefined ? '' : clockText(data.startedAt + data.now, 1000)
  drawOverlay(over, palette, { frame, zero, startedAt: data.startedAt, width, height, ...pointer, lost: data.lost, lastText, measure })
}

/** Sizes the canvas to its box in device pixels and gives a pen that counts in CSS pixels. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1
  const w = Math.round(width * ratio)
  const h = Math.round(height * ratio)
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w
    canvas.height = h
    canvas.style.width = `${width}px`
    canvas.style.height = `${height}px`
  }
  const ctx = canvas.getContext('2d')
  ctx?.setTransform(ratio, 0, 0, ratio, 0, 0)
  return ctx
}
