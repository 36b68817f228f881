/** The server ended a response properly, and the answer was not in it. Promise: what can still be resumed elsewhere is not counted. */
import { restartSign } from '../core/end-cause.ts'
import type { Facts } from '../core/facts.ts'
import { clientName, killedBy } from '../core/lifecycle.ts'
import { lostAnswer, ownExchange, unanswered } from '../core/lost-answer.ts'
import type { Call, End, Exchange } from '../core/model.ts'
import { exchangeOf } from '../core/per-facts.ts'
import { bytesText, countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const streamEndedUnanswered: Rule = {
  id: 'stream-ended-unanswered',
  severity: 'error',
  title: 'A response ended without the answer',
  why: 'Nobody will ever answer, and the client does not notice: the TypeScript SDK waits out its 60 s, Python clients wait as long as they were told to.',
  signature:
    'The response to a POST ends cleanly (last chunk, or all bytes of its length) with no JSON-RPC answer in it, and without an event id by which it could be resumed. On HTTP+SSE: the server ends the stream of the session cleanly while a request has no answer.',
  fix: 'Send the result or an error before the stream is ended, on every path of the handler, also when it throws.',
  references: ['modelcontextprotocol/python-sdk#1811', 'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports'],
  check(facts) {
    if (facts.session.transport === 'other') return []
    const calls = unanswered(facts).filter(call => isCut(facts, call))
    const response = calls[0] && responseFor(facts, calls[0])
    return response?.serverEnd ? [verdictOn(facts, calls, response, response.serverEnd)] : []
  },
}

const isLegacy = ({ session }: Facts) => session.transport === 'sse'

/** What should have brought the answer: the call’s own response, or the stream of an HTTP+SSE session. */
const responseFor = (facts: Facts, call: Call): Exchange | undefined =>
  isLegacy(facts) ? exchangeOf(facts, facts.session.stream) : ownExchange(facts, call)

function isCut(facts: Facts, call: Call): boolean {
  const response = responseFor(facts, call)
  const end = response?.serverEnd
  if (end?.how !== 'complete' || call.broken?.by !== 'server') return false
  const lost = lostAnswer(facts, call)
  if (lost !== undefined && lost !== 'duplicate-in-flight-id') return false
  // What was posted after the end is a fault of its own, and so is a request over which an old server ends the session.
  if (isLegacy(facts)) return call.sentAt <= end.at && (ownExchange(facts, call)?.status ?? 0) < 300 && killedBy(facts) === undefined
  return response?.status !== undefined && response.status < 300 && response.status !== 202 && !response.resumable
}

function verdictOn(facts: Facts, calls: readonly Call[], response: Exchange, end: End): Verdict {
  const call = calls[0] as Call
  const span = spanText(end.at - call.sentAt)
  const more = calls.length > 1 ? ` ${countText(calls.length - 1, 'other call')} ended alike.` : ''
  const gave = response.frames > 0 ? `${countText(response.frames, 'event')}, none of them the answer` : bytesText(response.responseBytes)
  const restart = restartSign(facts, end)
  const legacy = isLegacy(facts)
  return {
    confidence: 'certain',
    at: end.at,
    call: call.id,
    exchange: response.id,
    title: legacy
      ? `The server ended its stream ${span} after call ${call.number}, without the answer.${more}`
      : `The server ended the response to call ${call.number} after ${span} without an answer.${more}`,
    says: legacy
      ? `GET ${response.path} had a clean end. Answers come on this stream alone, and HTTP+SSE resumes nothing: ${clientName(facts)} waits for its own limit.`
      : `Status ${response.status}, ${gave}, then a clean end. No event id was sent, so nothing can be resumed: ${facts.session.client.name ?? 'the client'} waits for its own limit.`,
    ...reasonOf(facts, call, restart),
    evidence: [
      { seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number} under id ${call.rpcId}` },
      ...(!legacy && response.responseSeq !== undefined
        ? [{ seq: response.responseSeq, at: response.responseAt ?? end.at, says: `Response ${response.status}` }]
        : []),
      { seq: end.seq, at: end.at, says: `Server ended the ${legacy ? 'stream' : 'response'} cleanly` },
      ...(restart?.evidence ?? []),
    ].sort((a, b) => a.at - b.at || a.seq - b.seq),
    alternatives: [
      ...(restart && !restart.sure ? [{ rule: 'server-restarted', standing: 'possible' as const, why: restart.why }] : []),
      { rule: 'not-resumable-drop', standing: 'ruled out', why: 'the stream was ended, not cut' },
      { rule: 'undeliverable-response', standing: 'ruled out', why: 'the client was still there' },
    ],
  }
}

function reasonOf(facts: Facts, call: Call, restart: ReturnType<typeof restartSign>): Pick<Verdict, 'cause' | 'causeConfidence' | 'fix'> {
  const name = call.name ?? call.method
  if (restart?.sure)
    return {
      causeConfidence: 'certain',
      cause: `The server was shut down while ${name} was at work: ${restart.why}.`,
      fix: ['Let the server answer what is in flight before it ends, with an error where it cannot.', 'Reconnect the client.'],
    }
  if (isLegacy(facts))
    return {
      causeConfidence: 'likely',
      cause: `The server closed the session while ${name} was at work.`,
      fix: [
        'Look into the server’s log for this moment: it ended the stream of this session by itself, or a failure made it do so.',
        'Let it answer what is in flight before it ends a stream, with an error where it cannot.',
        'Reconnect the client: it has to open a new stream and begin with initialize.',
      ],
    }
  return {
    cause: `The handler of ${name} ended without a result, or failed and was swallowed.`,
    fix: [
      `Look into the server’s log for ${name} at this moment: its handler ended or failed without a word to the client.`,
      'Send a result or an error before the response is ended, on every path.',
    ],
  }
}
