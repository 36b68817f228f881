/** A server that answers requests as if they were notifications. */
import { callTool, type Message } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'request-accepted-without-answer',
  story: 'On Streamable HTTP a server answers a tool call with an empty 202; no answer can come any more.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(request, response, body) {
        if (request.method !== 'POST' || (JSON.parse(body) as Message).method !== 'tools/call') return false
        response.writeHead(202).end()
        return true
      },
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    await (await session.post(callTool(1, 'check_health'))).whole
    await stage.quiet()
  },
}
