/** The server ended a response properly, and the answer was not in it. Promise: what can still be resumed elsewhere is not counted. */
import type { Facts } from '../core/facts.ts'
import { lostAnswer, ownExchange, unanswered } from '../core/lost-answer.ts'
import type { Call } from '../core/model.ts'
import { bytesText, countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const streamEndedUnanswered: Rule = {
  id: 'stream-ended-unanswered',
  severity: 'error',
  title: 'A response ended without the answer',
  why: 'Nobody will ever answer, and the client does not notice: the TypeScript SDK waits out its 60 s, Python clients wait as long as they were told to.',
  signature:
    'The response to a POST ends cleanly (last chunk, or all bytes of its length) with no JSON-RPC answer in it, and without an event id by which it could be resumed.',
  fix: 'Send the result or an error before the stream is ended, on every path of the handler, also when it throws.',
  references: ['modelcontextprotocol/python-sdk#1811', 'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports'],
  check(facts) {
    const { transport } = facts.session
    if (transport !== 'streamable' && transport !== 'stateless') return []
    const calls = unanswered(facts).filter(call => isCut(facts, call))
    return calls.length === 0 ? [] : [verdictOn(facts, calls)]
  },
}

function isCut(facts: Facts, call: Call): boolean {
  const own = ownExchange(facts, call)
  if (!own || own.status === undefined || own.status >= 300 || own.status === 202 || own.resumable) return false
  const lost = lostAnswer(facts, call)
  return call.broken?.by === 'server' && own.serverEnd?.how === 'complete' && (lost === undefined || lost === 'duplicate-in-flight-id')
}

function verdictOn(facts: Facts, calls: readonly Call[]): Verdict {
  const call = calls[0] as Call
  const own = ownExchange(facts, call)
  const end = own?.serverEnd
  const at = end?.at ?? call.sentAt
  const name = call.name ?? call.method
  const more = calls.length > 1 ? ` ${countText(calls.length - 1, 'other call')} ended alike.` : ''
  const gave = own && own.frames > 0 ? `${countText(own.frames, 'event')}, none of them the answer` : bytesText(own?.responseBytes ?? 0)
  return {
    confidence: 'certain',
    at,
    call: call.id,
    exchange: own?.id ?? call.exchange,
    title: `The server ended the response to call ${call.number} after ${spanText(at - call.sentAt)} without an answer.${more}`,
    says: `Status ${own?.status}, ${gave}, then a clean end. No event id was sent, so nothing can be resumed: ${facts.session.client.name ?? 'the client'} waits for its own limit.`,
    cause: `The handler of ${name} ended without a result, or failed and was swallowed.`,
    fix: [
      `Look into the server’s log for ${name} at this moment: its handler ended or failed without a word to the client.`,
      'Send a result or an error before the response is ended, on every path.',
    ],
    evidence: [
      { seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number} under id ${call.rpcId}` },
      ...(own?.responseSeq !== undefined ? [{ seq: own.responseSeq, at: own.responseAt ?? at, says: `Response ${own.status}` }] : []),
      ...(end ? [{ seq: end.seq, at: end.at, says: 'Server ended the response cleanly' }] : []),
    ],
    alternatives: [
      { rule: 'not-resumable-drop', standing: 'ruled out', why: 'the stream was ended, not cut' },
      { rule: 'undeliverable-response', standing: 'ruled out', why: 'the client was still there' },
    ],
  }
}
