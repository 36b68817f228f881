/** What a client did after a large answer had been delivered to it. Promise: only what it would not have done with the answer in hand. */
import type { Facts } from './facts.ts'
import { headerOf } from './fields.ts'
import type { Call, Confidence, Evidence, Exchange } from './model.ts'
import { exchangeOf, frameOf, framesOn, perFacts } from './per-facts.ts'
import { spanText } from './words.ts'

/** Limits on one SSE event or line that clients are known to have (bytes). */
export const EVENT_LIMITS: readonly number[] = [65_536, 1_048_576]
/** No limit lies below this many bytes of data. */
const SMALL = 65_000
const HTTPX2_LIMIT = 1_048_576
/** A cancellation this soon after the answer is a race, no sign (ms). */
const RACE_SPAN = 1_000
/** A close this soon after the last byte was caused by what came (ms). */
const AT_ONCE = 500
/** A client that comes back within this time had not meant to leave (ms). */
const BACK_SPAN = 30_000

export interface Unread {
  readonly confidence: Confidence
  readonly says: string
  readonly evidence: readonly Evidence[]
}

/** Size of the one SSE event that held the answer; undefined for an answer that came otherwise. */
export function eventSize(facts: Facts, call: Call): number | undefined {
  if ((call.answerBytes ?? 0) < SMALL) return undefined
  const exchange = exchangeOf(facts, call.answerExchange)
  if (call.delivery !== 'delivered' || (exchange?.body !== 'sse' && exchange?.body !== 'stream')) return undefined
  return frameOf(facts, call.answerFrame)?.size ?? call.answerBytes
}

/** Signs that the client never read the answer that it was given. */
export function unread(facts: Facts, call: Call): Unread | undefined {
  const at = call.answeredAt
  const exchange = exchangeOf(facts, call.answerExchange)
  if (at === undefined || !exchange) return undefined
  return (
    resumedBefore(facts, call, at) ??
    cancelledAfter(facts, call, at) ??
    brokeOff(exchange, at) ??
    leftAndCameBack(facts, exchange, at) ??
    knownReader(exchange, eventSize(facts, call) ?? 0)
  )
}

const resumptions = perFacts(({ exchanges }) =>
  exchanges.filter(({ method, requestHeaders }) => method === 'GET' && headerOf(requestHeaders, 'last-event-id') !== ''),
)
/** Messages by which the client cancels, by the id that they name. */
const cancellations = perFacts(({ calls }) => Map.groupBy(calls, one => one.cancels?.id))

/** It asks for what follows the event before: so it does not have this one. */
function resumedBefore(facts: Facts, call: Call, at: number): Unread | undefined {
  const frame = frameOf(facts, call.answerFrame)
  if (frame?.lastEventId === undefined) return undefined
  const before = framesOn(facts, frame.exchange).flatMap(one => (one.index < frame.index ? (one.lastEventId ?? []) : []))
  for (const { requestHeaders, requestAt, requestSeq } of resumptions(facts)) {
    const asked = headerOf(requestHeaders, 'last-event-id')
    if (requestAt < at || !before.includes(asked) || asked === frame.lastEventId) continue
    const says = `It then resumed after event ${asked}, the one before.`
    return {
      confidence: 'certain',
      says,
      evidence: [{ seq: requestSeq, at: requestAt, says: `GET with Last-Event-ID ${asked}, not ${frame.lastEventId}` }],
    }
  }
  return undefined
}

function cancelledAfter(facts: Facts, call: Call, at: number): Unread | undefined {
  const cancel = cancellations(facts)
    .get(call.rpcId)
    ?.find(one => one.sentAt - at >= RACE_SPAN)
  if (!cancel) return undefined
  const reason = cancel.cancels?.reason ?? 'no reason given'
  return {
    confidence: 'likely',
    says: `It cancelled the call ${spanText(cancel.sentAt - at)} after the last byte of its answer: ${reason}.`,
    evidence: [{ seq: cancel.seqs[0] ?? 0, at: cancel.sentAt, says: `Client cancelled id ${call.rpcId}: ${reason}` }],
  }
}

/** A close with unread bytes in its buffer is a reset: it stopped reading in the middle of what was delivered. */
function brokeOff({ clientEnd }: Exchange, at: number): Unread | undefined {
  if (clientEnd?.by !== 'client' || clientEnd.how !== 'reset' || clientEnd.at < at || clientEnd.at - at > AT_ONCE) return undefined
  return {
    confidence: 'likely',
    says: `It reset the connection ${spanText(clientEnd.at - at)} after the last byte, as a system does that closes with bytes unread.`,
    evidence: [{ seq: clientEnd.seq, at: clientEnd.at, says: 'Client reset the connection' }],
  }
}

/** httpx2 from 2.10 on, below the Python SDK 2.x, reads no event above 1 MiB (python-sdk#3332). */
function knownReader({ requestHeaders, requestSeq, requestAt }: Exchange, size: number): Unread | undefined {
  const agent = headerOf(requestHeaders, 'user-agent')
  const [, major = '0', minor = '0'] = /python-httpx2\/(\d+)\.(\d+)/.exec(agent) ?? []
  if (size <= HTTPX2_LIMIT || Number(major) < 2 || (Number(major) === 2 && Number(minor) < 10)) return undefined
  return {
    confidence: 'likely',
    says: `Its reader, httpx2 ${major}.${minor}, takes no event above 1,048,576 B: it ends the stream and reports no answer.`,
    evidence: [{ seq: requestSeq, at: requestAt, says: `Request by ${agent}` }],
  }
}

function leftAndCameBack({ session, others }: Facts, { clientEnd }: Exchange, at: number): Unread | undefined {
  if (clientEnd?.by !== 'client' || clientEnd.how === 'complete' || clientEnd.at - at > AT_ONCE) return undefined
  const back = others.find(other => other.id === session.replacedBy && other.startedAt - clientEnd.at <= BACK_SPAN)
  if (!back) return undefined
  return {
    confidence: 'likely',
    says: `It closed the stream ${spanText(clientEnd.at - at)} after the last byte, and came back ${spanText(back.startedAt - clientEnd.at)} later.`,
    evidence: [{ seq: clientEnd.seq, at: clientEnd.at, says: 'Client closed the stream' }],
  }
}
