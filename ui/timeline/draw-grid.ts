/** The first layer: surfaces, grid, washes, lane names. Promise: redrawn only when range, lanes, selection or theme change. */
import { AXIS, type ComposedFrame } from './compose.ts'
import { drawShapes } from './draw-shapes.ts'
import { fitTail, fitText, type Measure } from './labels.ts'
import { type Lane, legsOf } from './lanes.ts'
import { fontOf, type Palette } from './palette.ts'
import { sessionName } from './say.ts'

type Ctx = CanvasRenderingContext2D

export interface GridInput {
  readonly frame: ComposedFrame
  readonly width: number
  readonly height: number
  readonly now: number | undefined
  readonly measure: Measure
  /** Sessions that replaced another one stand indented. */
  readonly replaces: readonly boolean[]
}

export function drawGrid(ctx: Ctx, palette: Palette, input: GridInput): void {
  const { frame, width, height } = input
  const { view, bottom } = frame
  ctx.fillStyle = palette.ink.pane
  ctx.fillRect(0, 0, width, height)
  const line = (x: number, y: number, x2: number, y2: number, ink: 'line' | 'lineStrong'): void => {
    ctx.fillStyle = palette.ink[ink]
    // The system's grey may be a loud colour; a grid is not.
    ctx.globalAlpha = palette.forced ? 0.35 : 1
    if (x === x2) ctx.fillRect(Math.round(x - 0.5), y, 1, y2 - y)
    else ctx.fillRect(x, Math.round(y), x2 - x, 1)
    ctx.globalAlpha = 1
  }
  ctx.save()
  ctx.beginPath()
  ctx.rect(view.x0, 0, view.x1 - view.x0, bottom)
  ctx.clip()
  // What lies right of the live edge is not known yet.
  if (input.now !== undefined && input.now < view.to) {
    const x = Math.max(view.x0, frame.nowX ?? view.x0)
    ctx.fillStyle = palette.ink.app
    ctx.globalAlpha = 0.7
    ctx.fillRect(x, AXIS, view.x1 - x, bottom - AXIS)
    ctx.globalAlpha = 1
  }
  for (const tick of frame.axis.ticks) line(tick.x, AXIS, tick.x, bottom, tick.strong ? 'lineStrong' : 'line')
  ctx.beginPath()
  ctx.rect(view.x0, AXIS, view.x1 - view.x0, bottom - AXIS)
  ctx.clip()
  drawShapes(ctx, palette, frame.scene.under)
  if (palette.forced) frameWashes(ctx, palette, frame)
  ctx.restore()

  ctx.save()
  ctx.beginPath()
  ctx.rect(0, AXIS, width, Math.max(0, height - AXIS))
  ctx.clip()
  for (const lane of frame.lanes) {
    if (lane.kind === 'header') {
      ctx.fillStyle = palette.ink.sunk
      ctx.fillRect(0, lane.y, width, lane.height)
      // Two headers in a row share one line.
      if (!frame.lanes.some(other => other.kind === 'header' && other.y + other.height === lane.y)) line(0, lane.y, width, lane.y, 'line')
      line(0, lane.y + lane.height - 1, width, lane.y + lane.height - 1, 'line')
    }
    if (lane.kind === 'log') line(0, lane.y, width, lane.y, 'line')
    drawName(ctx, palette, lane, input)
  }
  line(view.x0 - 1, AXIS, view.x0 - 1, bottom, 'line')
  ctx.restore()
  line(0, AXIS - 1, width, AXIS - 1, 'line')
}

/** Forced colours know no tints: the selected band gets an edge instead. */
function frameWashes(ctx: Ctx, palette: Palette, frame: ComposedFrame): void {
  ctx.strokeStyle = palette.ink.focus
  ctx.lineWidth = 2
  for (const wash of frame.scene.under) if (wash.k === 'rect') ctx.strokeRect(wash.x + 1, wash.y + 1, Math.max(1, wash.w - 2), wash.h - 2)
}

function drawName(ctx: Ctx, palette: Palette, lane: Lane, input: GridInput): void {
  const { view, blocks } = input.frame
  const text = (value: string, x: number, y: number, ink: 'tx1' | 'tx2' | 'tx3' | 'edge', mono: boolean, bold = false): void => {
    ctx.font = fontOf(palette, mono, bold)
    ctx.fillStyle = palette.ink[ink]
    ctx.fillText(value, x, y)
  }
  const measure = (value: string): number => input.measure(value, lane.mono, lane.kind === 'header')
  if (lane.kind === 'header') {
    const session = blocks.find(block => block.header.key === lane.key)?.tracks.session
    const indented = input.replaces[lane.session] ?? false
    if (indented) {
      ctx.strokeStyle = palette.ink.edge
      ctx.lineWidth = 1.3
      ctx.beginPath()
      ctx.moveTo(14, lane.y + 3)
      ctx.lineTo(14, lane.y + 11)
      ctx.lineTo(20, lane.y + 11)
      ctx.stroke()
    }
    const x = indented ? 24 : 12
    text(fitText(session ? sessionName(session) : lane.label, view.x0 - x - 6, measure), x, lane.y + 15, 'tx1', true, true)
    return
  }
  const middle = lane.kind === 'log' ? lane.y + 15 : lane.y + (lane.crowd ? lane.height - 10 : lane.height) / 2 + 4
  text(lane.kind === 'path' ? pathName(lane.label, view.x0 - 16, measure) : lane.label, 12, middle, 'tx2', lane.mono)
  if (lane.kind !== 'stream') return
  ctx.textAlign = 'end'
  for (let row = 0; row < lane.rows; row++) {
    const legs = legsOf(lane, row)
    text('client', view.x0 - 8, legs.client + 8, 'tx3', false)
    text('server', view.x0 - 8, legs.server + 8, 'tx3', false)
  }
  ctx.textAlign = 'start'
}

/** "POST …/messages/": the method whole, of a long path the end, which tells it from others. */
function pathName(label: string, width: number, measure: (text: string) => number): string {
  const space = label.indexOf(' ')
  const method = label.slice(0, space + 1)
  return method + fitTail(label.slice(space + 1), width - measure(method), measure)
}
