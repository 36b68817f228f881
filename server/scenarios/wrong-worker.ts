/** Two workers behind one address: the second does not know the sessions of the first. */

import { sendJson } from './peers/http-server.ts'
import { callTool } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

const UNKNOWN = { jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message: 'Session not found' } }

export const scenario: Scenario = {
  id: 'wrong-worker',
  story: 'Two workers serve one address without sticky sessions: every second call of a session is answered with 404.',
  async play(stage) {
    let calls = 0
    const server = await serveStreamable(stage, {
      before(_request, response, body) {
        if (!body.includes('tools/call') || ++calls % 2 === 1) return false
        sendJson(response, 404, UNKNOWN)
        return true
      },
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    for (const id of [1, 2, 3]) await (await session.post(callTool(id, 'check_health'))).whole
    await session.leave()
  },
}
