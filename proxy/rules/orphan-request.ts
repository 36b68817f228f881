/** A request waits on a stream that lives, and no answer comes. Promise: silent as long as a patient client would be, and wherever something came in the answer’s place. */
import type { Facts } from '../core/facts.ts'
import { requestHeader } from '../core/http-signs.ts'
import { cutByEnd, lostAnswer, ownExchange, unanswered, waitedUntil } from '../core/lost-answer.ts'
import type { Call, Evidence, Exchange } from '../core/model.ts'
import { exchangeOf, perFacts } from '../core/per-facts.ts'
import { holdsAll } from '../core/single-slot.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

/** The limit of common clients: whoever waits longer has reason to ask (ms). */
const WAIT = 60_000
const LONG_WAIT = 300_000
/** A byte this long after the request shows that the stream lives (ms). */
const ALIVE = 10_000

export const orphanRequest: Rule = {
  id: 'orphan-request',
  severity: 'warning',
  title: 'A request is left without an answer',
  why: 'The connection is there, the client waits, and nobody works on its request: a handler that hangs, returns nothing, or waits for what never comes.',
  signature: 'A request has had no answer for 60 s or more, while its stream is open; pings or other answers still come.',
  fix: 'Give the handler a limit of its own that is shorter than the client’s, answer with an error when it is reached, and send progress where work takes long.',
  references: ['modelcontextprotocol/inspector#2187', 'modelcontextprotocol/typescript-sdk#245'],
  check(facts) {
    const { transport } = facts.session
    if (transport === 'other' || holdsAll(facts)) return []
    const calls = unanswered(facts).filter(call => isOrphan(facts, call))
    return calls.length === 0 ? [] : [verdictOn(facts, calls)]
  },
}

/** The GET that asked for the rest of a response that had ended, the newest: the answer comes there. */
function resumption(facts: Facts, call: Call): Exchange | undefined {
  const own = ownExchange(facts, call)
  const end = own?.resumable ? own.serverEnd : undefined
  return end && resumptions(facts).findLast(({ requestAt }) => requestAt >= end.at)
}
const resumptions = perFacts(({ exchanges }) =>
  exchanges.filter(x => x.body === 'stream' && x.status === 200 && requestHeader(x, 'last-event-id') !== ''),
)

/** Until when it is known to have waited. That its own response ended is no end where it was resumed. */
const untilOf = (facts: Facts, call: Call): number => (resumption(facts, call) && !cutByEnd(call) ? facts.now : waitedUntil(facts, call))

/** What would carry the answer, while it is still open. */
function openCarrier(facts: Facts, call: Call): Exchange | undefined {
  const own = ownExchange(facts, call)
  const carrier = facts.session.transport === 'sse' ? exchangeOf(facts, facts.session.stream) : (resumption(facts, call) ?? own)
  const until = untilOf(facts, call)
  const ended = Math.min(carrier?.serverEnd?.at ?? Number.POSITIVE_INFINITY, carrier?.clientEnd?.at ?? Number.POSITIVE_INFINITY)
  return carrier && ended >= until && (own?.status ?? 200) < 300 ? carrier : undefined
}

function isOrphan(facts: Facts, call: Call): boolean {
  if (call.broken && !cutByEnd(call) && !resumption(facts, call)) return false
  if (asksBack(facts, call) || untilOf(facts, call) - lastSign(facts, call).at < WAIT) return false
  return openCarrier(facts, call) !== undefined && lostAnswer(facts, call) === undefined
}

interface Sign {
  readonly at: number
  readonly says: string
}
const lastProgress = perFacts((facts): Sign | undefined => {
  const frame = facts.frames.findLast(({ method }) => method === 'notifications/progress')
  return frame && { at: frame.at, says: ' since its last progress' }
})
const questions = perFacts(({ calls }) => calls.filter(({ from, kind }) => from === 'server' && kind === 'request'))
const lastReply = perFacts((facts): Sign | undefined => {
  const at = questions(facts).reduce((last, { answeredAt = 0 }) => Math.max(last, answeredAt), 0)
  return at > 0 ? { at, says: ' since the server’s own question was answered' } : undefined
})
/** When it last showed that it was at work, or was free to go on: what a person thought about meanwhile is no wait of its own. */
function lastSign(facts: Facts, call: Call): Sign {
  const signs = [lastProgress(facts), lastReply(facts)].filter(sign => sign !== undefined && sign.at > call.sentAt)
  return signs.reduce<Sign>((last, sign) => (sign && sign.at > last.at ? sign : last), { at: call.sentAt, says: '' })
}

const lastQuestion = perFacts(facts => questions(facts).findLast(({ answeredAt }) => answeredAt === undefined))
/** The server itself waits for an answer of the client: a question to the user, a sampling. */
const asksBack = (facts: Facts, call: Call) => (lastQuestion(facts)?.sentAt ?? Number.NEGATIVE_INFINITY) > call.sentAt

function verdictOn(facts: Facts, calls: readonly Call[]): Verdict {
  const call = calls[0] as Call
  const sign = lastSign(facts, call)
  const span = untilOf(facts, call) - sign.at
  const name = call.name ?? call.method
  const carrier = openCarrier(facts, call) as Exchange
  const lived = (carrier.lastByteAt ?? 0) - call.sentAt >= ALIVE ? carrier.lastByteAt : undefined
  const others = facts.calls.filter(one => one.from === 'client' && (one.answeredAt ?? 0) > call.sentAt && one.sentAt > call.sentAt)
  const works = others.length > 0 || lived !== undefined
  const signs = [
    others.length > 0 && `${countText(others.length, 'later request')} got an answer meanwhile`,
    lived !== undefined && `the last byte on the stream came ${spanText(lived - call.sentAt)} after the request`,
  ].filter(Boolean)
  return {
    severity: span >= LONG_WAIT ? 'error' : 'warning',
    confidence: works ? 'likely' : 'possible',
    at: call.sentAt,
    call: call.id,
    exchange: call.exchange,
    title: `${calls.length > 1 ? `${calls.length} calls have` : `Call ${call.number}, ${name}, has`} had no answer for ${spanText(span)}${sign.says}. The stream is open.`,
    says: works
      ? `The server lives: ${signs.join(', and ')}. So the handler of ${name} hangs, or ended without an answer.`
      : `Nothing came on its stream since: the server may be at work, stuck, or held up on its way.`,
    cause: works ? `The handler of ${name} does not answer.` : 'The wire does not show whether the server is still at work.',
    fix: [
      `Look into the server’s log for ${name} at this moment, and give the handler a limit shorter than the client’s.`,
      'Answer with an error when the limit is reached; send progress where work takes long.',
    ],
    evidence: evidenceOf(call, lived, carrier, others),
    alternatives: [
      { rule: 'undeliverable-response', standing: 'ruled out', why: 'the client is still there' },
      {
        rule: 'sse-buffered',
        standing: works ? 'ruled out' : 'possible',
        why: works ? 'other bytes came through' : 'nothing came through since',
      },
      { rule: 'idle-cut', standing: 'possible', why: 'the next thing to happen where a middlebox limits silence' },
    ],
  }
}

function evidenceOf(call: Call, lived: number | undefined, carrier: Exchange, others: readonly Call[]): Evidence[] {
  const answered = others[0]
  return [
    { seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number} under id ${call.rpcId}` },
    ...(requestHeader(carrier, 'last-event-id') === ''
      ? []
      : [{ seq: carrier.requestSeq, at: carrier.requestAt, says: 'GET with Last-Event-ID: its answer is to come there' }]),
    ...(answered
      ? [{ seq: answered.seqs.at(-1) ?? 0, at: answered.answeredAt ?? 0, says: `Answer to the later call ${answered.number}` }]
      : []),
    ...(lived !== undefined ? [{ seq: carrier.responseSeq ?? carrier.requestSeq, at: lived, says: 'Last byte on the stream so far' }] : []),
  ]
}
