/** A handler that answers and then answers again: a result, and the same once more from its clean-up. */
import { callTool, healthyAnswer } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'duplicate-response',
  story: 'A server answers a tool call twice under the same id; the client drops the second answer.',
  async play(stage) {
    const server = await serveSse(stage, {
      answer(message, session) {
        const answer = healthyAnswer(message)
        if (message.method === 'tools/call' && answer) session.say(answer)
        return answer
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(callTool(1, 'check_health'))
    await session.answer(1)
    await stage.quiet()
    await session.leave()
  },
}
