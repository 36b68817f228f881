/** A handler fails without a word: its response is begun as an event stream and ended with nothing in it. */
import { beginStream } from './peers/http-server.ts'
import { callTool, type Message } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'stream-ended-unanswered',
  story: 'A server opens the event stream for a call and ends it without an answer; the client waits for nothing.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(request, response, body) {
        if (request.method !== 'POST' || (JSON.parse(body) as Message).method !== 'tools/call') return false
        beginStream(response)
        response.end()
        return true
      },
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    await (await session.post(callTool(1, 'check_health'))).whole
    await stage.quiet()
  },
}
