/** A server ends the stream of a long call on purpose and lets the client come back for the rest: healthy. */
import { beginStream, eventText } from './peers/http-server.ts'
import { callTool, healthyAnswer, type Message } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'stream-resumed',
  story: 'A stream ends before its answer, after an event with an id; the client resumes there and gets the answer: healthy.',
  async play(stage) {
    let asked: Message | undefined
    const server = await serveStreamable(stage, {
      before(request, response, body) {
        const message = request.method === 'POST' ? (JSON.parse(body) as Message) : undefined
        const resumes = request.method === 'GET' && request.headers['last-event-id'] === 'call-1-0'
        if (message?.method !== 'tools/call' && !resumes) return false
        beginStream(response)
        if (message) {
          asked = message
          response.end('id: call-1-0\r\nretry: 500\r\ndata: \r\n\r\n')
        } else if (asked) response.end(eventText(JSON.stringify(healthyAnswer(asked)), 'message', 'call-1-1'))
        return true
      },
    })
    const url = await stage.through(server.url('/mcp'))
    const session = openStreamable(stage, url)
    await session.begin()
    await (await session.post(callTool(1, 'check_health'))).whole
    await stage.skip(500)
    const headers = { 'mcp-session-id': session.id() ?? '', 'last-event-id': 'call-1-0' }
    await (await session.client.open('GET', url, { headers })).whole
    await session.leave()
  },
}
