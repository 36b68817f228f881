/** The third layer: axis words, flags, labels, crosshair with its readout, live edge, hover. Promise: the only layer that a pointer move redraws. */

import type { Range, Zero } from '../view.ts'
import { readout } from './axis.ts'
import { AXIS, type ComposedFrame, FLAG_ROW } from './compose.ts'
import { drawLabels, drawShapes } from './draw-shapes.ts'
import type { Measure } from './labels.ts'
import { fontOf, type Palette } from './palette.ts'
import { timeToX, xToTime } from './scale.ts'
import type { Hit } from './shapes.ts'

type Ctx = CanvasRenderingContext2D

export interface OverlayInput {
  readonly frame: ComposedFrame
  readonly zero: Zero
  readonly startedAt: number
  readonly width: number
  readonly height: number
  /** Where the crosshair stands, in canvas pixels. */
  readonly crossX: number | undefined
  readonly hover: Hit | null
  /** A range drawn on the axis, with what it holds in words. */
  readonly chosen: { readonly range: Range; readonly text: string } | undefined
  readonly lost: boolean
  /** Clock time of the live edge, for when the recorder is lost. */
  readonly lastText: string
  readonly measure: Measure
}

interface Strip {
  readonly x0: number
  readonly x1: number
}

export function drawOverlay(ctx: Ctx, palette: Palette, input: OverlayInput): void {
  const { frame, width, height } = input
  const { view } = frame
  ctx.clearRect(0, 0, width, height)
  const crossX = input.crossX !== undefined && input.crossX >= view.x0 && input.crossX <= view.x1 ? input.crossX : undefined
  const boxes = boxesOf(input, crossX)
  const busy: Strip[] = [...boxes]
  ctx.save()
  ctx.beginPath()
  ctx.rect(view.x0 - 10, 0, width - view.x0 + 10, height)
  ctx.clip()
  ctx.fillStyle = palette.ink.lineStrong
  for (const tick of frame.axis.ticks) ctx.fillRect(Math.round(tick.x - 0.5), FLAG_ROW + 4, 1, AXIS - FLAG_ROW - 4)
  drawShapes(ctx, palette, frame.flags.over)
  if (frame.nowX !== undefined) drawEdge(ctx, palette, input, frame.nowX, busy)
  drawTicks(ctx, palette, input, busy)
  if (input.hover) drawHover(ctx, palette, input.hover)
  if (input.chosen) drawChosen(ctx, palette, input, input.chosen.range)
  if (crossX !== undefined) drawCross(ctx, palette, crossX, frame.bottom)
  ctx.restore()
  // Text inside a bar needs no halo, but it must not leave the lanes.
  ctx.save()
  ctx.beginPath()
  ctx.rect(view.x0, AXIS, width - view.x0, Math.max(0, height - AXIS))
  ctx.clip()
  drawLabels(ctx, palette, frame.labels)
  ctx.restore()
  drawLabels(ctx, palette, frame.flagLabels)
  drawUnit(ctx, palette, frame)
  for (const box of boxes) drawBox(ctx, palette, box)
}

function drawUnit(ctx: Ctx, palette: Palette, frame: ComposedFrame): void {
  ctx.font = fontOf(palette, false, false)
  ctx.fillStyle = palette.ink.tx3
  ctx.fillText('Findings', 12, 13)
  ctx.fillText(frame.axis.unit, 12, FLAG_ROW + 13)
}

/** The words of the ticks; what the readout covers is left out. */
function drawTicks(ctx: Ctx, palette: Palette, input: OverlayInput, busy: readonly Strip[]): void {
  const { view } = input.frame
  for (const tick of input.frame.axis.ticks) {
    const x0 = tick.x + 4
    const x1 = x0 + input.measure(tick.text, false, tick.strong)
    if (x1 > view.x1 + 8 || busy.some(strip => x0 < strip.x1 + 3 && x1 > strip.x0 - 3)) continue
    ctx.font = fontOf(palette, false, tick.strong)
    ctx.fillStyle = palette.ink[tick.strong ? 'tx1' : 'tx3']
    // Over the stem of a flag it must stay legible.
    ctx.strokeStyle = palette.ink.pane
    ctx.lineWidth = 3
    ctx.lineJoin = 'round'
    ctx.strokeText(tick.text, x0, FLAG_ROW + 13)
    ctx.fillText(tick.text, x0, FLAG_ROW + 13)
  }
}

/** Green line and "now"; dashed with its last time while the recorder is lost. */
function drawEdge(ctx: Ctx, palette: Palette, input: OverlayInput, x: number, busy: Strip[]): void {
  const text = input.lost ? `last seen ${input.lastText}` : 'now'
  ctx.strokeStyle = palette.ink[input.lost ? 'edge' : 'good']
  ctx.lineWidth = 1.2
  if (input.lost) ctx.setLineDash([3, 3])
  ctx.beginPath()
  ctx.moveTo(x, FLAG_ROW + 4)
  ctx.lineTo(x, input.frame.bottom)
  ctx.stroke()
  ctx.setLineDash([])
  ctx.fillStyle = palette.ink[input.lost ? 'edge' : 'good']
  ctx.beginPath()
  ctx.arc(x, FLAG_ROW + 4, 3.5, 0, 2 * Math.PI)
  ctx.fill()
  const wide = input.measure(text, false, true)
  const covered = busy.some(strip => x + 7 < strip.x1 + 3 && x + 7 + wide > strip.x0 - 3)
  if (!covered) {
    ctx.font = fontOf(palette, false, true)
    if (input.lost) ctx.fillStyle = palette.ink.tx2
    ctx.fillText(text, x + 7, FLAG_ROW + 13)
  }
  busy.push({ x0: x - 6, x1: x + 7 + wide })
}

function drawCross(ctx: Ctx, palette: Palette, x: number, bottom: number): void {
  ctx.strokeStyle = palette.ink.tx2
  ctx.lineWidth = 1
  ctx.setLineDash([2, 2])
  ctx.beginPath()
  ctx.moveTo(Math.round(x) + 0.5, AXIS)
  ctx.lineTo(Math.round(x) + 0.5, bottom)
  ctx.stroke()
  ctx.setLineDash([])
}

function drawHover(ctx: Ctx, palette: Palette, hit: Hit): void {
  ctx.strokeStyle = palette.ink.accent
  ctx.lineWidth = 1
  ctx.beginPath()
  ctx.roundRect(hit.x0 - 2.5, hit.y0 - 2.5, hit.x1 - hit.x0 + 5, hit.y1 - hit.y0 + 5, 3)
  ctx.stroke()
}

interface Box extends Strip {
  readonly parts: readonly string[]
}
const GAP = 10

function boxAt(input: OverlayInput, x: number, parts: readonly string[]): Box {
  const wide = parts.reduce((sum, part) => sum + input.measure(part, false, false), 0) + GAP * (parts.length - 1) + 12
  const left = Math.max(2, Math.min(x - wide / 2, input.width - wide - 2))
  return { x0: left, x1: left + wide, parts }
}

/** The readouts: of the drawn range, and of the crosshair where that leaves it room. */
export function boxesOf(input: OverlayInput, crossX: number | undefined): readonly Box[] {
  const chosen = input.chosen ? [chosenBox(input)] : []
  const cross = crossX === undefined ? [] : [crossBox(input, crossX)]
  return [...chosen, ...cross.filter(one => chosen.every(other => one.x1 < other.x0 || one.x0 > other.x1))]
}

function crossBox(input: OverlayInput, x: number): Box {
  const { view } = input.frame
  const words = readout(view, input.zero, input.startedAt, xToTime(view, x))
  return boxAt(input, x, [words.relative, words.clock])
}

function chosenBox(input: OverlayInput): Box {
  const { view } = input.frame
  const range = input.chosen?.range ?? view
  return boxAt(input, timeToX(view, (range.from + range.to) / 2), [input.chosen?.text ?? ''])
}

function drawChosen(ctx: Ctx, palette: Palette, input: OverlayInput, range: Range): void {
  const { view, bottom } = input.frame
  const x = Math.max(view.x0, timeToX(view, range.from))
  const x2 = Math.min(view.x1, timeToX(view, range.to))
  ctx.fillStyle = palette.ink.accent
  ctx.globalAlpha = palette.forced ? 0.3 : 0.1
  ctx.fillRect(x, FLAG_ROW, x2 - x, bottom - FLAG_ROW)
  ctx.globalAlpha = 1
  ctx.fillRect(x, FLAG_ROW, 1, bottom - FLAG_ROW)
  ctx.fillRect(x2 - 1, FLAG_ROW, 1, bottom - FLAG_ROW)
}

function drawBox(ctx: Ctx, palette: Palette, box: Box): void {
  ctx.fillStyle = palette.ink.tx1
  ctx.beginPath()
  ctx.roundRect(box.x0, FLAG_ROW + 1, box.x1 - box.x0, 16, 3)
  ctx.fill()
  ctx.font = fontOf(palette, false, false)
  ctx.fillStyle = palette.ink.pane
  let x = box.x0 + 6
  for (const part of box.parts) {
    ctx.fillText(part, x, FLAG_ROW + 13)
    x += ctx.measureText(part).width + GAP
  }
}
