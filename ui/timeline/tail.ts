/** How far the rows of a session reach, which may be far beyond its own end: a late answer, the leg that the proxy held. Promise: read once per change of the rows. */
import type { Exchange } from '../../proxy/core/model.ts'
import { callEnd } from '../call-fate.ts'
import type { SessionRows } from '../view.ts'

export interface Tail {
  /** The last moment of anything that is known; recording ms. */
  readonly to: number
  /** The proxy still holds a server leg open whose client has gone: more may come of a session that has ended. */
  readonly held: boolean
}

const known = new WeakMap<SessionRows, { readonly rev: number; readonly tail: Tail }>()

export function tailOf(rows: SessionRows): Tail {
  const before = known.get(rows)
  if (before?.rev === rows.rev) return before.tail
  const tail = read(rows)
  known.set(rows, { rev: rows.rev, tail })
  return tail
}

const isHeld = ({ held, serverEnd }: Exchange): boolean => held !== undefined && held.to === undefined && serverEnd === undefined

function read({ session, exchanges, calls, frames }: SessionRows): Tail {
  let to = Math.max(session.lastAt, session.ended?.at ?? 0, frames[frames.length - 1]?.at ?? 0)
  let held = false
  // A stream ends last and begins first: no part of the list can be left out.
  for (const exchange of exchanges) {
    const { requestAt, lastByteAt = 0, clientEnd, serverEnd } = exchange
    to = Math.max(to, requestAt, lastByteAt, clientEnd?.at ?? 0, serverEnd?.at ?? 0)
    held ||= isHeld(exchange)
  }
  for (const call of calls) {
    const end = callEnd(call)
    if (Number.isFinite(end)) to = Math.max(to, end)
  }
  return { to, held }
}

/** The same, and the live edge (`now`) where more may come. */
export function reachOf(rows: SessionRows, now: number | undefined): number {
  const { to, held } = tailOf(rows)
  return now !== undefined && (!rows.session.ended || held) ? Math.max(to, now) : to
}
