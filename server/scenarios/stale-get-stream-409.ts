/** The server has not noticed that the client's stream is gone, and refuses the next one. */
import { createClient } from './peers/client.ts'
import { beginStream, sendJson } from './peers/http-server.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

const CONFLICT = { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Conflict: Only one SSE stream is allowed per session' } }

export const scenario: Scenario = {
  id: 'stale-get-stream-409',
  story: 'A client’s stream breaks and it opens another; the server still holds the old one and answers 409.',
  async play(stage) {
    let held = false
    const server = await serveStreamable(stage, {
      before(request, response) {
        if (request.method !== 'GET') return false
        if (held) sendJson(response, 409, CONFLICT)
        else beginStream(response)
        held = true
        return true
      },
    })
    const url = await stage.through(server.url('/mcp'))
    const session = openStreamable(stage, url)
    await session.begin()
    const headers = { 'mcp-session-id': session.id() ?? '', 'mcp-protocol-version': '2025-11-25' }
    const stream = await createClient(stage).open('GET', url, { headers })
    await stage.skip(9_000)
    stream.close()
    await stream.whole
    for (const span of [1_000, 1_500]) {
      await stage.skip(span)
      await session.client.ask('GET', url, { headers })
    }
    await session.leave()
  },
}
