/** A server that adds a slash by redirect, and takes the wrong scheme for its own. */
import { createClient } from './peers/client.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'redirect-leaves-origin',
  story: 'A server redirects /mcp to an https URL of itself for a client that came by http; the client does not follow.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(request, response) {
        const location = `https://${request.headers.host}/mcp/`
        response.writeHead(307, { server: 'uvicorn', location, 'content-length': '0' }).end()
        return true
      },
    })
    await createClient(stage).ask('POST', await stage.through(server.url('/mcp')), { body: initialize(STREAMABLE) })
    await stage.skip(6_000)
  },
}
