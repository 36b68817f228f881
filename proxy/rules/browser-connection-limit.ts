/** A browser holds so many streams that its next request has to wait. Promise: counted on the wire, for browsers alone. */
import { answerAt, answerSeq, requestHeader } from '../core/http-signs.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

/** Connections of HTTP/1.1 that browsers open to one origin. */
const LIMIT = 6
/** What waited comes this soon after a connection has become free (ms). */
const AT_ONCE = 250

const isAtOnce = (freedAt: number, startedAt: number): boolean => startedAt >= freedAt && startedAt - freedAt <= AT_ONCE

export const browserConnectionLimit: Rule = {
  id: 'browser-connection-limit',
  severity: 'warning',
  title: 'A browser has no connection left',
  why: 'Browsers open six connections of HTTP/1.1 to one origin. Six open streams take them all: the next request waits, without an error, until one of them ends.',
  signature: 'Six or more streams of one browser are open at once, and the next request comes only when one of them has ended.',
  fix: 'Close tabs that are connected to the server, or serve it by HTTP/2 behind TLS.',
  references: ['modelcontextprotocol/inspector#302', 'modelcontextprotocol/inspector#525'],
  check({ session, exchanges, others }) {
    const full = exchanges.find(x => (x.streams ?? 0) >= LIMIT && /\bMozilla\//.test(requestHeader(x, 'user-agent')))
    if (!full) return []
    // What waited itself is told with the stream that took the last connection.
    if (others.some(({ client, ended }) => ended && client.userAgent === session.client.userAgent && isAtOnce(ended.at, session.startedAt)))
      return []
    const agent = requestHeader(full, 'user-agent')
    const same = [session, ...others].filter(({ client }) => client.userAgent === agent)
    const ends = same.flatMap(({ ended }) => (ended && ended.at > answerAt(full) ? [ended] : [])).sort((a, b) => a.at - b.at)
    const freed = ends.find(end => same.some(({ startedAt }) => isAtOnce(end.at, startedAt)))
    const next = freed && same.find(({ startedAt }) => isAtOnce(freed.at, startedAt))
    const name = /\b(Firefox|Edg|Chrome|Safari)\/\d+/.exec(agent)?.[0]?.replace('/', ' ').replace('Edg ', 'Edge ') ?? 'The browser'
    return [
      {
        confidence: next ? 'likely' : 'possible',
        at: answerAt(full),
        exchange: full.id,
        title: `${countText(full.streams ?? LIMIT, 'stream')} of one browser are open. ${freed && next ? `The next request came ${spanText(next.startedAt - freed.at)} after one had ended.` : 'Its next request has to wait.'}`,
        says: `${name} opens six connections to one origin by HTTP/1.1, and each open stream keeps one. ${next ? 'What came next had waited for it.' : 'Whatever it sends now waits until a stream ends.'}`,
        cause: 'Several tabs or windows are connected to the same server at once, or a page opens streams and does not close them.',
        fix: [
          'Close tabs that are connected to this server, such as older ones of an inspector.',
          'If many are needed: serve by HTTP/2 behind TLS, or under several host names.',
        ],
        evidence: [
          {
            seq: answerSeq(full),
            at: answerAt(full),
            says: `Stream number ${full.streams} of this browser opened: ${full.method} ${full.path}`,
          },
          ...(freed ? [{ seq: freed.seq, at: freed.at, says: 'One of the streams ended' }] : []),
        ],
        ...(!next && {
          alternatives: [
            { rule: 'orphan-request', standing: 'possible' as const, why: 'a request may be late for a reason of the server’s' },
          ],
        }),
      },
    ]
  },
}
