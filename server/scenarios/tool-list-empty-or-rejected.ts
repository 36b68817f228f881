/** A server whose tools were registered on another server object: it lists none. */
import { healthyAnswer, listTools } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'tool-list-empty-or-rejected',
  story: 'A server answers tools/list with an empty list; everything else is well, and the user sees no tools.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      answer: message =>
        message.method === 'tools/list' && message.id !== undefined
          ? { jsonrpc: '2.0', id: message.id, result: { tools: [] } }
          : healthyAnswer(message),
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    await session.ask(listTools(1))
    await session.leave()
  },
}
