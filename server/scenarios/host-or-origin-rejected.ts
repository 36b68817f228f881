/** A Python server that knows only its own name, behind a proxy that passes the client's Host on. */
import { createClient } from './peers/client.ts'
import { sendText } from './peers/http-server.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'host-or-origin-rejected',
  story: 'A server that guards against DNS rebinding does not know the name that the client uses, and answers 421.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(request, response) {
        const host = request.headers.host ?? ''
        if (host === `127.0.0.1:${server.port}`) return false
        stage.log(`WARNING:mcp.server.transport_security:Invalid Host header: ${host}`)
        sendText(response, 421, 'Invalid Host header', { server: 'uvicorn' })
        return true
      },
    })
    await createClient(stage).ask('POST', await stage.through(server.url('/mcp')), { body: initialize(STREAMABLE) })
    await stage.quiet()
  },
}
