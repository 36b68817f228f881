/** One answer is one event of 1.3 MB. It arrives whole, and a client that reads no event above 1 MiB waits on until it gives up. */
import { callTool, cancel, healthyAnswer, textResult } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'oversized-sse-event',
  story: 'A tool answers with one event of 1.3 MB; the client reads none above 1 MiB and cancels the call after 60 s.',
  async play(stage) {
    const server = await serveSse(stage, {
      answer: message =>
        message.method === 'tools/call' && message.id !== undefined
          ? { jsonrpc: '2.0', id: message.id, result: textResult('address '.repeat(162_500)) }
          : healthyAnswer(message),
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(callTool(1, 'retrieve_address_objects'))
    await session.answer(1)
    await stage.skip(60_000)
    await session.post(cancel(1, 'MCP error -32001: Request timed out'))
    await stage.quiet()
  },
}
