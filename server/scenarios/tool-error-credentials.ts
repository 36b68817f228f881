/** The server runs without its key. Every tool says so, inside an answer that HTTP calls a success. */
import { callTool, healthyAnswer, textResult } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'tool-error-credentials',
  story: 'A server was started without PANOS_API_KEY; each tool call gets 200 and a tool error.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      answer: message =>
        message.method === 'tools/call' && message.id !== undefined
          ? { jsonrpc: '2.0', id: message.id, result: textResult('PANOS_API_KEY is not set', true) }
          : healthyAnswer(message),
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    await session.ask(callTool(1, 'check_health'))
    await session.ask(callTool(2, 'retrieve_address_objects'))
    await session.leave()
  },
}
