/** What joins the lanes: the request going down from its call, the answer coming up, and the client's limit. */
import type { Call } from '../../proxy/core/model.ts'
import { gaveUpAt, isFailedCall, isLate, lostFrom } from '../call-fate.ts'
import { lengthText } from './axis.ts'
import { legsOf, pathMiddle } from './lanes.ts'
import type { DrawnCalls } from './mark-calls.ts'
import { BAR, type Block, type DrawnCall, type DrawnExchange, type Pass, xOf } from './pass.ts'
import { inView } from './scale.ts'
import { type Ink, PRIORITY } from './shapes.ts'

const APART = 6

/** Calls whose ends stand at least 6 px from their neighbours, and those that always count: the selection and the problems. */
function joined(pass: Pass, { calls, crowds }: DrawnCalls): DrawnCall[] {
  const order = [...calls].sort((a, b) => a.x0 - b.x0)
  return order.filter((mark, i) => {
    if (isFailedCall(mark.call) || (pass.selection?.kind === 'call' && pass.selection.id === mark.call.id)) return true
    if (crowds.some(run => mark.x0 > run.x0 - APART && mark.x0 < run.x1 + APART)) return false
    const before = order[i - 1]
    const after = order[i + 1]
    return (!before || mark.x0 - before.x0 >= APART) && (!after || after.x0 - mark.x0 >= APART)
  })
}

export function markJoins(pass: Pass, block: Block, calls: DrawnCalls, exchanges: ReadonlyMap<number, DrawnExchange>): void {
  for (const mark of joined(pass, calls)) {
    const { call } = mark
    const a = pass.alpha('call', call.id)
    const fromServer = call.from === 'server'
    const askedY = laneY(block, exchanges, call.exchange, fromServer)
    if (askedY !== undefined && inView(pass.view, call.sentAt)) {
      const x = xOf(pass, call.sentAt)
      const ink: Ink = call.error ? 'fail' : 'call'
      if (fromServer) arrowUp(pass, x, askedY, mark.top + BAR, ink, a)
      else pass.scene.shapes.push({ k: 'line', x, y: mark.top + BAR, x2: x, y2: askedY, ink, width: 1.2, a })
    }
    markAnswer(pass, block, exchanges, mark, a)
    markLimit(pass, block, mark, a)
  }
}

function markAnswer(pass: Pass, block: Block, exchanges: ReadonlyMap<number, DrawnExchange>, mark: DrawnCall, a: number): void {
  const { call } = mark
  if (call.answeredAt === undefined || call.delivery === 'undeliverable' || !inView(pass.view, call.answeredAt)) return
  const from = call.answerExchange ?? call.exchange
  const fromServer = call.from === 'server'
  const y = laneY(block, exchanges, from, !fromServer)
  if (y === undefined) return
  const x = Math.max(xOf(pass, call.answeredAt), mark.x0 + 3) - 0.6
  const ink: Ink = call.error || isLate(call) ? 'fail' : 'call'
  if (fromServer) pass.scene.shapes.push({ k: 'line', x, y: mark.top + BAR, x2: x, y2: y, ink, width: 1.2, a })
  else arrowUp(pass, x, y, mark.top + BAR, ink, a)
}

function arrowUp(pass: Pass, x: number, from: number, to: number, ink: Ink, a: number): void {
  pass.scene.shapes.push({ k: 'line', x, y: from, x2: x, y2: to + 6, ink, width: 1.2, a })
  pass.scene.shapes.push({ k: 'glyph', name: 'arrowUp', x, y: to + 1, size: 6, fill: ink, a })
}

/** Where a join meets an exchange: the top of a stream's client leg, or the upper (`coming up`) edge of a path's mark. */
function laneY(block: Block, exchanges: ReadonlyMap<number, DrawnExchange>, id: number, up: boolean): number | undefined {
  const place = block.tracks.places.get(id)
  if (!place || place.row < 0) return undefined
  if (place.path < 0) return block.stream ? legsOf(block.stream, place.row).client - 1 : undefined
  const lane = block.paths[place.path]
  if (!lane) return undefined
  const y = exchanges.get(id)?.y ?? pathMiddle(lane, place.row)
  return up ? y - 6 : y - 5
}

/** Limits that clients are known to set, in seconds. */
const USUAL_LIMITS = [5, 10, 15, 20, 30, 45, 60, 90, 100, 120, 150, 180, 240, 300, 600, 900, 1800, 3600]

/** A usual length, or said to be a timeout by the client itself: then it is a limit; else only the moment when the client left. */
export function limitText(call: Call): string {
  const after = (lostFrom(call) ?? 0) - call.sentAt
  const announced = gaveUpAt(call) !== undefined
  const usual = USUAL_LIMITS.some(limit => Math.abs(after - limit * 1000) <= Math.max(20, after * 0.003))
  return `${announced || usual ? 'client limit' : 'client left after'} ${lengthText(after)}`
}

function markLimit(pass: Pass, block: Block, mark: DrawnCall, a: number): void {
  const { call } = mark
  const lost = lostFrom(call)
  if (lost === undefined || call.delivery === 'unanswered' || !inView(pass.view, lost) || !block.calls) return
  const until = leftAt(block, call, mark.top + BAR + 4)
  if (until === undefined) return
  const x = xOf(pass, lost)
  pass.scene.over.push({ k: 'line', x, y: block.calls.y + 1, x2: x, y2: until, ink: 'fail', width: 1.4, dash: [4, 3], a })
  if (block.calls.compact) return
  pass.scene.labels.push({
    parts: [{ text: limitText(call), ink: 'fail' }],
    spots: [{ x: x - 6, y: block.calls.y + 14, align: 'end' }],
    priority: PRIORITY.limit,
    halo: 'pane',
    a,
  })
}

/** How far apart two records of one close may lie. */
const SAME_MS = 50

/**
 * Where the client left, as the lower end of its line: at the leg that would have carried the answer and that it closed; at the lane of its
 * POSTs where it only said there that it gave up. `nowhere` where neither is in sight; undefined when the break did not come from the client.
 */
function leftAt(block: Block, call: Call, nowhere: number): number | undefined {
  const { session, places } = block.tracks
  for (const id of [call.answerExchange, call.exchange, session.stream]) {
    const place = id === undefined ? undefined : places.get(id)
    const end = place?.exchange.clientEnd
    if (!place || end?.by !== 'client' || Math.abs(end.at - (call.brokenAt ?? 0)) > SAME_MS) continue
    if (place.path < 0) return block.stream && place.row >= 0 ? legsOf(block.stream, place.row).client - 3 : nowhere
    const lane = block.paths[place.path]
    return lane && place.row >= 0 ? pathMiddle(lane, place.row) - 8 : nowhere
  }
  if (gaveUpAt(call) !== undefined) {
    const place = places.get(call.exchange)
    const lane = place && block.paths[place.path]
    return lane ? pathMiddle(lane, 0) - 8 : nowhere
  }
  return session.ended?.by === 'client' ? nowhere : undefined
}
