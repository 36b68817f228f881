/** A server that takes two calls and turns the next ones away. */
import { sendJson } from './peers/http-server.ts'
import { callTool } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'rate-limited-or-overloaded',
  story: 'A client makes five calls in a row; the server takes two and answers 429 to the others.',
  async play(stage) {
    let calls = 0
    const server = await serveStreamable(stage, {
      before(_, response, body) {
        if (!body.includes('tools/call') || ++calls <= 2) return false
        sendJson(response, 429, { error: 'Too many requests' }, { 'retry-after': '30' })
        return true
      },
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    for (const id of [1, 2, 3, 4, 5]) await (await session.post(callTool(id, 'check_health'))).whole
    await session.leave()
  },
}
