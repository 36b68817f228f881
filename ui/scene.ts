/**
 * What is on the stage: the session in focus, its chain, zero and range, from the rows and the address.
 * Promise: pure; an address that names what is not there falls back to what is, without a word.
 */
import type { RecordingInfo } from '../proxy/core/feed.ts'
import type { Call, Session } from '../proxy/core/model.ts'
import { lastOf } from '../proxy/core/session-span.ts'
import type { Address } from './address.ts'
import { callEnd, lostFrom } from './call-fate.ts'
import { chainOf, nearest } from './chain.ts'
import { type Rows, recordingOf, rowAt } from './rows.ts'
import { tailOf } from './timeline/tail.ts'
import { exchangeEnd } from './timeline/tracks.ts'
import type { Range, Selection, Zero } from './view.ts'

export interface Scene {
  readonly session: Session
  readonly recording: RecordingInfo
  /** The whole chain, oldest first, and the part of it that is drawn. */
  readonly chain: readonly Session[]
  readonly shown: readonly Session[]
  /** The live edge; for a past recording its last moment. */
  readonly now: number
  /** Something that is shown can still grow. */
  readonly open: boolean
  readonly zero: Zero
  /** All of what is shown. */
  readonly whole: Range
  readonly range: Range
  readonly follow: boolean
}

/** Where the live edge stands while the view follows it: this part of the plot. */
const EDGE = 0.8
const SHORTEST_MS = 20
const MOMENT_MS = 500

export const isOpen = (session: Session): boolean => session.state === 'live' || session.state === 'quiet'

/** The session that the page shows when nobody has chosen: of the first recording the newest MCP connection, else the newest of any. */
export function newest(sessions: Iterable<Session>): number | undefined {
  const kind = (one: Session) => (one.transport === 'other' ? 1 : 0)
  const before = (a: Session, b: Session) => kind(a) - kind(b) || recordingOf(a.id) - recordingOf(b.id) || b.startedAt - a.startedAt
  return [...sessions].reduce<Session | undefined>((best, one) => (best && before(best, one) <= 0 ? best : one), undefined)?.id
}

const rankOf = ({ errors, warnings }: Session): number => (errors > 0 ? 2 : warnings > 0 ? 1 : 0)

/** The session that an opened page shows: the one with the worst finding, the newest of equals; without any finding as `newest`. */
export function foremost(sessions: readonly Session[]): number | undefined {
  const worst = Math.max(0, ...sessions.map(rankOf))
  return newest(worst === 0 ? sessions : sessions.filter(one => rankOf(one) === worst))
}

/** What a selected thing is called where space is short: "call 6", "GET /sse". */
export function nameOf(selection: Selection, rows: Rows): string {
  const { kind, id } = selection
  if (kind === 'call') {
    const one = rows.call(id)
    return one?.number ? `call ${one.number}` : (one?.name ?? one?.method ?? 'call')
  }
  if (kind === 'exchange') {
    const one = rows.exchange(id)
    return one ? `${one.method} ${one.path}` : 'exchange'
  }
  if (kind === 'frame') return `${rows.frame(id)?.event || 'SSE'} event`
  if (kind === 'log') return 'log line'
  if (kind === 'finding') return rows.finding(id)?.rule ?? 'finding'
  return `session ${rows.sessions.get(id)?.key.slice(0, 8) ?? ''}`
}

/** The row of a selected thing that is no session. */
export function rowOf(kind: string, id: number, rows: Rows) {
  if (kind === 'call') return rows.call(id)
  if (kind === 'exchange') return rows.exchange(id)
  if (kind === 'frame') return rows.frame(id)
  return kind === 'log' ? rows.log(id) : rows.finding(id)
}

/** The moment that a selected thing stands for, in recording ms. */
export function momentOf(selection: Selection, rows: Rows): number | undefined {
  const { kind, id } = selection
  if (kind === 'session') return rows.sessions.get(id)?.startedAt
  const row = rowOf(kind, id, rows)
  return row && rowAt(row)
}

/** A moment has no length; something around it must be seen. */
const around = ({ from, to }: Range): Range =>
  to - from >= MOMENT_MS ? { from, to } : { from: (from + to - MOMENT_MS) / 2, to: (from + to + MOMENT_MS) / 2 }

/** The first moment of a session: the request that it was issued to may be older than itself. */
const beginOf = (session: Session, rows: Rows): number =>
  Math.min(session.startedAt, rows.ofSession(session.id)?.exchanges[0]?.requestAt ?? session.startedAt)

/** The last moment of a session: what its rows hold may come long after it has ended. */
function endOf(session: Session, rows: Rows): number {
  const own = rows.ofSession(session.id)
  return own ? tailOf(own).to : lastOf(session)
}

/** More may come of it: it is open, or the proxy still holds its server's leg. */
function mayGrow(session: Session, rows: Rows): boolean {
  const own = rows.ofSession(session.id)
  return isOpen(session) || (own !== undefined && tailOf(own).held)
}

/** From when to when a selected thing lasted. */
export function spanOf(selection: Selection, rows: Rows, now: number): Range | undefined {
  const from = momentOf(selection, rows)
  if (from === undefined) return undefined
  const { kind, id } = selection
  let to = from
  if (kind === 'session') {
    const one = rows.sessions.get(id)
    return one && { from: beginOf(one, rows), to: mayGrow(one, rows) ? now : endOf(one, rows) }
  }
  if (kind === 'call') {
    const one = rows.call(id)
    const end = one ? callEnd(one) : from
    to = Number.isFinite(end) ? end : Math.max(from, now)
  } else if (kind === 'exchange') {
    const one = rows.exchange(id)
    const open = one && !Number.isFinite(exchangeEnd(one)) ? now : from
    to = Math.max(from, open, one?.clientEnd?.at ?? from, one?.serverEnd?.at ?? from, one?.lastByteAt ?? from)
  } else if (kind === 'finding') {
    const times = rows.finding(id)?.evidence.map(each => each.at) ?? []
    return around({ from: Math.min(from, ...times), to: Math.max(from, ...times) })
  } else return around({ from, to })
  return { from, to }
}

/** A range with air around it, never shorter than can be drawn. */
export function aired(range: Range, share = 0.08, after = share): Range {
  const span = Math.max(range.to - range.from, SHORTEST_MS)
  return { from: range.from - span * share, to: range.from + span * (1 + after) }
}

/** The stretch around the break of a call: some of what was before, and the late answer if one came. */
export function breakRange(call: Call): Range | undefined {
  const lost = lostFrom(call)
  if (lost === undefined) return undefined
  const waited = lost - call.sentAt
  const late = Math.max(0, (call.answeredAt ?? lost) - lost)
  const before = Math.max(Math.min(waited * 1.1, Math.max(late * 0.36, waited * 0.3)), SHORTEST_MS)
  return { from: lost - before, to: lost + late + Math.max(late * 0.3, before * 0.6) }
}

function zeroOf(address: Address, session: Session, chain: readonly Session[], rows: Rows): Zero {
  if (address.zero === 'clock') return { at: session.startedAt, mode: 'clock', label: 'wall clock' }
  const at = address.zeroAt && momentOf(address.zeroAt, rows)
  if (address.zero === 'selection' && at !== undefined && address.zeroAt)
    return {
      at,
      mode: 'selection',
      label: address.zeroAt.kind === 'call' ? `${nameOf(address.zeroAt, rows)} sent` : nameOf(address.zeroAt, rows),
    }
  const anchor = address.zeroAt?.kind === 'session' ? chain.find(one => one.id === address.zeroAt?.id) : undefined
  return { at: beginOf(anchor ?? session, rows), mode: 'session', label: 'session start' }
}

/** How an ended session ended is written right of its end. */
const LAST_WORDS = 0.14

function wholeOf(shown: readonly Session[], rows: Rows, now: number, open: boolean): Range {
  const from = Math.min(...shown.map(one => beginOf(one, rows)))
  if (open) {
    const span = Math.max(now - from, 1000) * 1.02
    return { from: now - span, to: now - span + span / EDGE }
  }
  return aired({ from, to: Math.max(...shown.map(one => endOf(one, rows))) }, 0.03, LAST_WORDS)
}

export interface SceneInput {
  readonly rows: Rows
  readonly recordings: readonly RecordingInfo[]
  readonly address: Address
  /** The session in focus where the address names none. */
  readonly focus: number | undefined
  /** Live edge of a live recording. */
  readonly liveNow: number
}

export function sceneOf({ rows, recordings, address, focus, liveNow }: SceneInput): Scene | undefined {
  const session = rows.sessions.get(address.session ?? -1) ?? (focus === undefined ? undefined : rows.sessions.get(focus))
  const recording = session && recordings.find(one => one.index === recordingOf(session.id))
  if (!session || !recording) return undefined
  const chain = chainOf(rows.sessions, session.id)
  const shown = address.scope === 'session' ? [session] : nearest(chain, session.id)
  const now = recording.live ? liveNow : recording.lastAt
  const open = recording.live && shown.some(one => mayGrow(one, rows))
  const whole = wholeOf(shown, rows, now, open)
  const follow = address.follow && open
  const range = address.range ?? whole
  const span = range.to - range.from
  const followed = follow && address.range ? { from: now - span * EDGE, to: now + span * (1 - EDGE) } : range
  return { session, recording, chain, shown, now, open, zero: zeroOf(address, session, chain, rows), whole, range: followed, follow }
}
