/** A bridge that changes the tool in the body and leaves the header as it was. */
import { createClient } from './peers/client.ts'
import { sendJson } from './peers/http-server.ts'
import { callTool, STATELESS } from './peers/messages.ts'
import { serveStreamable } from './peers/streamable-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'header-body-mismatch',
  story: 'A request of 2026-07-28 names one tool in Mcp-Name and another in its body; the server refuses it.',
  async play(stage) {
    const server = await serveStreamable(stage, {
      before(request, response, body) {
        const { id, params } = JSON.parse(body) as { id: number; params: { name: string } }
        const named = request.headers['mcp-name']
        if (named === params.name) return false
        const message = `Header mismatch: Mcp-Name is ${String(named)}, params.name is ${params.name}`
        sendJson(response, 400, { jsonrpc: '2.0', id, error: { code: -32020, message } })
        return true
      },
    })
    const url = await stage.through(server.url('/mcp'))
    await createClient(stage).ask('POST', url, {
      body: callTool(1, 'check_health', { _meta: { 'io.modelcontextprotocol/protocolVersion': STATELESS } }),
      headers: { 'mcp-protocol-version': STATELESS, 'mcp-method': 'tools/call', 'mcp-name': 'retrieve_address_objects' },
    })
    await stage.quiet()
  },
}
