/** A server sends nothing on an idle stream for 48 s; it holds, this time. */
import { listTools } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'no-keepalive',
  story: 'An idle stream carries nothing for 48 s and holds; the next limit on the way would have cut it.',
  async play(stage) {
    const server = await serveSse(stage)
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await stage.skip(48_000)
    await session.post(listTools(1))
    await session.answer(1)
    await session.leave()
  },
}
