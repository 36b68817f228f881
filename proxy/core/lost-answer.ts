/**
 * Why a request has no answer although its stream lived. Promise: what came instead of the answer is weighed in one fixed order, so
 * that exactly one of the faults of this family speaks for a call.
 */

import type { Facts } from './facts.ts'
import { headerOf, lengthOf } from './fields.ts'
import { isForeignBody, isStreamOfText } from './http-signs.ts'
import type { Call, Exchange, Frame, Framing } from './model.ts'

/** Answered only when the client has heard enough: it stays open on purpose (2026-07-28). */
const LISTENS = 'subscriptions/listen'

/** Requests of the client that have no answer, whatever the reason; those that it took back are left out. */
export const unanswered = ({ calls }: Facts): Call[] =>
  calls.filter(
    call =>
      call.from === 'client' &&
      call.kind === 'request' &&
      call.delivery !== 'undeliverable' &&
      isOpen(call) &&
      !call.cancelled &&
      call.method !== LISTENS,
  )

/** The oldest request that was waiting for its answer at this moment, and never got it: also one that was given up later. */
export const awaiting = ({ calls }: Facts, at: number): Call | undefined =>
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
export const waitedUntil = (facts: Facts, call: Call): number => call.answeredAt ?? call.brokenAt ?? facts.now

/** The exchange whose own response should carry the answer. */
export const ownExchange = ({ exchanges }: Facts, call: Call): Exchange | undefined =>
  exchanges.findLast(one => one.calls.includes(call.id) && call.exchanges.includes(one.id))

/** Bytes that a Content-Length promised and that never came, because the server's side ended. */
export function cutShort({ responseHeaders, responseBytes, serverEnd, method }: Exchange): { length: number } | undefined {
  const length = responseHeaders ? lengthOf(responseHeaders) : -1
  return serverEnd?.by === 'server' && serverEnd.how !== 'complete' && method !== 'HEAD' && responseBytes < length ? { length } : undefined
}

/** An answer that belongs to no call: no replay of an event that had come before. */
export function strays({ frames }: Facts): Frame[] {
  const seen = new Set<string>()
  return frames.filter(frame => {
    const replayed = frame.lastEventId !== undefined && frame.lastEventId !== '' && seen.has(frame.lastEventId)
    if (frame.lastEventId !== undefined) seen.add(frame.lastEventId)
    return frame.rpcId !== undefined && frame.call === undefined && frame.crossed && !replayed
  })
}

/** A message that readers of the stream miss because of its framing. */
export const hidesMessage = ({ what, rpc }: Framing) => rpc && (what === 'event-name' || what === 'unfinished')

const endedWell = ({ clientEnd, serverEnd }: Exchange) => serverEnd?.how === 'complete' && clientEnd?.by !== 'client'
export const hiddenMessages = (exchange: Exchange): Framing[] =>
  (exchange.framing ?? []).filter(one => hidesMessage(one) && (one.what !== 'unfinished' || endedWell(exchange)))

/** It was meant as a message: a keepalive such as `data: ping` was not. */
export const isBrokenMessage = ({ rpc, problem, preview }: Frame) => rpc === 'invalid' && problem !== undefined && /^\s*[[{]/.test(preview)

/** The fault that took this call's answer, if one of them did. */
export function lostAnswer(facts: Facts, call: Call): string | undefined {
  const until = waitedUntil(facts, call)
  const during = ({ at }: { readonly at: number }) => at >= call.sentAt && at <= until
  const own = ownExchange(facts, call)
  const carriers = facts.exchanges.filter(one => one.id === own?.id || one.body === 'stream')
  if (facts.frames.some(frame => isBrokenMessage(frame) && during(frame))) return 'invalid-json-or-utf8'
  if (own && (isStreamOfText(own) || (facts.session.transport !== 'sse' && isForeignBody(own)))) return 'content-type-wrong'
  if (own && (own.problem !== undefined || cutShort(own))) return 'invalid-json-or-utf8'
  if (carriers.some(one => hiddenMessages(one).some(during))) return 'sse-framing'
  const odd = strays(facts).filter(frame => during(frame) && !WHOLE_IDS.has(frame.rpcId))
  if (odd.some(frame => !facts.calls.some(({ rpcId }) => rpcId === frame.rpcId))) return 'response-unknown-id'
  if (facts.calls.some(other => sharesId(facts, other, call))) return 'duplicate-in-flight-id'
  return undefined
}

const UNREAD = new Set<string | undefined>(['invalid-json-or-utf8', 'sse-framing', 'response-unknown-id'])
/** Its answer did come, and the client could not take it for one: leaving afterwards was not what lost it. */
export const cameUnread = (facts: Facts, call: Call): boolean => call.answeredAt === undefined && UNREAD.has(lostAnswer(facts, call))

/** Two requests of one session were under way at once under one id. Refused and redirected ones never were. */
export function sharesId(facts: Facts, one: Call, other: Call): boolean {
  if (one === other || one.rpcId === undefined || one.rpcId !== other.rpcId) return false
  if (one.kind !== 'request' || other.kind !== 'request' || one.from !== 'client' || other.from !== 'client') return false
  if ((one.status ?? 0) >= 300 || (other.status ?? 0) >= 300) return false
  const [first, second] = one.id < other.id ? [one, other] : [other, one]
  const over = first.answeredAt ?? first.brokenAt ?? Number.POSITIVE_INFINITY
  if (second.sentAt >= Math.min(over, first.cancelled?.at ?? Number.POSITIVE_INFINITY)) return false
  return ofOneClient(facts, one) && ofOneClient(facts, other)
}

/** Without a session id several clients at one address cannot be told apart, and their servers do not route by id. */
function ofOneClient({ session, exchanges }: Facts, call: Call): boolean {
  if (session.transport === 'sse') return true
  const exchange = exchanges.find(one => one.id === call.exchange)
  return exchange !== undefined && headerOf(exchange.requestHeaders, 'mcp-session-id') !== ''
}

/** Marks of a middlebox in a response's head. */
export function middlebox({ responseHeaders = [] }: Exchange): string | undefined {
  const via = headerOf(responseHeaders, 'via')
  if (via !== '') return `via ${via}`
  const server = headerOf(responseHeaders, 'server')
  return /nginx|cloudflare|envoy|varnish|haproxy|awselb|cloudfront|caddy|traefik/i.test(server) ? `server ${server}` : undefined
}
