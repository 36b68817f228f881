/** The bundled server runs without the key of its firewall. Every tool says so, inside an answer that HTTP calls a success. */
import { callTool } from './peers/messages.ts'
import { servePanos } from './peers/panos.ts'
import { openStreamable } from './peers/streamable-client.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'tool-error-credentials',
  story: 'The PAN-OS server was started without PANOS_API_KEY; each tool call gets 200 and a tool error.',
  async play(stage) {
    const panos = await servePanos(stage, { env: { PANOS_HOSTNAME: 'firewall.example.test' } })
    const session = openStreamable(stage, await stage.through(`${panos.url}/mcp`))
    await session.begin()
    await session.ask(callTool(1, 'check_health'))
    await session.ask(callTool(2, 'retrieve_address_objects'))
    await session.leave()
  },
}
