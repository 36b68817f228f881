/**
 * Everything that the page knows of the recording: rows from pages and from the live feed, merged into sessions.
 * Promise: lists stay in time order and grow in place (copying 100,000 rows per event would freeze the page); a row
 * never goes back to an older `rev`; order and repetition of delivery do not matter.
 */
import type { AnyRow, Call, Exchange, Finding, Frame, Gap, LogLine, Session } from '../proxy/core/model.ts'
import { ID_SPACE } from '../proxy/core/model.ts'
import { lastOf } from '../proxy/core/session-span.ts'
import type { Selection, SessionRows } from './view.ts'

type Timed = Exchange | Call | Frame | Finding | LogLine | Gap

/** The moment a row stands for; rows of one kind are sorted by it. */
export function rowAt(row: Timed): number {
  if (row.t === 'exchange') return row.requestAt
  if (row.t === 'call') return row.sentAt
  return row.at
}

export const recordingOf = (id: number): number => Math.floor(id / ID_SPACE)

interface Growing {
  session: Session
  readonly exchanges: Exchange[]
  readonly calls: Call[]
  readonly frames: Frame[]
  readonly findings: Finding[]
  rev: number
}

/** What changed with one batch, for announcements and counters. */
export interface Ingested {
  readonly changed: number
  readonly findings: readonly Finding[]
  readonly ended: readonly Session[]
}

/** Where a row with this time and id is, or would be, in a sorted list. */
function place(list: readonly Timed[], at: number, id: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    const row = list[middle]
    if (row && (rowAt(row) < at || (rowAt(row) === at && row.id < id))) low = middle + 1
    else high = middle
  }
  return low
}

function put<R extends Timed>(list: R[], old: R | undefined, row: R): void {
  if (old) {
    const at = place(list, rowAt(old), old.id)
    if (rowAt(old) === rowAt(row)) {
      list[at] = row
      return
    }
    list.splice(at, 1)
  }
  const last = list[list.length - 1]
  if (!last || rowAt(last) < rowAt(row) || (rowAt(last) === rowAt(row) && last.id < row.id)) list.push(row)
  else list.splice(place(list, rowAt(row), row.id), 0, row)
}

function take<R extends Timed>(list: R[], row: R): void {
  const at = place(list, rowAt(row), row.id)
  if (list[at]?.id === row.id) list.splice(at, 1)
}

export class Rows {
  readonly sessions = new Map<number, Session>()
  readonly logs: LogLine[] = []
  readonly gaps: Gap[] = []
  /** Grows with every batch that changed something. */
  rev = 0
  readonly #exchanges = new Map<number, Exchange>()
  readonly #calls = new Map<number, Call>()
  readonly #frames = new Map<number, Frame>()
  readonly #findings = new Map<number, Finding>()
  readonly #logs = new Map<number, LogLine>()
  readonly #gaps = new Map<number, Gap>()
  readonly #bySession = new Map<number, Growing>()

  exchange = (id: number): Exchange | undefined => this.#exchanges.get(id)
  call = (id: number): Call | undefined => this.#calls.get(id)
  frame = (id: number): Frame | undefined => this.#frames.get(id)
  finding = (id: number): Finding | undefined => this.#findings.get(id)
  log = (id: number): LogLine | undefined => this.#logs.get(id)
  get findings(): ReadonlyMap<number, Finding> {
    return this.#findings
  }
  /** Rows held of watched sessions: what the page's memory depends on. */
  get held(): number {
    return this.#exchanges.size + this.#calls.size + this.#frames.size + this.#logs.size
  }

  ofSession(id: number): SessionRows | undefined {
    const session = this.sessions.get(id)
    return session ? this.#growing(session.id, session) : undefined
  }

  ingest(rows: readonly AnyRow[]): Ingested {
    const findings: Finding[] = []
    const ended: Session[] = []
    let changed = 0
    for (const row of rows) {
      const before = this.#known(row)
      if (before && before.rev >= row.rev) continue
      changed++
      if (row.t === 'finding' && !before && !row.gone) findings.push(row)
      if (row.t === 'session' && row.ended && before?.t === 'session' && !before.ended) ended.push(row)
      this.#merge(row)
    }
    if (changed > 0) this.rev++
    return { changed, findings, ended }
  }

  #known(row: AnyRow): AnyRow | undefined {
    if (row.t === 'session') return this.sessions.get(row.id)
    if (row.t === 'exchange') return this.#exchanges.get(row.id)
    if (row.t === 'call') return this.#calls.get(row.id)
    if (row.t === 'frame') return this.#frames.get(row.id)
    if (row.t === 'finding') return this.#findings.get(row.id)
    return row.t === 'log' ? this.#logs.get(row.id) : this.#gaps.get(row.id)
  }

  #merge(row: AnyRow): void {
    if (row.t === 'session') {
      this.sessions.set(row.id, row)
      const rows = this.#bySession.get(row.id)
      if (rows) {
        rows.session = row
        rows.rev++
      }
    } else if (row.t === 'log') {
      put(this.logs, this.#logs.get(row.id), row)
      this.#logs.set(row.id, row)
    } else if (row.t === 'gap') {
      put(this.gaps, this.#gaps.get(row.id), row)
      this.#gaps.set(row.id, row)
    } else this.#mergeOfSession(row)
  }

  #mergeOfSession(row: Exchange | Call | Frame | Finding): void {
    const before = this.#known(row)
    // The fold may move a row to another session once it knows better.
    if (before && 'session' in before && before.session !== row.session) this.#leave(before)
    const old = before && 'session' in before && before.session === row.session ? before : undefined
    const rows = this.#growing(row.session)
    rows.rev++
    if (row.t === 'exchange') {
      put(rows.exchanges, old as Exchange | undefined, row)
      this.#exchanges.set(row.id, row)
    } else if (row.t === 'call') {
      put(rows.calls, old as Call | undefined, row)
      this.#calls.set(row.id, row)
    } else if (row.t === 'frame') {
      put(rows.frames, old as Frame | undefined, row)
      this.#frames.set(row.id, row)
    } else {
      const was = old as Finding | undefined
      if (!row.gone) put(rows.findings, was?.gone ? undefined : was, row)
      else if (was && !was.gone) take(rows.findings, was)
      this.#findings.set(row.id, row)
    }
  }

  #leave(row: AnyRow): void {
    if (row.t === 'exchange') take(this.#growing(row.session).exchanges, row)
    else if (row.t === 'call') take(this.#growing(row.session).calls, row)
    else if (row.t === 'frame') take(this.#growing(row.session).frames, row)
    else if (row.t === 'finding' && !row.gone) take(this.#growing(row.session).findings, row)
  }

  #growing(id: number, session = this.sessions.get(id)): Growing {
    let rows = this.#bySession.get(id)
    if (!rows) {
      // Rows may come before their session's; `ofSession` shows nothing until it is there.
      rows = { session: session as Session, exchanges: [], calls: [], frames: [], findings: [], rev: 0 }
      this.#bySession.set(id, rows)
    }
    if (session) rows.session = session
    return rows
  }

  /** Forgets the bulk rows of a session (its findings stay): they can be fetched again. */
  evict(id: number): void {
    const rows = this.#bySession.get(id)
    if (!rows) return
    for (const row of rows.exchanges) this.#exchanges.delete(row.id)
    for (const row of rows.calls) this.#calls.delete(row.id)
    for (const row of rows.frames) this.#frames.delete(row.id)
    rows.exchanges.length = 0
    rows.calls.length = 0
    rows.frames.length = 0
    rows.rev++
    this.rev++
  }

  clear(): void {
    for (const map of [this.sessions, this.#exchanges, this.#calls, this.#frames, this.#findings, this.#logs, this.#gaps, this.#bySession])
      map.clear()
    this.logs.length = 0
    this.gaps.length = 0
    this.rev++
  }

  /** The session that a selected thing belongs to; for a log line the one of `among` that was alive then. */
  sessionOf(selection: Selection, among: readonly number[] = []): number | undefined {
    const { kind, id } = selection
    if (kind === 'session') return this.sessions.has(id) ? id : undefined
    if (kind === 'call') return this.#calls.get(id)?.session
    if (kind === 'exchange') return this.#exchanges.get(id)?.session
    if (kind === 'frame') return this.#frames.get(id)?.session
    if (kind === 'finding') return this.#findings.get(id)?.session
    const line = this.#logs.get(id)
    return line && (among.find(one => this.#alive(one, line.at)) ?? among[0])
  }

  #alive(id: number, at: number): boolean {
    const session = this.sessions.get(id)
    return session !== undefined && session.startedAt <= at && at <= lastOf(session)
  }

  /** The row that holds record `seq` of a recording, looking only at these sessions and the log. */
  rowOfSeq(seq: number, recording: number, among: readonly number[]): Selection | undefined {
    for (const id of among) {
      const rows = recordingOf(id) === recording ? this.#bySession.get(id) : undefined
      if (!rows) continue
      const frame = rows.frames.find(one => one.seq === seq && one.kind !== 'comment') ?? rows.frames.find(one => one.seq === seq)
      if (frame) return { kind: 'frame', id: frame.id }
      const exchange = rows.exchanges.find(one => ownsSeq(one, seq))
      if (exchange) return { kind: 'exchange', id: exchange.id }
      const call = rows.calls.find(one => one.seqs.includes(seq))
      if (call) return { kind: 'call', id: call.id }
      if (rows.session?.ended?.seq === seq) return { kind: 'session', id }
    }
    const line = this.logs.find(one => one.seq === seq && recordingOf(one.id) === recording)
    return line && { kind: 'log', id: line.id }
  }
}

const ownsSeq = (one: Exchange, seq: number): boolean =>
  one.requestSeq === seq ||
  one.responseSeq === seq ||
  one.clientEnd?.seq === seq ||
  one.serverEnd?.seq === seq ||
  one.requestEnd?.seq === seq ||
  one.changes.some(change => change.seq === seq)
