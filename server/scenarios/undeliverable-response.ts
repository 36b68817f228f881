/** A slow firewall and an impatient client: it closes its stream while the tool still waits for the firewall. */
import { callTool, listTools } from './peers/messages.ts'
import { servePanos } from './peers/panos.ts'
import { openSse } from './peers/sse-client.ts'
import type { Scenario } from './scenario.ts'

/** Longer than the client stays, however slow this machine is; nobody waits for it. */
const FIREWALL_MS = 10_000

export const scenario: Scenario = {
  id: 'undeliverable-response',
  story: 'A slow firewall and an impatient client: it leaves 23.7 s into the call, and the answer has nowhere to go.',
  async play(stage) {
    const panos = await servePanos(stage)
    const session = await openSse(stage, await stage.through(`${panos.url}/sse`))
    await session.begin()
    await session.post(listTools(1))
    await session.answer(1)
    panos.setLatency(FIREWALL_MS)
    await session.post(callTool(2, 'retrieve_address_objects'))
    await stage.skip(23_700)
    await session.leave()
    await stage.quiet()
  },
}
