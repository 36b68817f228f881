/** A message that its receiver cannot read: not JSON, not UTF-8, with a byte order mark, or cut short. Promise: what readers accept after all is a warning, what they drop an error. */
import type { Facts } from '../core/facts.ts'
import { headerOf } from '../core/fields.ts'
import { asksForStream, isLikeEndpoint } from '../core/http-signs.ts'
import { awaiting, cutShort, isBrokenMessage, ownExchange } from '../core/lost-answer.ts'
import type { Call } from '../core/model.ts'
import { callOf, exchangeOf } from '../core/per-facts.ts'
import { bytesText, countText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

/** A request larger than this may not have been recorded whole. */
const WHOLE_BYTES = 16 * 1024 * 1024

export const invalidJsonOrUtf8: Rule = {
  id: 'invalid-json-or-utf8',
  severity: 'error',
  title: 'A message cannot be read',
  why: 'Clients drop what they cannot parse, with a line in their log at best, and go on waiting for the answer that it was.',
  signature:
    'The data of an event, or a JSON body, is not JSON, is not UTF-8, begins with a byte order mark, or ends before its Content-Length.',
  fix: 'Let the SDK write messages; keep print() and log lines out of the stream; encode as UTF-8 without a byte order mark; find out who cut the body.',
  references: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports', 'https://www.rfc-editor.org/rfc/rfc8259'],
  check: facts => (facts.session.transport === 'other' ? [] : [...events(facts), ...bodies(facts), ...requests(facts)]),
}

/** Without the words of the parser that found it. */
const plain = (problem = '') => problem.replace(/^not JSON: .*/s, 'it is not JSON')
const lossOf = (call: Call | undefined) =>
  call ? ` Call ${call.number}, ${call.name ?? call.method}, has no answer: this was probably it.` : ''
const ALTERNATIVES = [{ rule: 'orphan-request', standing: 'ruled out', why: 'something did come, and could not be read' }] as const

function events(facts: Facts): Verdict[] {
  // An endpoint event without its name is told as just that.
  const unnamed = facts.session.transport === 'sse' && facts.session.endpoint === undefined
  const found = facts.frames.filter(frame => frame.problem !== undefined && !(unnamed && isLikeEndpoint(frame)))
  const first = found.find(isBrokenMessage) ?? found.find(({ rpc }) => rpc === 'invalid') ?? found[0]
  if (!first) return []
  const marked = first.problem?.includes('byte order mark') ?? false
  const dropped = first.rpc === 'invalid' || marked
  const waiting = isBrokenMessage(first) ? awaiting(facts, first.at) : undefined
  return [
    {
      severity: waiting || marked ? 'error' : 'warning',
      confidence: 'certain',
      at: first.at,
      exchange: first.exchange,
      ...(waiting && { call: waiting.id }),
      title:
        `${found.length > 1 ? `${found.length} events` : 'An event'} of ${bytesText(first.size)} cannot be read as JSON-RPC: ${plain(first.problem)}.`.replace(
          'events of',
          'events, the first of',
        ),
      says: `${dropped ? 'Clients drop such an event.' : 'Clients put a replacement character in its place, or refuse it.'}${lossOf(waiting)}`,
      cause: 'The server writes something else than the SDK would into its stream, or its encoding is not UTF-8.',
      fix: [
        'Let the SDK write all events: keep print(), log lines and hand-made JSON out of the stream.',
        'Encode as UTF-8, without a byte order mark.',
      ],
      evidence: [
        ...(waiting
          ? [{ seq: waiting.seqs[0] ?? 0, at: waiting.sentAt, says: `POST of call ${waiting.number} under id ${waiting.rpcId}` }]
          : []),
        ...found.slice(0, 5).map(frame => ({ seq: frame.seq, at: frame.at, says: `Event: ${plain(frame.problem)}` })),
      ],
      alternatives: ALTERNATIVES,
    },
  ]
}

function bodies(facts: Facts): Verdict[] {
  return facts.exchanges.flatMap(exchange => {
    const cut = exchange.status !== undefined && exchange.status < 300 ? cutShort(exchange) : undefined
    // JSON where a stream was asked for is told by its content type.
    if (!cut && (exchange.problem === undefined || asksForStream(exchange))) return []
    const call = exchange.calls
      .map(id => callOf(facts, id))
      .find(one => one?.kind === 'request' && ownExchange(facts, one)?.id === exchange.id)
    const lost = call && call.answeredAt === undefined
    // The Python SDK reads bodies strictly (tried with 1.29.0): it drops them and goes on waiting.
    const strict = /python/i.test(headerOf(exchange.requestHeaders, 'user-agent'))
    const seq = exchange.serverEnd?.seq ?? exchange.responseSeq ?? exchange.requestSeq
    const got = `${bytesText(exchange.responseBytes)} of ${bytesText(cut?.length ?? exchange.responseBytes)}`
    return [
      {
        severity: cut || lost || strict ? ('error' as const) : ('warning' as const),
        confidence: 'certain' as const,
        at: exchange.serverEnd?.at ?? exchange.responseAt ?? exchange.requestAt,
        exchange: exchange.id,
        ...(call && { call: call.id }),
        title: cut
          ? `The response to ${exchange.method} ${exchange.path} was cut short: ${got}.`
          : `The response to ${exchange.method} ${exchange.path} is no clean JSON-RPC: ${plain(exchange.problem)}.`,
        says: cut
          ? `Its Content-Length promised more than came before the server’s side ended. Clients report “terminated” or “incomplete read”.${lossOf(lost ? call : undefined)}`
          : `The TypeScript SDK reads such a body with a replacement character in it, the Python SDK drops it and goes on waiting.${lossOf(lost ? call : undefined)}`,
        cause: cut
          ? 'The server or a middlebox ended in the middle of its response.'
          : 'The server’s body is hand-made, or its encoding is not UTF-8.',
        fix: cut
          ? ['Look into the server’s log for a crash at this moment, and into the limits of what stands between.']
          : ['Let the SDK write the body: UTF-8, without a byte order mark, one JSON-RPC message.'],
        evidence: [
          { seq: exchange.requestSeq, at: exchange.requestAt, says: `${exchange.method} ${exchange.path}` },
          {
            seq,
            at: exchange.serverEnd?.at ?? exchange.requestAt,
            says: cut ? `Server’s side ended after ${got}` : `Body: ${plain(exchange.problem)}`,
          },
        ],
        alternatives: cut
          ? [{ rule: 'network-interruption', standing: 'possible' as const, why: 'a cut connection shows alike' }, ...ALTERNATIVES]
          : ALTERNATIVES,
      },
    ]
  })
}

/** What the client posted, where it claims to be JSON and came whole. */
function requests(facts: Facts): Verdict[] {
  const found = facts.calls.filter(({ kind, from, exchange: id }) => {
    if (kind !== 'invalid' || from !== 'client') return false
    const exchange = exchangeOf(facts, id)
    if (!exchange || exchange.requestEnd || exchange.status === 413 || exchange.requestBytes > WHOLE_BYTES) return false
    return headerOf(exchange.requestHeaders, 'content-type').includes('json')
  })
  const first = found[0]
  if (!first) return []
  const who = facts.session.client.name ?? 'The client'
  return [
    {
      confidence: 'certain',
      at: first.sentAt,
      call: first.id,
      exchange: first.exchange,
      title: `${who} posted ${countText(found.length, 'message')} that ${found.length === 1 ? 'is' : 'are'} no JSON-RPC. The server said ${first.status ?? 'nothing'}.`,
      says: `The body of ${bytesText(first.sentBytes)} claims to be JSON and is no JSON-RPC message.`,
      cause: 'The client’s message is hand-made, or was changed or cut on its way.',
      fix: ['Let the SDK’s client write the messages; check what stands between client and proxy, if anything does.'],
      evidence: found.slice(0, 5).map(call => ({
        seq: call.seqs[0] ?? 0,
        at: call.sentAt,
        says: `POST of ${bytesText(call.sentBytes)}, answered with ${call.status ?? 'nothing'}`,
      })),
    },
  ]
}
