/** A message is larger than what the server, or something before it, takes. Promise: the size is measured, the limit only named where it is known. */
import { answerAt, answerOf, byRefusal, mediaType, requestHeader, responseHeader } from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { bytesText, timesText } from '../core/words.ts'
import type { Rule } from './rule.ts'

const MIB = 1_048_576

export const requestBodyTooLarge: Rule = {
  id: 'request-body-too-large',
  severity: 'error',
  title: 'The message is too large for the server',
  why: 'The call never reaches its tool. Large arguments (a file, a long text) fail, while small ones work.',
  signature: '413, or 400 “request entity too large”, to a POST with a large body.',
  fix: 'Raise the limit where the refusal was made, or send the large part another way.',
  references: ['modelcontextprotocol/python-sdk#959', 'ProfessionalWiki/MediaWiki-MCP-Server#320', 'mongodb-js/mongodb-mcp-server#817'],
  check({ exchanges }) {
    const refused = exchanges.filter(
      x => byRefusal(x, 413) || (byRefusal(x, 400) && /(entity|payload|body|content|message) (is )?too large/i.test(x.errorText ?? '')),
    )
    const first = refused[0]
    if (!first) return []
    const size = sizeOf(first)
    const { who, limit, fix } = refuserOf(first, size)
    const passed = Math.max(0, ...exchanges.filter(x => x.method === 'POST' && (x.status ?? 400) < 300).map(sizeOf))
    return [
      {
        confidence: 'certain',
        causeConfidence: limit === undefined ? 'possible' : 'likely',
        at: answerAt(first),
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `${first.status} for a message of ${bytesText(size)}, ${timesText(refused.length)}.`,
        says: `${who} takes ${limit === undefined ? 'less than that' : `${bytesText(limit)} at most`}.${passed > 0 ? ` The largest message that passed here has ${bytesText(passed)}.` : ''}`,
        cause: `The size of the message, and the limit of ${who.toLowerCase()}.`,
        fix: [fix, 'Or send less: pass a link or an id instead of the content.'],
        evidence: refused.slice(0, 5).map(answerOf),
      },
    ]
  },
}

/** What it was to be, even where the answer came before its end. */
function sizeOf(x: Exchange): number {
  const length = Number(requestHeader(x, 'content-length') || Number.NaN)
  return Number.isSafeInteger(length) && length > x.requestBytes ? length : x.requestBytes
}

/** Who refuses, as far as its answer shows, and its usual limit where the size lies above it. */
function refuserOf(x: Exchange, size: number): { who: string; limit?: number; fix: string } {
  const server = responseHeader(x, 'server')
  const over = (limit: number) => (size > limit ? { limit } : {})
  if (/nginx|openresty/i.test(server))
    return { who: 'Nginx before the server', ...over(MIB), fix: 'Raise client_max_body_size in nginx (1 MiB unless it is set).' }
  if (/cloudflare/i.test(server))
    return { who: 'Cloudflare before the server', ...over(100 * MIB), fix: 'Send less: Cloudflare’s limit depends on the plan.' }
  if (responseHeader(x, 'x-powered-by').includes('Express') && mediaType(x) === 'text/html')
    return {
      who: 'The server’s body parser',
      ...over(102_400),
      fix: "Give express.json() a higher limit (100 kB unless it is set): express.json({ limit: '4mb' }).",
    }
  return { who: 'The server', ...over(4 * MIB), fix: 'Raise the server’s limit for a message (4 MiB in the TypeScript and Python SDKs).' }
}
