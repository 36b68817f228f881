/** A client that keeps the version it asked for in its header, although an older one was agreed upon. */

import { sendJson } from './peers/http-server.ts'
import { initialize, initialized, listTools, STREAMABLE } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

const AGREED = '2025-03-26'

export const scenario: Scenario = {
  id: 'protocol-version-mismatch',
  story: 'A client goes on with the version it asked for, not with the older one of the answer; the server refuses each request.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      version: AGREED,
      before(request, response) {
        const version = request.headers['mcp-protocol-version'] ?? AGREED
        if (version === AGREED) return false
        const message = `Bad Request: Unsupported protocol version: ${String(version)} (supported versions: ${AGREED})`
        sendJson(response, 400, { jsonrpc: '2.0', id: null, error: { code: -32000, message } })
        return true
      },
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.ask(initialize(STREAMABLE))
    for (const message of [initialized, listTools(1)]) {
      await (await session.post(message, { 'mcp-protocol-version': STREAMABLE })).whole
    }
    await stage.quiet()
  },
}
