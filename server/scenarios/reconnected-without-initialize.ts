/** The stream breaks, the client's event source opens another, and the SDK above it does not notice. */
import { healthyAnswer, listTools, type Message } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { type SseSession, serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

const INVALID = { code: -32602, message: 'Invalid request parameters', data: '' }

export const scenario: Scenario = {
  id: 'reconnected-without-initialize',
  story: 'A stream ends, the client opens a new one 3 s later and goes on without initialize; the server refuses each call.',
  async play(stage) {
    const ready = new Set<string>()
    const server = await serveSse(stage, {
      answer(message: Message, { id }: SseSession) {
        if (message.method === 'initialize') ready.add(id)
        if (ready.has(id) || message.id === undefined) return healthyAnswer(message)
        stage.log('WARNING:root:Failed to validate request: Received request before initialization was complete')
        return { jsonrpc: '2.0', id: message.id, error: INVALID }
      },
    })
    const url = await stage.through(server.url('/sse'))
    const session = await openSse(stage, url)
    await session.begin()
    server.newest().stream.end()
    await session.stream.whole
    await stage.skip(3_005)
    const again = await openSse(stage, url, session.client, { 'mcp-protocol-version': '2024-11-05' })
    for (const id of [2, 3]) {
      await again.post(listTools(id))
      await again.answer(id)
    }
    await again.leave()
  },
}
