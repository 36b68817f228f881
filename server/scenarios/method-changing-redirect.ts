/** A server that adds the slash by 301, and a client that follows as a browser would. */
import { createClient } from './peers/client.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'method-changing-redirect',
  story: 'A server redirects /mcp to /mcp/ with 301; the client comes back with GET, and its message is lost.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(request, response) {
        const moved = request.url === '/mcp'
        if (moved) response.writeHead(301, { location: '/mcp/', 'content-type': 'text/html; charset=utf-8' }).end()
        else response.writeHead(405, { allow: 'POST' }).end()
        return true
      },
    })
    const url = await stage.through(server.url('/mcp'))
    const client = createClient(stage)
    const { headers } = await client.ask('POST', url, { body: initialize(STREAMABLE) })
    await client.ask('GET', new URL(headers.location ?? '', url).href)
    await stage.skip(6_000)
  },
}
