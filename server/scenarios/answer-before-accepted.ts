/** A server that hands each message to its handler before it acknowledges the POST, as the TypeScript SDK does: healthy. */
import { pause } from './peers/client.ts'
import { sendText } from './peers/http-server.ts'
import { callTool, healthyAnswer, type Message } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'answer-before-accepted',
  story: 'A server writes the answer to its stream 40 ms before it accepts the POST with 202: healthy, a race of two connections.',
  async play(stage) {
    const server = await serveSse(stage, {
      async before(request, response, body, { newest }) {
        const message = request.method === 'POST' ? (JSON.parse(body) as Message) : undefined
        const answer = message?.method === 'tools/call' ? healthyAnswer(message) : undefined
        if (!answer) return false
        newest().say(answer)
        await pause(40)
        sendText(response, 202, 'Accepted')
        return true
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(callTool(1, 'check_health'))
    await session.answer(1)
    await session.leave()
  },
}
