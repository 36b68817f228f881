/** The server, or a gateway before it, has no capacity. Promise: what the proxy answers itself when the server is gone is another fault. */
import { answerAt, answerOf, byRefusal, bySuccess, mediaType, responseHeader } from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { countText, limitText, spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const rateLimitedOrOverloaded: Rule = {
  id: 'rate-limited-or-overloaded',
  severity: 'warning',
  title: 'Requests are turned away for want of capacity',
  why: 'Calls fail now and then, or all at once, and clients that try again at once make it worse.',
  signature: 'The server’s side answers 429, 502, 503 or 504, often with a page of HTML from a gateway.',
  fix: 'Send less, honour Retry-After, or raise the limit or the timeout of what turned the request away.',
  references: ['open-webui/open-webui#27795', 'f/prompts.chat#1117'],
  check({ session, exchanges, calls }) {
    const refused = exchanges.filter(x => byRefusal(x, 429, 502, 503, 504) && (session.transport !== 'other' || x.calls.length > 0))
    const first = refused[0]
    if (!first) return []
    const last = refused.at(-1) as Exchange
    const requests = new Set(calls.filter(({ kind }) => kind === 'request').map(({ id }) => id))
    const recovered = exchanges.some(x => x.requestAt > last.requestAt && x.method === 'POST' && bySuccess(x))
    const lost = refused.some(x => x.calls.some(call => requests.has(call))) && !recovered
    const gateway =
      mediaType(first) === 'text/html' || /nginx|cloudflare|envoy|awselb|caddy|traefik|varnish/i.test(responseHeader(first, 'server'))
    const took = answerAt(first) - (first.requestEndAt ?? first.requestAt)
    const wait = responseHeader(first, 'retry-after')
    const statuses = [...new Set(refused.map(({ status }) => status))].join(', ')
    return [
      {
        severity: lost ? 'error' : 'warning',
        confidence: 'certain',
        causeConfidence: first.status === 429 ? 'certain' : 'likely',
        at: answerAt(first),
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `${statuses} on ${countText(refused.length, 'request')}${first.status === 504 ? `, after ${spanText(took)}` : ''}. ${recovered ? 'Later ones passed.' : 'None passed after that.'}`,
        says: saysOf(first, gateway, wait),
        cause: causeOf(first, gateway, took),
        fix: fixOf(first, gateway, wait, took),
        evidence: refused.slice(0, 5).map(answerOf),
      },
    ]
  },
}

/** `Retry-After` is a number of seconds or a date. */
const waitText = (wait: string) => (/^\d+$/.test(wait) ? `${wait} s` : wait)

function saysOf(x: Exchange, gateway: boolean, wait: string): string {
  const who = gateway
    ? `A gateway before the server${responseHeader(x, 'server') === '' ? '' : ` (${responseHeader(x, 'server').slice(0, 40)})`}`
    : 'The server'
  const what = x.status === 429 ? 'counts requests and turned this one away' : 'had no answer to give'
  return `${who} ${what}.${wait === '' ? '' : ` It asks to wait: Retry-After ${waitText(wait)}.`}`
}

function causeOf({ status }: Exchange, gateway: boolean, took: number): string {
  if (status === 429) return 'More requests than the limit allows; clients that reconnect again and again count too.'
  if (status === 504) return `The gateway waits ${limitText(took)} for the server; the server took longer.`
  if (status === 502 && gateway) return 'The gateway could not reach the server behind it, or lost it.'
  return gateway ? 'The gateway has no healthy server behind it.' : 'The server is overloaded, starting or being stopped.'
}

function fixOf({ status }: Exchange, gateway: boolean, wait: string, took: number): string[] {
  const retry = `Let the client wait${wait === '' ? ' longer each time' : ` ${waitText(wait)}`} before it tries again.`
  if (status === 429) return [retry, 'Make fewer calls, or raise the limit for this client.']
  if (status === 504) return [`Answer within ${limitText(took)}, or raise the gateway’s timeout (proxy_read_timeout in nginx).`]
  return [
    gateway ? 'Look into the gateway’s log, and whether the server behind it runs.' : 'Look into the server’s log at that moment.',
    retry,
  ]
}
