/** Which tab of the table can show a selected thing. Promise: pure; stays with the current one wherever it can. */
import type { TableTab } from './address.ts'
import type { Rows } from './rows.ts'
import type { Selection } from './view.ts'

export function tableTabFor(selection: Selection, now: TableTab, rows: Rows): TableTab {
  const { kind, id } = selection
  if (kind === 'log') return 'log'
  if (kind === 'call') return 'calls'
  if (kind === 'session') return now
  if (kind === 'finding') return now === 'findings' || rows.finding(id)?.call === undefined ? 'findings' : now
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
