/** The framing of an event stream breaks its readers. Promise: what the standard allows is a note, what loses a message an error. */
import type { Facts } from '../core/facts.ts'
import { awaiting, hiddenMessages } from '../core/lost-answer.ts'
import type { Call, Exchange, Framing, Severity } from '../core/model.ts'
import { callOf } from '../core/per-facts.ts'
import { countText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const sseFraming: Rule = {
  id: 'sse-framing',
  severity: 'error',
  title: 'The framing of the event stream breaks readers',
  why: 'A reader dispatches an event at its blank line, under its name. A last event without one is dropped, one under another name than “message” is not listened to, and simple readers stumble over what is legal: several data lines, lone carriage returns.',
  signature:
    'A stream ends cleanly without the blank line after its last event; a message comes under an event name that no client listens to; an id holds NUL; data comes in several lines; lines end in CR alone.',
  fix: 'End each event with a blank line; name it “message” or not at all; write JSON in one data line; end lines in LF or CR LF.',
  references: [
    'https://html.spec.whatwg.org/multipage/server-sent-events.html',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports',
  ],
  check(facts) {
    if (facts.session.transport === 'other') return []
    return facts.exchanges.flatMap(exchange => verdictOn(facts, exchange))
  },
}

interface Words {
  readonly title: string
  readonly says: string
  readonly fix: string
}

const WORDS: Readonly<Record<Framing['what'], (one: Framing) => Words>> = {
  unfinished: () => ({
    title: 'The stream ended without the blank line after its last event. Readers drop that event.',
    says: 'An event is complete at the blank line after it; what comes before the end without one is thrown away by every conforming reader.',
    fix: 'Write a blank line after each event, also after the last.',
  }),
  'event-name': ({ detail, count }) => ({
    title: `${countText(count, 'message')} came under the event name “${detail}”. Clients listen to “message”.`,
    says: 'Clients of this transport take messages from events without a name or named “message”, and leave all others alone.',
    fix: `Leave the event field away, or write “message” instead of “${detail}”.`,
  }),
  'nul-id': ({ count }) => ({
    title: `${countText(count, 'event')} had an id with a NUL in it. Readers ignore such an id.`,
    says: 'The client cannot resume after an event whose id it had to ignore.',
    fix: 'Write event ids without control characters.',
  }),
  'multi-line': ({ count, detail }) => ({
    title: `${countText(count, 'event')} came in several data lines (the first in ${detail}). This is legal.`,
    says: 'Conforming readers join the lines. Hand-made ones take each line for a message of its own.',
    fix: 'Write JSON without line breaks, in one data line, for the sake of simple clients.',
  }),
  'lone-cr': () => ({
    title: 'Lines of the stream end in carriage returns alone. Readers hold such an event back until the next byte.',
    says: 'It is legal, but a reader cannot know whether a line feed follows: the SDKs wait for the next byte, which may be a ping or nothing for a long time.',
    fix: 'End lines in LF or CR LF.',
  }),
}
const ORDER: readonly Framing['what'][] = ['unfinished', 'event-name', 'nul-id', 'lone-cr', 'multi-line']

function awaitedOn(facts: Facts, exchange: Exchange, at: number): Call | undefined {
  if (exchange.body === 'stream') return awaiting(facts, at)
  return awaiting({ calls: exchange.calls.flatMap(id => callOf(facts, id) ?? []) }, at)
}

function verdictOn(facts: Facts, exchange: Exchange): Verdict[] {
  const hidden = hiddenMessages(exchange)
  const found = (exchange.framing ?? [])
    .filter(one => hidden.includes(one) || (one.what !== 'event-name' && one.what !== 'unfinished'))
    .toSorted((a, b) => ORDER.indexOf(a.what) - ORDER.indexOf(b.what))
  const worst = found[0]
  if (!worst) return []
  const loses = hidden.includes(worst)
  const waiting = loses ? awaitedOn(facts, exchange, worst.at) : undefined
  const severity: Severity = waiting ? 'error' : loses || worst.what === 'nul-id' || worst.what === 'lone-cr' ? 'warning' : 'info'
  const words = WORDS[worst.what](worst)
  const also = found.slice(1).map(({ what }) => NAMES[what])
  return [
    {
      severity,
      confidence: 'certain',
      at: worst.at,
      exchange: exchange.id,
      ...(waiting && { call: waiting.id }),
      title: words.title,
      says: `${words.says}${waiting ? ` Call ${waiting.number}, ${waiting.name ?? waiting.method}, has no answer: this was probably it.` : ''}${also.length > 0 ? ` Also on this stream: ${also.join(', ')}.` : ''}`,
      cause: 'The server writes its event stream by hand, or something on the way rewrites it.',
      fix: [words.fix],
      evidence: [
        ...(waiting
          ? [{ seq: waiting.seqs[0] ?? 0, at: waiting.sentAt, says: `POST of call ${waiting.number} under id ${waiting.rpcId}` }]
          : []),
        ...found.map(({ seq, at, what, count }) => ({ seq, at, says: `${NAMES[what]}${count > 1 ? `, ${count} times` : ''}` })),
      ],
      alternatives: waiting ? [{ rule: 'orphan-request', standing: 'ruled out', why: 'a message did come, and was not dispatched' }] : [],
    },
  ]
}

const NAMES: Readonly<Record<Framing['what'], string>> = {
  unfinished: 'no blank line at the end',
  'event-name': 'a message under another event name',
  'nul-id': 'an id with NUL',
  'multi-line': 'data in several lines',
  'lone-cr': 'lines that end in CR alone',
}
