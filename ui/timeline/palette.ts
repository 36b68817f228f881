/** Colours and faces of the timeline, resolved from the page's tokens at run time. Promise: no colour of its own; forced colours get the system's. */
import type { Ink } from './shapes.ts'

const TOKEN: Record<Ink, string> = {
  call: '--m-call',
  callBg: '--m-call-bg',
  post: '--m-post',
  postBg: '--m-post-bg',
  stream: '--m-stream',
  streamBg: '--m-stream-bg',
  redirect: '--m-redirect',
  redirectBg: '--m-redirect-bg',
  fail: '--m-fail',
  failBg: '--m-fail-bg',
  log: '--m-log',
  logBg: '--m-log-bg',
  held: '--m-held',
  pane: '--bg-pane',
  sunk: '--bg-sunk',
  app: '--bg-app',
  edge: '--edge',
  line: '--line',
  lineStrong: '--line-strong',
  tx1: '--tx-1',
  tx2: '--tx-2',
  tx3: '--tx-3',
  onAccent: '--tx-on-accent',
  select: '--bg-select',
  accent: '--accent',
  focus: '--focus',
  failWash: '--fail-bg',
  warn: '--warn',
  good: '--good',
  info: '--info',
}
/** Surfaces in forced colours; everything else is text. */
const FORCED_GROUND: ReadonlySet<Ink> = new Set([
  'callBg',
  'postBg',
  'streamBg',
  'redirectBg',
  'failBg',
  'logBg',
  'pane',
  'sunk',
  'app',
  'failWash',
  'onAccent',
])
const FORCED_MARK: Partial<Record<Ink, string>> = {
  select: 'Canvas',
  accent: 'Highlight',
  focus: 'Highlight',
  line: 'GrayText',
  lineStrong: 'GrayText',
  tx3: 'CanvasText',
}

export interface Palette {
  readonly ink: Readonly<Record<Ink, string>>
  readonly ui: string
  readonly mono: string
  readonly forced: boolean
}

const FONT_PX = 11

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  const forced = window.matchMedia('(forced-colors: active)').matches
  const ink = {} as Record<Ink, string>
  for (const name of Object.keys(TOKEN) as Ink[]) {
    ink[name] = forced
      ? (FORCED_MARK[name] ?? (FORCED_GROUND.has(name) ? 'Canvas' : 'CanvasText'))
      : style.getPropertyValue(TOKEN[name]).trim() || '#808080'
  }
  return {
    ink,
    ui: style.getPropertyValue('--font-ui').trim() || 'sans-serif',
    mono: style.getPropertyValue('--font-mono').trim() || 'monospace',
    forced,
  }
}

export const fontOf = (palette: Palette, mono: boolean, bold: boolean): string =>
  `${bold ? 600 : 400} ${FONT_PX}px ${mono ? palette.mono : palette.ui}`
