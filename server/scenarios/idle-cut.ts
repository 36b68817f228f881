/** A load balancer behind the proxy closes a stream on which nothing has come for 60 s, in the middle of a call. */
import { callTool, healthyAnswer } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'idle-cut',
  story: 'A stream without keepalive is cut after 60 s of silence while a tool is still at work.',
  async play(stage) {
    const server = await serveSse(stage, { answer: message => (message.method === 'tools/call' ? undefined : healthyAnswer(message)) })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await stage.skip(20_000)
    await session.post(callTool(1, 'retrieve_address_objects'))
    await stage.skip(40_000)
    server.newest().stream.socket?.destroy()
    await session.stream.whole
    await stage.quiet()
  },
}
