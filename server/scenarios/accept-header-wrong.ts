/** A hand-made client that accepts JSON alone, and a server that insists on both types. */
import { createClient } from './peers/client.ts'
import { sendJson } from './peers/http-server.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'accept-header-wrong',
  story: 'A client accepts application/json alone; the server wants it to accept event streams too and answers 406.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(request, response) {
        const accept = request.headers.accept ?? ''
        if (accept.includes('application/json') && accept.includes('text/event-stream')) return false
        const message = 'Not Acceptable: Client must accept both application/json and text/event-stream'
        sendJson(response, 406, { jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message } })
        return true
      },
    })
    const url = await stage.through(server.url('/mcp'))
    await createClient(stage).ask('POST', url, { body: initialize(STREAMABLE), headers: { accept: 'application/json' } })
    await stage.quiet()
  },
}
