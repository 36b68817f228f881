/** The server offers no stream of its own. Promise: 405 is said to be healthy; only another refusal is a warning, and only where the session works. */
import { answerAt, answerOf, asksForStream, byRefusal, bySuccess, requestHeader } from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { timesText } from '../core/words.ts'
import type { Rule } from './rule.ts'
import { isUnknownSession } from './session-unknown-or-expired.ts'

export const getNotSupported: Rule = {
  id: 'get-not-supported',
  severity: 'info',
  title: 'The server offers no stream for its own messages',
  why: 'With 405 that is healthy and clients go on without it. With another status some clients give up, sign in, or try forever.',
  signature: 'After initialize, GET on the Streamable URL is answered with 405 (healthy), or with 400, 401, 404 or 5xx instead.',
  fix: 'Nothing to do for 405. Otherwise let the server answer GET with 405 and Allow: POST.',
  references: ['f/prompts.chat#1117', 'open-webui/open-webui#27795', 'modelcontextprotocol/csharp-sdk#478'],
  check({ session, exchanges }) {
    if (session.transport !== 'streamable' && session.transport !== 'stateless') return []
    if (!exchanges.some(x => x.method === 'POST' && bySuccess(x))) return []
    const refused = exchanges.filter(x => asksForStream(x) && isPlainRefusal(x))
    const odd = refused.filter(({ status }) => status !== 405)
    const first = odd[0] ?? refused[0]
    if (!first || exchanges.some(x => asksForStream(x) && bySuccess(x))) return []
    const healthy = odd.length === 0
    return [
      {
        ...(!healthy && { severity: 'warning' as const }),
        confidence: 'certain',
        at: answerAt(first),
        exchange: first.id,
        title: healthy
          ? `405 on GET ${first.path}: healthy. The server sends nothing of its own accord.`
          : `${first.status} on GET ${first.path}, ${timesText(odd.length)}. A server without this stream has to answer 405.`,
        says: healthy
          ? `The client asked whether the server has messages of its own${refused.length > 1 ? `, ${refused.length} times` : ''}; it has none. Calls are not affected.`
          : `Calls work on this session, but ${CONSEQUENCES[first.status ?? 0] ?? 'a client cannot tell this from a broken server, and may try again and again'}.`,
        cause: healthy
          ? 'Nothing is wrong: the stream is optional.'
          : 'The server, or a framework below it, answers GET as it answers any unknown request.',
        fix: healthy
          ? ['Nothing to do.']
          : [
              `Let the server answer GET ${first.path} with 405 and “Allow: POST”${first.status === 401 ? ', before it looks for a token' : ''}.`,
            ],
        evidence: (healthy ? refused : odd).slice(0, 5).map(answerOf),
      },
    ]
  },
}

/** Refusals that mean the GET itself: not the session, not the load, not a second stream. */
function isPlainRefusal(x: Exchange): boolean {
  return (
    x.follows === undefined &&
    byRefusal(x, 400, 401, 404, 405, 500, 501) &&
    !isUnknownSession(x) &&
    // What asks for the rest of a stream is no question whether there is one.
    requestHeader(x, 'last-event-id') === '' &&
    !/already|session.?id/i.test(x.errorText ?? '')
  )
}

const CONSEQUENCES: Readonly<Record<number, string>> = {
  401: 'clients take 401 for a demand to sign in, and begin OAuth',
  404: 'some clients take 404 for the end of the session and give up',
}
