/**
 * Keeps the three canvases true to the props: rebuilds tracks when rows change, composes a frame when anything moved, draws only the layers that need it.
 * Promise: one animation frame gathers all causes; nothing runs while nothing changes.
 */
import type { Call, Finding } from '../../proxy/core/model.ts'
import type { Range, Selection, TimelineProps } from '../view.ts'
import { clockText } from './axis.ts'
import { AXIS, type ComposedFrame, compose } from './compose.ts'
import { drawGrid } from './draw-grid.ts'
import { drawOverlay } from './draw-overlay.ts'
import { drawShapes } from './draw-shapes.ts'
import { numberedFindings } from './findings.ts'
import { edgeOf, findIn } from './fit.ts'
import type { Measure } from './labels.ts'
import { type LaneLayout, layoutLanes } from './lanes.ts'
import { type LogTracks, logTracks } from './mark-logs.ts'
import { fontOf, type Palette, readPalette } from './palette.ts'
import { between, followRange, msPerPx, span } from './scale.ts'
import type { Hit } from './shapes.ts'
import { type SessionTracks, tracksOf } from './tracks.ts'

export interface Layers {
  readonly scroller: HTMLElement
  readonly grid: HTMLCanvasElement
  readonly marks: HTMLCanvasElement
  readonly over: HTMLCanvasElement
}
/** What the component wants to hear after each frame. */
export interface StageEvents {
  /** Natural height of axis and lanes. */
  readonly height: (px: number) => void
  readonly shown: (range: Range) => void
  /** Tracks were rebuilt, or the theme or the size changed. */
  readonly rebuilt: () => void
  /** Rows that came since following ended; 0 while following. */
  readonly news: (count: number) => void
}

const ZOOM_MS = 160
/** The edge moves on by itself for as long as the feed may rest between two words of the recorder. */
const COAST_MS = 2500
/** While following, the chosen range is told to the page this often. */
const TELL_MS = 500

const same = (a: Range, b: Range): boolean => {
  const wide = Math.max(span(a), span(b))
  return Math.abs(a.from - b.from) < wide * 1e-6 && Math.abs(a.to - b.to) < wide * 1e-6
}

export class Stage {
  props: TimelineProps
  shown: Range
  tracks: SessionTracks[] = []
  findings: Finding[] = []
  frame: ComposedFrame | undefined
  palette: Palette
  narrow = false
  hover: Hit | null = null
  crossX: number | undefined
  chosen: { range: Range; text: string } | undefined
  /** A gesture is going on: lanes keep their places until it ends. */
  busy = false

  readonly #layers: Layers
  readonly #events: StageEvents
  readonly #known = new Map<number, { rev: number; tracks: SessionTracks }>()
  readonly #widths = new Map<string, number>()
  readonly #pen: CanvasRenderingContext2D | null
  #logs: LogTracks = { lines: { times: [], items: [] }, errors: { times: [], items: [] } }
  #layout: LaneLayout = { lanes: [], height: 0 }
  #away: ReadonlySet<number> = new Set()
  #target: Range
  #flight: { from: Range; at: number } | undefined
  #heardAt = 0
  #toldAt = 0
  /** Ranges that we told: when they come back as props they are no news. */
  #told: Range[] = []
  #stale = true
  #moved = true
  #request = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #rebuildCost = 0
  #rebuiltAt = 0
  #seenRows: number | undefined

  constructor(layers: Layers, props: TimelineProps, events: StageEvents) {
    this.#layers = layers
    this.#events = events
    this.props = props
    this.shown = props.range
    this.#target = props.range
    // Measured where it is drawn: the page's font features (tabular digits) reach only a canvas in the page.
    this.#pen = layers.over.getContext('2d')
    this.palette = readPalette(layers.scroller)
    this.#heardAt = performance.now()
  }

  /** New props: what changed decides what is redone. */
  set(props: TimelineProps): void {
    const before = this.props
    this.props = props
    if (props.data.now !== before.data.now) this.#heardAt = performance.now()
    if (props.rev !== before.rev || props.data !== before.data || props.focus !== before.focus) this.#stale = true
    if (props.theme !== before.theme) this.repaint()
    if (props.follow !== before.follow) this.#seenRows = props.follow ? undefined : this.#countRows()
    const echo = this.#told.some(range => same(range, props.range))
    if (!same(props.range, before.range) && !echo) this.#fly(props.range, props.follow || before.follow)
    this.invalidate()
  }

  /** Theme, fonts or forced colours changed. */
  repaint(): void {
    this.palette = readPalette(this.#layers.scroller)
    this.#widths.clear()
    this.#events.rebuilt()
    this.invalidate()
  }

  invalidate(): void {
    this.#moved = true
    this.#schedule()
  }
  /** Only the pointer moved. */
  invalidateOverlay(): void {
    this.#schedule()
  }
  #schedule(): void {
    if (this.#request === 0) this.#request = requestAnimationFrame(() => this.#draw())
  }
  dispose(): void {
    cancelAnimationFrame(this.#request)
    clearTimeout(this.#timer)
    this.#request = -1
  }

  /** The live edge at this moment: it coasts between two words of the recorder, and stands still when paused or lost. */
  now(): number | undefined {
    const { now, lost } = this.props.data
    if (now === undefined || lost || this.props.paused) return now
    return now + Math.min(COAST_MS, performance.now() - this.#heardAt)
  }

  readonly measure: Measure = (text, mono, bold) => {
    const key = `${mono ? 'm' : 'u'}${bold ? 'b' : 't'}${text}`
    const known = this.#widths.get(key)
    if (known !== undefined) return known
    if (!this.#pen) return text.length * 6
    if (this.#widths.size > 5000) this.#widths.clear()
    this.#pen.font = fontOf(this.palette, mono, bold)
    const width = this.#pen.measureText(text).width
    this.#widths.set(key, width)
    return width
  }

  /** A range chosen by hand. `glide`: a programmed zoom, shown in 160 ms; else at once. */
  choose(range: Range, glide: boolean, keepFollow = false): void {
    if (this.props.follow && !keepFollow) this.props.onFollow(false)
    if (glide) this.#fly(range, false)
    else {
      this.#flight = undefined
      this.shown = range
      this.#target = range
    }
    this.#report(range)
    this.invalidate()
  }

  #report(range: Range): void {
    this.#told = [...this.#told.slice(-31), range]
    this.props.onRange(range)
  }

  /** The gesture is over: sessions that left the view may fold now. */
  settle(): void {
    this.busy = false
    this.#stale = true
    this.invalidate()
  }

  #fly(range: Range, atOnce: boolean): void {
    const still = atOnce || window.matchMedia('(prefers-reduced-motion: reduce)').matches
    this.#flight = still ? undefined : { from: this.shown, at: performance.now() }
    this.#target = range
    this.#told = []
    if (still) this.shown = range
    this.#stale = true
  }

  #advance(): void {
    const now = this.now()
    if (this.props.follow && now !== undefined) {
      this.#flight = undefined
      this.shown = followRange(this.#target, now)
      this.#tell()
      return
    }
    if (!this.#flight) {
      this.shown = this.#target
      return
    }
    const t = Math.min(1, (performance.now() - this.#flight.at) / ZOOM_MS)
    this.shown = between(this.#flight.from, this.#target, 1 - (1 - t) ** 3)
    if (t >= 1) {
      this.#flight = undefined
      this.#stale = true
    }
    this.invalidate()
  }

  /** The page's other parts (waterfall, URL) learn now and then where following has led. */
  #tell(): void {
    const at = performance.now()
    const pixel = this.frame ? msPerPx(this.frame.view) : 0
    if (at - this.#toldAt < TELL_MS || Math.abs(this.shown.to - this.props.range.to) < pixel * 2) return
    this.#toldAt = at
    this.#target = this.shown
    this.#report(this.shown)
  }

  #rebuild(): void {
    // A long recording that grows fast is rebuilt less often, so that drawing keeps most of the time.
    const wait = this.#rebuildCost * 4 - (performance.now() - this.#rebuiltAt)
    if (this.#rebuildCost > 4 && wait > 0 && this.tracks.length === this.props.data.sessions.length) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.invalidate()
      }, wait)
      return
    }
    const begun = performance.now()
    const { data } = this.props
    this.tracks = data.sessions.map(rows => {
      const known = this.#known.get(rows.session.id)
      if (known && known.rev === rows.rev && known.tracks.session === rows.session) return known.tracks
      const tracks = tracksOf(rows, known?.tracks)
      this.#known.set(rows.session.id, { rev: rows.rev, tracks })
      return tracks
    })
    for (const id of this.#known.keys()) if (!data.sessions.some(rows => rows.session.id === id)) this.#known.delete(id)
    this.#logs = logTracks(data.logs)
    this.findings = numberedFindings(data.sessions)
    if (!this.busy && !this.#flight) this.#away = this.#sessionsAway()
    const focus = Math.max(
      0,
      data.sessions.findIndex(rows => rows.session.id === this.props.focus),
    )
    this.#layout = layoutLanes(this.tracks, { focus, narrow: this.narrow, away: this.#away, log: data.logs.length > 0 })
    this.#stale = false
    this.#rebuildCost = performance.now() - begun
    this.#rebuiltAt = performance.now()
    this.#seenRows ??= this.props.follow ? undefined : this.#countRows()
    this.#events.height(this.#layout.height + AXIS)
    this.#events.rebuilt()
  }

  #sessionsAway(): ReadonlySet<number> {
    const edge = this.now() ?? Number.POSITIVE_INFINITY
    const away = new Set<number>()
    this.tracks.forEach((track, index) => {
      const to = track.session.ended ? Math.max(track.session.ended.at, track.session.lastAt) : Math.min(track.to, edge)
      if (to < this.shown.from || track.from > this.shown.to) away.add(index)
    })
    return away
  }

  #countRows(): number {
    return this.props.data.sessions.reduce((sum, rows) => sum + rows.exchanges.length + rows.frames.length, 0)
  }

  #callOf(selection: Selection | null): Call | undefined {
    if (!selection) return undefined
    const { data } = this.props
    const call = (id: number | undefined): Call | undefined => {
      if (id === undefined) return undefined
      for (const track of this.tracks) {
        const found = track.callRow.get(id)
        if (found) return found.call
      }
      return undefined
    }
    if (selection.kind === 'call') return call(selection.id)
    if (selection.kind === 'exchange') {
      const place = this.tracks.map(track => track.places.get(selection.id)).find(found => found !== undefined)
      return place && place.path >= 0 ? call(place.exchange.calls[0]) : undefined
    }
    if (selection.kind === 'frame') return call(findIn(data, rows => rows.frames, selection.id)?.call)
    if (selection.kind === 'finding') return call(findIn(data, rows => rows.findings, selection.id)?.call)
    return undefined
  }

  #draw(): void {
    if (this.#request < 0) return
    this.#request = 0
    const width = this.#layers.scroller.clientWidth
    const height = this.#layers.scroller.clientHeight
    if (width === 0 || height === 0) return
    this.#advance()
    if (this.#stale) this.#rebuild()
    if (this.#moved) {
      this.#moved = this.#flight !== undefined
      this.#compose(width, height)
      this.#drawLower(width, height)
      this.#events.shown(this.shown)
      const fresh = this.#seenRows === undefined || this.props.data.now === undefined ? 0 : this.#countRows() - this.#seenRows
      this.#events.news(fresh)
    }
    this.#drawUpper(width, height)
    this.#coast()
  }

  #compose(width: number, height: number): void {
    const { props } = this
    const { data } = props
    this.frame = compose({
      width,
      height,
      scrollTop: this.#layers.scroller.scrollTop,
      range: this.shown,
      sessions: data.sessions,
      tracks: this.tracks,
      logs: this.#logs,
      gaps: data.gaps,
      findings: this.findings,
      layout: this.#layout,
      selection: props.selection,
      call: this.#callOf(props.selection),
      zero: props.zero,
      startedAt: data.startedAt,
      now: this.now(),
      lastAt: data.now ?? edgeOf(data),
      narrow: this.narrow,
      dimmed: props.dimmed,
      measure: this.measure,
    })
  }

  #drawLower(width: number, height: number): void {
    const { frame, palette } = this
    if (!frame) return
    const grid = prepare(this.#layers.grid, width, height)
    if (grid) {
      const replaces = this.tracks.map(track => this.tracks.some(other => other.session.id === track.session.replaces))
      drawGrid(grid, palette, { frame, width, height, now: this.now(), measure: this.measure, replaces })
    }
    const marks = prepare(this.#layers.marks, width, height)
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

  #drawUpper(width: number, height: number): void {
    const over = prepare(this.#layers.over, width, height)
    if (!over || !this.frame) return
    const { data, zero } = this.props
    drawOverlay(over, this.palette, {
      frame: this.frame,
      zero,
      startedAt: data.startedAt,
      width,
      height,
      crossX: this.crossX,
      hover: this.hover,
      chosen: this.chosen,
      lost: data.lost,
      lastText: data.now === undefined ? '' : clockText(data.startedAt + data.now, 1000),
      measure: this.measure,
    })
  }

  /** While something is live and in view, the next frame comes when the edge has moved half a pixel. */
  #coast(): void {
    const { data, follow, paused } = this.props
    const now = this.now()
    if (now === undefined || data.lost || paused || !this.frame || this.#timer !== undefined) return
    if (performance.now() - this.#heardAt > COAST_MS) return
    if (!follow && (now < this.shown.from || now > this.shown.to)) return
    const wait = Math.max(33, msPerPx(this.frame.view) / 2)
    if (wait > 2000) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.invalidate()
    }, wait)
  }
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
