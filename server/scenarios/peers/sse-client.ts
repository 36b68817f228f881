/** A client session of the HTTP+SSE transport. Promise: it posts exactly where the endpoint event says, unless told otherwise. */
import type { Stage } from '../scenario.ts'
import { type Client, createClient, type Opened, within } from './client.ts'
import { initialize, initialized, type Message } from './messages.ts'

export interface SseClientSession {
  readonly client: Client
  readonly stream: Opened
  /** Absolute URL of the endpoint event. */
  readonly endpoint: string
  /** Posts a message; resolves with the status. `url` is the endpoint by default. */
  post(message: Message | string, url?: string, headers?: Readonly<Record<string, string>>): Promise<number>
  /** The answer to this id, from the stream. */
  answer(id: number | string): Promise<Message>
  /** initialize, its answer, and notifications/initialized. */
  begin(): Promise<void>
  /** Leaves: closes the stream and all connections, and waits until the server's side has been recorded. */
  leave(): Promise<void>
}

/** Opens the stream and waits for its endpoint event. */
export async function openSse(
  stage: Stage,
  url: string,
  client: Client = createClient(stage),
  headers: Readonly<Record<string, string>> = {},
): Promise<SseClientSession> {
  const stream = await client.open('GET', url, { headers })
  const { data } = await stream.event(({ event }) => event === 'endpoint')
  const endpoint = new URL(data, url).href
  const post: SseClientSession['post'] = async (message, to = endpoint, more = {}) => {
    const { status } = await client.ask('POST', to, { body: message, headers: { ...headers, ...more } })
    return status
  }
  const answer = async (id: number | string): Promise<Message> => {
    const { data: text } = await stream.event(one => one.event === 'message' && (JSON.parse(one.data) as Message).id === id)
    return JSON.parse(text) as Message
  }
  return {
    client,
    stream,
    endpoint,
    post,
    answer,
    async begin() {
      await post(initialize())
      await answer(0)
      await post(initialized)
    },
    async leave() {
      stream.close()
      client.close()
      await within(stage, stream.whole, 'the stream was closed')
      await stage.quiet()
    },
  }
}
