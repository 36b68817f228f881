/** A handler that hangs. The stream is alive, pings come, other calls are answered; this one never is. */
import { callTool, healthyAnswer, listTools } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'orphan-request',
  story: 'A tool hangs while the server pings and answers other calls; after 105 s there is still no answer.',
  async play(stage) {
    const server = await serveSse(stage, {
      answer: message => (message.method === 'tools/call' ? undefined : healthyAnswer(message)),
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(callTool(1, 'retrieve_address_objects'))
    for (let pings = 0; pings < 7; pings++) {
      await stage.skip(15_000)
      server.newest().stream.write(': ping\r\n\r\n')
    }
    await session.post(listTools(2))
    await session.answer(2)
    await stage.quiet()
  },
}
