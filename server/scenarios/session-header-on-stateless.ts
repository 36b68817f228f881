/** A client that sends a session id of its own to a server without sessions. */
import { initialize, initialized, listTools, STREAMABLE } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

const OWN = { 'mcp-session-id': 'bridge-session-0001' }

export const scenario: Scenario = {
  id: 'session-header-on-stateless',
  story: 'A bridge adds a session id of its own, although the server keeps no sessions; the server ignores it.',
  async play(stage) {
    const server = await serveStreamable(stage, { sessions: false })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.ask(initialize(STREAMABLE))
    await (await session.post(initialized, OWN)).whole
    await session.ask(listTools(1), OWN)
    await session.leave()
  },
}
