/** An SSE server mounted below /mcp/test that does not know it, and advertises a message path without the prefix. */
import { initialize } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

const PREFIX = '/mcp/test'

export const scenario: Scenario = {
  id: 'mount-prefix-lost',
  story: 'A server mounted below /mcp/test advertises /messages/ without the prefix; each POST there gets 404.',
  async play(stage) {
    const server = await serveSse(stage, {
      before(request, response) {
        const path = request.url ?? '/'
        if (path.startsWith(PREFIX)) request.url = path.slice(PREFIX.length)
        else response.writeHead(404, { server: 'uvicorn', 'content-type': 'text/plain; charset=utf-8' }).end('Not Found')
        return !path.startsWith(PREFIX)
      },
    })
    const session = await openSse(stage, await stage.through(server.url(`${PREFIX}/sse`)))
    await session.post(initialize())
    await session.leave()
  },
}
