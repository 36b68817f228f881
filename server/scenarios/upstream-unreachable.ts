/** A server that is not there: its port is free again. */
import { createClient } from './peers/client.ts'
import { serveHttp } from './peers/http-server.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'upstream-unreachable',
  story: 'A client connects while no server runs: the proxy answers 502 and says that nothing listens there.',
  async play(stage) {
    const server = await serveHttp(stage, (_, response) => response.end())
    const url = await stage.through(server.url('/mcp'))
    await server.die()
    await createClient(stage).ask('POST', url, { body: initialize(STREAMABLE) })
    await stage.quiet()
  },
}
