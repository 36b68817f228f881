/** A web application that answers every path with its page, also where MCP should be. */
import { createClient } from './peers/client.ts'
import { serveHttp } from './peers/http-server.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import type { Scenario } from './scenario.ts'

const PAGE = '<!DOCTYPE html><html><head><title>Console</title></head><body></body></html>'

export const scenario: Scenario = {
  id: 'content-type-wrong',
  story: 'A client POSTs initialize to a web application, which answers 200 with a page of HTML.',
  async play(stage) {
    const server = await serveHttp(stage, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE)
    })
    await createClient(stage).ask('POST', await stage.through(server.url('/mcp')), { body: initialize(STREAMABLE) })
    await stage.quiet()
  },
}
