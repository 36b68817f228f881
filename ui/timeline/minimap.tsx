/**
 * The overview above the axis: everything there is, with a brush on what is shown. Promise: the brush moves without redrawing the strip,
 * and its two handles are sliders for keyboard and screen reader.
 */
import {
  type KeyboardEvent,
  type PointerEvent as ReactPointerEvent,
  type RefObject,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
} from 'react'
import type { Range } from '../view.ts'
import { dragged, type Grip } from './drag.ts'
import { drawShapes } from './draw-shapes.ts'
import classes from './minimap.module.css'
import { OVERVIEW, overviewLength, overviewShapes } from './overview.ts'
import { prepare } from './paint.ts'
import { span, timeToX, type View, xToTime } from './scale.ts'
import type { Stage } from './stage.ts'

export interface MinimapHandle {
  /** What the plot shows now. */
  show(range: Range): void
  /** Rows, theme or size changed. */
  redraw(): void
}
export interface MinimapProps {
  readonly handle: RefObject<MinimapHandle | null>
  readonly stage: RefObject<Stage | null>
  readonly gutter: number
  readonly right: number
  /** Everything there is. */
  readonly extent: () => Range
  readonly words: (at: number) => string
  readonly onRange: (range: Range, glide: boolean) => void
  readonly onAll: () => void
}

const INSET = 0.015
const HANDLE = 12

export function Minimap(props: MinimapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const brush = useRef<HTMLDivElement>(null)
  const before = useRef<HTMLDivElement>(null)
  const after = useRef<HTMLDivElement>(null)
  const handles = { from: useRef<HTMLDivElement>(null), to: useRef<HTMLDivElement>(null) }
  const length = useRef<HTMLSpanElement>(null)
  /** Kept: to ask for it after each change of a style makes the browser lay out anew. 0: not measured yet. */
  const width = useRef(0)
  const shown = useRef<Range>({ from: 0, to: 1 })
  const drag = useRef<{ grip: Grip; x: number; range: Range; moved: boolean } | null>(null)
  const { stage, extent, words, onRange } = props

  const view = (): View => {
    const all = extent()
    // Air on both sides, and room for the future that following shows.
    const pad = span(all) * INSET
    const ahead = stage.current?.now() === undefined ? pad : Math.min(span(shown.current) * 0.2, span(all) * 0.25) + pad
    return { from: all.from - pad, to: all.to + ahead, x0: 0, x1: width.current || 1 }
  }

  const show = (range: Range): void => {
    shown.current = range
    const map = view()
    const clamp = (x: number): number => Math.max(0, Math.min(map.x1, x))
    const x0 = clamp(timeToX(map, range.from))
    const x1 = clamp(timeToX(map, range.to))
    if (brush.current) {
      brush.current.style.left = `${x0}px`
      brush.current.style.width = `${Math.max(1, x1 - x0)}px`
    }
    if (before.current) before.current.style.width = `${x0}px`
    if (after.current) after.current.style.left = `${x1}px`
    for (const grip of ['from', 'to'] as const) {
      const element = handles[grip].current
      if (!element) continue
      // Two handles on one spot could not be told apart: a narrow brush is held from outside.
      const spread = Math.max(0, (HANDLE - (x1 - x0)) / 2)
      element.style.left = `${grip === 'from' ? x0 - spread : x1 + spread}px`
      element.setAttribute('aria-valuenow', String(Math.round(range[grip])))
      element.setAttribute('aria-valuemin', String(Math.round(Math.min(map.from, range.from))))
      element.setAttribute('aria-valuemax', String(Math.round(Math.max(map.to, range.to))))
      element.setAttribute('aria-valuetext', words(range[grip]))
    }
  }

  const redraw = (): void => {
    const now = stage.current
    width.current ||= box.current?.clientWidth ?? 0
    if (!now || !canvas.current || width.current === 0) return
    const ctx = prepare(canvas.current, width.current, OVERVIEW)
    if (!ctx) return
    ctx.clearRect(0, 0, width.current, OVERVIEW)
    drawShapes(ctx, now.palette, overviewShapes(view(), now.tracks, now.findings, extent().to))
    if (length.current) length.current.textContent = overviewLength(span(extent()))
    show(shown.current)
  }

  useImperativeHandle(props.handle, () => ({ show, redraw }))
  const latest = useRef(redraw)
  useLayoutEffect(() => {
    latest.current = redraw
    redraw()
  })
  // One for good: a new one tells its first size each time, and all would be drawn twice.
  useEffect(() => {
    const watch = new ResizeObserver(() => {
      width.current = box.current?.clientWidth ?? 0
      latest.current()
    })
    if (box.current) watch.observe(box.current)
    return () => watch.disconnect()
  }, [])

  const down = (event: ReactPointerEvent, grip: Grip): void => {
    if (event.button !== 0) return
    event.stopPropagation()
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { grip, x: event.clientX, range: shown.current, moved: false }
  }
  const move = (event: ReactPointerEvent): void => {
    const held = drag.current
    if (!held) return
    const map = view()
    const ms = ((event.clientX - held.x) * span(map)) / map.x1
    if (Math.abs(event.clientX - held.x) > 2) held.moved = true
    if (!held.moved) return
    if (stage.current) stage.current.busy = true
    onRange(dragged(held.range, held.grip, ms), false)
  }
  const up = (): void => {
    if (drag.current?.moved) stage.current?.settle()
    drag.current = null
  }
  const jump = (event: ReactPointerEvent): void => {
    if (event.button !== 0) return
    const map = view()
    const x = event.clientX - (box.current?.getBoundingClientRect().left ?? 0)
    const at = xToTime(map, x)
    const half = span(shown.current) / 2
    onRange({ from: at - half, to: at + half }, true)
  }
  const key = (event: KeyboardEvent, grip: Grip): void => {
    const step = span(shown.current) * (event.shiftKey ? 0.25 : 0.05)
    const ms =
      event.key === 'ArrowLeft' || event.key === 'ArrowDown'
        ? -step
        : event.key === 'ArrowRight' || event.key === 'ArrowUp'
          ? step
          : undefined
    const end = event.key === 'Home' ? view().from : event.key === 'End' ? view().to : undefined
    if (ms === undefined && end === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const range = shown.current
    onRange(dragged(range, grip, ms ?? (end as number) - (grip === 'to' ? range.to : range.from)), false)
  }

  return (
    <div className={classes.row}>
      <div className={classes.name} style={{ width: props.gutter }}>
        <span>Overview</span>
        <span ref={length} />
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the two sliders are its keyboard form */}
      <div ref={box} className={classes.box} style={{ marginRight: props.right }} onPointerDown={jump} onDoubleClick={props.onAll}>
        <canvas ref={canvas} className={classes.strip} />
        <div ref={before} className={classes.before} />
        <div ref={after} className={classes.after} />
        <div
          ref={brush}
          className={classes.brush}
          onPointerDown={event => down(event, 'brush')}
          onPointerMove={move}
          onPointerUp={up}
          onPointerCancel={up}
        />
        {(['from', 'to'] as const).map(grip => (
          <div
            key={grip}
            ref={handles[grip]}
            className={classes.handle}
            role="slider"
            tabIndex={0}
            aria-label={grip === 'from' ? 'Begin of the shown time' : 'End of the shown time'}
            aria-valuenow={0}
            aria-orientation="horizontal"
            onPointerDown={event => down(event, grip)}
            onPointerMove={move}
            onPointerUp={up}
            onPointerCancel={up}
            onKeyDown={event => key(event, grip)}
          />
        ))}
      </div>
    </div>
  )
}
