/** A hand-made server ends its stream right after the answer, without the blank line that completes an event. */
import { beginStream } from './peers/http-server.ts'
import { callTool, healthyAnswer, type Message } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'sse-framing',
  story: 'A server ends its event stream without the last blank line; readers drop the answer that they have received.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(request, response, body) {
        const message = request.method === 'POST' ? (JSON.parse(body) as Message) : undefined
        if (message?.method !== 'tools/call') return false
        beginStream(response)
        response.end(`event: message\r\ndata: ${JSON.stringify(healthyAnswer(message))}\r\n`)
        return true
      },
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    await (await session.post(callTool(1, 'check_health'))).whole
    await stage.quiet()
  },
}
