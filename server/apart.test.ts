/** Server and simulator in their thread: reached from here, told to change, and gone when closed. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { describe, expect, it, vi } from 'vitest'
import { startPanosApart } from './apart.ts'

/** A safety net against hanging, not a measurement. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 })

async function connect(url: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new SSEClientTransport(new URL(`${url}/sse`)) as Transport)
  return client
}

describe('startPanosApart', () => {
  it('serves a simulated firewall, hands out the log, changes the latency and closes', async () => {
    const log: string[] = []
    const exits: string[] = []
    const apart = await startPanosApart({
      server: { env: process.env },
      simulator: { objects: 30 },
      log: line => log.push(line),
      onExit: why => exits.push(why),
    })
    const client = await connect(apart.url)
    expect((await client.callTool({ name: 'retrieve_address_objects' })).structuredContent).toMatchObject({
      total: 30,
      device: new URL(apart.simulator?.url ?? '').host,
    })
    await eventually(() => expect(log.join('\n')).toMatch(/retrieve_address_objects: ok/))
    apart.setLatency(600_000)
    const stats = async () => (await fetch(`${apart.simulator?.url}/_simulator/stats`)).json()
    await eventually(async () => expect(await stats()).toMatchObject({ latency: { ms: 600_000 } }))
    const call = client.callTool({ name: 'check_health' })
    call.catch(() => {})
    await eventually(async () => expect(await stats()).toMatchObject({ inFlight: 1 }))
    await apart.close()
    await expect(fetch(`${apart.url}/health`)).rejects.toThrow()
    // Until then the client tries to open its stream again.
    await client.close()
    await expect(call).rejects.toThrow()
    expect(exits).toEqual([])
  })

  it('does without a simulator, and then says what is missing', async () => {
    const apart = await startPanosApart({ server: { env: {} } })
    const client = await connect(apart.url)
    expect(apart.simulator).toBeUndefined()
    expect(await client.callTool({ name: 'check_health' })).toMatchObject({ isError: true })
    await client.close()
    await apart.close()
  })

  it('rejects with the code of the error when it cannot begin', async () => {
    const taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    await expect(startPanosApart({ server: { env: {}, port }, simulator: {} })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await expect(startPanosApart({ server: { env: {}, host: '0.0.0.0' } })).rejects.toThrow('this machine only')
    await new Promise(resolve => taken.close(resolve))
  })
})
