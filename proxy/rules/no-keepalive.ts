/** Nothing comes on an idle stream, so that something on the way may take it for dead. Promise: advice, given only while nothing has broken yet. */
import { endCauses } from '../core/end-cause.ts'
import type { Facts } from '../core/facts.ts'
import type { Exchange } from '../core/model.ts'
import { spanText } from '../core/words.ts'
import { keepalive } from './advice.ts'
import type { Rule } from './rule.ts'

/** Silence from which some middleboxes close a stream (ms). */
const SILENT_SPAN = 30_000

export const noKeepalive: Rule = {
  id: 'no-keepalive',
  severity: 'info',
  title: 'An idle stream carries no keepalive',
  why: 'Clients and middleboxes close streams that are silent for 30 to 350 s. Without keepalive an idle session, or a long tool call, ends there.',
  signature: 'More than 30 s without a byte on an open event stream. The TypeScript SDK’s SSEServerTransport never sends a keepalive.',
  fix: 'Send an SSE comment at least every 15 s.',
  references: ['modelcontextprotocol/typescript-sdk#270', 'modelcontextprotocol/csharp-sdk#344'],
  check(facts) {
    const { session, calls } = facts
    if (session.transport === 'other' || calls.some(({ delivery }) => delivery === 'undeliverable') || endCauses(facts).length > 0)
      return []
    // A session that never came to life has other faults.
    if (!calls.some(({ from, delivery, error }) => from === 'client' && delivery === 'delivered' && !error)) return []
    const found = facts.exchanges
      .map(exchange => ({ exchange, ...silenceOf(facts, exchange) }))
      // What comes in lumps after the silence was sent in time, and held on the way.
      .filter(({ ms, exchange }) => ms > SILENT_SPAN && exchange.burst === undefined)
      .sort((a, b) => b.ms - a.ms)[0]
    if (!found) return []
    const { exchange, ms, from } = found
    return [
      {
        confidence: 'certain',
        at: from + SILENT_SPAN,
        exchange: exchange.id,
        title: `Nothing came on the stream for ${spanText(ms)}. ${exchange.pings === 0 ? 'It carries no keepalive.' : 'Its keepalive is slower than that.'}`,
        says: 'The stream is open and idle. It held so far; a client or something on the way may close it at 30, 60, 100, 300 or 350 s of silence.',
        cause: session.server.header
          ? `The server (${session.server.header}) sends no comments while it is idle.`
          : 'The server sends no comments while it is idle.',
        fix: [keepalive(facts)],
        evidence: [
          {
            seq: exchange.responseSeq ?? exchange.requestSeq,
            at: exchange.responseAt ?? exchange.requestAt,
            says: `${exchange.method} ${exchange.path} opened the stream; the silence began ${spanText(from - (exchange.responseAt ?? from))} later`,
          },
        ],
        alternatives: [{ rule: 'idle-cut', standing: 'ruled out', why: 'the stream was not cut' }],
      },
    ]
  },
}

/** The longest span without a byte; of an open stream also the one that lasts. */
function silenceOf(
  { session, now }: Facts,
  { body, silence, clientEnd, serverEnd, lastByteAt, responseAt, status = 0 }: Exchange,
): { ms: number; from: number } {
  if ((body !== 'stream' && body !== 'sse') || status >= 300 || responseAt === undefined) return { ms: 0, from: 0 }
  const from = lastByteAt ?? responseAt
  const open = session.state === 'live' && !clientEnd && !serverEnd ? now - from : 0
  return silence && silence.ms >= open ? silence : { ms: open, from }
}
