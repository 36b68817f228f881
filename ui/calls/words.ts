/** What the table says of a row, in words: the same for the eye and for a screen reader. Promise: pure. */
import type { Actor, Ending } from '../../proxy/core/event.ts'
import type { Call, End, Exchange, Frame, Gap, Session } from '../../proxy/core/model.ts'
import { gaveUpAt, isLate } from '../call-fate.ts'
import { isRedirect } from '../filter-match.ts'
import { age, duration, offsetExact, plural, size } from '../format.ts'
import { sessionName } from '../sessions/groups.ts'

/** `sign` names the glyph: a badge of an actor, or a mark. */
export interface Outcome {
  readonly sign: 'ok' | 'no' | 'broken' | 'error' | 'warning' | 'dash' | 'live' | 'pending' | 'none' | Actor
  readonly text: string
  readonly tone: 'plain' | 'dim' | 'mid' | 'good' | 'warn' | 'fail' | 'fail-strong'
  /** For a badge: something was in flight. */
  readonly broke?: boolean
  readonly title?: string
}

const BY: Readonly<Record<Actor, string>> = { client: 'the client', server: 'the server', proxy: 'the proxy' }
const HOW: Readonly<Record<Ending, string>> = {
  complete: 'clean',
  fin: 'FIN',
  reset: 'reset',
  timeout: 'timeout',
  refused: 'refused',
  unresolved: 'name not resolved',
  tls: 'TLS failed',
  garbage: 'broken HTTP',
  closed: 'closed',
}
export const howWords = (how: Ending): string => HOW[how]

export function callOutcome(call: Call): Outcome {
  if (call.kind === 'invalid') return { sign: 'error', text: 'not JSON-RPC', tone: 'fail' }
  if (call.delivery === 'undeliverable')
    return { sign: 'broken', text: 'undeliverable', tone: 'fail-strong', ...(call.broken && { title: call.broken.says }) }
  if (call.delivery === 'unanswered')
    return { sign: 'no', text: 'never answered', tone: 'fail', ...(call.broken && { title: call.broken.says }) }
  if (gaveUpAt(call) !== undefined)
    return { sign: 'no', text: isLate(call) ? 'too late' : 'given up', tone: 'fail', title: call.cancelled?.reason ?? '' }
  if (call.cancelled)
    return { sign: 'dash', text: 'cancelled', tone: 'dim', ...(call.cancelled.reason && { title: call.cancelled.reason }) }
  if (call.error) return { sign: 'error', text: String(call.error.code), tone: 'fail', title: call.error.message }
  if (call.delivery === 'pending') return { sign: 'pending', text: 'pending', tone: 'mid' }
  if (call.delivery === 'none') return { sign: 'dash', text: 'no answer due', tone: 'dim' }
  if (call.delivery === 'unknown') return { sign: 'dash', text: 'unknown', tone: 'dim' }
  if (call.toolError !== undefined) return { sign: 'warning', text: 'tool error', tone: 'warn', title: call.toolError }
  return { sign: 'ok', text: 'delivered', tone: 'plain' }
}

/** "Gap in the journal: disk full, 12 records (3.4 kB) lost" */
export function gapWords({ reason, lost, lostBytes }: Gap): string {
  const what = reason.replace('-', ' ')
  return lost === 0
    ? `Journal written another way: ${what}, nothing lost`
    : `Gap in the journal: ${what}, ${plural(lost, 'record')} (${size(lostBytes)}) lost`
}

/** The end that came first: who hung up. */
export function firstEnd(one: Exchange): End | undefined {
  const { clientEnd, serverEnd } = one
  if (!clientEnd || !serverEnd) return clientEnd ?? serverEnd
  return serverEnd.at < clientEnd.at ? serverEnd : clientEnd
}

export const END_NOT_SEEN = 'end not seen'
const UNSEEN: Outcome = { sign: 'dash', text: END_NOT_SEEN, tone: 'dim', title: 'The recording ended before it did' }

function streamOutcome(one: Exchange, broke: boolean, past: boolean): Outcome {
  const end = firstEnd(one)
  if (!end && past) return UNSEEN
  if (!end) return { sign: 'live', text: 'open', tone: 'good' }
  return { sign: end.by, text: `${end.by} closed`, tone: 'mid', broke, title: HOW[end.how] }
}

/** `broke`: a call was in flight when its stream ended. `past`: the recording has ended, so nothing is open. */
export function exchangeOutcome(one: Exchange, broke: boolean, past = false): Outcome {
  if (one.body === 'stream') return streamOutcome(one, broke, past)
  if (one.status === undefined) {
    const end = firstEnd(one)
    if (!end && past) return UNSEEN
    if (!end) return { sign: 'pending', text: 'waiting', tone: 'mid' }
    return { sign: end.by, text: `no answer, ${HOW[end.how]}`, tone: 'fail', broke: true }
  }
  if (one.responseBy === 'proxy')
    return {
      sign: 'proxy',
      text: one.status === 502 ? 'not reached' : 'refused',
      tone: 'fail',
      broke: true,
      ...(one.trouble && { title: one.trouble }),
    }
  if (isRedirect(one.status))
    return {
      sign: 'none',
      text: one.location ? `to ${pathOf(one.location)}` : 'redirect',
      tone: 'mid',
      ...(one.location && { title: one.location }),
    }
  if (one.status >= 400) return { sign: 'error', text: one.reason || 'error', tone: 'fail', ...(one.errorText && { title: one.errorText }) }
  const end = firstEnd(one)
  if (end && end.how !== 'complete') return { sign: end.by, text: `cut, ${HOW[end.how]}`, tone: 'fail', broke: true }
  if (one.status === 202) return { sign: 'ok', text: 'accepted', tone: 'mid' }
  if (!end && past) return UNSEEN
  return end ? { sign: 'ok', text: 'answered', tone: 'mid' } : { sign: 'live', text: 'open', tone: 'good' }
}

export function frameOutcome(frame: Frame): Outcome {
  if (frame.kind === 'unfinished') return { sign: 'no', text: 'unfinished', tone: 'fail' }
  if (!frame.crossed) return { sign: 'no', text: 'nobody there', tone: 'fail' }
  return { sign: 'ok', text: 'written', tone: 'mid' }
}

/** What an event carries: "answer to call 6", "notifications/progress", or the beginning of its data. `call`: the one that it belongs to. */
export function carriesWords(frame: Frame, call: Call | undefined): string {
  if (frame.rpc === 'response' || frame.rpc === 'error') {
    const what = frame.rpc === 'error' ? 'error' : 'answer'
    return call?.number ? `${what} to call ${call.number}` : what
  }
  if (frame.method !== undefined || frame.preview !== '' || frame.kind !== 'event') return frame.method ?? frame.preview
  // Streamable HTTP opens a stream with an id and no data, so that a client can resume before anything has come.
  return frame.lastEventId === undefined ? 'no data' : 'priming event, no data'
}

/** Path of a redirect's target, without host and query. */
export function pathOf(location: string): string {
  return location.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/[?#].*$/, '') || '/'
}

/** The one call that its session's end cut; undefined where none or several were in flight. */
function onlyInFlight({ ended }: Session, calls: readonly Call[]): Call | undefined {
  if (ended?.inFlight !== 1) return undefined
  return calls.findLast(one => one.kind === 'request' && one.sentAt <= ended.at && (one.answeredAt ?? Number.POSITIVE_INFINITY) > ended.at)
}

/** How a session ended: "ended by the client at +60.000 s, FIN, with call 6 in flight". */
function endWords(session: Session, zeroAt: number, only: Call | undefined): string {
  const { ended } = session
  if (!ended) return session.state === 'quiet' ? 'open, quiet' : session.state === 'live' ? 'open' : ''
  const kind = ended.how === 'complete' ? '' : `, ${HOW[ended.how]}`
  const cut =
    ended.inFlight === 0 ? '' : only ? `, with call ${only.number} in flight` : `, with ${plural(ended.inFlight, 'call')} in flight`
  return `ended by ${BY[ended.by]} at ${offsetExact(ended.at - zeroAt)}${kind}${cut}`
}

/** The heading of a session in the table: what it replaced, whether it was ever initialized, how it ended. */
export function sessionWords(session: Session, before: Session | undefined, zeroAt: number, calls: readonly Call[]): string {
  const words: string[] = []
  if (before && session.replaces === before.id) {
    const gap = session.startedAt - Math.max(before.ended?.at ?? before.lastAt, 0)
    words.push(`replaces ${sessionName(before)}${gap > 0 ? ` after ${gap < 60_000 ? duration(gap) : age(gap)}` : ''}`)
  }
  if (!session.issued && session.transport !== 'other' && session.transport !== 'stateless') words.push('never issued through this proxy')
  else if (session.initializedAt === undefined && (session.transport === 'sse' || session.transport === 'streamable'))
    words.push('never initialized')
  const end = endWords(session, zeroAt, onlyInFlight(session, calls))
  if (end) words.push(end)
  return words.join(', ')
}
