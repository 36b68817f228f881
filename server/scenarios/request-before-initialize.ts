/** A client asks for the tools before it has the result of initialize. */
import { healthyAnswer, initialize, initialized, listTools } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

const INVALID = { code: -32602, message: 'Invalid request parameters', data: '' }

export const scenario: Scenario = {
  id: 'request-before-initialize',
  story: 'A client posts tools/list before the result of initialize has come; the server answers -32602.',
  async play(stage) {
    const finish = Promise.withResolvers<void>()
    const server = await serveSse(stage, {
      async answer(message) {
        if (message.method === 'tools/list') return { jsonrpc: '2.0', id: message.id ?? null, error: INVALID }
        await finish.promise
        return healthyAnswer(message)
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.post(initialize())
    await session.post(listTools(1))
    await session.answer(1)
    finish.resolve()
    await session.answer(0)
    await session.post(initialized)
    await session.leave()
  },
}
