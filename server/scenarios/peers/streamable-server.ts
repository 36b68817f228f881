/** A server of the Streamable HTTP transport. Promise: healthy in all that a scenario does not change. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Stage } from '../scenario.ts'
import { beginStream, eventText, type HttpPeer, sendJson, serveHttp } from './http-server.ts'
import { healthyAnswer, type Message, STREAMABLE } from './messages.ts'

export interface StreamableServerOptions {
  readonly port?: number
  readonly version?: string
  /** `json` (default): one JSON body. `sse`: an event stream that ends after the answer. */
  readonly answers?: 'json' | 'sse'
  /** Issues session ids; default true. */
  readonly sessions?: boolean
  /** GET opens a stream (true) or is refused with 405 (default). */
  readonly stream?: boolean
  /** What to answer; undefined for nothing (the response then stays open). Default: as a healthy server. */
  readonly answer?: (message: Message) => Message | undefined | Promise<Message | undefined>
  /** Looked at first; true when it has answered the request itself. */
  readonly before?: (
    request: IncomingMessage,
    response: ServerResponse,
    body: string,
    server: StreamableServer,
  ) => boolean | Promise<boolean>
  readonly headers?: Readonly<Record<string, string>>
}
export interface StreamableServer extends HttpPeer {
  readonly ids: Set<string>
}

const refusal = (code: number, message: string): Message => ({ jsonrpc: '2.0', id: null, error: { code, message } })

/** Listens with `/mcp`. */
export async function serveStreamable(stage: Stage, options: StreamableServerOptions = {}): Promise<StreamableServer> {
  const { version = STREAMABLE, answers = 'json', sessions = true, headers = {} } = options
  const { answer = message => healthyAnswer(message, version) } = options
  const ids = new Set<string>()

  const take = async (response: ServerResponse, message: Message, id: string | undefined): Promise<void> => {
    const issued = message.method === 'initialize' && sessions ? randomUUID() : undefined
    if (issued !== undefined) ids.add(issued)
    else if (sessions && id === undefined)
      return sendJson(response, 400, refusal(-32000, 'Bad Request: Mcp-Session-Id header is required'), headers)
    else if (sessions && !ids.has(id ?? '')) return sendJson(response, 404, refusal(-32001, 'Session not found'), headers)
    const own = { ...headers, ...(issued !== undefined && { 'mcp-session-id': issued }) }
    if (message.id === undefined || message.method === undefined) {
      response.writeHead(202, own).end()
      return
    }
    if (answers === 'sse') beginStream(response, own)
    const said = await answer(message)
    if (said === undefined || response.destroyed) return
    if (answers === 'sse') response.end(eventText(JSON.stringify(said)))
    else sendJson(response, 200, said, own)
  }

  const peer = await serveHttp(
    stage,
    async (request, response, body) => {
      if (await options.before?.(request, response, body, server)) return
      const id = request.headers['mcp-session-id']
      if (new URL(request.url ?? '/', 'http://server').pathname !== '/mcp') response.writeHead(404, headers).end()
      else if (request.method === 'POST') await take(response, JSON.parse(body) as Message, typeof id === 'string' ? id : undefined)
      else if (request.method === 'GET' && options.stream) beginStream(response, headers)
      else if (request.method === 'DELETE' && typeof id === 'string' && ids.delete(id)) response.writeHead(200, headers).end()
      else response.writeHead(405, { ...headers, allow: 'POST, DELETE' }).end()
    },
    options.port,
  )
  const server: StreamableServer = { ...peer, ids }
  return server
}
