/** A client numbers every request 1 and sends two at once. The server keeps them by id, so that the second takes the first one’s place. */
import { callTool, healthyAnswer, type Message } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'duplicate-in-flight-id',
  story: 'A client sends two requests under id 1 at once; the server routes by id, and one answer comes for both.',
  async play(stage) {
    const both = Promise.withResolvers<void>()
    const byId = new Map<unknown, Message>()
    let calls = 0
    const server = await serveSse(stage, {
      async answer(message) {
        if (message.method !== 'tools/call') return healthyAnswer(message)
        byId.set(message.id, message)
        if (++calls === 2) both.resolve()
        await both.promise
        const kept = byId.get(message.id)
        byId.delete(message.id)
        return kept && healthyAnswer(kept)
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(callTool(1, 'check_health'))
    await session.post(callTool(1, 'retrieve_address_objects'))
    await session.answer(1)
    await stage.quiet()
  },
}
