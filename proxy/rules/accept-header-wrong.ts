/** The client does not say that it takes what the server sends. Promise: told by the server's 406 alone, never guessed from the header. */
import { answerAt, answerOf, asksForStream, byRefusal, carriesMessage, requestHeader } from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { countText } from '../core/words.ts'
import type { Rule } from './rule.ts'
import { mismatchOf } from './transport-mismatch.ts'

export const acceptHeaderWrong: Rule = {
  id: 'accept-header-wrong',
  severity: 'error',
  title: 'The server refuses the Accept header',
  why: 'Servers of Streamable HTTP answer with JSON or with a stream as they like, so the client has to accept both; many refuse a request that does not say so.',
  signature: '406 “Not Acceptable: Client must accept both application/json and text/event-stream”.',
  fix: 'Send Accept: application/json, text/event-stream with each POST, and Accept: text/event-stream with GET.',
  references: ['tadata-org/fastapi_mcp#266', 'f/mcptools#69', 'PrefectHQ/fastmcp#1664'],
  check(facts) {
    // A browser or a health check that looks at the URL speaks no MCP.
    const refused = facts.exchanges.filter(x => byRefusal(x, 406) && (carriesMessage(facts, x) || asksForStream(x) || namesSession(x)))
    const first = refused[0]
    if (!first || mismatchOf(facts)) return []
    const sent = requestHeader(first, 'accept')
    const missing = NEEDED[first.method === 'GET' ? 'GET' : 'POST'].filter(type => !sent.toLowerCase().includes(type))
    const wanted = NEEDED[first.method === 'GET' ? 'GET' : 'POST'].join(', ')
    return [
      {
        confidence: 'certain',
        causeConfidence: missing.length > 0 ? 'certain' : 'likely',
        at: answerAt(first),
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `406 on ${countText(refused.length, first.method)}: Accept is ${sent === '' ? 'missing' : `“${sent.slice(0, 60)}”`}.`,
        says:
          missing.length > 0
            ? `The request does not accept ${missing.join(' and ')}.${sent.includes('*/*') ? ' “*/*” would say so by HTTP, but many servers look for the names.' : ''}`
            : 'The header left the client as it should be; the server does not see it so.',
        cause:
          missing.length > 0
            ? 'The client, or a bridge before it: it does not send the header that MCP asks for.'
            : 'Something behind the proxy changes Accept.',
        fix: missing.length > 0 ? fixOf(wanted, first) : ['Look for a gateway that rewrites Accept, and let it pass the header on.'],
        evidence: refused.slice(0, 5).map(answerOf),
      },
    ]
  },
}

const namesSession = (x: Exchange) => requestHeader(x, 'mcp-session-id') !== ''
const NEEDED = { POST: ['application/json', 'text/event-stream'], GET: ['text/event-stream'] } as const

function fixOf(wanted: string, x: Exchange): string[] {
  const curl = /curl|postman|insomnia/i.test(requestHeader(x, 'user-agent'))
  return [
    `Send “Accept: ${wanted}”${curl ? '' : ': upgrade the client, or set the header in its settings'}.`,
    'Or run the server with json_response=True, if it is on the Python SDK: then it takes a client that accepts JSON alone.',
  ]
}
