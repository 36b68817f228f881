/**
 * One frame: rows, range and size in; shapes, labels and hit boxes out. Promise: pure, and its cost depends on the screen.
 *
 *   0         x0                                  x1     width
 *   | gutter  | findings row (18)                  | 12  |
 *   |         | axis row (18)                      |     |
 *   |---------+------------------------------------+-----|  AXIS
 *   | names   | lanes, moved up by scrollTop       |     |
 */
import type { Call, Finding, Gap } from '../../proxy/core/model.ts'
import { callEnd, lostFrom } from '../call-fate.ts'
import { plural } from '../format.ts'
import type { Range, Selection, SessionRows, Zero } from '../view.ts'
import { type Axis, axisOf } from './axis.ts'
import type { Fading } from './fading.ts'
import { openFinding } from './findings.ts'
import { type Measure, type PlacedLabel, placeLabels } from './labels.ts'
import type { Lane, LaneLayout } from './lanes.ts'
import { markCalls } from './mark-calls.ts'
import { markEvidence } from './mark-evidence.ts'
import { markExchanges, markRedirects } from './mark-exchanges.ts'
import { markFlags } from './mark-flags.ts'
import { markHeader } from './mark-headers.ts'
import { markJoins } from './mark-joins.ts'
import { markLens } from './mark-lens.ts'
import { type LogTracks, markLogs } from './mark-logs.ts'
import { markStreams } from './mark-streams.ts'
import type { Block, Pass } from './pass.ts'
import { pinLanes } from './pin.ts'
import { clampX, inView, timeToX, type View } from './scale.ts'
import { type Hit, PRIORITY, Scene, type Shape } from './shapes.ts'
import type { SessionTracks } from './tracks.ts'

export const FLAG_ROW = 18
export const AXIS = 36
export const RIGHT_MARGIN = 12
export const gutterOf = (narrow: boolean): number => (narrow ? 116 : 120)

export interface FrameInput {
  readonly width: number
  readonly height: number
  readonly scrollTop: number
  readonly range: Range
  readonly sessions: readonly SessionRows[]
  readonly tracks: readonly SessionTracks[]
  readonly logs: LogTracks
  readonly gaps: readonly Gap[]
  readonly findings: readonly Finding[]
  readonly layout: LaneLayout
  readonly selection: Selection | null
  /** The session in focus. */
  readonly focus: number
  /** The call that is selected, or that the selected exchange, frame or finding belongs to. */
  readonly call: Call | undefined
  readonly zero: Zero
  readonly startedAt: number
  readonly now: number | undefined
  /** The last moment of the recording, for ends that are not known. */
  readonly lastAt: number
  readonly narrow: boolean
  readonly fading: Fading
  readonly measure: Measure
}
export interface ComposedFrame {
  readonly view: View
  readonly axis: Axis
  /** Lanes in view, at their place on the canvas. */
  readonly lanes: readonly Lane[]
  readonly blocks: readonly Block[]
  readonly scene: Scene
  /** Flags and their stems: above the axis, never scrolled. */
  readonly flags: Scene
  readonly labels: readonly PlacedLabel[]
  readonly flagLabels: readonly PlacedLabel[]
  readonly hits: readonly Hit[]
  /** Lower end of the last lane on the canvas. */
  readonly bottom: number
  readonly nowX: number | undefined
}

export function compose(input: FrameInput): ComposedFrame {
  const view: View = { ...input.range, x0: gutterOf(input.narrow), x1: Math.max(gutterOf(input.narrow) + 40, input.width - RIGHT_MARGIN) }
  const scene = new Scene()
  const { fading } = input
  const pass: Pass = {
    view,
    edge: input.now ?? input.lastAt,
    scene,
    selection: input.selection,
    measure: input.measure,
    alpha: (kind, id) => fading.of(kind, id),
    alphaOf: (kind, among) => fading.ofAll(kind, among),
  }
  const scrolled = input.layout.lanes.map(lane => ({ ...lane, y: lane.y + AXIS - input.scrollTop }))
  const owner = input.call ? input.tracks.findIndex(tracks => tracks.session.id === input.call?.session) : -1
  const lanes = owner < 0 ? scrolled : pinLanes(scrolled, owner, AXIS, input.height)
  const visible = (lane: Lane | undefined): Lane | undefined =>
    lane && lane.y + lane.height > AXIS && lane.y < input.height ? lane : undefined
  const blocks = blocksOf(input, lanes, visible)
  for (const [index, block] of blocks.entries()) markBlock(pass, block, blocks[index - 1], input, visible(block.header) !== undefined)
  const log = visible(lanes.find(lane => lane.kind === 'log'))
  if (log) markLogs(pass, log, input.logs)
  const bottom = Math.min(input.height, input.layout.height + AXIS - input.scrollTop)
  for (const gap of input.gaps) markGap(pass, gap, bottom)

  const flags = new Scene()
  markFlags({ ...pass, scene: flags }, input.findings, FLAG_ROW / 2, AXIS)
  const open = openFinding(input.findings, input)
  if (open) markEvidence(pass, open, flags, { axis: AXIS, bottom })
  const laneBounds = { x0: view.x0, y0: AXIS - 1, x1: input.width, y1: Math.max(bottom, AXIS) }
  const pinned = scene.pinned.flatMap(wish => placeLabels([wish], input.measure, laneBounds, []))
  return {
    view,
    axis: axisOf(view, input.zero, input.startedAt),
    lanes: lanes.filter(lane => visible(lane)),
    blocks,
    scene,
    flags,
    labels: [...placeLabels(scene.labels, input.measure, laneBounds, scene.taken), ...pinned],
    flagLabels: placeLabels(flags.labels, input.measure, { x0: view.x0 - 8, y0: -2, x1: input.width, y1: FLAG_ROW }, flags.taken),
    hits: [...scene.hits.filter(hit => hit.y1 > AXIS), ...flags.hits],
    bottom,
    nowX: input.now !== undefined && inView(view, input.now) ? timeToX(view, input.now) : undefined,
  }
}

function blocksOf(input: FrameInput, lanes: readonly Lane[], visible: (lane: Lane | undefined) => Lane | undefined): Block[] {
  return input.tracks.flatMap((tracks, session): Block[] => {
    const own = lanes.filter(lane => lane.session === session)
    const header = own[0]
    const rows = input.sessions[session]
    if (!header || !rows) return []
    const last = own[own.length - 1] ?? header
    const calls = visible(own.find(lane => lane.kind === 'calls'))
    const stream = visible(own.find(lane => lane.kind === 'stream'))
    const paths = tracks.paths.map((_, path) => visible(own.find(lane => lane.path === path)))
    return [{ tracks, rows, header, paths, bottom: last.y + last.height, ...(calls ? { calls } : {}), ...(stream ? { stream } : {}) }]
  })
}

function markBlock(pass: Pass, block: Block, before: Block | undefined, input: FrameInput, headerShown: boolean): void {
  const { session } = block.tracks
  if (block.bottom < AXIS || block.header.y > input.height) return
  const replaced = session.replaces === undefined ? undefined : input.sessions.find(rows => rows.session.id === session.replaces)?.session
  const next = before && replaced && before.tracks.session.id === replaced.id ? before : undefined
  if (headerShown) markHeader(pass, block, { replaced, before: next }, { short: input.narrow, past: input.now === undefined })
  if (block.header.folded) return
  const own = input.call?.session === session.id ? input.call : undefined
  if (own) washCall(pass, block, own)
  const calls = markCalls(pass, block)
  const exchanges = markExchanges(pass, block)
  markStreams(pass, block)
  markRedirects(pass, block, exchanges)
  markJoins(pass, block, calls, exchanges)
  if (own) markLens(pass, block, own)
}

/** The band of the selected call, through all lanes of its session. */
function washCall(pass: Pass, block: Block, call: Call): void {
  const top = Math.max(AXIS, block.header.y + block.header.height)
  const wash = (from: number, to: number, fill: 'select' | 'failWash', a: number): void => {
    const x = clampX(pass.view, from)
    const w = clampX(pass.view, to) - x
    if (w > 0) pass.scene.under.push({ k: 'rect', x, y: top, w, h: block.bottom - top, fill, a })
  }
  const end = Math.min(callEnd(call), pass.edge)
  const sound = Math.min(end, lostFrom(call) ?? end)
  wash(call.sentAt, sound, 'select', 0.5)
  if (end > sound) wash(sound, end, 'failWash', 0.6)
}

const REASON: Record<string, string> = {
  'disk-full': 'disk full',
  'read-only': 'disk read-only',
  'io-error': 'disk error',
  deleted: 'file deleted',
  stall: 'disk stalled',
  'torn-tail': 'torn record',
  corrupt: 'corrupt record',
}

/** Records are missing here: a hatched column through all lanes. A mere detour of the writer lost nothing and is a thin one. */
function markGap(pass: Pass, gap: Gap, bottom: number): void {
  const x = clampX(pass.view, Math.min(gap.since, gap.at))
  const x2 = clampX(pass.view, gap.at)
  if (gap.at < pass.view.from || Math.min(gap.since, gap.at) > pass.view.to) return
  const w = Math.max(4, x2 - x)
  const column: Shape = { k: 'hatch', x, y: AXIS, w, h: Math.max(0, bottom - AXIS), ink: 'held', ground: 'sunk', a: 0.75 }
  pass.scene.under.push(column)
  const lost = gap.lost > 0 ? `${plural(gap.lost, 'record')} lost` : 'nothing lost'
  pass.scene.labels.push({
    parts: [{ text: `${REASON[gap.reason] ?? gap.reason}, ${lost}`, ink: gap.lost > 0 ? 'fail' : 'tx2' }],
    spots: [14, 28, 44, 60].flatMap(dy => [
      { x: x + w + 5, y: AXIS + 22 + dy, align: 'start' as const },
      { x: x - 5, y: AXIS + 22 + dy, align: 'end' as const },
    ]),
    priority: PRIORITY.break,
    halo: 'pane',
  })
}
