/** What MCP clients see besides tools: resources, prompts, completion, progress; requests without a session; and that the key shows nowhere. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startPanosServer } from '../panos-server.ts'
import { type SimulatorOptions, startSimulator } from '../simulator/simulator.ts'
import { COMMITTING, READING, WRITING } from '../tools/catalogue.ts'
import { EXAMPLE_ARGUMENTS } from '../tools/example-arguments.ts'
import { PLAYBOOK } from './playbook.ts'

/** A safety net against hanging, not a measurement. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 })

const CANARY = 'LUFRPT1canary0123456789'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function setUp(options: SimulatorOptions = {}, env: Record<string, string> = {}) {
  const simulator = await startSimulator({ apiKey: CANARY, objects: 60, rules: 10, commitMs: 400, ...options })
  undo.push(() => simulator.close())
  const log: string[] = []
  const server = await startPanosServer({
    env: { PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: CANARY, ...env },
    log: line => log.push(line),
  })
  undo.push(() => server.close())
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)) as Transport)
  undo.push(() => client.close())
  const device = `127.0.0.1:${simulator.port}`
  return { simulator, server, client, log, device, uri: (path: string) => `panos://${encodeURIComponent(device)}/${path}` }
}
const textOf = (contents: readonly unknown[]): string => (contents[0] as { text: string }).text

describe('resources', () => {
  it('are listed, read by template, and complete names', async () => {
    const { client, uri, device } = await setUp()
    expect((await client.listResources()).resources.map(resource => resource.uri).sort()).toEqual(
      [uri('locations'), uri('system'), 'panos://playbook'].sort(),
    )
    expect((await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain(
      'panos://{device}/{location}/address/{name}',
    )
    expect(JSON.parse(textOf((await client.readResource({ uri: uri('system') })).contents))[0]).toMatchObject({ hostname: 'fw-sim-1' })
    const ref = { type: 'ref/resource', uri: 'panos://{device}/{location}/address/{name}' } as const
    const complete = async (name: string, value: string, known: Record<string, string> = {}) =>
      (await client.complete({ ref, argument: { name, value }, context: { arguments: known } })).completion.values
    expect(await complete('device', '')).toEqual([device])
    expect(await complete('location', 'vs')).toEqual(['vsys1'])
    const names = await complete('name', 'Servers-', { location: 'vsys1' })
    expect(names.length).toBeGreaterThan(3)
    const [name = ''] = names
    expect(JSON.parse(textOf((await client.readResource({ uri: uri(`vsys1/address/${name}`) })).contents))).toMatchObject({
      name,
      location: 'vsys1',
    })
    expect(JSON.parse(textOf((await client.readResource({ uri: uri('vsys1/security-rule/deny-all-inbound') })).contents))).toMatchObject({
      action: 'drop',
    })
    await expect(client.readResource({ uri: uri('vsys1/address/nobody') })).rejects.toThrow('There is no address "nobody" in vsys1')
    await expect(client.readResource({ uri: 'panos://elsewhere/system' })).rejects.toThrow('not elsewhere')
  })

  it('name only tools that are there', async () => {
    const { client } = await setUp()
    expect(textOf((await client.readResource({ uri: 'panos://playbook' })).contents)).toBe(PLAYBOOK)
    const known = new Set(READING.map(({ name }) => name))
    const prompts = await Promise.all(
      (await client.listPrompts()).prompts.map(async ({ name }) => {
        const args = { source: '10.20.0.1', destination: '10.30.0.1', port: '443', name: 'deny-all-inbound' }
        return JSON.stringify((await client.getPrompt({ name, arguments: args })).messages)
      }),
    )
    expect(prompts).toHaveLength(4)
    for (const text of [PLAYBOOK, ...prompts]) {
      const named = text.match(/\b(?:check|show|test|retrieve|query|find|list|analyze|get)_[a-z_]+/g) ?? []
      expect(named.filter(name => !known.has(name))).toEqual([])
      expect(named.length).toBeGreaterThan(0)
    }
    const ref = { type: 'ref/prompt', name: 'explain_rule' } as const
    expect((await client.complete({ ref, argument: { name: 'name', value: 'deny-all' } })).completion.values).toEqual(['deny-all-inbound'])
  })

  it('are none, and the playbook, while nothing is configured', async () => {
    const { client } = await setUp({}, { PANOS_HOSTNAME: '' })
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(['panos://playbook'])
    expect(
      (await client.complete({ ref: { type: 'ref/prompt', name: 'explain_rule' }, argument: { name: 'name', value: '' } })).completion
        .values,
    ).toEqual([])
  })
})

describe('progress', () => {
  it('of a commit goes up, and keeps a client with a short limit waiting', async () => {
    const { client } = await setUp({ commitMs: 1500 }, { PANOS_ALLOW_WRITES: 'true', PANOS_ALLOW_COMMIT: 'true' })
    expect((await client.listTools()).tools).toHaveLength(READING.length + WRITING.length + COMMITTING.length)
    await client.callTool({ name: 'create_tag', arguments: { name: 'fresh' } })
    const seen: number[] = []
    const result = await client.callTool({ name: 'commit' }, undefined, {
      onprogress: ({ progress }) => void seen.push(progress),
      resetTimeoutOnProgress: true,
    })
    expect(result.isError, JSON.stringify(result)).not.toBe(true)
    expect(seen.length).toBeGreaterThan(1)
    expect(seen).toEqual(seen.toSorted((one, other) => one - other))
    expect(seen.at(-1)).toBe(100)
  })
})

describe('requests without a session', () => {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const ask = (url: string, body: unknown, more: Record<string, string> = {}) =>
    fetch(`${url}/mcp`, { method: 'POST', headers: { ...headers, ...more }, body: typeof body === 'string' ? body : JSON.stringify(body) })
  const call = (name: string) => ({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name } })

  it('are answered alone, and nothing is kept of them', async () => {
    const { server } = await setUp()
    const before = server.stats().sessions
    const response = await ask(server.url, call('check_health'))
    expect([response.status, response.headers.get('mcp-session-id')]).toEqual([200, null])
    expect(await response.text()).toContain('accepts the API key')
    await eventually(() => expect(server.stats().sessions).toBe(before))
    for (const [body, status] of [
      ['nonsense', 400],
      ['', 400],
      ['x'.repeat(4_200_000), 400],
    ] as const)
      expect((await ask(server.url, body)).status).toBe(status)
    expect((await fetch(`${server.url}/mcp`, { headers })).status).toBe(400)
  })

  it('are cancelled when their connection closes', async () => {
    const { server, simulator } = await setUp({ latencyMs: 600_000 })
    const controller = new AbortController()
    const waiting = fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers,
      body: JSON.stringify(call('check_health')),
      signal: controller.signal,
    }).then(response => response.text())
    waiting.catch(() => {})
    await eventually(() => expect(simulator.stats().inFlight).toBe(1))
    controller.abort()
    await expect(waiting).rejects.toThrow()
    await eventually(() => expect(simulator.stats()).toMatchObject({ inFlight: 0, abandoned: 1 }))
  })
})

describe('the key', () => {
  it('shows in no answer, no error and no log line, whatever goes wrong', async () => {
    const env = {
      PANOS_ALLOW_WRITES: 'true',
      PANOS_ALLOW_COMMIT: 'true',
      PANOS_TOOLSETS: 'core,network,logs,policy,write,commit,expert',
      PANOS_TIMEOUT_MS: '300',
    }
    const { client, simulator, log } = await setUp({}, env)
    const said: string[] = []
    const everyTool = async (): Promise<void> => {
      for (const { name } of (await client.listTools()).tools) {
        const given = EXAMPLE_ARGUMENTS[name] ?? { name: 'x', command: 'show clock', xpath: '/config/mgt-config/users', device_group: 'x' }
        said.push(JSON.stringify(await client.callTool({ name, arguments: given })))
      }
    }
    await everyTool()
    for (const fault of ['bad-gateway', 'truncate', 'session-timeout', 'cut'] as const) {
      simulator.faults.clear()
      simulator.faults.set(fault)
      said.push(JSON.stringify(await client.callTool({ name: 'retrieve_address_objects', arguments: { refresh: true } })))
    }
    simulator.faults.clear()
    const { device } = simulator
    device.accounts = device.accounts.map(account => ({ ...account, apiKey: 'changed' }))
    await everyTool()
    expect(said.filter(text => text.includes('"isError":true')).length).toBeGreaterThan(READING.length)
    expect([...said, ...log].filter(text => text.includes('canary'))).toEqual([])
  })
})
