/** A client waits 60 s for a tool that needs 94 s: it says so, stays, and throws the answer away. */
import { callTool, cancel, healthyAnswer } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'client-timeout-shorter-than-tool',
  story: 'A client cancels a tool call after its 60 s; the answer comes at 94 s and is thrown away.',
  async play(stage) {
    const finish = Promise.withResolvers<void>()
    const server = await serveSse(stage, {
      async answer(message) {
        if (message.method === 'tools/call') await finish.promise
        return healthyAnswer(message)
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    const ping = () => server.newest().stream.write(': ping\r\n\r\n')
    await session.begin()
    await session.post(callTool(1, 'retrieve_address_objects'))
    for (let i = 0; i < 4; i++) {
      await stage.skip(15_000)
      ping()
    }
    await session.post(cancel(1, 'McpError: MCP error -32001: Request timed out'))
    await stage.skip(20_000)
    ping()
    await stage.skip(14_000)
    finish.resolve()
    await session.answer(1)
    await session.leave()
  },
}
