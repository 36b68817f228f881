/** A server logs in to its firewall before it answers initialize, and takes 41 s for it. */
import { healthyAnswer, initialize, initialized } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'slow-initialize',
  story: 'A server does its slow work before it answers initialize: 41 s, and some clients wait no longer than 30 or 60.',
  async play(stage) {
    const finish = Promise.withResolvers<void>()
    const server = await serveSse(stage, {
      async answer(message) {
        await finish.promise
        return healthyAnswer(message)
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.post(initialize())
    for (const span of [15_000, 15_000, 11_000]) {
      server.newest().stream.write(': ping\r\n\r\n')
      await stage.skip(span)
    }
    finish.resolve()
    await session.answer(0)
    await session.post(initialized)
    await session.leave()
  },
}
