/** Which sessions belong together: a session, what it replaced, what replaced it. Promise: pure; oldest first; ends even on circular data. */
import type { Session } from '../proxy/core/model.ts'

/** Sessions that the timeline shows at once; a client that reconnects for hours makes chains of thousands. */
const CHAIN_SHOWN = 12

/** The whole chain of a session, oldest first. */
export function chainOf(sessions: ReadonlyMap<number, Session>, id: number): Session[] {
  const start = sessions.get(id)
  if (!start) return []
  const chain = [start]
  const seen = new Set([id])
  for (let one = start.replaces; one !== undefined && !seen.has(one); ) {
    const session = sessions.get(one)
    if (!session) break
    seen.add(one)
    chain.unshift(session)
    one = session.replaces
  }
  for (let one = start.replacedBy; one !== undefined && !seen.has(one); ) {
    const session = sessions.get(one)
    if (!session) break
    seen.add(one)
    chain.push(session)
    one = session.replacedBy
  }
  return chain
}

/** At most `limit` sessions of a chain around one of them, the newer half first served. */
export function nearest(chain: readonly Session[], id: number, limit = CHAIN_SHOWN): readonly Session[] {
  if (chain.length <= limit) return chain
  const at = Math.max(
    0,
    chain.findIndex(session => session.id === id),
  )
  const from = Math.min(Math.max(0, at - Math.floor((limit - 1) / 2)), chain.length - limit)
  return chain.slice(from, from + limit)
}
