/** A client built by hand posts to the message path and leaves out the query that names its session. */
import { initialize } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'session-id-missing',
  story: 'A client posts to /messages/ without the session id of the endpoint event; the server refuses with 400.',
  async play(stage) {
    const server = await serveSse(stage)
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.post(initialize(), session.endpoint.split('?', 1)[0])
    await session.leave()
  },
}
