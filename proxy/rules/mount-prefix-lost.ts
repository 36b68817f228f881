/** The server stands below a prefix that it does not know of, and advertises a message path without it. Promise: only told when that path was tried and failed. */
import { lostPrefix, pathOf } from '../core/endpoint.ts'
import { answerAt, answerOf, byRefusal, bySuccess } from '../core/http-signs.ts'
import { countText } from '../core/words.ts'
import type { Rule } from './rule.ts'
import { isUnknownSession } from './session-unknown-or-expired.ts'

export const mountPrefixLost: Rule = {
  id: 'mount-prefix-lost',
  severity: 'error',
  title: 'The advertised message path lacks the mount prefix',
  why: 'The stream opens and looks healthy, but every message goes to a path outside the mounted application and is lost.',
  signature: 'The stream’s path has a prefix (/mcp/test/sse), the endpoint event has none (/messages/), and each POST there gets 404.',
  fix: 'Tell the server the prefix under which it is mounted: root_path in ASGI, the mount path of the SDK, or a reverse proxy that does not cut it off.',
  references: ['modelcontextprotocol/python-sdk#412', 'modelcontextprotocol/python-sdk#464', 'modelcontextprotocol/typescript-sdk#583'],
  check({ session, exchanges, frames }) {
    const stream = exchanges.find(({ id }) => id === session.stream)
    if (!stream || session.endpoint === undefined) return []
    const advertised = pathOf(session.endpoint)
    const prefix = lostPrefix(stream.path, advertised)
    const posts = exchanges.filter(x => x.method === 'POST' && x.path === advertised)
    const lost = posts.filter(x => byRefusal(x, 404, 405) && !isUnknownSession(x))
    const first = lost[0]
    if (prefix === undefined || !first || posts.some(bySuccess)) return []
    const endpoint = frames.find(frame => frame.event === 'endpoint')
    const python = /uvicorn|hypercorn/i.test(session.server.header ?? '')
    return [
      {
        confidence: 'certain',
        causeConfidence: 'likely',
        at: answerAt(first),
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `The message path ${advertised} lacks the prefix ${prefix}: ${first.status} on ${countText(lost.length, 'POST')}.`,
        says: `The stream is at ${stream.path}, so the server stands below ${prefix}. It advertises ${advertised}, where nothing answers.`,
        cause: `The server does not know that it is mounted below ${prefix}, or a reverse proxy cuts that off before the server.`,
        fix: [
          python
            ? `Pass root_path="${prefix}" to the application (uvicorn --root-path ${prefix}), and use mcp 1.9 or later, which honours it.`
            : `Construct the server’s SSE transport with ${prefix}${advertised} as its message path.`,
          `Behind a reverse proxy: let it pass ${prefix} on, or rewrite the endpoint event.`,
        ],
        evidence: [
          ...(endpoint ? [{ seq: endpoint.seq, at: endpoint.at, says: `The server advertised ${advertised} on ${stream.path}` }] : []),
          ...lost.slice(0, 5).map(answerOf),
        ],
        alternatives: [{ rule: 'wrong-endpoint', standing: 'possible', why: 'the server may advertise a path that it routes nowhere' }],
      },
    ]
  },
}
