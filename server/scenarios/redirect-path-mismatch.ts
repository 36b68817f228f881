/** A client posts to /messages although the server advertises /messages/, and pays for a redirect with each message. */
import { callTool, initialize, initialized, type Message } from './peers/messages.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'redirect-path-mismatch',
  story: 'A client leaves out the slash at the end of the message path; each POST is answered with 307 and sent again.',
  async play(stage) {
    const server = await serveSse(stage, {
      before(request, response) {
        const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
        if (url.pathname !== '/messages') return false
        response.writeHead(307, { server: 'uvicorn', location: `${url.origin}/messages/${url.search}`, 'content-length': '0' }).end()
        return true
      },
    })
    const session = await openSse(stage, await stage.through(server.url('/sse')))
    const send = async (message: Message): Promise<void> => {
      await session.post(message, session.endpoint.replace('/messages/', '/messages'))
      await session.post(message)
      if (message.id !== undefined && message.id !== null) await session.answer(message.id)
    }
    for (const message of [initialize(), initialized, callTool(1, 'check_health'), callTool(2, 'check_health')]) await send(message)
    await session.leave()
  },
}
