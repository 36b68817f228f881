/** What the detail speaks of: a selection resolved to the rows that belong to it. Promise: pure; a row that is gone leaves a gap, never an error. */
import type { Call, Exchange, Finding, Frame, LogLine } from '../../proxy/core/model.ts'
import { carriersOf, isAbout, worstFirst } from '../timeline/findings.ts'
import type { Selection, SessionRows } from '../view.ts'

export interface Subject {
  /** "call 6", "exchange 12", "event 3": after the session's id in the crumb. */
  readonly crumb: string
  readonly title: string
  readonly call?: Call
  readonly frame?: Frame
  readonly log?: LogLine
  readonly finding?: Finding
  /** Every exchange that took part, in time order; the first is where it began. */
  readonly exchanges: readonly Exchange[]
  /** Findings about it first, then the session's others. */
  readonly findings: readonly Finding[]
  /** How many of `findings` are about the subject itself. */
  readonly own: number
}

export const shortKey = (key: string): string => (key.length > 12 ? key.slice(0, 8) : key)
const nameOf = (call: Call): string => call.name ?? call.method
const pathOf = (exchange: Exchange): string => `${exchange.method} ${exchange.path}`

function exchangesOf(rows: SessionRows, ids: readonly number[]): Exchange[] {
  const wanted = new Set(ids)
  return rows.exchanges.filter(exchange => wanted.has(exchange.id))
}

function callOf(rows: SessionRows, id: number | undefined): Call | undefined {
  return id === undefined ? undefined : rows.calls.find(call => call.id === id)
}

/** Findings about this call or these exchanges first, those of the whole session after them; each worst first. */
function ordered(rows: SessionRows, first: (finding: Finding) => boolean): { findings: Finding[]; own: number } {
  const live = worstFirst(rows.findings)
  const own = live.filter(first)
  return { findings: [...own, ...live.filter(finding => !own.includes(finding))], own: own.length }
}

function ofCall(call: Call, rows: SessionRows): Subject {
  const ids = carriersOf(call, rows)
  const all = exchangesOf(rows, ids)
  return {
    crumb: call.number > 0 ? `call ${call.number}` : call.kind,
    title: nameOf(call),
    call,
    // What carried the request first, then the stream, which is older than the call.
    exchanges: [...all.filter(({ body }) => body !== 'stream'), ...all.filter(({ body }) => body === 'stream')],
    ...ordered(rows, finding => isAbout(finding, call, ids)),
  }
}

function ofExchange(exchange: Exchange, rows: SessionRows): Subject {
  const call = exchange.calls.length === 1 ? callOf(rows, exchange.calls[0]) : undefined
  return {
    crumb: `exchange #${exchange.requestSeq}`,
    title: pathOf(exchange),
    exchanges: [exchange],
    ...(call && { call }),
    ...ordered(rows, finding => finding.exchange === exchange.id),
  }
}

function ofFrame(frame: Frame, rows: SessionRows): Subject {
  const call = callOf(rows, frame.call)
  return {
    crumb: `event ${frame.index + 1}`,
    title: frame.kind === 'event' ? frame.event : frame.kind,
    frame,
    exchanges: exchangesOf(rows, [frame.exchange]),
    ...(call && { call }),
    ...ordered(rows, finding => finding.call !== undefined && finding.call === frame.call),
  }
}

/** The subject of a selection, or undefined while its row has not come yet. */
export function subjectOf(selection: Selection, rows: SessionRows, logs: readonly LogLine[]): Subject | undefined {
  const { kind, id } = selection
  if (kind === 'call') {
    const call = callOf(rows, id)
    return call && ofCall(call, rows)
  }
  if (kind === 'exchange') {
    const exchange = rows.exchanges.find(row => row.id === id)
    return exchange && ofExchange(exchange, rows)
  }
  if (kind === 'frame') {
    const frame = rows.frames.find(row => row.id === id)
    return frame && ofFrame(frame, rows)
  }
  if (kind === 'finding') {
    const finding = rows.findings.find(row => row.id === id)
    if (!finding) return undefined
    const call = callOf(rows, finding.call)
    const base = call ? ofCall(call, rows) : { exchanges: exchangesOf(rows, [finding.exchange ?? -1]) }
    return { ...base, crumb: 'finding', title: finding.rule, finding, ...ordered(rows, row => row.id === id) }
  }
  if (kind === 'log') {
    const log = logs.find(row => row.id === id)
    return (
      log && {
        crumb: 'server log',
        title: log.exception ?? log.source,
        log,
        exchanges: exchangesOf(rows, [log.exchange ?? -1]),
        ...ordered(rows, finding => finding.evidence.some(({ seq }) => seq === log.seq)),
      }
    )
  }
  const { session } = rows
  return {
    crumb: 'session',
    title: shortKey(session.key),
    exchanges: exchangesOf(rows, [session.stream ?? -1]),
    ...ordered(rows, () => true),
  }
}
