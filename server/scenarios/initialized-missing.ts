/** A client leaves out the third step of the handshake. */
import { initialize, listTools } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'initialized-missing',
  story: 'A client has the result of initialize, never sends notifications/initialized, and asks for the tools.',
  async play(stage) {
    const server = await serveSse(stage)
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.post(initialize())
    await session.answer(0)
    await session.post(listTools(1))
    await session.answer(1)
    await stage.skip(2_000)
    await session.leave()
  },
}
