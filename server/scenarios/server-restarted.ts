/** The server is stopped and started again under two open sessions. */
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'server-restarted',
  story: 'A server is restarted under two open sessions: both streams end at once, and connections are refused for a while.',
  async play(stage) {
    const server = await serveSse(stage)
    const url = await stage.through(server.url('/sse'))
    const sessions = [await openSse(stage, url), await openSse(stage, url)]
    for (const session of sessions) await session.begin()
    await server.die()
    await Promise.all(sessions.map(session => session.stream.whole))
    await stage.skip(3_000)
    await sessions[0]?.client.ask('GET', url)
    await serveSse(stage, { port: server.port })
    await stage.skip(5_000)
    const again = await openSse(stage, url)
    await again.begin()
    await again.leave()
  },
}
