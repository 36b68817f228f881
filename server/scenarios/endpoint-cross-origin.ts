/** A server that believes it is reached by https, as behind a proxy that ends TLS and does not say so. */
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'endpoint-cross-origin',
  story: 'A server advertises an https address to a client that came by http; the client closes the stream at once.',
  async play(stage) {
    let host = ''
    const server = await serveSse(stage, {
      before(request) {
        host = request.headers.host ?? ''
        return false
      },
      endpoint: id => `https://${host}/messages/?session_id=${id}`,
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    await session.leave()
  },
}
