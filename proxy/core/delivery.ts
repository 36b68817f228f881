/**
 * The delivery ladder: sent, accepted, answered, written, received, and the verdict. Promise: a pure function of what the
 * fold knows of one call; each rung says what was seen, and "never" only where it can no longer happen.
 */
import type { Delivery, Exchange, Step } from './model.ts'
import type { CallState } from './state.ts'
import { bytesText, spanText } from './words.ts'

/** Stays open until the client has heard enough, and ends by its leaving: no answer is waited for (2026-07-28). */
const LISTEN = 'subscriptions/listen'

export function verdictOf(call: CallState): Delivery {
  if (call.row.kind !== 'request') return 'none'
  if (call.answer) {
    if (byProxy(call)) return 'unanswered'
    if (call.answer.crossed) return 'delivered'
    if (call.broken?.by === 'server') return 'unanswered'
    return call.answer.exchange.row.afterFin === 'unclear' ? 'unknown' : 'undeliverable'
  }
  if (!call.broken) return 'pending'
  if (isTakenBack(call) && call.broken.by === 'proxy') return 'cancelled'
  if (call.blind !== undefined) return 'unknown'
  if (call.row.from === 'server' || unfollowed(call)) return 'unanswered'
  if (call.row.method === LISTEN && call.broken.by === 'client') return 'none'
  // After its own cancellation (other than for its time limit, and leaving with it) the client waits for no answer.
  if (isTakenBack(call)) return 'cancelled'
  return call.broken.by === 'client' ? 'undeliverable' : call.broken.by === 'server' ? 'unanswered' : 'unknown'
}

export function ladderOf(call: CallState): Step[] {
  if (call.row.kind !== 'request') return [sent(call), accepted(call)]
  if (call.row.from === 'server') return serverLadder(call)
  return [sent(call), accepted(call), answered(call), written(call), received(call)]
}

/** A client that gave up by its limit and stayed this long did not leave because of it (ms). */
const STAYED_SPAN = 2_000

/** Cancelled by the client: at its time limit only where it stayed for other things. */
export const isTakenBack = ({ row: { cancelled }, timedOut, broken }: CallState, at = broken?.at ?? 0): boolean =>
  cancelled !== undefined && (!timedOut || at - cancelled.at > STAYED_SPAN)
/** Its bytes went to a client that had sent FIN, and no reset refused them. */
const isAfterFin = ({ answer }: CallState) => {
  const { afterFin, clientEnd } = answer?.exchange.row ?? {}
  return (afterFin === 'taken' || afterFin === 'unclear') && (answer?.at ?? 0) >= (clientEnd?.at ?? 0)
}
/** What came back was the proxy's own refusal. */
const byProxy = ({ answer }: CallState) => answer?.refusal === true && answer.exchange.row.responseBy === 'proxy'
/** The last that was heard of it is a redirect: the server never saw the call itself. */
export const unfollowed = ({ hops, answer }: CallState) => {
  const status = hops.at(-1)?.row.status ?? 0
  return answer === undefined && status >= 300 && status < 400
}
const carrier = (call: CallState): Exchange | undefined => call.hops.at(-1)?.row as Exchange | undefined

function sent(call: CallState): Step {
  const first = call.hops[0]?.row
  return {
    name: 'sent',
    state: 'yes',
    at: call.row.sentAt,
    bytes: call.row.sentBytes,
    says: `${bytesText(call.row.sentBytes)}, ${first ? `${first.method} ${first.path}` : 'on the stream'}`,
    ...(first && { seq: first.requestSeq }),
  }
}

function accepted(call: CallState): Step {
  const exchange = carrier(call)
  const { status, responseAt, responseSeq } = exchange ?? {}
  if (exchange && status !== undefined && responseAt !== undefined) {
    const stamp = { at: responseAt, ...(responseSeq !== undefined && { seq: responseSeq }) }
    if (status < 300) return { name: 'accepted', state: 'yes', ...stamp, says: `${status}${detour(call)}` }
    if (status < 400) {
      const over = call.broken !== undefined
      return {
        name: 'accepted',
        state: over ? 'no' : 'open',
        ...stamp,
        says: `${status} to ${exchange.location ?? 'nowhere'}, ${over ? 'never followed' : 'not followed yet'}`,
      }
    }
    const by = exchange.responseBy === 'proxy' ? ' by the proxy' : ''
    const why = exchange.trouble ?? (call.row.error?.message || exchange.errorText)
    return { name: 'accepted', state: 'no', ...stamp, says: `refused with ${status}${by}${why ? `: ${why}` : ''}` }
  }
  if (call.blind !== undefined && call.broken) return { name: 'accepted', state: 'unknown', says: call.blind }
  if (call.answer) return { name: 'accepted', state: 'open', says: 'answered before the POST was' }
  if (call.broken) return { name: 'accepted', state: 'no', says: 'no response head came' }
  return { name: 'accepted', state: 'open', says: 'waiting for the response head' }
}

/** ", after a 307 that cost 4 ms": what the redirects before the last hop cost. */
function detour(call: CallState): string {
  const hops = call.hops.slice(0, -1)
  const last = call.hops.at(-1)
  if (hops.length === 0 || !last) return ''
  const cost = spanText(last.row.requestAt - (hops[0]?.row.requestAt ?? 0))
  const { status = 0, responseBy } = hops[0]?.row ?? {}
  if (status === 0 || responseBy === 'proxy') return `, sent again ${cost} after a try that broke off`
  return hops.length === 1 ? `, after a ${hops[0]?.row.status} that cost ${cost}` : `, after ${hops.length} redirects that cost ${cost}`
}

function answered(call: CallState): Step {
  const { answer, broken } = call
  if (answer && byProxy(call)) {
    const how = answer.exchange.row.serverEnd?.how
    const says =
      how === 'fin' || how === 'reset' || how === 'garbage'
        ? 'never: the connection to the server ended before it'
        : 'never: it did not reach the server'
    return { name: 'answered', state: 'no', says }
  }
  if (answer) {
    const late = broken && answer.at > broken.at ? `${spanText(answer.at - broken.at)} later, ` : ''
    const took = answer.at - answer.firstAt >= 1 ? ` in ${spanText(answer.at - answer.firstAt)}` : ''
    const what = answer.refusal ? `by the HTTP status alone, ${bytesText(answer.bytes)}` : `${bytesText(answer.bytes)}${took}`
    return { name: 'answered', state: 'yes', at: answer.at, seq: answer.seq, bytes: answer.bytes, says: `${late}${what}` }
  }
  if (!broken)
    return {
      name: 'answered',
      state: 'open',
      says: call.row.cancelled ? 'cancelled by the client, no answer is due' : 'waiting for the server',
    }
  if (call.blind !== undefined) return { name: 'answered', state: 'unknown', says: call.blind }
  if (isTakenBack(call)) return { name: 'answered', state: 'no', says: 'cancelled by the client, no answer was due' }
  if (unfollowed(call)) return { name: 'answered', state: 'no', says: 'never: the redirect was not followed' }
  if (broken.by === 'client') return { name: 'answered', state: 'unknown', says: 'not seen: the stream was closed before it' }
  return {
    name: 'answered',
    state: broken.by === 'server' ? 'no' : 'unknown',
    says: broken.by === 'server' ? 'never: the server ended its side' : 'not seen: the recording ended while it waited',
  }
}

function written(call: CallState): Step {
  const { answer, broken } = call
  if (answer && byProxy(call)) return { name: 'written', state: 'no', says: 'only the refusal' }
  if (answer?.crossed)
    return {
      name: 'written',
      state: 'yes',
      at: answer.at,
      seq: answer.seq,
      bytes: answer.bytes,
      says: `${bytesText(answer.bytes)} to the client`,
    }
  if (answer && isAfterFin(call)) {
    const says = `${bytesText(answer.bytes)}, after the client had closed its side`
    return { name: 'written', state: 'yes', at: answer.at, seq: answer.seq, bytes: answer.bytes, says }
  }
  if (answer) {
    const taken = call.taken ?? 0
    return {
      name: 'written',
      state: 'no',
      bytes: taken,
      says: `${bytesText(taken).replace(' B', '')} of ${bytesText(answer.bytes)} to the client`,
    }
  }
  if (!broken) return { name: 'written', state: 'open', says: 'nothing to write yet' }
  if (call.blind !== undefined) return { name: 'written', state: 'unknown', says: call.blind }
  if (isTakenBack(call)) return { name: 'written', state: 'no', says: 'nothing to write' }
  return {
    name: 'written',
    state: 'no',
    says: broken.by === 'client' && !unfollowed(call) ? 'no stream to write it to' : 'nothing to write',
  }
}

function received(call: CallState): Step {
  const { answer, broken } = call
  if (answer && byProxy(call)) return { name: 'received', state: 'no', says: 'nothing came to read' }
  if (answer?.crossed) {
    const end = answer.exchange.row.clientEnd
    if (end?.how === 'reset' && end.at - answer.at < 100) {
      return {
        name: 'received',
        state: 'unknown',
        at: end.at,
        seq: end.seq,
        says: `the client reset its side ${spanText(end.at - answer.at)} later`,
      }
    }
    const half = end && end.how === 'fin' && end.at < answer.at ? ': it had sent FIN, and read on' : ''
    return { name: 'received', state: 'yes', at: answer.at, seq: answer.seq, says: `taken by the client's system${half}` }
  }
  if (answer && isAfterFin(call)) {
    const { clientEnd, afterFin } = answer.exchange.row
    const says =
      afterFin === 'unclear'
        ? 'no reset refused it: the client read on, or nobody was there to refuse'
        : 'the client had sent FIN: gone, unless it read on; no reset refused the bytes'
    return { name: 'received', state: 'unknown', ...(clientEnd && { seq: clientEnd.seq }), says }
  }
  if (!broken && !answer) return { name: 'received', state: 'open', says: 'the client is still there' }
  if (!answer && call.blind !== undefined) return { name: 'received', state: 'unknown', says: call.blind }
  if (!answer && isTakenBack(call)) return { name: 'received', state: 'no', says: 'nothing to read' }
  return {
    name: 'received',
    state: 'no',
    says: broken?.by === 'server' || unfollowed(call) ? 'nothing came to read' : 'no stream to read it',
  }
}

/** A request of the server: it comes on a stream, and the client's POST is its answer. */
function serverLadder(call: CallState): Step[] {
  const { answer, broken, row } = call
  const crossed = row.brokenAt === undefined || row.brokenAt > row.sentAt
  const late = answer ? bytesText(answer.bytes) : ''
  const open = broken ? 'no' : 'open'
  return [
    { name: 'sent', state: 'yes', at: row.sentAt, bytes: row.sentBytes, says: `${bytesText(row.sentBytes)}, on the stream` },
    {
      name: 'accepted',
      state: crossed ? 'yes' : 'no',
      ...(crossed && { at: row.sentAt }),
      says: crossed ? "taken by the client's system" : 'no stream to read it',
    },
    answer
      ? {
          name: 'answered',
          state: 'yes',
          at: answer.at,
          seq: answer.seq,
          bytes: answer.bytes,
          says: `${late}, POST ${answer.exchange.row.path}`,
        }
      : { name: 'answered', state: open, says: broken ? 'the client never answered' : 'waiting for the client' },
    answer
      ? { name: 'written', state: 'yes', at: answer.at, says: `${late} to the server` }
      : { name: 'written', state: open, says: 'nothing to write' },
    serverReceived(call),
  ]
}

function serverReceived({ answer, broken }: CallState): Step {
  const { status, responseAt } = answer?.exchange.row ?? {}
  if (status === undefined)
    return { name: 'received', state: broken ? 'no' : 'open', says: answer ? 'waiting for the server' : 'nothing came to read' }
  return {
    name: 'received',
    state: status < 300 ? 'yes' : 'no',
    ...(responseAt !== undefined && { at: responseAt }),
    says: `the server said ${status}`,
  }
}
