/** A server that numbers its answers itself instead of returning the id of the request. */
import { callTool, healthyAnswer } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'response-unknown-id',
  story: 'A server answers call 7 under id 1001; the client cannot place the answer and goes on waiting.',
  async play(stage) {
    const server = await serveSse(stage, {
      answer(message) {
        const answer = healthyAnswer(message)
        return answer && message.method === 'tools/call' ? { ...answer, id: 1001 } : answer
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(callTool(7, 'check_health'))
    await session.answer(1001)
    await stage.quiet()
  },
}
