/** Puts shapes and labels on a canvas. Promise: nothing is decided here; a shape looks the same wherever it stands. */
import type { PlacedLabel } from './labels.ts'
import { fontOf, type Palette } from './palette.ts'
import type { Shape } from './shapes.ts'

type Ctx = CanvasRenderingContext2D
type Of<K extends Shape['k']> = Extract<Shape, { k: K }>

export function drawShapes(ctx: Ctx, palette: Palette, shapes: readonly Shape[]): void {
  for (const shape of shapes) {
    ctx.globalAlpha = shape.a ?? 1
    switch (shape.k) {
      case 'rect':
        drawRect(ctx, palette, shape)
        break
      case 'hatch':
        drawHatch(ctx, palette, shape)
        break
      case 'line':
        drawLine(ctx, palette, shape)
        break
      case 'curve':
        drawCurve(ctx, palette, shape)
        break
      case 'glyph':
        drawGlyph(ctx, palette, shape)
        break
    }
  }
  ctx.globalAlpha = 1
}

function drawRect(ctx: Ctx, palette: Palette, s: Of<'rect'>): void {
  const r = Math.min(s.r ?? 0, s.w / 2, s.h / 2)
  if (s.fill && !s.stroke && r < 1.2) {
    ctx.fillStyle = palette.ink[s.fill]
    ctx.fillRect(s.x, s.y, s.w, s.h)
    return
  }
  ctx.beginPath()
  // A stroke of one pixel lies inside its rectangle, so that neighbours do not blur into each other.
  const inset = s.stroke ? 0.5 : 0
  ctx.roundRect(s.x + inset, s.y + inset, Math.max(0.5, s.w - 2 * inset), Math.max(0.5, s.h - 2 * inset), Math.max(0, r))
  if (s.fill) {
    ctx.fillStyle = palette.ink[s.fill]
    ctx.fill()
  }
  if (!s.stroke) return
  ctx.strokeStyle = palette.ink[s.stroke]
  ctx.lineWidth = s.fill ? 1 : 2
  if (s.dash) ctx.setLineDash([3, 2])
  ctx.stroke()
  if (s.dash) ctx.setLineDash([])
}

function drawHatch(ctx: Ctx, palette: Palette, s: Of<'hatch'>): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(s.x, s.y, s.w, s.h)
  ctx.fillStyle = palette.ink[s.ground]
  ctx.fill()
  ctx.clip()
  ctx.strokeStyle = palette.ink[s.ink]
  ctx.lineWidth = 1.3
  ctx.beginPath()
  for (let x = s.x - s.h; x < s.x + s.w; x += 6) {
    ctx.moveTo(x, s.y + s.h)
    ctx.lineTo(x + s.h, s.y)
  }
  ctx.stroke()
  ctx.restore()
  if (!s.frame) return
  ctx.strokeStyle = palette.ink[s.ink]
  ctx.lineWidth = 1
  if (s.dash) ctx.setLineDash([3, 2])
  ctx.strokeRect(s.x + 0.5, s.y + 0.5, Math.max(0.5, s.w - 1), s.h - 1)
  if (s.dash) ctx.setLineDash([])
}

function drawLine(ctx: Ctx, palette: Palette, s: Of<'line'>): void {
  ctx.strokeStyle = palette.ink[s.ink]
  ctx.lineWidth = s.width
  if (s.dash) ctx.setLineDash([...s.dash])
  ctx.beginPath()
  ctx.moveTo(s.x, s.y)
  ctx.lineTo(s.x2, s.y2)
  ctx.stroke()
  if (s.dash) ctx.setLineDash([])
}

function drawCurve(ctx: Ctx, palette: Palette, s: Of<'curve'>): void {
  ctx.strokeStyle = palette.ink[s.ink]
  ctx.lineWidth = s.width
  ctx.beginPath()
  ctx.moveTo(s.x, s.y)
  if (s.upright) {
    const bend = Math.sign(s.y2 - s.y) * Math.min(10, Math.abs(s.y2 - s.y) / 2)
    ctx.bezierCurveTo(s.x, s.y2 - bend, s.x2, s.y + bend, s.x2, s.y2)
  } else {
    const bend = Math.min(14, Math.max(8, Math.abs(s.x2 - s.x)))
    ctx.bezierCurveTo(s.x + bend, s.y, s.x2 - bend, s.y2, s.x2, s.y2)
  }
  ctx.stroke()
}

function outline(ctx: Ctx, s: Of<'glyph'>): void {
  const { x, y, size } = s
  const points = (list: readonly (readonly [number, number])[]): void => {
    for (const [dx, dy] of list) ctx.lineTo(x + dx * size, y + dy * size)
    ctx.closePath()
  }
  ctx.beginPath()
  if (s.name === 'circle' || s.name === 'ring') ctx.arc(x, y, size, 0, 2 * Math.PI)
  else if (s.name === 'square') ctx.roundRect(x - size, y - size, size * 2, size * 2, 2)
  else if (s.name === 'diamond')
    points([
      [0, -1],
      [1, 0],
      [0, 1],
      [-1, 0],
    ])
  else if (s.name === 'triangle')
    points([
      [0, -1.25],
      [1.12, 0.75],
      [-1.12, 0.75],
    ])
  else if (s.name === 'hexagon')
    points([
      [0, -1],
      [0.87, -0.5],
      [0.87, 0.5],
      [0, 1],
      [-0.87, 0.5],
      [-0.87, -0.5],
    ])
  else if (s.name === 'arrowUp')
    points([
      [0, 0],
      [0.5, 1],
      [-0.5, 1],
    ])
  else if (s.name === 'arrowDown')
    points([
      [0, 0],
      [0.5, -1],
      [-0.5, -1],
    ])
  else {
    ctx.moveTo(x - size, y - size)
    ctx.lineTo(x + size, y + size)
    ctx.moveTo(x + size, y - size)
    ctx.lineTo(x - size, y + size)
  }
}

function drawGlyph(ctx: Ctx, palette: Palette, s: Of<'glyph'>): void {
  outline(ctx, s)
  if (s.fill) {
    ctx.fillStyle = palette.ink[s.fill]
    ctx.fill()
  }
  if (s.stroke && s.width !== 0) {
    ctx.strokeStyle = palette.ink[s.stroke]
    ctx.lineWidth = s.width ?? 1
    ctx.lineJoin = 'round'
    ctx.lineCap = s.name === 'cross' ? 'round' : 'butt'
    ctx.stroke()
    ctx.lineCap = 'butt'
  }
  if (!s.text) return
  ctx.font = `700 ${s.text.length > 1 ? 8 : 10}px ${palette.ui}`
  ctx.textAlign = 'center'
  ctx.fillStyle = palette.ink[s.textInk ?? 'pane']
  ctx.fillText(s.text, s.x, s.y + (s.name === 'triangle' ? 4.4 : 3.6))
  ctx.textAlign = 'start'
}

/** Labels lie above everything; the halo keeps them legible on any mark. */
export function drawLabels(ctx: Ctx, palette: Palette, labels: readonly PlacedLabel[]): void {
  ctx.textAlign = 'start'
  ctx.lineJoin = 'round'
  for (const label of labels) {
    ctx.globalAlpha = label.a ?? 1
    for (const part of label.parts) {
      ctx.font = fontOf(palette, part.mono ?? false, part.bold ?? false)
      if (label.halo) {
        ctx.strokeStyle = palette.ink[label.halo]
        ctx.lineWidth = 3
        ctx.strokeText(part.text, label.x + part.dx, label.y)
      }
      ctx.fillStyle = palette.ink[part.ink]
      ctx.fillText(part.text, label.x + part.dx, label.y)
    }
  }
  ctx.globalAlpha = 1
}
