/** The server with the SDK's own clients, and with clients that leave at every moment. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type PanosServer, type PanosServerOptions, startPanosServer } from './panos-server.ts'
import { type Simulator, startSimulator } from './simulator/simulator.ts'
import { READING } from './tools/catalogue.ts'
import { EXAMPLE_ARGUMENTS } from './tools/example-arguments.ts'

/** A safety net against hanging, not a measurement. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 })

const CANARY = 'LUFRPT1canary0123456789'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

interface Setup {
  readonly server: PanosServer
  readonly simulator: Simulator
  readonly log: string[]
}
async function setUp(options: { latencyMs?: number; apiKey?: string } & Partial<PanosServerOptions> = {}): Promise<Setup> {
  const simulator = await startSimulator({ apiKey: CANARY, ...(options.latencyMs !== undefined && { latencyMs: options.latencyMs }) })
  undo.push(() => simulator.close())
  const log: string[] = []
  const env = { PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: options.apiKey ?? CANARY }
  const server = await startPanosServer({ env, log: line => log.push(line), ...options })
  undo.push(() => server.close())
  return { server, simulator, log }
}

const TRANSPORTS = [
  ['HTTP+SSE', (url: string) => new SSEClientTransport(new URL(`${url}/sse`))],
  ['Streamable HTTP', (url: string) => new StreamableHTTPClientTransport(new URL(`${url}/mcp`))],
] as const

async function connect(transport: unknown): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport as Transport)
  undo.push(() => client.close())
  return client
}
const textOf = (result: Awaited<ReturnType<Client['callTool']>>): string => (result.content as { text: string }[])[0]?.text ?? ''

describe.each(TRANSPORTS)('%s', (_, open) => {
  it('lists the tools as read-only and answers each of them without arguments', async () => {
    const { server, simulator, log } = await setUp()
    const client = await connect(open(server.url))
    const { tools } = await client.listTools()
    expect(tools.map(tool => tool.name)).toEqual(READING.map(({ name }) => name))
    const results: string[] = []
    for (const tool of tools) {
      expect(tool.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false, idempotentHint: true })
      const given = EXAMPLE_ARGUMENTS[tool.name]
      expect([tool.title, tool.description, tool.outputSchema?.type]).toEqual([expect.any(String), expect.any(String), 'object'])
      expect(tool.inputSchema.required === undefined || given !== undefined, tool.name).toBe(true)
      // The client checks structured content against the tool's output schema.
      const result = await client.callTool({ name: tool.name, arguments: given ?? {} })
      expect(result.isError, `${tool.name} ${textOf(result)}`).not.toBe(true)
      expect(result.structuredContent).toMatchObject({ device: `127.0.0.1:${simulator.port}`, truncated: expect.any(Boolean) })
      results.push(JSON.stringify(result))
    }
    expect([...results, ...log].join()).not.toContain('canary')
    const totals = results.map(result => JSON.parse(result).structuredContent.total)
    expect(totals.slice(0, 5)).toEqual([1, 1, 250, 11, 61])
    expect(totals.every(total => total > 0 || total === 0)).toBe(true)
  })

  it('says what to do when the key is wrong, and when nothing is configured', async () => {
    const wrong = await setUp({ apiKey: 'wrong-canary' })
    const bad = await (await connect(open(wrong.server.url))).callTool({ name: 'retrieve_security_zones' })
    expect(bad).toMatchObject({ isError: true, _meta: { 'panos/error': { kind: 'authentication', panosCode: '403', httpStatus: 403 } } })
    expect(textOf(bad)).toMatch(/^Invalid Credential\nWhat to do: Check PANOS_API_KEY/)
    expect(JSON.stringify(bad)).not.toContain('canary')
    const none = await setUp({ env: {} })
    const client = await connect(open(none.server.url))
    expect((await client.listTools()).tools).toHaveLength(READING.length)
    const result = await client.callTool({ name: 'check_health' })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(/PANOS_HOSTNAME is not set.*\nWhat to do: Set PANOS_HOSTNAME and PANOS_API_KEY/)
  })

  it('stops the firewall request when the client cancels, and goes on serving', async () => {
    const { server, simulator, log } = await setUp({ latencyMs: 600_000 })
    const client = await connect(open(server.url))
    const controller = new AbortController()
    const call = client.callTool({ name: 'show_system_info' }, undefined, { signal: controller.signal })
    await eventually(() => expect(simulator.stats().inFlight).toBe(1))
    controller.abort('changed my mind')
    await expect(call).rejects.toThrow()
    await eventually(() => expect(simulator.stats()).toMatchObject({ inFlight: 0, abandoned: 1 }))
    await eventually(() => expect(log.join('\n')).toMatch(/show_system_info: the client left or cancelled/))
    simulator.setLatency(0)
    expect((await client.callTool({ name: 'show_system_info' })).isError).not.toBe(true)
  })

  it('stops the firewall request when the client goes', async () => {
    const { server, simulator } = await setUp({ latencyMs: 600_000 })
    const client = await connect(open(server.url))
    const call = client.callTool({ name: 'retrieve_address_objects' })
    call.catch(() => {})
    await eventually(() => expect(simulator.stats().inFlight).toBe(1))
    await client.close()
    await expect(call).rejects.toThrow()
    await eventually(() => expect(simulator.stats()).toMatchObject({ inFlight: 0, abandoned: 1 }))
    await eventually(() => expect(server.stats().firewallRequests).toBe(0))
  })

  it('refuses wrong arguments as a result, not as a failure of the protocol', async () => {
    const { server } = await setUp()
    const client = await connect(open(server.url))
    const result = await client.callTool({ name: 'retrieve_address_objects', arguments: { limit: 0 } })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toContain('limit')
  })
})

interface Leg {
  readonly request: ClientRequest
  readonly response: Promise<IncomingMessage>
}
function send(url: string, method: string, headers: Record<string, string> = {}, body = ''): Leg {
  const request = httpRequest(url, { method, headers, agent: false })
  const response = new Promise<IncomingMessage>((resolve, reject) => request.on('response', resolve).on('error', reject))
  response.catch(() => {})
  request.end(body)
  return { request, response }
}
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const message = (id: number, method: string, params: object = {}): string => JSON.stringify({ jsonrpc: '2.0', id, method, params })
const HELLO = message(1, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'leaver', version: '1' } })
const CALLS = ['retrieve_security_policies', 'find_references', 'show_resources', 'analyze_security_policies'].map(name =>
  message(2, 'tools/call', { name, arguments: EXAMPLE_ARGUMENTS[name] ?? {} }),
)

/** The first event of an SSE stream names where to post. */
async function endpointOf(stream: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    const found = /event: endpoint\ndata: (.*)\n\n/.exec(text)?.[1]
    if (found !== undefined) return found
  }
  throw new Error('the stream ended before its endpoint event')
}

/** Opens a session, calls a slow tool, and leaves at once or a little later, politely or by a reset. */
async function leave(url: string, round: number): Promise<void> {
  const CALL = CALLS[round % CALLS.length] ?? ''
  const legs: Leg[] = []
  const go = (...parts: Parameters<typeof send>): Leg => {
    const leg = send(...parts)
    leg.request.on('error', () => {})
    legs.push(leg)
    return leg
  }
  if (round % 2 === 0) {
    const stream = await go(`${url}/sse`, 'GET').response
    stream.on('error', () => {})
    const endpoint = `${url}${await endpointOf(stream)}`
    stream.resume()
    await go(endpoint, 'POST', JSON_HEADERS, HELLO).response
    const call = go(endpoint, 'POST', JSON_HEADERS, CALL)
    if (round % 3 !== 0) await call.response
  } else if (round % 7 === 0) {
    // Without a session.
    const call = go(`${url}/mcp`, 'POST', JSON_HEADERS, CALL)
    if (round % 3 !== 0) (await call.response).on('error', () => {})
  } else {
    const hello = await go(`${url}/mcp`, 'POST', JSON_HEADERS, HELLO).response
    hello.resume().on('error', () => {})
    const session = { 'mcp-session-id': String(hello.headers['mcp-session-id']), 'mcp-protocol-version': '2025-06-18' }
    const call = go(`${url}/mcp`, 'POST', { ...JSON_HEADERS, ...session }, CALL)
    if (round % 3 !== 0) (await call.response).on('error', () => {})
    await sleep(Math.random() * 20)
    call.request.destroy()
    await go(`${url}/mcp`, 'DELETE', session).response
  }
  await sleep(Math.random() * 20)
  for (const { request } of legs) {
    if (round % 5 < 2) request.socket?.resetAndDestroy()
    else request.destroy()
  }
}

describe('clients that leave', () => {
  it('lets 500 of them go in the middle of a call: nothing leaks, and the next one is served', { timeout: 120_000 }, async () => {
    const { server, simulator } = await setUp({ latencyMs: 600_000 })
    for (let round = 0; round < 500; round += 50)
      await Promise.all(Array.from({ length: 50 }, (_, index) => leave(server.url, round + index)))
    await eventually(() => expect(server.stats()).toEqual({ sessions: 0, firewallRequests: 0 }))
    await eventually(() => expect(simulator.stats()).toMatchObject({ inFlight: 0, served: 0 }))
    expect(simulator.stats().abandoned).toBeGreaterThan(0)
    simulator.setLatency(0)
    for (const [, open] of TRANSPORTS) {
      const result = await (await connect(open(server.url))).callTool({ name: 'retrieve_security_policies' })
      expect(result.structuredContent).toMatchObject({ total: 61 })
    }
  })
})

describe('HTTP', () => {
  it('serves /messages and /messages/ alike, by either name of the session, without a redirect', async () => {
    const { server } = await setUp()
    const stream = await send(`${server.url}/sse`, 'GET').response
    const endpoint = await endpointOf(stream)
    expect(endpoint).toMatch(/^\/messages\/\?sessionId=[0-9a-f-]{36}$/)
    const id = endpoint.split('=')[1]
    for (const path of [`/messages/?sessionId=${id}`, `/messages?sessionId=${id}`, `/messages?session_id=${id}`]) {
      expect((await send(server.url + path, 'POST', JSON_HEADERS, HELLO).response).statusCode, path).toBe(202)
    }
    stream.destroy()
    await eventually(() => expect(server.stats().sessions).toBe(0))
    expect((await send(`${server.url}${endpoint}`, 'POST', JSON_HEADERS, HELLO).response).statusCode).toBe(404)
  })

  it.each([
    ['GET', '/health', {}, 200],
    ['GET', '/', {}, 404],
    ['GET', '//', {}, 404],
    ['POST', '/sse', {}, 405],
    ['GET', '/messages', {}, 405],
    ['POST', '/messages/', JSON_HEADERS, 404],
    ['POST', '/mcp', { ...JSON_HEADERS, 'mcp-session-id': 'nobody' }, 404],
    ['POST', '/mcp', JSON_HEADERS, 400],
    ['GET', '/health', { host: 'evil.example' }, 403],
    ['GET', '/health', { host: '127.0.0.1:1@evil.example' }, 403],
    ['GET', '/health', { origin: 'https://evil.example' }, 403],
    ['GET', '/health', { origin: 'null' }, 403],
    ['GET', '/health', { origin: 'http://localhost:6274' }, 200],
    // A proxy in front keeps the Host header of its own clients.
    ['GET', '/health', { host: 'localhost:8002' }, 200],
    ['GET', '/health', { host: '[::1]:8002' }, 200],
  ])('%s %s with %j is answered %i', async (method, path, headers, status) => {
    const { server } = await setUp()
    expect((await send(server.url + path, method, headers, method === 'POST' ? 'nonsense' : '').response).statusCode).toBe(status)
    expect(server.stats().sessions).toBe(0)
  })

  it('keeps an idle stream alive with comments', async () => {
    const { server } = await setUp({ keepAliveMs: 10 })
    const stream = await send(`${server.url}/sse`, 'GET').response
    let text = ''
    for await (const chunk of stream) {
      text += String(chunk)
      if (/(: keep-alive\n\n){2}$/.test(text)) break
    }
    expect(text).toMatch(/^event: endpoint\ndata: .*\n\n(: keep-alive\n\n)+$/)
  })

  it('listens on this machine only', async () => {
    await expect(startPanosServer({ host: '0.0.0.0', env: {} })).rejects.toThrow('this machine only')
  })
})
