/** A client built for TypeScript servers writes sessionId to a Python server, which knows session_id only. */
import { initialize } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'session-param-name',
  story: 'A client builds the message URL itself, with sessionId where the server wants session_id.',
  async play(stage) {
    const server = await serveSse(stage)
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.post(initialize(), session.endpoint.replace('session_id=', 'sessionId='))
    await session.leave()
  },
}
