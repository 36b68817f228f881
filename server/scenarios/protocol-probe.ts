/** A client tries Streamable HTTP on a URL of the older transport, is refused, and falls back within a moment: healthy. */
import { createClient } from './peers/client.ts'
import { callTool, initialize, STREAMABLE } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'protocol-probe',
  story: 'A client posts initialize to an SSE URL, gets 405, and falls back to GET: healthy, in spite of the 4xx.',
  async play(stage) {
    const server = await serveSse(stage)
    const url = await stage.through(server.url('/sse'))
    const client = createClient(stage)
    await client.ask('POST', url, { body: initialize(STREAMABLE) })
    const session = await openSse(stage, url, client)
    await session.begin()
    await session.post(callTool(1, 'check_health'))
    await session.answer(1)
    await session.leave()
  },
}
