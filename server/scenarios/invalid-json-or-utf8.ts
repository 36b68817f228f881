/** A hand-made server that writes Python’s idea of a dictionary where JSON is due. */
import { eventText } from './peers/http-server.ts'
import { callTool, healthyAnswer } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'invalid-json-or-utf8',
  story: 'A server writes its answer with single quotes instead of as JSON; the client drops it and goes on waiting.',
  async play(stage) {
    const server = await serveSse(stage, {
      answer(message, session) {
        if (message.method !== 'tools/call') return healthyAnswer(message)
        session.stream.write(eventText(`{'jsonrpc': '2.0', 'id': ${message.id}, 'result': {'content': [], 'isError': False}}`))
        return undefined
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    await session.post(callTool(1, 'check_health'))
    await stage.quiet()
  },
}
