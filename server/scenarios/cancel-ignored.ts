/** A tool does not look for cancellation, and works on for nobody. */
import { callTool, cancel, healthyAnswer } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'cancel-ignored',
  story: 'A user stops a call after 4 s; the tool works on and answers 18 s later.',
  async play(stage) {
    const finish = Promise.withResolvers<void>()
    const server = await serveSse(stage, {
      async answer(message) {
        if (message.method === 'tools/call') await finish.promise
        return healthyAnswer(message)
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(callTool(1, 'retrieve_address_objects'))
    await stage.skip(4_000)
    await session.post(cancel(1, 'User stopped the task'))
    await stage.skip(18_000)
    finish.resolve()
    await session.answer(1)
    await session.leave()
  },
}
