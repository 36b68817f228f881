/** A cancellation and the answer cross on the way: legal, and it looks like a stray answer. */
import { callTool, cancel, healthyAnswer } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'cancelled-but-answered',
  story: 'A user stops a call at the moment in which its answer is on the way; both cross, and that is legal.',
  async play(stage) {
    const cancelled = Promise.withResolvers<void>()
    const server = await serveSse(stage, {
      async answer(message) {
        if (message.method === 'notifications/cancelled') cancelled.resolve()
        if (message.method === 'tools/call') await cancelled.promise
        return healthyAnswer(message)
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(callTool(1, 'check_health'))
    await stage.skip(2_700)
    await session.post(cancel(1, 'User stopped the task'))
    await session.answer(1)
    await session.leave()
  },
}
