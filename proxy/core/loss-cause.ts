/**
 * Why an answer could not be delivered, as far as the wire shows it. Promise: the kinds of evidence are weighed in one fixed
 * order; the first that makes its fault likely is the cause, or else the first that makes it possible, and every other one says why it
 * is possible or ruled out.
 *
 * A redirect is never among the causes: what was accepted after one was not lost by it.
 */
import { IDLE_LIMITS, nearest, REQUEST_LIMITS } from './client-limits.ts'
import type { Facts } from './facts.ts'
import { encodingOf } from './fields.ts'
import { answerOf } from './http-signs.ts'
import type { Alternative, Break, Call, Confidence, Evidence, Exchange, Frame } from './model.ts'
import { isClientNear, NEAR } from './nearness.ts'
import { callOf, carriersOf, exchangeOf, framesOn, perFacts } from './per-facts.ts'
import { refusalName } from './refusal-name.ts'
import { bytesText, spanText } from './words.ts'

export interface LossCause {
  /** Name of the fault that caused the loss. */
  readonly rule: string
  readonly confidence: Confidence
  /** The client's limit in ms, where one was announced or fits. */
  readonly limit?: number
  /** What shows it, in words, and the records of it. */
  readonly why: string
  readonly evidence: readonly Evidence[]
  readonly others: readonly Alternative[]
}

/** Limits on one SSE event that are known in clients (bytes). */
const EVENT_LIMITS = [65_536, 1_048_576]
/** How shortly before the close an event or an error must lie to have caused it (ms). */
const JUST_BEFORE = 2_000

interface Sign {
  readonly rule: string
  readonly holds: false | Confidence
  readonly why: string
  readonly evidence?: readonly Evidence[]
  readonly limit?: number
  /** It cannot be excluded even though it does not hold. */
  readonly possible?: boolean
}

/** The cause of the loss of a call that `broken` broke. `call` is the oldest of those in flight then. */
export function lossCause(facts: Facts, call: Call, broken: Break): LossCause {
  const leg = legOf(facts, call)
  const { idle, round } = byTheClock(leg, facts, call, broken)
  const signs = [
    cancelled(call),
    deleted(facts, broken),
    idle,
    oversized(facts, call, broken, leg),
    refused(facts, broken),
    ...round,
    reset(facts, broken),
  ]
  const last: Sign = {
    rule: 'client-closed-early',
    holds: 'possible',
    why: `left by itself ${spanText(broken.at - call.sentAt)} after the POST`,
    possible: true,
  }
  const found = signs.find(({ holds }) => holds === 'certain' || holds === 'likely') ?? signs.find(({ holds }) => holds !== false) ?? last
  const others = [...new Set([...signs, last].map(sign => sign.rule))]
    .filter(rule => rule !== found.rule)
    .map(rule => standingOf([...signs, last].filter(sign => sign.rule === rule)))
  return {
    rule: found.rule,
    confidence: found.holds === false ? 'possible' : found.holds,
    why: found.why,
    evidence: found.evidence ?? [],
    ...(found.limit !== undefined && { limit: found.limit }),
    others,
  }
}

/** The same fault can show in two ways; the one that holds, or else the last, speaks for it. */
function standingOf(signs: readonly Sign[]): Alternative {
  const { rule, holds, why, possible } = (signs.find(sign => sign.holds !== false) ?? signs.at(-1)) as Sign
  return { rule, standing: holds !== false || possible ? 'possible' : 'ruled out', why }
}

/** The exchange whose response should have carried the answer. */
export function legOf(facts: Facts, call: Call): Exchange | undefined {
  const own = carriersOf(facts, call).findLast(({ id }) => call.exchanges.includes(id))
  if (facts.session.transport !== 'sse') return own
  return exchangeOf(facts, facts.session.stream) ?? own
}

/** When the last byte before `at` came on a response; its head counts. */
export function lastByteBefore(facts: Facts, leg: Exchange | undefined, at: number): { at: number; seq: number } | undefined {
  if (leg?.responseAt === undefined || leg.responseAt > at) return undefined
  const head = { at: leg.responseAt, seq: leg.responseSeq ?? leg.requestSeq }
  if (leg.lastByteAt !== undefined && leg.lastByteAt <= at && leg.lastByteAt > head.at)
    return { at: leg.lastByteAt, seq: leg.lastByteSeq ?? head.seq }
  const frame = framesOn(facts, leg.id).findLast(one => one.at <= at && one.crossed)
  return frame && frame.at >= head.at ? { at: frame.at, seq: frame.seq } : head
}

function cancelled({ cancelled: mark, sentAt }: Call): Sign {
  const rule = 'client-timeout-shorter-than-tool'
  if (!mark) return { rule, holds: false, why: 'a limit of its own: none was announced, and this span is no usual one', possible: true }
  const span = mark.at - sentAt
  return {
    rule,
    holds: 'certain',
    limit: span,
    why: `the client cancelled it after ${spanText(span)}: ${mark.reason ?? 'no reason given'}`,
    evidence: [{ seq: mark.seq, at: mark.at, says: `Client cancelled it: ${mark.reason ?? 'no reason given'}` }],
  }
}

const deletions = perFacts(({ exchanges }) => exchanges.filter(({ method, status = 0 }) => method === 'DELETE' && status < 300))

function deleted(facts: Facts, broken: Break): Sign {
  const rule = 'client-closed-early'
  const end = deletions(facts)[0]
  return end && end.requestAt <= broken.at
    ? { rule, holds: 'certain', why: 'the client ended the session with DELETE', evidence: [answerOf(end)] }
    : { rule, holds: false, why: 'no DELETE ended the session', possible: true }
}

/**
 * Silence, or a limit on the request? Where both fit, as on a server that sends no pings, silence comes first unless the
 * request's limit fits five times as exactly.
 */
function byTheClock(leg: Exchange | undefined, facts: Facts, call: Call, broken: Break): { idle: Sign; round: readonly Sign[] } {
  const before = lastByteBefore(facts, leg, broken.at)
  const silence = before ? broken.at - before.at : undefined
  const idle = silence === undefined || silence < 20_000 ? undefined : nearest(silence, IDLE_LIMITS)
  const age = broken.at - call.sentAt
  const round = nearest(age, REQUEST_LIMITS)
  const isIdle = idle !== undefined && (round === undefined || round.off * 5 > idle.off)
  const idleSign: Sign = isIdle
    ? { rule: 'idle-cut', holds: 'likely', limit: idle.limit, why: `closed ${spanText(silence ?? 0)} after the last byte` }
    : {
        rule: 'idle-cut',
        holds: false,
        possible: (silence ?? 0) > 20_000,
        why: silence === undefined ? 'nothing had come on it yet' : `last byte ${spanText(silence)} before the close`,
      }
  if (!round) return { idle: idleSign, round: [] }
  const roundSign: Sign = {
    rule: 'client-timeout-shorter-than-tool',
    holds: round.off <= Math.max(100, round.limit * 0.005) ? 'likely' : 'possible',
    limit: round.limit,
    why: `closed ${(age / 1000).toFixed(3)} s after the POST`,
  }
  return { idle: idleSign, round: [roundSign] }
}

/** Bytes of an event that had begun and was not whole when the client left; 0 where that cannot be told. */
export function unfinishedBytes(facts: Facts, leg: Exchange | undefined, broken: Break): number {
  if (!leg || (leg.body !== 'sse' && leg.body !== 'stream') || encodingOf(leg.responseHeaders ?? []) !== '') return 0
  if (leg.lastByteAt !== undefined && broken.at - leg.lastByteAt > JUST_BEFORE) return 0
  const taken = leg.clientEnd?.bytes ?? leg.responseBytes
  // What was being written then: it became whole later, or never. Comments are not kept, so their bytes cannot be told from the rest.
  const frames = framesOn(facts, leg.id)
  const cut = frames.find(frame => frame.kind === 'unfinished' || frame.at > broken.at)
  if (leg.serverEnd) return cut ? Math.max(0, taken - cut.offset) : 0
  const whole = frames.filter(frame => frame.at <= broken.at && frame.kind !== 'unfinished')
  const end = whole.reduce((last, { offset, size }) => Math.max(last, offset + size), 0)
  return Math.max(0, taken - end)
}

/** The largest event that came just before on what should have brought the answer. Other responses have readers of their own. */
function largestBefore(facts: Facts, leg: Exchange | undefined, at: number): Frame | undefined {
  const near = leg ? framesOn(facts, leg.id).filter(one => one.at <= at && at - one.at <= JUST_BEFORE && one.kind !== 'comment') : []
  return near.reduce<Frame | undefined>((largest, one) => (one.size > (largest?.size ?? 0) ? one : largest), undefined)
}

function oversized(facts: Facts, call: Call, broken: Break, leg: Exchange | undefined): Sign {
  const rule = 'oversized-sse-event'
  const event = largestBefore(facts, leg, broken.at)
  const largest = event?.size ?? 0
  const limit = EVENT_LIMITS.findLast(bytes => largest > bytes)
  const unfinished = unfinishedBytes(facts, leg, broken)
  const passed = EVENT_LIMITS.findLast(bytes => unfinished > bytes)
  if (passed !== undefined && unfinished > largest)
    return {
      rule,
      holds: passed > 100_000 ? 'likely' : 'possible',
      why: `${bytesText(unfinished)} of an event had come, and it was not at its end`,
    }
  if (event && limit !== undefined)
    return {
      rule,
      holds: limit > 100_000 ? 'likely' : 'possible',
      why: `an event of ${bytesText(largest)} came just before the close`,
      evidence: [{ seq: event.seq, at: event.at, says: `An event of ${bytesText(largest)} came${ofOther(facts, call, event)}` }],
    }
  const begun = call.answeredAt !== undefined && call.answeredAt <= broken.at
  const why = begun
    ? `the answer has ${bytesText(call.answerBytes ?? 0)}`
    : unfinished > Math.max(largest, 1_000)
      ? `${bytesText(unfinished)} of an event had come`
      : largest > 0
        ? `the last event has ${bytesText(largest)}`
        : 'closed before its first byte'
  return { rule, holds: false, why }
}

function ofOther(facts: Facts, call: Call, { call: id }: Frame): string {
  const other = id === undefined || id === call.id ? undefined : callOf(facts, id)
  return other ? `: the answer to call ${other.number}` : ''
}

const refusals = perFacts(({ exchanges }) => exchanges.filter(({ method, status = 0 }) => method === 'POST' && status >= 400))

function refused(facts: Facts, broken: Break): Sign {
  const error = refusals(facts).find(({ responseAt = 0 }) => responseAt <= broken.at && broken.at - responseAt <= JUST_BEFORE)
  if (!error) return { rule: 'session-unknown-or-expired', holds: false, why: 'no POST was refused before the close' }
  const rule = refusalName(error)
  const why = `a POST was refused with ${error.status} just before the close`
  return { rule: rule ?? 'client-closed-early', holds: rule ? 'likely' : 'possible', why, evidence: [answerOf(error)] }
}

function reset(facts: Facts, broken: Break): Sign {
  const rule = 'network-interruption'
  if (broken.how === 'reset' || broken.how === 'timeout')
    return isClientNear(facts)
      ? { rule, holds: false, why: NEAR }
      : { rule, holds: 'possible', why: `the connection ended by ${broken.how}` }
  const back = facts.others.find(other => other.id === facts.session.replacedBy)
  const after = back ? `, back after ${spanText(back.startedAt - broken.at)}` : ''
  return { rule, holds: false, why: broken.how === 'fin' || broken.how === 'complete' ? `clean FIN${after}` : `no reset${after}` }
}
