/** A middlebox that collects the event stream and passes it on in lumps. */
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'sse-buffered',
  story: 'A middlebox holds the event stream back; three pings that were sent 15 s apart arrive in one piece.',
  async play(stage) {
    const server = await serveSse(stage, { headers: { server: 'nginx/1.29.3' } })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.begin()
    let held = ''
    for (const second of ['15', '30', '45']) {
      await stage.skip(15_000)
      held += `: ping - 2026-11-20 07:32:${second}.550163+00:00\r\n\r\n`
    }
    server.newest().stream.write(held)
    await stage.quiet()
    await session.leave()
  },
}
