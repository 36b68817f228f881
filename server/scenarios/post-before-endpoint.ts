/** A client does not wait for the endpoint event: it posts to the path that it remembers from elsewhere. */
import { createClient, pause } from './peers/client.ts'
import { beginStream, eventText } from './peers/http-server.ts'
import { initialize } from './peers/messages.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'post-before-endpoint',
  story: 'A client posts to /messages/ while its stream is still opening; the server cannot know whose message it is.',
  async play(stage) {
    const named = Promise.withResolvers<void>()
    const server = await serveSse(stage, {
      async before(request, response) {
        if (request.method !== 'GET') return false
        beginStream(response, { server: 'uvicorn' })
        response.write(': wait\r\n\r\n')
        await named.promise
        response.write(eventText('/messages/?session_id=5f1a7c0b9e2d4836a1b2c3d4e5f60718', 'endpoint'))
        return true
      },
    })
    const url = await stage.through(server.url('/sse'))
    const client = createClient(stage)
    const stream = await client.open('GET', url)
    await pause(60)
    await client.ask('POST', new URL('/messages/', url).href, { body: initialize() })
    named.resolve()
    await stream.event(({ event }) => event === 'endpoint')
    await stage.quiet()
    stream.close()
    await stream.whole
    await stage.quiet()
  },
}
