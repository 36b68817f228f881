/** The client leaves while its call is under way. The server finishes all the same, and nobody is there to take the answer. */
import { callTool, healthyAnswer, listTools } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'undeliverable-response',
  story: 'A client closes its stream 23.7 s into a tool call; the firewall answers after that, to nobody.',
  async play(stage) {
    const asked = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    const server = await serveSse(stage, {
      async answer(message) {
        if (message.method !== 'tools/call') return healthyAnswer(message)
        asked.resolve()
        await finish.promise
        return healthyAnswer(message)
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(listTools(1))
    await session.answer(1)
    await session.post(callTool(2, 'retrieve_address_objects'))
    await asked.promise
    await stage.skip(23_700)
    await session.leave()
    await stage.skip(11_300)
    finish.resolve()
    await stage.quiet()
  },
}
