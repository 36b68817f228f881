/** A client that does not repeat a POST after a redirect loses its very first message. */
import { initialize } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'redirect-not-followed',
  story: 'A server advertises /messages and routes /messages/; the client takes the 307 for an answer, and its message is lost.',
  async play(stage) {
    const server = await serveSse(stage, {
      endpoint: id => `/messages?session_id=${id}`,
      before(request, response) {
        const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
        if (url.pathname !== '/messages') return false
        response.writeHead(307, { server: 'uvicorn', location: `${url.origin}/messages/${url.search}`, 'content-length': '0' }).end()
        return true
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.post(initialize())
    await stage.skip(8_000)
    await session.leave()
  },
}
