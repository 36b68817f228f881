/**
 * A client waits 60 s for a tool that asks a Panorama for every nested entry by itself, one request after the other (N+1), and needs 94 s:
 * the client says that it gives up, stays, and throws the answer away.
 */
import { callTool, cancel, healthyAnswer } from './peers/messages.ts'
import { panoramaStorm } from './peers/panorama-storm.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

/** Parts of the tool's work, with 15 s of recorded time between them. */
const PARTS = 6

export const scenario: Scenario = {
  id: 'client-timeout-shorter-than-tool',
  story: 'A tool asks a Panorama for each entry one by one; the client cancels after its 60 s, and the answer of 94 s is thrown away.',
  async play(stage) {
    const storm = await panoramaStorm(stage)
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
    for (let part = 0; part < 4; part++) {
      await storm.ask(PARTS)
      await stage.skip(15_000)
      ping()
    }
    await session.post(cancel(1, 'McpError: MCP error -32001: Request timed out'))
    await storm.ask(PARTS)
    await stage.skip(20_000)
    ping()
    await storm.ask(PARTS)
    await stage.skip(14_000)
    finish.resolve()
    await session.answer(1)
    await session.leave()
  },
}
