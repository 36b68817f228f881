/**
 * Keeps the three canvases true to the props: rebuilds tracks when rows change, composes a frame when anything moved, draws only the layers that need it.
 * Promise: one animation frame gathers all causes; nothing runs while nothing changes.
 */
import type { Finding } from '../../proxy/core/model.ts'
import type { Range, TimelineProps } from '../view.ts'
import { AXIS, type ComposedFrame, compose } from './compose.ts'
import { Fading } from './fading.ts'
import { callOf, edgeOf } from './fit.ts'
import { hitAt } from './hit.ts'
import { type LaneLayout, layoutLanes } from './lanes.ts'
import { LiveRange } from './live-range.ts'
import { NextFrame } from './next-frame.ts'
import { type Layers, paintLower, paintUpper } from './paint.ts'
import { type Palette, readPalette } from './palette.ts'
import { followedBy, msPerPx } from './scale.ts'
import type { Hit } from './shapes.ts'
import { reachOf } from './tail.ts'
import { TextWidths } from './text-widths.ts'
import { TrackCache } from './track-cache.ts'
import type { SessionTracks } from './tracks.ts'

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

/** The edge moves on by itself for as long as the feed may rest between two words of the recorder. */
const COAST_MS = 2500
/** A chain taller than this part of the window folds around its focus: most of the page belongs to the table. */
const ROOM = 0.42

export class Stage {
  props: TimelineProps
  frame: ComposedFrame | undefined
  palette: Palette
  narrow = false
  hover: Hit | null = null
  crossX: number | undefined
  #pointer: { readonly x: number; readonly y: number } | undefined
  chosen: { range: Range; text: string } | undefined
  /** A gesture is going on: lanes keep their places until it ends. */
  busy = false

  readonly #layers: Layers
  readonly #events: StageEvents
  readonly #range: LiveRange
  readonly #cache = new TrackCache(() => performance.now())
  readonly #widths: TextWidths
  readonly #next = new NextFrame(() => this.#draw())
  #fading: Fading
  #layout: LaneLayout = { lanes: [], height: 0 }
  #away: ReadonlySet<number> = new Set()
  #heardAt = 0
  #stale = true
  #moved = true
  #seenRows: number | undefined

  constructor(layers: Layers, props: TimelineProps, events: StageEvents) {
    this.#layers = layers
    this.#events = events
    this.props = props
    this.#range = new LiveRange(props.range)
    this.#fading = new Fading(props.dimmed)
    this.palette = readPalette(layers.scroller)
    this.#widths = new TextWidths(layers.over, this.palette)
    this.#heardAt = performance.now()
  }

  /** New props: what changed decides what is redone. */
  set(props: TimelineProps): void {
    const before = this.props
    this.props = props
    if (props.data.now !== before.data.now) this.#heardAt = performance.now()
    if (props.rev !== before.rev || props.data !== before.data || props.focus !== before.focus) this.#stale = true
    if (props.theme !== before.theme) this.repaint()
    if (props.dimmed !== before.dimmed) this.#fading = new Fading(props.dimmed)
    if (props.follow !== before.follow) this.#seenRows = props.follow ? undefined : this.#countRows()
    if (this.#range.hear(props.range, props.follow ? undefined : this.#glide())) this.#stale = true
    this.invalidate()
  }

  /** Theme, fonts or forced colours changed. */
  repaint(): void {
    this.palette = readPalette(this.#layers.scroller)
    this.#widths.palette = this.palette
    this.#events.rebuilt()
    this.invalidate()
  }

  /** The pointer stands here, or has left; gives the mark under it. */
  point(pointer: { x: number; y: number } | undefined): Hit | null {
    const view = this.frame?.view
    this.#pointer = pointer
    this.crossX = pointer && view && pointer.x >= view.x0 && pointer.x <= view.x1 ? pointer.x : undefined
    const hit = this.#underPointer()
    this.#next.soon()
    return hit
  }
  #underPointer(): Hit | null {
    const hit = this.#pointer ? hitAt(this.frame?.hits ?? [], this.#pointer.x, this.#pointer.y) : null
    this.hover = hit && hit.kind !== 'session' ? hit : null
    return hit
  }

  invalidate(): void {
    this.#moved = true
    this.#next.soon()
  }
  /** Only the pointer moved. */
  invalidateOverlay(): void {
    this.#next.soon()
  }
  dispose(): void {
    this.#next.stop()
  }

  /** The live edge at this moment: it coasts between two words of the recorder, and stands still when paused or lost. */
  now(): number | undefined {
    const { now, lost } = this.props.data
    if (now === undefined || lost || this.props.paused) return now
    return now + Math.min(COAST_MS, performance.now() - this.#heardAt)
  }

  get shown(): Range {
    return this.#range.shown
  }
  get tracks(): readonly SessionTracks[] {
    return this.#cache.tracks
  }
  get findings(): readonly Finding[] {
    return this.#cache.findings
  }

  /** A range chosen by hand. `glide`: a programmed zoom, shown in 160 ms; else at once. */
  choose(chosen: Range, glide: boolean): void {
    const kept = this.props.follow ? followedBy(chosen, this.shown, this.now()) : undefined
    const range = kept ?? chosen
    this.#range.go(range, glide ? this.#glide() : undefined)
    this.#range.tell(range)
    this.props.onRange(range, kept !== undefined)
    this.invalidate()
  }
  #glide(): number | undefined {
    return window.matchMedia('(prefers-reduced-motion: reduce)').matches ? undefined : performance.now()
  }

  /** The gesture is over: sessions that left the view may fold now. */
  settle(): void {
    this.busy = false
    this.#stale = true
    this.invalidate()
  }

  #advance(): void {
    const now = this.now()
    if (!this.props.follow || now === undefined) {
      if (this.#range.advance(performance.now())) this.#stale = true
      if (this.#range.flying) this.#next.soon()
      return
    }
    this.#range.follow(now, this.props.whole)
  }

  #rebuild(): void {
    const { data } = this.props
    const rest = this.#cache.rest(data)
    if (rest > 0) {
      this.#later(rest)
      return
    }
    this.#cache.update(data)
    if (!this.busy && !this.#range.flying) this.#away = this.#sessionsAway()
    const focus = Math.max(
      0,
      data.sessions.findIndex(rows => rows.session.id === this.props.focus),
    )
    this.#layout = layoutLanes(this.tracks, {
      focus,
      narrow: this.narrow,
      away: this.#away,
      log: data.logs.length > 0,
      room: window.innerHeight * ROOM,
    })
    this.#stale = false
    this.#seenRows ??= this.props.follow ? undefined : this.#countRows()
    this.#events.height(this.#layout.height + AXIS)
    this.#events.rebuilt()
  }

  /** A frame in `ms` at the latest, of all that has moved by then. */
  #later(ms: number): void {
    this.#next.later(ms, () => this.invalidate())
  }

  #sessionsAway(): ReadonlySet<number> {
    const now = this.now()
    const away = new Set<number>()
    this.props.data.sessions.forEach((rows, index) => {
      const from = this.tracks[index]?.from ?? rows.session.startedAt
      if (reachOf(rows, now) < this.shown.from || from > this.shown.to) away.add(index)
    })
    return away
  }

  #countRows(): number {
    return this.props.data.sessions.reduce((sum, rows) => sum + rows.exchanges.length + rows.frames.length, 0)
  }

  #draw(): void {
    const width = this.#layers.scroller.clientWidth
    const height = this.#layers.scroller.clientHeight
    if (width === 0 || height === 0) return
    this.#advance()
    if (this.#stale) this.#rebuild()
    const moved = this.#moved
    if (moved) {
      this.#moved = this.#range.flying
      this.#compose(width, height)
    }
    if (!this.frame) return
    const picture = { layers: this.#layers, palette: this.palette, frame: this.frame, width, height, measure: this.#widths.measure }
    if (moved) {
      paintLower(picture, this.tracks, this.now())
      this.#events.shown(this.shown)
      const fresh = this.#seenRows === undefined || this.props.data.now === undefined ? 0 : this.#countRows() - this.#seenRows
      this.#events.news(fresh)
    }
    paintUpper(picture, this.props, { crossX: this.crossX, hover: this.hover, chosen: this.chosen })
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
      logs: this.#cache.logs,
      gaps: data.gaps,
      findings: this.findings,
      layout: this.#layout,
      selection: props.selection,
      focus: props.focus,
      call: callOf(data, this.tracks, props.selection),
      zero: props.zero,
      startedAt: data.startedAt,
      now: this.now(),
      lastAt: data.now ?? edgeOf(data),
      narrow: this.narrow,
      fading: this.#fading,
      measure: this.#widths.measure,
    })
    // What lies under a resting pointer moves with the range.
    this.#underPointer()
  }

  /** While something is live and in view, the next frame comes when the edge has moved half a pixel. */
  #coast(): void {
    const { data, follow, paused } = this.props
    const now = this.now()
    if (now === undefined || data.lost || paused || !this.frame) return
    if (performance.now() - this.#heardAt > COAST_MS) return
    if (!follow && (now < this.shown.from || now > this.shown.to)) return
    const wait = Math.max(33, msPerPx(this.frame.view) / 2)
    if (wait > 2000) return
    this.#later(wait)
  }
}
