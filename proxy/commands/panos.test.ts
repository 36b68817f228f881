/** The panos and simulator commands as a person or a client starts them: real processes, real pipes, real signals. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startSimulator } from '../../server/simulator/simulator.ts'

/** A safety net against hanging, not a measurement. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 })

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

interface Run {
  readonly process: ChildProcessWithoutNullStreams
  readonly lines: string[]
  readonly errors: string[]
  readonly exit: Promise<number | null>
}
function run(args: readonly string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH ?? '', ...env } })
  const [lines, errors]: [string[], string[]] = [[], []]
  createInterface({ input: child.stdout }).on('line', line => lines.push(line))
  createInterface({ input: child.stderr }).on('line', line => errors.push(line))
  const exit = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
  undo.push(() => {
    child.kill('SIGKILL')
    return exit
  })
  return { process: child, lines, errors, exit }
}
async function ready({ lines, errors }: Run): Promise<Record<string, string>> {
  await eventually(() => expect(lines.length, errors.join('\n')).toBeGreaterThan(0))
  return JSON.parse(lines[0] ?? '')
}
async function connect(transport: unknown): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport as Transport)
  undo.push(() => client.close())
  return client
}

describe('seismograph panos', () => {
  it('says where it is in one line of JSON, serves, and ends on SIGTERM', async () => {
    const started = run(['panos', '--simulator', '--port', '0', '--objects', '90', '--transport', 'sse', '--json'])
    const { event, sse = '' } = await ready(started)
    expect(event).toBe('ready')
    const client = await connect(new SSEClientTransport(new URL(sse)))
    expect((await client.callTool({ name: 'retrieve_address_objects' })).structuredContent).toMatchObject({ total: 90 })
    started.process.kill('SIGTERM')
    expect(await started.exit).toBe(130)
    expect(started.lines).toHaveLength(1)
    expect(started.errors.join('\n')).toMatch(/retrieve_address_objects: ok/)
  })

  it('speaks stdio to the SDK client', async () => {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, 'panos', '--transport', 'stdio'],
      env: { PANOS_SIMULATOR: '1' },
      stderr: 'ignore',
    })
    const client = await connect(transport)
    expect((await client.listTools()).tools.length).toBeGreaterThan(25)
    expect((await client.callTool({ name: 'retrieve_security_zones' })).structuredContent).toMatchObject({ total: 11 })
  })

  it('answers what was piped in before the input ended, then ends by itself', async () => {
    const started = run(['panos', '--transport', 'stdio', '--simulator'])
    const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'pipe', version: '1' } }
    started.process.stdin.end(
      [
        { jsonrpc: '2.0', id: 1, method: 'initialize', params: hello },
        { jsonrpc: '2.0', method: 'notifications/initialized' },
        { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'check_health' } },
      ]
        .map(message => `${JSON.stringify(message)}\n`)
        .join(''),
    )
    expect(await started.exit).toBe(0)
    expect(started.lines.map(line => JSON.parse(line).id)).toEqual([1, 2])
  })

  it('stops the firewall request of a stdio client that goes, and ends', async () => {
    const simulator = await startSimulator({ latencyMs: 600_000 })
    undo.push(() => simulator.close())
    const env = { PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: simulator.apiKey }
    const started = run(['panos', '--transport', 'stdio'], env)
    const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'pipe', version: '1' } }
    for (const message of [
      { jsonrpc: '2.0', id: 1, method: 'initialize', params: hello },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'check_health' } },
    ])
      started.process.stdin.write(`${JSON.stringify(message)}\n`)
    await eventually(() => expect(simulator.stats().inFlight).toBe(1))
    started.process.stdin.end()
    expect(await started.exit).toBe(0)
    await eventually(() => expect(simulator.stats()).toMatchObject({ inFlight: 0, abandoned: 1 }))
  })

  it('starts without a firewall and says what is missing; the key is never printed', async () => {
    const started = run(['panos', '--port', '0', '--json'], {
      PANOS_HOSTNAME: 'https://admin:canary-pass@fw.example.net',
      PANOS_API_KEY: 'canary-key',
    })
    await ready(started)
    expect(started.errors.join('\n')).toContain('must not contain credentials')
    started.process.kill('SIGINT')
    expect(await started.exit).toBe(130)
    expect([...started.lines, ...started.errors].join('\n')).not.toContain('canary')
  })

  it.each([
    [['panos', '--transport', 'carrier-pigeon'], /--transport takes http, sse, stdio/],
    [['panos', '--transport', 'stdio', '--json'], /standard output carries the protocol/],
    [['panos', '--host', '0.0.0.0', '--port', '0'], /listens on this machine only/],
    [['panos', 'extra'], /takes no argument "extra"/],
    [['simulator', '--objects', '50000'], /--objects takes a whole number from 0 to 40000/],
    [['simulator', '--fault', 'earthquake'], /--fault takes cut, truncate/],
    [['simulator', '--certificate', 'expired'], /--certificate needs --tls/],
    [['simulator', '--profile', 'router'], /--profile takes firewall, multi-vsys, panorama/],
    [['simulator', '--key', 'two words'], /--key takes printable characters/],
    [['simulator', '--device-groups', '3'], /--device-groups needs --profile panorama/],
    [['simulator', '--config', 'x.xml', '--objects', '3'], /--objects says nothing beside --config/],
    [['simulator', '--config', 'nowhere.xml'], /--config: nowhere.xml cannot be used: ENOENT/],
  ])('%j is a usage error', async (args, message) => {
    const started = run(args)
    expect(await started.exit).toBe(2)
    expect(started.errors.join('\n')).toMatch(message)
    expect(started.errors.join('\n')).not.toMatch(/^\s+at /m)
  })
})

describe('seismograph simulator', () => {
  it('plays what its flags say, and changes while it runs', async () => {
    const started = run([
      'simulator',
      '--port',
      '0',
      '--profile',
      'panorama',
      '--dialect',
      '11.2',
      '--device-groups',
      '3',
      '--key',
      'k',
      '--fault',
      'bad-gateway:1',
      '--json',
      '--quiet',
    ])
    const { url = '', firewalls } = await ready(started)
    expect(firewalls).toEqual(
      ['all-sites', 'site-001', 'site-002'].map((name, index) => ({ serial: `02100000000${index + 2}`, hostname: `fw-${name}` })),
    )
    const ask = (query: string) => fetch(`${url}/api/?key=k&${query}`)
    expect((await ask('type=version')).status).toBe(502)
    expect(await (await ask('type=version')).text()).toMatch(/<sw-version>11\.2\..*<model>Panorama</)
    expect((await (await ask('type=op&cmd=<show><dg-hierarchy/></show>')).text()).match(/<dg name/g)).toHaveLength(3)
    const control = async (path: string): Promise<unknown> => (await fetch(`${url}/_simulator/${path}`, { method: 'POST' })).json()
    expect(await control('faults?set=cut:2&set=session-timeout')).toEqual({ faults: { cut: 2, 'session-timeout': null } })
    expect(await control('faults?set=nonsense')).toMatchObject({ error: expect.stringContaining('A fault is one of') })
    expect(await control('faults?clear')).toEqual({ faults: {} })
    expect(await control('jobs?commit-ms=5&log-ms=6')).toEqual({ commitMs: 5, logMs: 6 })
    expect(await control('latency?jitter=1&drip=100000&slow-beyond=5')).toMatchObject({
      latency: { jitterMs: 1, dripBytesPerSecond: 100_000, slowBeyond: 5 },
    })
    expect((await ask('type=version')).status).toBe(200)
    const { commands } = (await (await fetch(`${url}/_simulator/commands`)).json()) as { commands: string[] }
    expect(commands).toEqual(expect.arrayContaining(['show system info', 'show devices all', 'validate full']))
  })

  it('plays a configuration that is given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seismograph-simulator-'))
    const file = join(folder, 'running-config.xml')
    const config = '<config><shared><address><entry name="mine"><fqdn>a.example.net</fqdn></entry></address></shared></config>'
    try {
      for (const text of [`<?xml version="1.0"?>\n${config}`, `<response status="success"><result>${config}</result></response>`]) {
        writeFileSync(file, text)
        const started = run(['simulator', '--port', '0', '--key', 'k', '--config', file, '--json', '--quiet'])
        const { url = '' } = await ready(started)
        const answer = await fetch(`${url}/api/?key=k&type=config&action=show&xpath=/config/shared/address`)
        expect(await answer.text()).toContain('<entry name="mine">')
        started.process.kill('SIGINT')
        await started.exit
      }
      writeFileSync(file, '<html/>')
      const wrong = run(['simulator', '--port', '0', '--config', file])
      expect(await wrong.exit).toBe(2)
      expect(wrong.errors.join()).toContain('the root element is <html>, not <config>')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('prints what a server needs to reach it, and refuses a port that is taken', async () => {
    const started = run(['simulator', '--port', '0', '--tls', '--key', 'known-key', '--objects', '20', '--json'])
    const { url = '', apiKey, fingerprint = '' } = await ready(started)
    expect([apiKey, fingerprint]).toEqual(['known-key', expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)])
    const env = { PANOS_HOSTNAME: url, PANOS_API_KEY: 'known-key', PANOS_TLS_FINGERPRINT: fingerprint }
    const client = await connect(
      new StdioClientTransport({ command: process.execPath, args: [MAIN, 'panos', '--transport', 'stdio'], env, stderr: 'ignore' }),
    )
    expect((await client.callTool({ name: 'retrieve_address_objects' })).structuredContent).toMatchObject({ total: 20 })
    const second = run(['simulator', '--port', new URL(url).port])
    expect(await second.exit).toBe(2)
    expect(second.errors.join()).toContain('is taken; give another with --port')
    started.process.kill('SIGINT')
    expect(await started.exit).toBe(130)
  })
})
