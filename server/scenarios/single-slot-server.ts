/** A server with one worker. The GET stream is a request that does not end, and it has the only place. */
import { callTool, listTools } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'single-slot-server',
  story: 'A server handles one request at a time; the open GET stream holds up two calls until it is closed after 20 s.',
  async play(stage) {
    const free = Promise.withResolvers<void>()
    let taken = false
    const server = await serveStreamable(stage, {
      stream: true,
      async before(request, response) {
        if (request.method === 'GET') {
          taken = true
          response.on('close', () => free.resolve())
        } else if (taken) await free.promise
        return false
      },
    })
    const url = await stage.through(server.url('/mcp'))
    const session = openStreamable(stage, url)
    await session.begin()
    const stream = await session.client.open('GET', url, { headers: { 'mcp-session-id': session.id() ?? '' } })
    const answers = [session.ask(listTools(1)), session.ask(callTool(2, 'check_health'))]
    await stage.skip(20_000)
    stream.close()
    await Promise.all(answers)
    await session.leave()
  },
}
