/**
 * Why a request has no answer although its stream lived. Promise: what came instead of the answer is weighed in one fixed order, so
 * that exactly one of the faults of this family speaks for a call.
 */

import { bisect } from './bisect.ts'
import type { Facts } from './facts.ts'
import { headerOf, lengthOf } from './fields.ts'
import { isForeignBody, isStreamOfText } from './http-signs.ts'
import type { Call, Exchange, Frame, Framing } from './model.ts'
import { callsUnder, carriersOf, exchangeOf, perFacts } from './per-facts.ts'
import { holdsAll } from './single-slot.ts'

/** Answered only when the client has heard enough: it stays open on purpose (2026-07-28). */
const LISTENS = 'subscriptions/listen'

/** Requests of the client that have no answer, whatever the reason; those that it took back are left out. */
export const unanswered = perFacts(({ calls }): readonly Call[] =>
  calls.filter(
    call =>
      call.from === 'client' &&
      call.kind === 'request' &&
      call.delivery !== 'undeliverable' &&
      isOpen(call) &&
      !call.cancelled &&
      call.method !== LISTENS,
  ),
)

/** The oldest request that was waiting for its answer at this moment, and never got it: also one that was given up later. */
export const awaiting = ({ calls }: { readonly calls: readonly Call[] }, at: number): Call | undefined =>
  calls.find(
    ({ from, kind, method, answeredAt, sentAt, cancelled, brokenAt }) =>
      from === 'client' &&
      kind === 'request' &&
      method !== LISTENS &&
      answeredAt === undefined &&
      sentAt <= at &&
      Math.min(cancelled?.at ?? Number.POSITIVE_INFINITY, brokenAt ?? Number.POSITIVE_INFINITY) >= at,
  )

/** Ids of errors that belong to no single request. */
export const WHOLE_IDS: ReadonlySet<string | undefined> = new Set(['null', '"server-error"'])

const isOpen = (call: Call) => call.answeredAt === undefined

/** The recording ended while it waited: what came later was not seen. */
export const cutByEnd = ({ broken }: Call) => broken?.by === 'proxy' && broken.how === 'closed'

/** Until when a call is known to have waited (recording ms). */
export const waitedUntil = (facts: Facts, call: Call): number => Math.min(overAt(call), facts.now)

/** The exchange whose own response should carry the answer. */
export const ownExchange = (facts: Facts, call: Call): Exchange | undefined =>
  carriersOf(facts, call).findLast(one => call.exchanges.includes(one.id))

/** Bytes that a Content-Length promised and that never came, because the server's side ended. */
export function cutShort({ responseHeaders, responseBytes, serverEnd, method }: Exchange): { length: number } | undefined {
  const length = responseHeaders ? lengthOf(responseHeaders) : -1
  return serverEnd?.by === 'server' && serverEnd.how !== 'complete' && method !== 'HEAD' && responseBytes < length ? { length } : undefined
}

/** Answers that belong to no call: no replays of an event that had come before. */
export const strays = perFacts(({ frames }): readonly Frame[] => {
  const seen = new Set<string>()
  return frames.filter(frame => {
    const replayed = frame.lastEventId !== undefined && frame.lastEventId !== '' && seen.has(frame.lastEventId)
    if (frame.lastEventId !== undefined) seen.add(frame.lastEventId)
    return frame.rpcId !== undefined && frame.call === undefined && frame.crossed && !replayed
  })
})

/** A message that readers of the stream miss because of its framing. */
const hidesMessage = ({ what, rpc }: Framing) => rpc && (what === 'event-name' || what === 'unfinished')

const endedWell = ({ clientEnd, serverEnd }: Exchange) => serverEnd?.how === 'complete' && clientEnd?.by !== 'client'
export const hiddenMessages = (exchange: Exchange): Framing[] =>
  (exchange.framing ?? [])
    .filter(one => hidesMessage(one) && (one.what !== 'unfinished' || endedWell(exchange)))
    .sort((a, b) => a.at - b.at)

/** It was meant as a message: a keepalive such as `data: ping` was not. */
export const isBrokenMessage = ({ rpc, problem, preview }: Frame) => rpc === 'invalid' && problem !== undefined && /^\s*[[{]/.test(preview)

/** What may have come in the place of any answer, oldest first. */
const broken = perFacts(({ frames }) => frames.filter(isBrokenMessage))
const hiddenOnStreams = perFacts(({ exchanges }) =>
  exchanges
    .filter(({ body }) => body === 'stream')
    .flatMap(hiddenMessages)
    .toSorted((a, b) => a.at - b.at),
)
const misnamed = perFacts(facts => strays(facts).filter(({ rpcId }) => !WHOLE_IDS.has(rpcId) && callsUnder(facts, rpcId).length === 0))

/** The fault that took this call's answer, if one of them did. */
export function lostAnswer(facts: Facts, call: Call): string | undefined {
  const until = waitedUntil(facts, call)
  const during = (signs: readonly { readonly at: number }[]) =>
    (signs[bisect(signs, ({ at }) => at >= call.sentAt)]?.at ?? Number.POSITIVE_INFINITY) <= until
  const own = ownExchange(facts, call)
  if (during(broken(facts))) return 'invalid-json-or-utf8'
  if (own && (isStreamOfText(own) || (facts.session.transport !== 'sse' && isForeignBody(own)))) return 'content-type-wrong'
  if (own && (own.problem !== undefined || cutShort(own))) return 'invalid-json-or-utf8'
  if (during(hiddenOnStreams(facts)) || (own && during(hiddenMessages(own)))) return 'sse-framing'
  if (during(misnamed(facts))) return 'response-unknown-id'
  return sharing(facts).has(call) ? 'duplicate-in-flight-id' : undefined
}

/** The call never got to work, or its answer came and could not be read: that its client gave up on it says nothing of a limit. */
export const failedOtherwise = (facts: Facts, call: Call): boolean =>
  (call.status ?? 0) >= 300 ||
  (call.answeredAt === undefined && lostAnswer(facts, call) !== undefined) ||
  (holdsAll(facts)?.waiting.some(({ id }) => call.exchanges.includes(id)) ?? false)

const UNREAD = new Set<string | undefined>(['invalid-json-or-utf8', 'sse-framing', 'response-unknown-id'])
/** Its answer did come, and the client could not take it for one: leaving afterwards was not what lost it. */
export const cameUnread = (facts: Facts, call: Call): boolean => call.answeredAt === undefined && UNREAD.has(lostAnswer(facts, call))

/** When a request was no longer under way. */
export const overAt = ({ answeredAt, brokenAt, cancelled }: Call) =>
  Math.min(answeredAt ?? brokenAt ?? Number.POSITIVE_INFINITY, cancelled?.at ?? Number.POSITIVE_INFINITY)

/** Requests of one session that were under way at once under one id, each group oldest first. Refused and redirected ones never were. */
export const sharedIds = perFacts((facts): readonly (readonly Call[])[] => {
  const groups: Call[][] = []
  // Its stream was opened before the recording, or in a gap of it: nothing shows what was answered.
  if (facts.session.transport === 'sse' && facts.session.stream === undefined) return groups
  for (const rpcId of new Set(facts.calls.map(call => call.rpcId))) {
    const group = new Set<Call>()
    let longest: Call | undefined
    for (const call of callsUnder(facts, rpcId)) {
      if (call.kind !== 'request' || call.from !== 'client' || (call.status ?? 0) >= 300 || call.unseen || !ofOneClient(facts, call))
        continue
      // The one that is in flight longest is what the next may meet.
      if (longest && call.sentAt < overAt(longest)) group.add(longest).add(call)
      if (!longest || overAt(call) >= overAt(longest)) longest = call
    }
    if (group.size > 0) groups.push([...group])
  }
  return groups
})
const sharing = perFacts(facts => new Set(sharedIds(facts).flat()))

/** Without a session id several clients at one address cannot be told apart, and their servers do not route by id. */
function ofOneClient(facts: Facts, call: Call): boolean {
  if (facts.session.transport === 'sse') return true
  const exchange = exchangeOf(facts, call.exchange)
  return exchange !== undefined && headerOf(exchange.requestHeaders, 'mcp-session-id') !== ''
}

/** Marks of a middlebox in a response's head. */
export function middlebox({ responseHeaders = [] }: Exchange): string | undefined {
  const via = headerOf(responseHeaders, 'via')
  if (via !== '') return `via ${via}`
  const server = headerOf(responseHeaders, 'server')
  return /nginx|cloudflare|envoy|varnish|haproxy|awselb|cloudfront|caddy|traefik/i.test(server) ? `server ${server}` : undefined
}
