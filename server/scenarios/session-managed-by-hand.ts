/** A server makes its session ids by hand, and gives two connections the same one. */
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'session-managed-by-hand',
  story: 'A server names the same session id to two clients at once, so that their answers can cross.',
  async play(stage) {
    const server = await serveSse(stage, { newId: () => '00000000000000000000000000000001' })
    const url = await stage.through(server.url('/sse'))
    const one = await openSse(stage, url)
    await one.begin()
    const two = await openSse(stage, url)
    await two.begin()
    await two.leave()
    await one.leave()
  },
}
