/** A stream that opens and never says where to post. */
import { createClient, within } from './peers/client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'no-endpoint-event',
  story: 'A server opens the stream but never sends its endpoint event; the client gives up after 30 s.',
  async play(stage) {
    const server = await serveSse(stage, { endpoint: () => undefined })
    const url = await stage.through(server.url('/sse'))
    const client = createClient(stage)
    const stream = await client.open('GET', url)
    server.newest().stream.write(': ping\r\n\r\n')
    await stage.skip(30_000)
    stream.close()
    await within(stage, stream.whole, 'the stream was closed')
    await stage.quiet()
  },
}
