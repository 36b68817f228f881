/**
 * Mouse, pen and touch on the plot: hover, click, pan, pinch, wheel, a range drawn on the axis.
 * Promise: translates only; what a gesture means is done by the stage and the actions.
 */

import type { Range } from '../view.ts'
import { AXIS, FLAG_ROW } from './compose.ts'
import { hitAt } from './hit.ts'
import { inView, msPerPx, panRange, xToTime, zoomRange } from './scale.ts'
import type { Hit } from './shapes.ts'
import type { Stage } from './stage.ts'

export interface Actions {
  click(hit: Hit | null, at: number, y: number): void
  doubleClick(hit: Hit | null, at: number): void
  hover(hit: Hit | null, x: number, y: number): void
  /** A range drawn on the axis; undefined clears it. */
  chose(range: Range | undefined): void
}

interface Finger {
  x: number
  y: number
}
/** Moves of fewer pixels are a click. */
const SLOP = 4

export class Gestures {
  readonly #box: HTMLElement
  readonly #stage: Stage
  readonly #actions: Actions
  readonly #fingers = new Map<number, Finger>()
  readonly #off = new AbortController()
  #start: (Finger & { range: Range; scrollTop: number; onAxis: boolean }) | undefined
  #dragging = false

  constructor(box: HTMLElement, stage: Stage, actions: Actions) {
    this.#box = box
    this.#stage = stage
    this.#actions = actions
    const { signal } = this.#off
    box.addEventListener('pointerdown', event => this.#down(event), { signal })
    box.addEventListener('pointermove', event => this.#move(event), { signal })
    box.addEventListener('pointerup', event => this.#up(event), { signal })
    box.addEventListener('pointercancel', event => this.#lose(event), { signal })
    box.addEventListener('pointerleave', () => this.#leave(), { signal })
    box.addEventListener('dblclick', event => this.#double(event), { signal })
    // Not passive: a zoom must not zoom the page as well.
    box.addEventListener('wheel', event => this.#wheel(event), { signal, passive: false })
    box.addEventListener('scroll', () => stage.invalidate(), { signal })
  }

  dispose(): void {
    this.#off.abort()
  }

  #point(event: MouseEvent): Finger {
    const rect = this.#box.getBoundingClientRect()
    return { x: event.clientX - rect.left, y: event.clientY - rect.top }
  }
  #timeAt(x: number): number {
    const view = this.#stage.frame?.view
    return view ? xToTime(view, Math.min(Math.max(x, view.x0), view.x1)) : 0
  }
  #hit(point: Finger): Hit | null {
    return hitAt(this.#stage.frame?.hits ?? [], point.x, point.y)
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return
    const point = this.#point(event)
    // The scroll bar is not ours.
    if (point.x > this.#box.clientWidth) return
    this.#fingers.set(event.pointerId, point)
    const onAxis = point.y >= FLAG_ROW && point.y < AXIS
    this.#start = { ...point, range: this.#stage.shown, scrollTop: this.#box.scrollTop, onAxis }
    this.#dragging = false
  }

  #move(event: PointerEvent): void {
    const point = this.#point(event)
    const finger = this.#fingers.get(event.pointerId)
    if (!finger) {
      this.#hover(point)
      return
    }
    if (this.#fingers.size === 2) {
      this.#pinch(event.pointerId, point)
      return
    }
    const start = this.#start
    if (!start) return
    if (!this.#dragging && Math.hypot(point.x - start.x, point.y - start.y) < SLOP) return
    if (!this.#dragging) {
      this.#dragging = true
      this.#stage.busy = true
      this.#box.setPointerCapture(event.pointerId)
      this.#clearHover()
      if (!start.onAxis) this.#actions.chose(undefined)
    }
    if (start.onAxis) this.#choose(start.x, point.x)
    else this.#pan(start, point)
    finger.x = point.x
    finger.y = point.y
  }

  #pan(start: { x: number; y: number; range: Range; scrollTop: number }, point: Finger): void {
    const view = this.#stage.frame?.view
    if (!view) return
    const ms = ((start.x - point.x) * (start.range.to - start.range.from)) / (view.x1 - view.x0)
    this.#box.scrollTop = start.scrollTop + start.y - point.y
    if (Math.abs(start.x - point.x) >= SLOP) this.#stage.choose(panRange(start.range, ms), false)
  }

  #choose(from: number, to: number): void {
    const a = this.#timeAt(Math.min(from, to))
    const b = this.#timeAt(Math.max(from, to))
    this.#actions.chose({ from: a, to: b })
  }

  /** Two fingers: their distance zooms, their middle pans. */
  #pinch(id: number, point: Finger): void {
    const view = this.#stage.frame?.view
    const other = [...this.#fingers].find(([key]) => key !== id)?.[1]
    const before = this.#fingers.get(id)
    if (!view || !other || !before) return
    this.#dragging = true
    this.#stage.busy = true
    const was = Math.max(10, Math.abs(before.x - other.x))
    const is = Math.max(10, Math.abs(point.x - other.x))
    const pivot = xToTime(view, (before.x + other.x) / 2)
    const zoomed = zoomRange(this.#stage.shown, was / is, pivot)
    const moved = ((before.x - point.x) / 2) * msPerPx({ ...view, ...zoomed })
    this.#stage.choose(panRange(zoomed, moved), false)
    before.x = point.x
    before.y = point.y
  }

  #up(event: PointerEvent): void {
    const known = this.#fingers.delete(event.pointerId)
    if (!known || this.#fingers.size > 0) return
    const point = this.#point(event)
    if (this.#dragging) this.#stage.settle()
    else this.#actions.click(this.#hit(point), this.#timeAt(point.x), point.y)
    this.#dragging = false
    this.#start = undefined
  }

  #lose(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId)
    if (this.#dragging) this.#stage.settle()
    this.#dragging = false
    this.#start = undefined
  }

  #hover(point: Finger): void {
    const inside = point.x <= this.#box.clientWidth
    const hit = this.#stage.point(inside ? point : undefined)
    const onAxis = this.#stage.crossX !== undefined && point.y >= FLAG_ROW && point.y < AXIS
    this.#box.style.cursor = hit ? 'pointer' : onAxis ? 'col-resize' : 'default'
    this.#actions.hover(hit, point.x, point.y)
  }

  #clearHover(): void {
    this.#stage.point(undefined)
    this.#actions.hover(null, 0, 0)
  }
  #leave(): void {
    if (this.#fingers.size === 0) this.#clearHover()
  }

  #double(event: MouseEvent): void {
    const point = this.#point(event)
    this.#actions.doubleClick(this.#hit(point), this.#timeAt(point.x))
  }

  #wheel(event: WheelEvent): void {
    const view = this.#stage.frame?.view
    if (!view) return
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1
    const dx = event.deltaX * lines
    const dy = event.deltaY * lines
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      this.#zoom(this.#point(event).x, Math.exp(Math.max(-0.7, Math.min(0.7, dy * 0.0045))))
    } else if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
      event.preventDefault()
      const px = event.shiftKey && dx === 0 ? dy : dx
      this.#stage.choose(panRange(this.#stage.shown, px * msPerPx(view)), false)
      this.#settleSoon()
    }
  }

  /** Around the pointer; while the edge is followed and stays in view, around the edge. */
  #zoom(x: number, factor: number): void {
    const { frame, props, shown } = this.#stage
    const view = frame?.view
    if (!view) return
    const now = this.#stage.now()
    const wish = zoomRange(shown, factor, xToTime(view, Math.min(Math.max(x, view.x0), view.x1)))
    const follows = props.follow && now !== undefined && inView(wish, now)
    this.#stage.choose(follows ? zoomRange(shown, factor, now) : wish, false)
    this.#settleSoon()
  }

  #settling: ReturnType<typeof setTimeout> | undefined
  /** A wheel has no end of its own: it is over when it has been still for a moment. */
  #settleSoon(): void {
    this.#stage.busy = true
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => this.#stage.settle(), 250)
  }
}
