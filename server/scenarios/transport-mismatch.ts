/** A client of Streamable HTTP whose settings name the URL of an SSE stream. */
import { createClient } from './peers/client.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'transport-mismatch',
  story: 'A client POSTs initialize to /sse, where the server only opens streams; it gets 405 and does not fall back.',
  async play(stage) {
    const server = await serveSse(stage)
    await createClient(stage).ask('POST', await stage.through(server.url('/sse')), { body: initialize(STREAMABLE) })
    await stage.skip(6_000)
  },
}
