/**
 * What a person can type, for this client and this server. Promise: a setting is named only where its maker documents it, or where it was
 * tried; where the wire does not tell who is there, the advice says what to look for instead.
 */
import { queryOf } from '../core/endpoint.ts'
import type { Facts } from '../core/facts.ts'
import { responseHeader } from '../core/http-signs.ts'
import type { Evidence } from '../core/model.ts'
import type { OwnRequests } from '../core/own-requests.ts'
import { spanText } from '../core/words.ts'

type Stack = 'python' | 'node' | 'unknown'

/** What the server runs on, as far as its heads and its endpoint show. */
export function serverStack({ session, exchanges }: Facts): Stack {
  const param = queryOf(session.endpoint ?? '').split('=', 1)[0]
  if (/uvicorn|hypercorn|granian/i.test(session.server.header ?? '') || param === 'session_id') return 'python'
  const first = exchanges.find(({ responseBy }) => responseBy === 'server')
  if (first && (responseHeader(first, 'keep-alive') === 'timeout=5' || responseHeader(first, 'x-powered-by') === 'Express')) return 'node'
  return param === 'sessionId' ? 'node' : 'unknown'
}

/** How this server sends a comment often enough. */
export function keepalive(facts: Facts): string {
  const stack = serverStack(facts)
  if (stack === 'python')
    return 'Let the server ping every 15 s: EventSourceResponse of sse-starlette does so by itself, a plain StreamingResponse does not.'
  if (stack === 'node' && facts.session.transport === 'sse')
    return "Let the server write a comment every 15 s, which SSEServerTransport never does: setInterval(() => response.write(': ping\\n\\n'), 15_000)."
  if (stack === 'node')
    return 'Let the server send a comment every 15 s: @modelcontextprotocol/sdk does so from 1.30.0 on (npm install @modelcontextprotocol/sdk@latest).'
  return 'Let the server send an SSE comment (": ping" and an empty line) every 15 s while the stream is open.'
}

const whoOf = ({ session }: Facts): string => `${session.client.name ?? ''} ${session.client.userAgent ?? ''}`

/** Where a client's limit for a request is set. */
export function limitSetting(facts: Facts): string {
  const who = whoOf(facts)
  if (/claude[- ]?code/i.test(who)) return 'Raise the client’s limit: MCP_TOOL_TIMEOUT, in milliseconds.'
  if (/gemini/i.test(who)) return 'Raise the client’s limit: "timeout" of this server in settings.json, in milliseconds.'
  if (/windsurf|devin|cascade/i.test(who)) return 'Raise the client’s limit: this one documents no setting for it.'
  if (/python-httpx/i.test(who))
    return 'Raise the client’s limit; with the Python SDK: read_timeout_seconds of ClientSession or of call_tool.'
  if (/\bnode\b|undici/i.test(who))
    return 'Raise the client’s limit; with the TypeScript SDK: { timeout: 300_000 } among the options of the request (60 s unless it is set).'
  return 'Raise the client’s limit for a request, if it has a setting for it.'
}

/** For a tool that asks its backend for each thing by itself (N+1). */
export const fewerRequests = (count: number): string =>
  `Let the tool ask its backend once for a list, not ${count} times: one request for each thing is what takes so long.`

export const ownRequestsLine = ({ count, first, last }: OwnRequests): Evidence => ({
  seq: first.seq,
  at: first.at,
  says: `Server log: ${count} requests of its own while the call ran, the last ${spanText(last.at - first.at)} later`,
})

/** The same for the limit on connecting. */
export function connectSetting(facts: Facts): string {
  if (/claude[- ]?code/i.test(whoOf(facts)))
    return 'Raise the client’s limit for connecting: MCP_TIMEOUT, in milliseconds; there are versions that wait 60 s at most all the same.'
  return 'Raise the client’s limit for connecting, if it has a setting for it.'
}

/** Where the client says why it left. */
export function clientLog(facts: Facts): string {
  const who = whoOf(facts)
  const where = /claude[- ]?code/i.test(who)
    ? ' (start it with claude --debug)'
    : /visual studio code|vscode/i.test(who) && !/cursor/i.test(who)
      ? ' (MCP: List Servers, Show Output)'
      : /cursor/i.test(who)
        ? ' (its Output panel, MCP)'
        : ''
  return `Look into the client’s own log for the moment of the close${where}: the wire does not say why it left.`
}

/** How a Python server stops working for clients that have left. */
export const UPGRADE_PYTHON =
  "Upgrade the Python SDK, so that the handler is cancelled when the client leaves: pip install -U 'mcp>=1.27.2'."

/** How a server stops taking messages for sessions whose stream has ended. */
export function forgetDead(facts: Facts): string {
  if (serverStack(facts) === 'python') return UPGRADE_PYTHON
  const forget = 'Let the server forget a session when its stream ends, and answer 404 to what is posted to it then'
  return serverStack(facts) === 'node' ? `${forget}.` : `${forget}; the Python SDK does so from mcp 1.27.2 on.`
}
