/** A server without messages of its own, and a client that asks for them: healthy, though it looks like an error. */
import { callTool } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'get-not-supported',
  story: 'A client asks for a stream of the server’s own messages and gets 405, which is healthy; its calls work.',
  async play(stage) {
    const server = await serveStreamable(stage)
    const url = await stage.through(server.url('/mcp'))
    const session = openStreamable(stage, url)
    await session.begin()
    await session.client.ask('GET', url, { headers: { 'mcp-session-id': session.id() ?? '' } })
    await session.ask(callTool(1, 'check_health'))
    await session.leave()
  },
}
