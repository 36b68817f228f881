/** Rows as they stand now, made of what the fold remembers. Promise: copies, so that nobody sees a row grow. */
import { ladderOf } from './delivery.ts'
import { fingerprint } from './fingerprint.ts'
import type { AnyRow, Call, Hint, Session } from './model.ts'
import type { CallState, ExchangeState, SessionState, World } from './state.ts'

const HINT_ROWS = 40

/** Takes the rows that changed since they were last taken, sessions first. */
export function takeRows(world: World, nextRev: () => number): AnyRow[] {
  const rows: AnyRow[] = []
  // An exchange whose session is not yet known keeps waiting for its row.
  const waiting: ExchangeState[] = []
  for (const state of world.sessions) rows.push({ ...sessionRow(state), ...hinted(state), rev: nextRev() })
  for (const state of world.exchanges) {
    if (state.session) rows.push({ ...state.row, rev: nextRev() })
    else waiting.push(state)
  }
  for (const state of world.calls) rows.push({ ...callRow(state), rev: nextRev() })
  for (const row of world.frames) rows.push({ ...row, rev: nextRev() })
  for (const row of world.logs) rows.push({ ...row, rev: nextRev() })
  for (const row of world.gaps) rows.push({ ...row, rev: nextRev() })
  world.sessions.clear()
  world.exchanges.clear()
  world.calls.clear()
  world.frames.clear()
  world.logs.clear()
  world.gaps.length = 0
  for (const state of waiting) world.exchanges.add(state)
  return rows
}

export function sessionRow(state: SessionState): Omit<Session, 'rev'> {
  const { row } = state
  const live = state.openExchanges.size > 0 || state.open.size > 0
  const broken = row.ended ? row.ended.inFlight > 0 || row.undelivered > 0 : state.failed && !state.established
  const now = broken ? 'broken' : row.ended || state.gone || state.over ? 'ended' : live ? 'live' : 'quiet'
  return { ...row, state: now }
}

/** A session's first and newest rows are enough to tell who takes part in it. */
function hinted({ row, exchanges, calls, frames, noted }: SessionState): { hints?: readonly Hint[] } {
  if (row.transport === 'other') return {}
  const ends = <T>(list: readonly T[]): T[] =>
    list.length <= 2 * HINT_ROWS ? [...list] : [...list.slice(0, HINT_ROWS), ...list.slice(-HINT_ROWS)]
  const hints = fingerprint({
    session: row,
    exchanges: ends([...noted.exchanges, ...exchanges]).map(state => state.row),
    calls: ends([...noted.calls, ...calls]).map(state => state.row),
    frames: frames.slice(-HINT_ROWS),
  })
  return hints.length > 0 ? { hints } : {}
}

export const callRow = (state: CallState): Omit<Call, 'rev'> => ({ ...state.row, ladder: ladderOf(state) })
