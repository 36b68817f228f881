/** A page of another origin, and a server that issues a session id without letting the page read it. */
import { createClient } from './peers/client.ts'
import { initialize, initialized, STREAMABLE } from './peers/messages.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36', origin: 'http://localhost:6274' }

export const scenario: Scenario = {
  id: 'cors-session-header-hidden',
  story: 'A server does not expose Mcp-Session-Id to a page of another origin, so the page goes on without the id and gets 400.',
  async play(stage) {
    const server = await serveStreamable(stage, { headers: { 'access-control-allow-origin': '*' } })
    const url = await stage.through(server.url('/mcp'))
    const page = createClient(stage, BROWSER)
    await page.ask('POST', url, { body: initialize(STREAMABLE) })
    await page.ask('POST', url, { body: initialized, headers: { 'mcp-protocol-version': STREAMABLE } })
    await stage.quiet()
  },
}
