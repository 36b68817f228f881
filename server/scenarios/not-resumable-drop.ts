/** The connection breaks while a call reports its progress. Its events have no ids, so there is nothing to come back to. */
import { beginStream, eventText } from './peers/http-server.ts'
import { callTool, type Message } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

const PROGRESS = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 0.4 } })

export const scenario: Scenario = {
  id: 'not-resumable-drop',
  story: 'The stream of a call breaks in the middle; no event had an id, so the answer cannot be asked for again.',
  async play(stage) {
    const cut = Promise.withResolvers<void>()
    const server = await serveStreamable(stage, {
      async before(request, response, body) {
        if (request.method !== 'POST' || (JSON.parse(body) as Message).method !== 'tools/call') return false
        beginStream(response)
        response.write(eventText(PROGRESS))
        await cut.promise
        response.destroy()
        return true
      },
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    const { whole } = await session.post(callTool(1, 'retrieve_address_objects'))
    await stage.skip(8_000)
    cut.resolve()
    await whole
    await stage.quiet()
  },
}
