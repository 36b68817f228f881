/** A firewall with 40,000 address objects. A client asks for 1,000 of them, gets them in one event, and reads no line above 64 KiB. */
import { callTool } from './peers/messages.ts'
import { servePanos } from './peers/panos.ts'
import { openSse } from './peers/sse-client.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'oversized-sse-event',
  story: 'A client asks for 1,000 of 40,000 address objects, breaks off at the event of 229 kB that brings them, and begins anew.',
  async play(stage) {
    const panos = await servePanos(stage, { simulator: { objects: 40_000 } })
    const url = await stage.through(`${panos.url}/sse`)
    const session = await openSse(stage, url)
    await session.begin()
    await session.post(callTool(1, 'retrieve_address_objects', { limit: 1000 }))
    await session.answer(1)
    await session.leave()
    const next = await openSse(stage, url)
    await next.begin()
    await stage.quiet()
  },
}
