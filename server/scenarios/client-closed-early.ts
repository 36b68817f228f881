/** A client leaves while the handshake is under way, and nothing on the wire says why. */
import { healthyAnswer, initialize } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'client-closed-early',
  story: 'A client posts initialize and closes its stream 2.3 s later, before the server has answered.',
  async play(stage) {
    const server = await serveSse(stage, { answer: message => (message.method === 'initialize' ? undefined : healthyAnswer(message)) })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.post(initialize())
    await stage.skip(2_300)
    await session.leave()
  },
}
