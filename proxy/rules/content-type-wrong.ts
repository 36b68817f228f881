/** A body comes under a type that its reader does not take. Promise: only types that MCP leaves no room for; the message path of HTTP+SSE may answer what it likes. */
import type { Facts } from '../core/facts.ts'
import {
  answerAt,
  answerOf,
  answerSeq,
  asksForStream,
  byRefusal,
  bySuccess,
  isForeignBody,
  isStreamOfText,
  mediaType,
  requestHeader,
} from '../core/http-signs.ts'
import type { Evidence, Exchange } from '../core/model.ts'
import { bytesText, countText, timesText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const contentTypeWrong: Rule = {
  id: 'content-type-wrong',
  severity: 'error',
  title: 'The content type is not what MCP needs',
  why: 'Clients choose by the content type how to read an answer. With another one they raise an error that names only the type, or discard the answer and wait.',
  signature:
    'A request is answered with 200 and neither JSON nor an event stream (often a page of HTML); a stream comes under another type, or text under that of a stream; or the server refuses the type of the request with 400 or 415.',
  fix: 'Answer with application/json or text/event-stream, and send requests as application/json.',
  references: ['modelcontextprotocol/python-sdk#1382', 'modelcontextprotocol/python-sdk#1072', 'f/prompts.chat#1117'],
  check(facts) {
    if (facts.session.transport === 'other') return []
    for (const find of [textInStream, wrongAnswer, wrongStream, refusedRequest]) {
      const found = find(facts)
      if (found) return [found]
    }
    return []
  },
}

const callOf = (x: Exchange) => (x.calls[0] === undefined ? {} : { call: x.calls[0] })
const typeText = (x: Exchange) => mediaType(x) || 'no content type'
const typed = (x: Exchange): Evidence => ({
  seq: answerSeq(x),
  at: answerAt(x),
  says: `${x.method} ${x.path} answered with ${x.status} and ${typeText(x)}, ${bytesText(x.responseBytes)}`,
})

function textInStream({ exchanges }: Facts): Verdict | undefined {
  const found = exchanges.filter(isStreamOfText)
  const first = found[0]
  if (!first) return undefined
  return {
    confidence: 'certain',
    at: answerAt(first),
    exchange: first.id,
    ...callOf(first),
    title: `text/event-stream without an event: ${bytesText(first.responseBytes)} on ${countText(found.length, 'answer')}.`,
    says: 'The answer is called an event stream, but holds no event. A client discards it and waits for the answer until its own limit.',
    cause: 'The server, or a gateway, writes its text under the type of a stream.',
    fix: ['Write the answer as an event (“data: …” and an empty line), or send it as application/json.'],
    evidence: found.slice(0, 5).map(typed),
  }
}

function wrongAnswer({ exchanges, calls, session }: Facts): Verdict | undefined {
  if (session.transport === 'sse') return undefined
  const asked = new Set(calls.filter(({ kind, from }) => kind === 'request' && from === 'client').flatMap(call => call.exchanges))
  const found = exchanges.filter(x => asked.has(x.id) && isForeignBody(x))
  const first = found[0]
  if (!first) return undefined
  const page = mediaType(first) === 'text/html'
  return {
    confidence: 'certain',
    causeConfidence: page ? 'likely' : 'certain',
    at: answerAt(first),
    exchange: first.id,
    ...callOf(first),
    title: `POST ${first.path} answered with ${typeText(first)}, ${timesText(found.length)}. The client cannot read it.`,
    says: `A request has to be answered with application/json or text/event-stream. TypeScript clients say “Unexpected content type: ${mediaType(first) || 'null'}”.`,
    cause: page
      ? 'A web page answers in the server’s place: a sign-in page, an error page, or an application that answers each path.'
      : 'The server, or a framework below it, sets another type than that of the body.',
    fix: page
      ? ['Open the URL in a browser: what you see is what the client got. Exempt the MCP path from it, or correct the path.']
      : [`Set the content type to application/json instead of ${typeText(first)}.`],
    evidence: found.slice(0, 5).map(typed),
    ...(page && { alternatives: [{ rule: 'wrong-endpoint', standing: 'possible' as const, why: 'the path may be that of a web page' }] }),
  }
}

/** A page of HTML is another program's, and told as a wrong endpoint. */
function wrongStream({ exchanges, session }: Facts): Verdict | undefined {
  const found = exchanges.filter(
    x => asksForStream(x) && x.status === 200 && bySuccess(x) && x.body !== 'stream' && mediaType(x) !== 'text/html',
  )
  const first = found[0]
  if (!first) return undefined
  const optional = session.transport !== 'sse'
  return {
    severity: optional ? 'warning' : 'error',
    confidence: 'certain',
    at: answerAt(first),
    exchange: first.id,
    title: `GET ${first.path} asked for a stream and got ${typeText(first)}, ${timesText(found.length)}.`,
    says: optional
      ? 'A server without this stream has to answer 405. With 200 and another type clients take the stream for broken and try again.'
      : 'Clients look at the content type before they read: EventSource gives up, and Python raises “Expected response header Content-Type”.',
    cause: 'The server, or what stands before it, does not set the type text/event-stream.',
    fix: [
      optional
        ? `Answer GET ${first.path} with 405, or with text/event-stream.`
        : 'Set the content type of the stream to text/event-stream.',
    ],
    evidence: found.slice(0, 5).map(typed),
  }
}

function refusedRequest({ exchanges }: Facts): Verdict | undefined {
  const found = exchanges.filter(x => byRefusal(x, 415) || (byRefusal(x, 400) && /content[- ]type|media type/i.test(x.errorText ?? '')))
  const first = found[0]
  if (!first) return undefined
  const sent = requestHeader(first, 'content-type')
  const right = /^application\/json\b/i.test(sent)
  return {
    confidence: 'certain',
    causeConfidence: right ? 'likely' : 'certain',
    at: answerAt(first),
    exchange: first.id,
    ...callOf(first),
    title: `The server refuses the type of the request, ${sent || 'none'}: ${first.status} on ${countText(found.length, first.method)}.`,
    says: right
      ? 'The type left the client as application/json, and the server does not see it so.'
      : 'A message has to be sent as application/json.',
    cause: right
      ? 'Something behind the proxy changes the header, or the server looks at another one.'
      : 'The client, or a bridge before it, sets another type.',
    fix: [right ? 'Look for a gateway that rewrites Content-Type.' : 'Send the message with Content-Type: application/json.'],
    evidence: found.slice(0, 5).map(answerOf),
  }
}
