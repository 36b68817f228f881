/**
 * What a frame is made of: shapes with ink names, wishes for labels, and boxes that a pointer can hit.
 * Promise: plain data in CSS pixels; only the draw files know a canvas, only the palette knows a colour.
 */
import type { Selection } from '../view.ts'

/** Colours by role; palette.ts resolves them from the page's tokens. */
export type Ink =
  | 'call'
  | 'callBg'
  | 'post'
  | 'postBg'
  | 'stream'
  | 'streamBg'
  | 'redirect'
  | 'redirectBg'
  | 'fail'
  | 'failBg'
  | 'log'
  | 'logBg'
  | 'held'
  | 'pane'
  | 'sunk'
  | 'app'
  | 'edge'
  | 'line'
  | 'lineStrong'
  | 'tx1'
  | 'tx2'
  | 'tx3'
  | 'onAccent'
  | 'select'
  | 'accent'
  | 'focus'
  | 'failWash'
  | 'warn'
  | 'good'
  | 'info'

export type GlyphName = 'diamond' | 'triangle' | 'circle' | 'ring' | 'square' | 'hexagon' | 'cross' | 'arrowUp' | 'arrowDown'

interface Faded {
  /** Opacity; 1 when absent. */
  readonly a?: number
}
export type Shape =
  | ({
      readonly k: 'rect'
      readonly x: number
      readonly y: number
      readonly w: number
      readonly h: number
      readonly fill?: Ink
      readonly stroke?: Ink
      readonly r?: number
      readonly dash?: boolean
    } & Faded)
  /** Diagonal lines on a ground: never real traffic. */
  | ({
      readonly k: 'hatch'
      readonly x: number
      readonly y: number
      readonly w: number
      readonly h: number
      readonly ink: Ink
      readonly ground: Ink
      readonly dash?: boolean
      readonly frame?: boolean
    } & Faded)
  | ({
      readonly k: 'line'
      readonly x: number
      readonly y: number
      readonly x2: number
      readonly y2: number
      readonly ink: Ink
      readonly width: number
      readonly dash?: readonly number[]
    } & Faded)
  /** From a point down or up to another, leaving and arriving upright (`upright`) or level. */
  | ({
      readonly k: 'curve'
      readonly x: number
      readonly y: number
      readonly x2: number
      readonly y2: number
      readonly ink: Ink
      readonly width: number
      readonly upright: boolean
    } & Faded)
  | ({
      readonly k: 'glyph'
      readonly name: GlyphName
      readonly x: number
      readonly y: number
      readonly size: number
      readonly fill?: Ink
      readonly stroke?: Ink
      readonly width?: number
      readonly text?: string
      readonly textInk?: Ink
    } & Faded)

export interface TextPart {
  readonly text: string
  readonly ink: Ink
  readonly bold?: boolean
  readonly mono?: boolean
}
export type Align = 'start' | 'middle' | 'end'
export interface Spot {
  readonly x: number
  /** Baseline. */
  readonly y: number
  readonly align: Align
}
/** Lower comes first; equal ones go by order of wishing. */
export const PRIORITY = { readout: 0, break: 1, finding: 2, limit: 3, callName: 4, gap: 5, number: 6, axis: 7 } as const

export interface LabelWish {
  readonly parts: readonly TextPart[]
  /** The first that fits and collides with nothing is taken; none: the label is dropped. */
  readonly spots: readonly Spot[]
  readonly priority: number
  /** Ink of its halo; absent for text inside a bar. */
  readonly halo?: Ink
  /** Cut with an ellipsis beyond this width. */
  readonly maxWidth?: number
  readonly a?: number
  /** Tried when no spot is free: the same, shorter. */
  readonly otherwise?: LabelWish
}

/** Several things drawn as one: which is meant is decided by the pointer's time. */
export interface Among {
  readonly times: readonly number[]
  readonly ids: (index: number) => number
  readonly first: number
  readonly count: number
}
export interface Hit {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly kind: Selection['kind']
  readonly id: number
  readonly among?: Among
  /** Where the mark is drawn in front of its lane: problems win over what they cover. */
  readonly front?: boolean
}

export interface Box {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/** Collected by the mark files, in the order in which it is drawn. */
export class Scene {
  /** Washes behind everything: selection, late time. */
  readonly under: Shape[] = []
  readonly shapes: Shape[] = []
  /** Problems and who-ended badges: above all other marks. */
  readonly over: Shape[] = []
  readonly labels: LabelWish[] = []
  /** Labels inside something that keeps its own place free (the lens): drawn as they are. */
  readonly pinned: LabelWish[] = []
  readonly hits: Hit[] = []
  /** Places that no label may cover. */
  readonly taken: Box[] = []
}
