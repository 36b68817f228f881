/** Whose findings are listed and stepped through. Promise: pure; the same order for the table and for the keys: session by session, oldest first. */
import type { Address } from '../address.ts'
import { type Rows, recordingOf } from '../rows.ts'
import type { SessionRows } from '../view.ts'

/** Sessions in view in which something was found; recordings one after the other, for each has a clock of its own. */
export function sessionsWithFindings(rows: Rows, cleared: ReadonlySet<number>): SessionRows[] {
  const ids = new Set([...rows.findings.values()].filter(one => !one.gone && !cleared.has(one.session)).map(one => one.session))
  return [...ids]
    .map(id => rows.ofSession(id))
    .filter(one => one !== undefined)
    .sort(({ session: a }, { session: b }) => recordingOf(a.id) - recordingOf(b.id) || a.startedAt - b.startedAt || a.id - b.id)
}

/** Those that are shown, or all, as the address says. */
export const sessionsInReach = (
  { findings }: Pick<Address, 'findings'>,
  shown: readonly SessionRows[],
  rows: Rows,
  cleared: ReadonlySet<number>,
): readonly SessionRows[] => (findings === 'all' ? sessionsWithFindings(rows, cleared) : shown)
