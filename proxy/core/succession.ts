/**
 * Which session takes the place of which. Promise: a session replaces one at most, of the same client as far as the wire tells; what its
 * client says of itself later can part the two again.
 */
import type { SessionBook } from './session-book.ts'
import type { SessionState, World } from './state.ts'

interface Implementation {
  readonly name?: string
  readonly version?: string
}

/** A new session this soon after the end of the same client's old one replaces it (ms). */
const REPLACE_SPAN = 120_000
/**
 * One that ended in order, with nothing in flight, is only replaced by a session that begins this soon (ms): clients that refresh their
 * list of tools do so at once; later it is another run. In both cases it is a client of the same address and user agent, and of the
 * same name and version once it has said them.
 */
const REPLACE_SPAN_IN_ORDER = 5_000

/** Joins a new session to the one that it replaces, if there is one. */
export function succeed(session: SessionState, book: SessionBook, world: World): void {
  const old = book.newest(
    session.client,
    s => s !== session && fitsBefore(s, session) && world.at - (s.row.ended?.at ?? 0) <= replaceSpan(s),
  )
  if (!old) return
  session.row.replaces = old.row.id
  old.row.replacedBy = session.row.id
  session.row.client = { ...old.row.client, ...session.row.client }
  world.touch(old)
}

/** The client says who it is: if that is somebody else than whose session this one seemed to replace, it replaces none. */
export function introduce(session: SessionState, client: Implementation, book: SessionBook, world: World): void {
  const { row } = session
  const old = row.replaces === undefined ? undefined : book.all.get(row.replaces)
  const { name, version } = old?.row.client ?? {}
  if (
    old &&
    name !== undefined &&
    client.name !== undefined &&
    (name !== client.name || (version ?? client.version) !== (client.version ?? version))
  ) {
    delete row.replaces
    delete old.row.replacedBy
    const { userAgent, address } = row.client
    row.client = { ...(userAgent !== undefined && { userAgent }), address }
    world.touch(old)
  }
  row.client = { ...row.client, ...client }
}

function replaceSpan({ row }: SessionState): number {
  const { ended } = row
  const inOrder =
    ended?.by === 'client' && ended.inFlight === 0 && (ended.detail === 'DELETE' || ended.how === 'fin' || ended.how === 'complete')
  return inOrder ? REPLACE_SPAN_IN_ORDER : REPLACE_SPAN
}

function fitsBefore(old: SessionState, next: SessionState): boolean {
  return (
    old.row.ended !== undefined &&
    old.row.replacedBy === undefined &&
    old.row.transport !== 'other' &&
    old.row.upstream === next.row.upstream
  )
}
