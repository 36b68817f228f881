/** An event stream that never says where to post. Promise: only told once a client would have given up, or when the server ended the stream. */
import { pathOf } from '../core/endpoint.ts'
import { answerAt, answerSeq, bySuccess, isLikeEndpoint, requestHeader, responseHeader } from '../core/http-signs.ts'
import type { Exchange, Frame } from '../core/model.ts'
import { bytesText, countText, spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'
import { mismatchOf } from './transport-mismatch.ts'

/** A server names its endpoint at once; this is no network's delay any more (ms). */
const PATIENCE = 10_000

export const noEndpointEvent: Rule = {
  id: 'no-endpoint-event',
  severity: 'error',
  title: 'The stream never named its endpoint',
  why: 'A client of HTTP+SSE cannot send anything before the endpoint event: it waits, and its user sees a server that never becomes ready.',
  signature: 'GET is answered with 200 text/event-stream, but no event named “endpoint” comes, and the client POSTs nothing.',
  fix: 'Send “event: endpoint” with the message path as the first event of the stream, and nothing that buffers it on the way.',
  references: ['yjacquin/fast-mcp#160', 'modelcontextprotocol/python-sdk#412'],
  check(facts) {
    const { session, exchanges, frames, now } = facts
    const stream = exchanges.find(x => x.body === 'stream' && bySuccess(x) && requestHeader(x, 'mcp-session-id') === '')
    if (!stream || session.transport !== 'sse' || session.endpoint !== undefined) return []
    if (exchanges.some(({ method, status = 0 }) => method === 'POST' && status < 300) || mismatchOf(facts)) return []
    const from = answerAt(stream)
    const end = stream.clientEnd ?? stream.serverEnd
    const waited = (end?.at ?? now) - from
    if (waited < PATIENCE && end?.by !== 'server') return []
    const own = frames.filter(({ exchange }) => exchange === stream.id)
    const odd = own.find(isLikeEndpoint)
    const came =
      stream.responseBytes === 0
        ? 'not one byte'
        : stream.frames === 0 && stream.pings === 0
          ? `only ${bytesText(stream.responseBytes)} that make no event`
          : stream.frames === 0
            ? `only ${countText(stream.pings, 'comment')}`
            : `${countText(stream.frames, 'other event')} and ${countText(stream.pings, 'comment')}`
    return [
      {
        confidence: 'certain',
        causeConfidence: odd ? 'certain' : 'possible',
        at: end?.at ?? from + PATIENCE,
        exchange: stream.id,
        title: `No endpoint event in ${spanText(waited)} on ${stream.path}. The client sent nothing.`,
        says: odd
          ? `The address came as an event named “${odd.event}”, which clients do not take for the endpoint.`
          : `The stream is open, but ${came} came on it.`,
        cause: odd ? 'The server: it names the event wrongly.' : causeOf(stream),
        fix: odd
          ? ['Write the line “event: endpoint” before the data line of the address.']
          : [
              'Send “event: endpoint” with the message path as the first event of each stream.',
              'If the server sends it: look for a proxy or a compression between that holds the stream back.',
            ],
        evidence: evidenceOf(stream, odd, end),
        alternatives: odd
          ? []
          : [
              { rule: 'sse-buffered', standing: 'possible', why: 'the event may be held back on the way' },
              { rule: 'transport-mismatch', standing: 'possible', why: 'servers of Streamable HTTP open such a stream too' },
            ],
      },
    ]
  },
}

const causeOf = (stream: Exchange): string =>
  responseHeader(stream, 'via') !== '' || /nginx|cloudflare/i.test(responseHeader(stream, 'server'))
    ? 'The server sends none, or what stands before it holds the stream back.'
    : 'The server sends none: this may be another service’s stream.'

function evidenceOf(stream: Exchange, odd: Frame | undefined, end: Exchange['clientEnd']) {
  return [
    { seq: answerSeq(stream), at: answerAt(stream), says: `GET ${stream.path} answered with ${stream.status} text/event-stream` },
    ...(odd ? [{ seq: odd.seq, at: odd.at, says: `Event “${odd.event}” with the path ${pathOf(odd.preview.trim()).slice(0, 80)}` }] : []),
    ...(end ? [{ seq: end.seq, at: end.at, says: `The ${end.by} ended the stream` }] : []),
  ]
}
