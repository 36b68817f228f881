/** A stream was closed after a silence that fits a known limit. Promise: where the client’s close lost an answer, undeliverable-response names this cause. */
import { type EndCause, endCauses } from '../core/end-cause.ts'
import { limitText, timesText } from '../core/words.ts'
import { keepalive } from './advice.ts'
import { lossEvidence, lossWords } from './end-words.ts'
import type { Rule } from './rule.ts'

export const idleCut: Rule = {
  id: 'idle-cut',
  severity: 'warning',
  title: 'A silent stream was cut',
  why: 'Clients and middleboxes close streams on which nothing comes for a while, and the answer that was due goes with it.',
  signature:
    'A stream ends without a clean end, within 2 % of 30, 60, 100, 125, 270, 300, 305 or 350 s after its last byte. A client that just leaves ends its stream too: on its side 300 and 305 s count, which clients are known for, and what happens again.',
  fix: 'Send an SSE comment at least every 15 s, or raise the limit. The TypeScript SDK does so since 1.30.0 for Streamable HTTP.',
  references: ['modelcontextprotocol/typescript-sdk#270', 'modelcontextprotocol/csharp-sdk#344', 'cloudflare/agents#1583'],
  check(facts) {
    const first = endCauses(facts).find(({ rule }) => rule === 'idle-cut')
    if (!first) return []
    const { end, exchange, lost, limit = 0, again } = first
    const silence = limitText(limit)
    const times = again > 0 ? ` It happened ${timesText(again + 1)} after the same silence.` : ''
    return [
      {
        ...(lost.length > 0 && { severity: 'error' as const }),
        confidence: first.confidence,
        at: end.at,
        exchange: exchange.id,
        title: `The stream was cut after ${silence} of silence. ${lossWords(first)}`,
        says: `${end.by === 'client' ? 'The client’s' : 'The server’s'} side closed ${exchange.method} ${exchange.path} ${(first.silence / 1000).toFixed(1)} s after its last byte.${times}`,
        cause: `A limit of ${silence} on silence: ${ownerOf(first)}.`,
        fix: [
          keepalive(facts),
          end.by === 'client'
            ? 'Raise or switch off the client’s limit on silence (undici: bodyTimeout).'
            : `Raise the idle limit of what stands between proxy and server (nginx: proxy_read_timeout, AWS ALB: idle timeout) above ${silence}.`,
        ],
        evidence: lossEvidence(first),
        alternatives: first.others,
      },
    ]
  },
}

/** Whose limit this usually is. */
function ownerOf({ end, limit = 0 }: EndCause): string {
  if (end.by === 'client')
    return limit === 305_000
      ? 'Cursor waits so long'
      : limit === 300_000
        ? 'undici (Node’s fetch) and Python’s sse_client wait so long'
        : 'a limit of the client'
  const known: Record<number, string> = {
    30000: 'CloudFront waits so long',
    60000: 'nginx and AWS load balancers wait so long by default',
    100000: 'Cloudflare waits so long',
    125000: 'Cloudflare waits so long',
    270000: 'Cloudflare’s gateway waits so long',
    300000: 'Envoy and some platforms wait so long by default',
    350000: 'AWS network load balancers wait so long',
  }
  return known[limit] ?? 'a limit on the way'
}
