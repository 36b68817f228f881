/** The stream breaks off by a reset while a call is in flight; the server is there all the time. */
import { callTool, healthyAnswer } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'network-interruption',
  story: 'The stream is reset on its way during a tool call; the next connection works.',
  async play(stage) {
    const server = await serveSse(stage, { answer: message => (message.method === 'tools/call' ? undefined : healthyAnswer(message)) })
    const url = await stage.through(server.url('/sse'))
    const session = await openSse(stage, url)
    await session.begin()
    await session.post(callTool(1, 'check_health'))
    await stage.skip(4_200)
    server.newest().stream.socket?.resetAndDestroy()
    await session.stream.whole
    await stage.skip(3_000)
    const again = await openSse(stage, url)
    await again.begin()
    await again.leave()
  },
}
