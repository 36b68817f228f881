/** The server still holds a stream that the client has closed, and refuses the next. Promise: silent where the first stream is really open. */
import type { Exchange } from '../core/model.ts'
import { errorWords, spanText, timesText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const staleGetStream409: Rule = {
  id: 'stale-get-stream-409',
  severity: 'warning',
  title: 'The server refuses a new stream because of one that is gone',
  why: 'The client cannot listen any more: notifications and requests of the server do not reach it until the old stream times out.',
  signature: 'GET is answered with 409 (or 400 “already exists”) although the client’s stream before it has ended.',
  fix: 'Let whatever stands before the server pass on the client’s close, let the server replace the old stream, or begin a new session.',
  references: ['geelen/mcp-remote#159', 'danny-avila/LibreChat#14816', 'supercorp-ai/supergateway#126'],
  check({ session, exchanges }) {
    if (session.transport !== 'streamable') return []
    const refused = exchanges.filter(isRefused)
    const streams = exchanges.filter(({ body, status = 0 }) => body === 'stream' && status < 300)
    let next = 0
    const stale = refused.flatMap(exchange => {
      while ((streams[next]?.requestAt ?? Number.POSITIVE_INFINITY) < exchange.requestAt) next++
      const before = streams[next - 1]
      return before?.clientEnd && before.clientEnd.at < exchange.requestAt ? [{ exchange, before, end: before.clientEnd }] : []
    })
    const first = stale[0]
    if (!first) return []
    const { exchange, before, end } = first
    const held = before.held
      ? 'The proxy itself held the server’s side open (linger).'
      : 'The server was told of the end by the proxy and had not noticed, or something behind the proxy kept its side open.'
    return [
      {
        confidence: 'certain',
        causeConfidence: before.held ? 'certain' : 'likely',
        at: exchange.responseAt ?? exchange.requestAt,
        exchange: exchange.id,
        title: `GET ${exchange.path} was refused with ${exchange.status}, ${timesText(stale.length)}. The stream before it had ended ${spanText(exchange.requestAt - end.at)} earlier.`,
        says: `The server takes the old stream for open. ${held}`,
        cause: before.held ? 'The proxy’s linger keeps the old stream open.' : 'The end of the old stream did not reach the server.',
        fix: [
          ...(before.held ? ['Record without --linger.'] : ['Let the middlebox before the server pass on a client’s close at once.']),
          'Let the server replace the old stream when the same session opens a new one, as some SDKs do.',
          'Until then: end the session with DELETE and begin a new one.',
        ],
        evidence: [
          { seq: end.seq, at: end.at, says: 'The client’s side of the old stream ended' },
          ...stale.slice(0, 5).map(({ exchange: one }) => ({
            seq: one.responseSeq ?? one.requestSeq,
            at: one.responseAt ?? one.requestAt,
            says: `GET ${one.path} answered with ${one.status}: ${errorWords(one.errorText ?? '').slice(0, 80)}`,
          })),
        ],
      },
    ]
  },
}

const isRefused = ({ method, status, responseBy, errorText = '' }: Exchange) =>
  method === 'GET' &&
  responseBy === 'server' &&
  (status === 409 || (status === 400 && /already (exists|has|open)|only one sse stream/i.test(errorText)))
