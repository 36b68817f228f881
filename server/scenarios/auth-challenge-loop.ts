/** A server that refuses each token, because all of them are for another audience. */
import { createClient } from './peers/client.ts'
import { sendJson } from './peers/http-server.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'auth-challenge-loop',
  story: 'A client signs in and gets 401 all the same; it signs in again, with the same end.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(request, response) {
        const resource = `http://${request.headers.host}/mcp`
        if (request.url?.startsWith('/.well-known/oauth-protected-resource')) {
          sendJson(response, 200, { resource, authorization_servers: [`http://${request.headers.host}/auth`] })
          return true
        }
        const error = request.headers.authorization ? 'error="invalid_token", error_description="The token is for another audience", ' : ''
        const metadata = resource.replace('/mcp', '/.well-known/oauth-protected-resource/mcp')
        sendJson(response, 401, { error: 'unauthorized' }, { 'www-authenticate': `Bearer ${error}resource_metadata="${metadata}"` })
        return true
      },
    })
    const url = await stage.through(server.url('/mcp'))
    const client = createClient(stage)
    await client.ask('POST', url, { body: initialize(STREAMABLE) })
    for (const token of ['first', 'second']) {
      await client.ask('GET', new URL('/.well-known/oauth-protected-resource/mcp', url).href, { headers: { accept: 'application/json' } })
      await client.ask('POST', url, { body: initialize(STREAMABLE), headers: { authorization: `Bearer scenario-${token}` } })
    }
    await stage.skip(6_000)
  },
}
