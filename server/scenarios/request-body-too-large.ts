/** A server whose body parser takes 100 kB, as Express does unless it is told otherwise, and a call that is larger. */
import { callTool } from './peers/messages.ts'
import { openStreamable } from './peers/streamable-client.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

const LIMIT_BYTES = 102_400

export const scenario: Scenario = {
  id: 'request-body-too-large',
  story: 'A client sends a call of 150 kB to a server that takes 100 kB; the server answers 413 with a page of HTML.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(_, response, body) {
        if (Buffer.byteLength(body) <= LIMIT_BYTES) return false
        response.writeHead(413, { 'x-powered-by': 'Express', 'content-type': 'text/html; charset=utf-8' })
        response.end('<!DOCTYPE html><html><head><title>Error</title></head><body><pre>PayloadTooLargeError</pre></body></html>')
        return true
      },
    })
    const session = openStreamable(stage, await stage.through(server.url('/mcp')))
    await session.begin()
    await (await session.post(callTool(1, 'retrieve_address_objects', { names: 'host '.repeat(30_000) }))).whole
    await session.leave()
  },
}
