/**
 * Gathers what the rules look at from what the fold remembers. Promise: lists in the order that `Facts` names, and a call that
 * has not changed is not derived again.
 */
import { trimSlash } from './endpoint.ts'
import type { Facts, Hole, Served } from './facts.ts'
import type { LogFold } from './log-fold.ts'
import type { Call } from './model.ts'
import type { SessionBook } from './session-book.ts'
import type { CallState, SessionState, World } from './state.ts'
import { callRow, sessionRow } from './take-rows.ts'

/** Log lines this long after a session's end still belong to its facts (ms). */
export const LOG_SPAN = 60_000
const OTHERS_LIMIT = 200
const WORKS_LIMIT = 20

/** What surrounds a session. */
interface Surroundings {
  readonly world: World
  readonly book: SessionBook
  readonly logs: LogFold
  readonly holes: readonly Hole[]
}

export function gatherFacts(session: SessionState, { world, book, logs, holes }: Surroundings, now: number): Facts {
  const { exchanges, calls, noted, row } = session
  const others = [...book.all.values()].filter(other => other !== session && other.row.upstream === row.upstream)
  const fate = logs.fateOf(row.upstream)
  const target = world.targets.get(row.upstream)
  const until = (row.ended?.at ?? row.lastAt) + LOG_SPAN
  return {
    session: { ...sessionRow(session), rev: 0 },
    exchanges: inOrder([...noted.exchanges, ...exchanges]).map(state => state.row),
    calls: inOrder([...noted.calls, ...calls]).map(factOf),
    frames: session.frames.map(frame => ({ ...frame, rev: 0 })),
    logs: logs.between(row.upstream, row.startedAt, until).map(line => ({ ...line, rev: 0 })),
    others: others
      .slice(-OTHERS_LIMIT)
      .reverse()
      .map(other => ({ ...sessionRow(other), rev: 0 })),
    works: servedBy(others),
    ...(target !== undefined && { target }),
    ...(!world.outages.hasAnswered(row.upstream) && { mute: true }),
    ...(fate && { fate: { ...fate, rev: 0 } }),
    outages: world.outages.of(row.upstream),
    now,
    ...(session.over && !exchanges.some(({ conn }) => !conn.clientClosed) && { left: true }),
    ...(holes.length > 0 && { holes }),
    ...(session.partial && { partial: true }),
  }
}

/** Where connections were really served, which is not always where their client tried first. */
function servedBy(sessions: readonly SessionState[]): Served[] {
  const found = new Map<string, Served>()
  for (const { row, stream, established, served, path } of sessions.toReversed()) {
    if (row.transport === 'other' || !established || !served || !row.issued) continue
    const at = row.transport === 'sse' ? trimSlash(stream?.row.path ?? path) : path
    found.set(`${row.transport} ${at}`, { path: at, transport: row.transport })
    if (found.size >= WORKS_LIMIT) break
  }
  return [...found.values()]
}

/** Noteworthy rows left their place when the others were forgotten. */
const inOrder = <T extends { readonly row: { readonly id: number } }>(list: T[]): T[] => list.sort((a, b) => a.row.id - b.row.id)

function factOf(state: CallState): Call {
  state.fact ??= { ...callRow(state), rev: 0 }
  return state.fact
}
