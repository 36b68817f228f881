/** A server that serves one request at a time, and a GET stream that takes its only place. Promise: one slow call alone is no proof. */
import type { Facts } from './facts.ts'
import type { Exchange } from './model.ts'
import { perFacts } from './per-facts.ts'

/** Nobody needs this long for a head (ms). */
const LONG = 5_000
const SHORT = 2_000
/** A head this soon after the stream's end was released by it (ms). */
const RELEASE = 1_000

export interface Slot {
  readonly stream: Exchange
  readonly waiting: readonly Exchange[]
  /** They were answered when the stream ended: proven. */
  readonly releasedAt?: number
}

/** The stream that holds everything up, and what waits behind it. */
export const holdsAll = perFacts((facts): Slot | undefined => {
  if (facts.session.transport !== 'streamable') return undefined
  const posts = facts.exchanges.filter(({ method }) => method === 'POST')
  let next = 0
  for (const stream of facts.exchanges) {
    while ((posts[next]?.requestAt ?? Number.POSITIVE_INFINITY) <= stream.requestAt) next++
    if (stream.body !== 'stream' || stream.status !== 200 || stream.responseAt === undefined) continue
    const slot = behind(facts, stream, stream.responseAt, posts, next)
    if (slot) return slot
  }
  return undefined
})

/** `posts` from index `from` on came after the stream was asked for. */
function behind(facts: Facts, stream: Exchange, openedAt: number, posts: readonly Exchange[], from: number): Slot | undefined {
  const end = Math.min(stream.clientEnd?.at ?? Number.POSITIVE_INFINITY, stream.serverEnd?.at ?? Number.POSITIVE_INFINITY)
  const later: Exchange[] = []
  for (let i = from; i < posts.length; i++) {
    const post = posts[i] as Exchange
    if (post.requestAt >= end) break
    if (post.requestAt <= openedAt) continue
    if (post.responseAt !== undefined && post.responseAt < end) return undefined
    later.push(post)
  }
  if (later.length === 0) return undefined
  const until = Math.min(end, lastSeen(facts))
  const waited = (limit: number) => later.filter(one => until - one.requestAt >= limit)
  const released = later.filter(one => one.responseAt !== undefined && one.responseAt - end <= RELEASE)
  if (end < Number.POSITIVE_INFINITY && released.length === later.length && waited(SHORT).length > 0)
    return { stream, waiting: later, releasedAt: end }
  return waited(LONG).length >= 2 ? { stream, waiting: waited(LONG) } : undefined
}

/** Until when the session was seen: what is over has been seen no longer than to its calls' end. */
function lastSeen({ calls, now }: Facts): number {
  const cut = calls.find(({ broken }) => broken?.by === 'proxy' && broken.how === 'closed')
  return cut?.brokenAt ?? now
}
