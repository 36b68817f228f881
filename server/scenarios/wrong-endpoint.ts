/** A client whose settings name a path that the server does not have. */
import { createClient } from './peers/client.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'wrong-endpoint',
  story: 'A client is set to /api instead of /mcp; it tries a POST and then a stream there, and gets 404 for both.',
  async play(stage) {
    const server = await serveStreamable(stage)
    const url = await stage.through(server.url('/api'))
    const client = createClient(stage)
    await client.ask('POST', url, { body: initialize(STREAMABLE) })
    await client.ask('GET', url)
    await stage.skip(6_000)
  },
}
