/** A composed frame of given data, for tests: the pictures' size and zoom unless told otherwise. Used by tests only. */
import type { Call } from '../../proxy/core/model.ts'
import type { Selection, TimelineData } from '../view.ts'
import { type ComposedFrame, compose } from './compose.ts'
import { type Dimmed, Fading } from './fading.ts'
import { numberedFindings } from './findings.ts'
import { edgeOf, findIn } from './fit.ts'
import { layoutLanes } from './lanes.ts'
import { logTracks } from './mark-logs.ts'
import type { GlyphName, Ink, Shape } from './shapes.ts'
import { at } from './story.fixture.ts'
import { tracksOf } from './tracks.ts'

export const measure = (text: string): number => text.length * 6

export interface Shot {
  /** Seconds of the story. */
  readonly from?: number
  readonly to?: number
  readonly focus?: number
  readonly narrow?: boolean
  readonly selection?: Selection | null
  readonly height?: number
  readonly scrollTop?: number
  readonly width?: number
  readonly away?: ReadonlySet<number>
  readonly dimmed?: Dimmed
}

export function shoot(data: TimelineData, shot: Shot = {}): ComposedFrame {
  const tracks = data.sessions.map(rows => tracksOf(rows))
  const layout = layoutLanes(tracks, {
    focus: shot.focus ?? 1,
    narrow: shot.narrow ?? false,
    away: shot.away ?? new Set(),
    log: data.logs.length > 0,
  })
  const selection = shot.selection ?? null
  const call: Call | undefined = selection?.kind === 'call' ? findIn(data, rows => rows.calls, selection.id) : undefined
  return compose({
    width: shot.width ?? 770,
    height: shot.height ?? layout.height + 36,
    scrollTop: shot.scrollTop ?? 0,
    range: { from: at(shot.from ?? -24.5), to: at(shot.to ?? 101) },
    sessions: data.sessions,
    tracks,
    logs: logTracks(data.logs),
    gaps: data.gaps,
    findings: numberedFindings(data.sessions),
    layout,
    selection,
    focus: data.sessions[shot.focus ?? 1]?.session.id ?? -1,
    call,
    zero: { at: at(0), mode: 'selection', label: 'call 6 sent' },
    startedAt: data.startedAt,
    now: data.now,
    lastAt: edgeOf(data),
    narrow: shot.narrow ?? false,
    fading: new Fading(shot.dimmed),
    measure,
  })
}

const all = (frame: ComposedFrame): Shape[] => [...frame.scene.shapes, ...frame.scene.over]
export const texts = (frame: ComposedFrame): string[] => frame.labels.map(label => label.parts.map(part => part.text).join(''))
export const glyphs = (frame: ComposedFrame, name: GlyphName): Extract<Shape, { k: 'glyph' }>[] =>
  all(frame)
    .filter(shape => shape.k === 'glyph')
    .filter(shape => shape.name === name)
export const rects = (frame: ComposedFrame, fill: Ink): Extract<Shape, { k: 'rect' }>[] =>
  all(frame)
    .filter(shape => shape.k === 'rect')
    .filter(shape => shape.fill === fill)
export const hatches = (frame: ComposedFrame): Extract<Shape, { k: 'hatch' }>[] =>
  [...frame.scene.under, ...all(frame)].filter(shape => shape.k === 'hatch')
export const lines = (frame: ComposedFrame, ink: Ink): Extract<Shape, { k: 'line' }>[] =>
  all(frame)
    .filter(shape => shape.k === 'line')
    .filter(shape => shape.ink === ink)
export const curves = (frame: ComposedFrame): Extract<Shape, { k: 'curve' }>[] => all(frame).filter(shape => shape.k === 'curve')
