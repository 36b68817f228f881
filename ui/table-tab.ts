/** Where in the table a selected thing can be shown: which tab, under which call. Promise: pure; stays with the current one wherever it can. */
import type { TableTab } from './address.ts'
import type { Rows } from './rows.ts'
import type { Selection } from './view.ts'

export function tableTabFor(selection: Selection, now: TableTab, rows: Rows): TableTab {
  const { kind, id } = selection
  if (kind === 'log') return 'log'
  if (kind === 'call') return 'calls'
  if (kind === 'session') return now
  if (kind === 'finding') return now === 'findings' || rows.finding(id)?.call === undefined ? 'findings' : 'calls'
  if (kind === 'exchange') return now === 'exchanges' ? now : ownRow(rows, id) ? 'calls' : 'exchanges'
  const frame = rows.frame(id)
  const answered = frame?.call === undefined ? undefined : rows.call(frame.call)
  return now === 'events' || answered?.answerFrame !== id ? 'events' : 'calls'
}

/** True where an exchange has a row under Calls: a stream, or one that carried a call. */
function ownRow(rows: Rows, id: number): boolean {
  const one = rows.exchange(id)
  return one !== undefined && (one.calls.length > 0 || one.body === 'stream' || one.follows === undefined)
}

/** Calls under whose row a selected thing stands, or which it is about. */
export function callsOf({ kind, id }: Selection, rows: Rows): readonly number[] {
  if (kind === 'call') return [id]
  if (kind === 'exchange') return rows.exchange(id)?.body === 'stream' ? [] : (rows.exchange(id)?.calls ?? [])
  const call = kind === 'frame' ? rows.frame(id)?.call : kind === 'finding' ? rows.finding(id)?.call : undefined
  return call === undefined ? [] : [call]
}
