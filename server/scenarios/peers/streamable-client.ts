/** A client session of the Streamable HTTP transport. Promise: it sends the headers that the specification asks for, unless told otherwise. */
import type { Stage } from '../scenario.ts'
import { type Client, createClient, type Opened } from './client.ts'
import { initialize, initialized, type Message, STREAMABLE } from './messages.ts'

export interface StreamableClientSession {
  readonly client: Client
  /** The session id that the server issued. */
  id(): string | undefined
  /** Posts a message; resolves with the head, while the body may still come. */
  post(message: Message | readonly Message[] | string, headers?: Readonly<Record<string, string>>): Promise<Opened>
  /** Posts a request; resolves with its answer, from JSON or from the event stream. Rejects for another status than 200. */
  ask(message: Message, headers?: Readonly<Record<string, string>>): Promise<Message>
  /** initialize, its answer, and notifications/initialized. */
  begin(version?: string): Promise<void>
  /** Ends the session with DELETE, closes all connections, and waits until that has been recorded. */
  leave(): Promise<void>
}

export function openStreamable(
  stage: Stage,
  url: string,
  client: Client = createClient(stage),
  own: Readonly<Record<string, string>> = {},
): StreamableClientSession {
  let id: string | undefined
  let negotiated: string | undefined
  const headersOf = (more: Readonly<Record<string, string>>): Record<string, string> => ({
    ...(id !== undefined && { 'mcp-session-id': id }),
    ...(negotiated !== undefined && { 'mcp-protocol-version': negotiated }),
    ...own,
    ...more,
  })
  const post: StreamableClientSession['post'] = async (message, headers = {}) => {
    const opened = await client.open('POST', url, { body: message, headers: headersOf(headers) })
    const issued = opened.headers['mcp-session-id']
    if (typeof issued === 'string') id = issued
    return opened
  }
  const ask: StreamableClientSession['ask'] = async (message, headers) => {
    const opened = await post(message, headers)
    if (opened.status !== 200) throw new Error(`${message.method} was answered with ${opened.status}: ${await opened.whole}`)
    if (!opened.headers['content-type']?.includes('text/event-stream')) return JSON.parse(await opened.whole) as Message
    const { data } = await opened.event(one => one.data !== '' && (JSON.parse(one.data) as Message).id === message.id)
    return JSON.parse(data) as Message
  }
  return {
    client,
    id: () => id,
    post,
    ask,
    async begin(version = STREAMABLE) {
      const { result } = await ask(initialize(version))
      negotiated = (result as { protocolVersion: string }).protocolVersion
      await (await post(initialized)).whole
    },
    async leave() {
      if (id !== undefined) await client.ask('DELETE', url, { headers: headersOf({}) })
      client.close()
      await stage.quiet()
    },
  }
}
