/** An old Python server keeps a session whose stream has ended, and accepts a call that it can never answer. */

import { createClient } from './peers/client.ts'
import { callTool } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'ghost-session',
  story: 'A client closes its stream and posts a call to it; the server says 202 and has nowhere to answer.',
  async play(stage) {
    const server = await serveSse(stage, { keepsDead: true })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.leave()
    await stage.skip(3_200)
    await createClient(stage).ask('POST', session.endpoint, { body: callTool(1, 'check_health') })
    await stage.quiet()
  },
}
