/** The table's rows, for each tab, from the rows of the sessions shown. Promise: pure; one linear pass; row keys are stable. */
import type { Call, Exchange, Finding, Frame, Gap, LogLine, Session } from '../../proxy/core/model.ts'
import type { TableTab } from '../address.ts'
import { type Filterable, isRedirect } from '../filter-match.ts'
import type { Selection, SessionRows } from '../view.ts'

export type Entry =
  | { readonly kind: 'session'; readonly key: string; readonly session: Session; readonly before: Session | undefined }
  | { readonly kind: 'call'; readonly key: string; readonly call: Call; readonly open: boolean; readonly parts: boolean }
  /** `of`: the call that it is a part of, when shown under it. */
  | { readonly kind: 'exchange'; readonly key: string; readonly exchange: Exchange; readonly of?: Call }
  | { readonly kind: 'frame'; readonly key: string; readonly frame: Frame; readonly of?: Call }
  | { readonly kind: 'log'; readonly key: string; readonly log: LogLine }
  | { readonly kind: 'finding'; readonly key: string; readonly finding: Finding }
  /** A hole in the journal: shown among the log lines, cannot be selected. */
  | { readonly kind: 'gap'; readonly key: string; readonly gap: Gap }

export interface Totals {
  readonly calls: number
  readonly exchanges: number
  readonly events: number
  readonly bytes: number
  readonly undeliverable: number
}

export interface EntriesInput {
  readonly tab: TableTab
  readonly sessions: readonly SessionRows[]
  readonly logs: readonly LogLine[]
  readonly gaps: readonly Gap[]
  readonly unfolded: ReadonlySet<number>
  readonly passes: (row: Filterable) => boolean
  readonly exchangeOf: (id: number) => Exchange | undefined
  readonly frameOf: (id: number) => Frame | undefined
}
export interface Entries {
  readonly rows: readonly Entry[]
  /** Rows that the filter hides. */
  readonly hidden: number
}

/** Exchanges that have a row of their own under Calls: streams, and what carried no JSON-RPC (a session's DELETE, a health check). */
function standsAlone(one: Exchange): boolean {
  return one.body === 'stream' || (one.calls.length === 0 && !(one.follows !== undefined && isRedirect(one.status)))
}

/** Under an open call: its exchanges without the long stream, and the event that answered it. */
function addParts(out: Entry[], call: Call, { exchangeOf, frameOf }: EntriesInput): void {
  for (const id of call.exchanges) {
    const exchange = exchangeOf(id)
    if (exchange && exchange.body !== 'stream') out.push({ kind: 'exchange', key: `c${call.id}/x${id}`, exchange, of: call })
  }
  const answer = call.answerFrame === undefined ? undefined : frameOf(call.answerFrame)
  if (answer) out.push({ kind: 'frame', key: `c${call.id}/f${answer.id}`, frame: answer, of: call })
}

/** Two lists in time order, as one. */
function* inTime(calls: readonly Call[], exchanges: readonly Exchange[]): Generator<Call | Exchange> {
  let at = 0
  for (const exchange of exchanges) {
    if (!standsAlone(exchange)) continue
    for (let call = calls[at]; call && call.sentAt < exchange.requestAt; call = calls[++at]) yield call
    yield exchange
  }
  for (; at < calls.length; at++) yield calls[at] as Call
}

function callsTab(rows: SessionRows, input: EntriesInput, out: Entry[]): number {
  const { unfolded, passes } = input
  let hidden = 0
  for (const one of inTime(rows.calls, rows.exchanges)) {
    if (!passes(one)) hidden++
    else if (one.t === 'exchange') out.push({ kind: 'exchange', key: `x${one.id}`, exchange: one })
    else {
      const open = unfolded.has(one.id)
      out.push({ kind: 'call', key: `c${one.id}`, call: one, open, parts: one.exchanges.length > 0 })
      if (open) addParts(out, one, input)
    }
  }
  return hidden
}

function plainTab(rows: SessionRows, { tab, passes }: EntriesInput, out: Entry[]): number {
  let hidden = 0
  const list = tab === 'exchanges' ? rows.exchanges : tab === 'events' ? rows.frames : rows.findings
  for (const one of list) {
    if (!passes(one)) hidden++
    else if (one.t === 'exchange') out.push({ kind: 'exchange', key: `x${one.id}`, exchange: one })
    else if (one.t === 'frame') out.push({ kind: 'frame', key: `f${one.id}`, frame: one })
    else out.push({ kind: 'finding', key: `n${one.id}`, finding: one })
  }
  return hidden
}

export function entriesOf(input: EntriesInput): Entries {
  const rows: Entry[] = []
  let hidden = 0
  if (input.tab === 'log') {
    let next = 0
    for (const log of input.logs) {
      for (let gap = input.gaps[next]; gap && gap.at <= log.at; gap = input.gaps[++next]) rows.push({ kind: 'gap', key: `g${gap.id}`, gap })
      if (input.passes(log)) rows.push({ kind: 'log', key: `l${log.id}`, log })
      else hidden++
    }
    for (const gap of input.gaps.slice(next)) rows.push({ kind: 'gap', key: `g${gap.id}`, gap })
    return { rows, hidden }
  }
  input.sessions.forEach((one, at) => {
    const start = rows.length
    rows.push({ kind: 'session', key: `s${one.session.id}`, session: one.session, before: input.sessions[at - 1]?.session })
    hidden += input.tab === 'calls' ? callsTab(one, input, rows) : plainTab(one, input, rows)
    // A heading over nothing says nothing, except that the session itself is there.
    if (rows.length === start + 1 && (hidden > 0 || input.tab === 'findings')) rows.pop()
  })
  return { rows, hidden }
}

export function totalsOf(sessions: readonly SessionRows[]): Totals {
  let [calls, exchanges, events, bytes, undeliverable] = [0, 0, 0, 0, 0]
  for (const one of sessions) {
    for (const call of one.calls) if (call.number > 0) calls++
    for (const call of one.calls)
      if (call.delivery === 'undeliverable' || (call.from === 'client' && call.delivery === 'unanswered')) undeliverable++
    exchanges += one.exchanges.length
    events += one.frames.length
    bytes += one.session.bytes
  }
  return { calls, exchanges, events, bytes, undeliverable }
}

/** What a row selects; a gap selects nothing. */
export function selectionOf(entry: Entry): Selection | undefined {
  if (entry.kind === 'session') return { kind: 'session', id: entry.session.id }
  if (entry.kind === 'call') return { kind: 'call', id: entry.call.id }
  if (entry.kind === 'exchange') return { kind: 'exchange', id: entry.exchange.id }
  if (entry.kind === 'frame') return { kind: 'frame', id: entry.frame.id }
  if (entry.kind === 'log') return { kind: 'log', id: entry.log.id }
  return entry.kind === 'finding' ? { kind: 'finding', id: entry.finding.id } : undefined
}

/** The row of a selection: itself, else that of a call it belongs to (`callsOf`). -1: none here. */
export function indexOf(rows: readonly Entry[], selection: Selection | null, callsOf: (selection: Selection) => readonly number[]): number {
  if (!selection) return -1
  const own = rows.findIndex(one => {
    const chosen = selectionOf(one)
    return chosen?.kind === selection.kind && chosen.id === selection.id
  })
  if (own >= 0) return own
  const calls = callsOf(selection)
  return rows.findIndex(one => one.kind === 'call' && calls.includes(one.call.id))
}
