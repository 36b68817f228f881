/** An event stream is compressed. Promise: a compressor that flushes each event is a note; one that holds them is the fault. */
import type { Facts } from '../core/facts.ts'
import { encodingOf } from '../core/fields.ts'
import type { Confidence, Exchange, Severity } from '../core/model.ts'
import { framesOn } from '../core/per-facts.ts'
import { bytesText, spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

/** Bytes came, and no event for this long: the compressor held it (ms). */
const HELD = 1_000

export const sseCompressed: Rule = {
  id: 'sse-compressed',
  severity: 'warning',
  title: 'The event stream is compressed',
  why: 'A compressor collects bytes until a block is worth it: events wait inside although bytes flow, unless it is flushed after each one. Clients ask for gzip by default, so it happens wherever a server compresses everything.',
  signature: 'A response of type text/event-stream bears Content-Encoding; worse when its bytes decode to no event for a second or more.',
  fix: 'Exclude text/event-stream from compression in the server’s middleware and in every middlebox.',
  references: ['encode/starlette#2753', 'https://github.com/sysid/sse-starlette'],
  check(facts) {
    const found = facts.exchanges.flatMap(exchange => {
      const encoding = encodingOf(exchange.responseHeaders ?? [])
      const stream = exchange.body === 'sse' || exchange.body === 'stream'
      return stream && encoding !== '' ? [{ exchange, encoding, ...stateOf(facts, exchange) }] : []
    })
    const rank: Record<Severity, number> = { error: 0, warning: 1, info: 2 }
    const worst = found.toSorted((a, b) => rank[a.severity] - rank[b.severity])[0]
    if (!worst) return []
    const { exchange, encoding, severity, confidence, says, held } = worst
    return [
      {
        severity,
        confidence,
        at: exchange.responseAt ?? exchange.requestAt,
        exchange: exchange.id,
        title: `The event stream of ${exchange.method} ${exchange.path} is compressed with ${encoding}.${held === undefined ? '' : ` Its first event was held for ${spanText(held)}.`}`,
        says,
        cause: 'A middleware or middlebox compresses every response that the client accepts compressed.',
        fix: [
          'Exclude text/event-stream from compression (Starlette: upgrade, newer versions of its GZipMiddleware leave event streams alone).',
          'If it must be compressed, flush the compressor after each event.',
        ],
        evidence: [
          {
            seq: exchange.responseSeq ?? exchange.requestSeq,
            at: exchange.responseAt ?? exchange.requestAt,
            says: `Response head: Content-Encoding ${encoding}, text/event-stream`,
          },
        ],
        alternatives: [
          {
            rule: 'sse-buffered',
            standing: held === undefined ? 'possible' : 'ruled out',
            why: held === undefined ? 'a buffer on the way would show alike' : 'bytes came through, only no whole event',
          },
        ],
      },
    ]
  },
}

function stateOf(facts: Facts, exchange: Exchange): { severity: Severity; confidence: Confidence; says: string; held?: number } {
  const { firstByteAt, serverEnd, clientEnd, responseBytes } = exchange
  const first = framesOn(facts, exchange.id).find(({ index }) => index === 0)
  const until = first?.at ?? serverEnd?.at ?? clientEnd?.at ?? facts.now
  const unreadable = exchange.frames === 0 && exchange.pings === 0
  if (firstByteAt !== undefined && first && until - firstByteAt >= HELD) {
    return {
      severity: 'error',
      confidence: 'certain',
      held: until - firstByteAt,
      says: `${bytesText(responseBytes)} came, and for ${spanText(until - firstByteAt)} they decoded to no event: the compressor was not flushed.`,
    }
  }
  if (unreadable)
    return {
      severity: 'warning',
      confidence: 'certain',
      says: `${bytesText(responseBytes)} came, and no event could be read from them so far.`,
    }
  return exchange.body === 'stream'
    ? {
        severity: 'warning',
        confidence: 'certain',
        says: 'So far its events came through at once. One write without a flush is enough to hold an answer back.',
      }
    : { severity: 'info', confidence: 'certain', says: 'Its events came through: the compressor was flushed.' }
}
