/** A server of the HTTP+SSE transport (2024-11-05), as the Python SDK writes it. Promise: healthy in all that a scenario does not change. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Stage } from '../scenario.ts'
import { beginStream, eventText, type HttpPeer, sendText, serveHttp } from './http-server.ts'
import { healthyAnswer, type Message } from './messages.ts'

export interface SseSession {
  readonly id: string
  readonly stream: ServerResponse
  /** Writes a message as one event. */
  say(message: Message): void
}
export interface SseServerOptions {
  readonly port?: number
  /** What to answer; undefined or `never` for nothing. Default: as a healthy server. */
  readonly answer?: (message: Message, session: SseSession) => Message | undefined | Promise<Message | undefined>
  /** Text of the endpoint event; undefined sends none. */
  readonly endpoint?: (id: string) => string | undefined
  /** Looked at first; true when it has answered the request itself. */
  readonly before?: (request: IncomingMessage, response: ServerResponse, body: string, server: SseServer) => boolean | Promise<boolean>
  readonly newId?: () => string
  /** Sessions stay known after their stream has ended, as before mcp 1.27.2. */
  readonly keepsDead?: boolean
  readonly headers?: Readonly<Record<string, string>>
}
export interface SseServer extends HttpPeer {
  readonly sessions: Map<string, SseSession>
  /** The newest session. */
  readonly newest: () => SseSession
}

/** Listens with `/sse` and `/messages/`. */
export async function serveSse(stage: Stage, options: SseServerOptions = {}): Promise<SseServer> {
  const { endpoint = id => `/messages/?session_id=${id}`, newId = () => randomUUID().replaceAll('-', '') } = options
  const { answer = message => healthyAnswer(message), headers = { server: 'uvicorn' } } = options
  const sessions = new Map<string, SseSession>()

  const open = (response: ServerResponse): void => {
    const id = newId()
    beginStream(response, headers)
    const say = (message: Message) => void response.write(eventText(JSON.stringify(message)))
    sessions.set(id, { id, stream: response, say })
    const path = endpoint(id)
    if (path !== undefined) response.write(eventText(path, 'endpoint'))
    response.on('close', () => options.keepsDead || sessions.delete(id))
  }
  const take = async (response: ServerResponse, id: string | null, body: string): Promise<void> => {
    if (id === null) return sendText(response, 400, 'session_id is required', headers)
    const session = sessions.get(id)
    if (!session) {
      response.writeHead(404, headers).end('Could not find session')
      return
    }
    const message = JSON.parse(body) as Message
    sendText(response, 202, 'Accepted', headers)
    const said = await answer(message, session)
    if (said && !session.stream.destroyed) session.say(said)
  }

  const peer = await serveHttp(
    stage,
    async (request, response, body) => {
      if (await options.before?.(request, response, body, server)) return
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server')
      if (pathname === '/sse' && request.method === 'GET') open(response)
      else if (pathname === '/sse') sendText(response, 405, 'Method Not Allowed', { ...headers, allow: 'GET, HEAD' })
      else if (pathname === '/messages/' && request.method === 'POST') await take(response, searchParams.get('session_id'), body)
      else sendText(response, 404, 'Not Found', headers)
    },
    options.port,
  )
  const newest = (): SseSession => {
    const session = [...sessions.values()].at(-1)
    if (!session) throw new Error('the server has no session')
    return session
  }
  const server: SseServer = { ...peer, sessions, newest }
  return server
}
