/** Events that were sent apart arrive in lumps: something on the way holds them back. Promise: only what has a rhythm of its own is proof. */
import type { Facts } from '../core/facts.ts'
import { encodingOf } from '../core/fields.ts'
import { middlebox } from '../core/lost-answer.ts'
import type { Confidence, Evidence, Exchange, Severity } from '../core/model.ts'
import { framesOn } from '../core/per-facts.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

/** Pings may lag this far without buffering (ms). */
const LAG = 2_000
const LATE_ENDPOINT = 2_000
/** So many events at once after such a silence are a lump (ms). */
const LUMP_EVENTS = 4
const LUMP_SILENCE = 5_000

export const sseBuffered: Rule = {
  id: 'sse-buffered',
  severity: 'warning',
  title: 'The event stream is buffered on its way',
  why: 'Answers and progress lie in a buffer until it is full or the stream ends: calls look slow or hang, pings come too late to keep anything alive, and limits strike that should not.',
  signature:
    'Several pings arrive in one read; the time in “: ping - <time>” lags behind its arrival by more than 2 s; the endpoint event comes seconds after the head; or many events come at once after a long silence.',
  fix: 'Switch buffering off where it happens: proxy_buffering off in nginx, or X-Accel-Buffering: no from the server; flush after each event.',
  references: ['modelcontextprotocol/java-sdk#848', 'ggml-org/llama.cpp#20872'],
  check(facts) {
    const signs = facts.exchanges.flatMap(exchange => signOf(facts, exchange) ?? [])
    const best = signs.find(({ confidence }) => confidence === 'certain') ?? signs.find(({ severity }) => severity !== 'info') ?? signs[0]
    return best ? [verdictOn(best, signs.length)] : []
  },
}

interface Sign {
  readonly exchange: Exchange
  readonly at: number
  readonly confidence: Confidence
  readonly severity?: Severity
  readonly title: string
  readonly says: string
  readonly evidence: Evidence
}

function signOf(facts: Facts, exchange: Exchange): Sign | undefined {
  if (exchange.body !== 'sse' && exchange.body !== 'stream') return undefined
  return lump(exchange) ?? lag(exchange) ?? lateEndpoint(facts, exchange) ?? manyAtOnce(exchange)
}

/** Pings are sent seconds apart: two in one chunk have waited for one another. */
function lump(exchange: Exchange): Sign | undefined {
  const { burst } = exchange
  if (!burst || burst.pings < 2) return undefined
  const what = `${burst.pings} pings${burst.events > 0 ? ` and ${countText(burst.events, 'event')}` : ''}`
  return {
    exchange,
    at: burst.at,
    // Two can also meet when the machine itself was asleep.
    confidence: burst.pings > 2 ? 'certain' : 'likely',
    title: `${what} arrived in one piece after ${spanText(burst.silence)} of silence.`,
    says: 'Pings are sent seconds apart, so they were held together on their way to the proxy.',
    evidence: { seq: burst.seq, at: burst.at, says: `One chunk with ${what}, ${spanText(burst.silence)} after the one before` },
  }
}

function lag(exchange: Exchange): Sign | undefined {
  const { pingLag } = exchange
  const span = pingLag ? pingLag.most - pingLag.least : 0
  if (!pingLag || span <= LAG) return undefined
  return {
    exchange,
    at: pingLag.at,
    confidence: 'likely',
    title: `A ping arrived ${spanText(span)} later than it should, by the time written in it.`,
    says: 'The server writes its time into each ping. Against the promptest of them, this one was held on its way to the proxy.',
    evidence: { seq: pingLag.seq, at: pingLag.at, says: `Ping that lags by ${spanText(span)}` },
  }
}

/** Servers send the endpoint event at once. */
function lateEndpoint(facts: Facts, exchange: Exchange): Sign | undefined {
  const endpoint = framesOn(facts, exchange.id).find(({ event }) => event === 'endpoint')
  const late = endpoint && exchange.responseAt !== undefined ? endpoint.at - exchange.responseAt : 0
  // A compressor that holds it is a fault of its own.
  if (!endpoint || late < LATE_ENDPOINT || encodingOf(exchange.responseHeaders ?? []) !== '') return undefined
  return {
    exchange,
    at: endpoint.at,
    ...(middlebox(exchange) ? { confidence: 'likely' as const } : { confidence: 'possible' as const, severity: 'info' as const }),
    title: `The endpoint event came ${spanText(late)} after the head of its stream.`,
    says: 'Servers send it at once, together with the head.',
    evidence: { seq: endpoint.seq, at: endpoint.at, says: `endpoint event, ${spanText(late)} after the response head` },
  }
}

function manyAtOnce(exchange: Exchange): Sign | undefined {
  const { burst } = exchange
  if (!burst || burst.events < LUMP_EVENTS || burst.silence < LUMP_SILENCE) return undefined
  const box = middlebox(exchange)
  return {
    exchange,
    at: burst.at,
    // A handler may well write so much at once: without a rhythm there is no proof.
    confidence: 'possible',
    severity: 'info',
    title: `${burst.events} events arrived in one piece after ${spanText(burst.silence)} of silence.`,
    says: box ? 'A middlebox stands on the way.' : 'The server may have written them so, or something on the way held them.',
    evidence: {
      seq: burst.seq,
      at: burst.at,
      says: `One chunk with ${burst.events} events, ${spanText(burst.silence)} after the one before`,
    },
  }
}

function verdictOn({ exchange, at, confidence, severity, title, says, evidence }: Sign, streams: number): Verdict {
  const box = middlebox(exchange)
  const nginx = box?.includes('nginx')
  return {
    ...(severity && { severity }),
    confidence,
    at,
    exchange: exchange.id,
    title,
    says: `${says}${box ? ` The response says ${box}.` : ''}${streams > 1 ? ` ${streams} streams of this session show it.` : ''}`,
    cause: box
      ? `A buffer on the way: ${box}.`
      : 'A buffer between the server’s handler and the proxy: a middlebox, a framework, or compression.',
    fix: [
      nginx
        ? 'Set proxy_buffering off for this location in nginx.'
        : 'Switch buffering of responses off in whatever stands between server and client (nginx: proxy_buffering off).',
      'Let the server send X-Accel-Buffering: no and flush after each event.',
    ],
    evidence: [
      {
        seq: exchange.responseSeq ?? exchange.requestSeq,
        at: exchange.responseAt ?? exchange.requestAt,
        says: box ? `Response head: ${box}` : 'Response head',
      },
      evidence,
    ],
    alternatives: [
      { rule: 'sse-compressed', standing: 'possible', why: 'a compressor that does not flush holds events alike' },
      { rule: 'orphan-request', standing: 'ruled out', why: 'the bytes did come' },
    ],
  }
}
