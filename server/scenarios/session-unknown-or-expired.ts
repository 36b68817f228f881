/** The server forgets its sessions while a client still uses one: an in-memory store that was emptied, or an expiry. */
import { callTool } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'session-unknown-or-expired',
  story: 'A client pauses for 31 minutes; the server has dropped its session by then and answers 404.',
  async play(stage) {
    const server = await serveStreamable(stage)
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    await session.ask(callTool(1, 'check_health'))
    await stage.skip(31 * 60_000)
    server.ids.clear()
    await (await session.post(callTool(2, 'check_health'))).whole
    await stage.quiet()
  },
}
