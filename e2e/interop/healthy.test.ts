/**
 * Healthy sessions of every stack at hand, through the product. Promise: every call is delivered, each session is recognised for what it
 * is, and no rule says anything.
 */
import { join } from 'node:path'
import { Client as ClientV2, StreamableHTTPClientTransport as StreamableV2 } from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { afterEach, describe, expect, it } from 'vitest'
import type { Transport as TransportKind } from '../../proxy/core/model.ts'
import { check, scratch, startProduct } from '../product.ts'
import { finish, root, startServer } from '../program.ts'
import { type EnvironmentName, preparePython } from './python.ts'

const here = (file: string): string => join(root, 'e2e', 'interop', file)
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** Lists the tools and calls the first that needs no argument. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string; inputSchema: { required?: readonly string[] } }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}
async function use(client: AnyClient): Promise<void> {
  const { tools } = await client.listTools()
  const easy = tools.find(({ inputSchema }) => !inputSchema.required?.length)
  if (!easy) throw new Error('no tool without arguments')
  for (let again = 0; again < 3; again++) await client.callTool({ name: easy.name, arguments: {} })
  await client.close()
}

async function v1(transport: Transport): Promise<void> {
  const client = new Client({ name: 'healthy-v1', version: '1.0.0' })
  await client.connect(transport)
  if (transport instanceof StreamableHTTPClientTransport) {
    await use({
      listTools: () => client.listTools() as ReturnType<AnyClient['listTools']>,
      callTool: call => client.callTool(call),
      close: async () => {
        await transport.terminateSession()
        await client.close()
      },
    })
  } else await use(client as unknown as AnyClient)
}
const CLIENTS = {
  'TypeScript 1.x SSE': (origin: string) => v1(new SSEClientTransport(new URL(`${origin}/sse`))),
  'TypeScript 1.x Streamable': (origin: string) => v1(new StreamableHTTPClientTransport(new URL(`${origin}/mcp`))),
  'TypeScript 2.x': async (origin: string) => {
    const client = new ClientV2({ name: 'healthy-v2', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableV2(new URL(`${origin}/mcp`)))
    await use(client as unknown as AnyClient)
  },
}
type ClientName = keyof typeof CLIENTS

interface Stack {
  readonly server: string
  readonly python?: EnvironmentName
  readonly program: string
  /** Which clients, and what their sessions are. */
  readonly clients: Partial<Record<ClientName, TransportKind>>
  /** Paths for the Python SDK's client. */
  readonly paths: readonly string[]
}
const sse = { 'TypeScript 1.x SSE': 'sse' } as const
const streamable = { 'TypeScript 1.x Streamable': 'streamable' } as const
const STACKS: readonly Stack[] = [
  { server: 'Python mcp 1.6', python: 'first', program: 'stack_server.py', clients: sse, paths: ['/sse'] },
  {
    server: 'Python mcp, last 1.x',
    python: 'last1',
    program: 'stack_server.py',
    clients: { ...sse, ...streamable, 'TypeScript 2.x': 'streamable' },
    paths: ['/sse', '/mcp'],
  },
  {
    server: 'Python mcp, newest',
    python: 'newest',
    program: 'stack_server.py',
    clients: { ...sse, ...streamable, 'TypeScript 2.x': 'stateless' },
    paths: ['/sse', '/mcp'],
  },
  { server: 'TypeScript SDK 1.x', program: 'everything-v1.ts', clients: { ...streamable, 'TypeScript 2.x': 'streamable' }, paths: [] },
  { server: 'TypeScript SDK 2.x', program: 'everything-v2.ts', clients: { 'TypeScript 2.x': 'stateless' }, paths: [] },
]

/** A client of both eras asks first which one it meets; the note that says so is what a healthy probe gets. */
const isStrange = ({ rule, severity }: { readonly rule: string; readonly severity: string }): boolean =>
  severity !== 'info' || rule !== 'protocol-probe'

describe.each(STACKS)('$server', stack => {
  it('works through the proxy with every client, and nothing is found', { timeout: 120_000 }, async context => {
    let python = process.execPath
    if (stack.python) {
      const prepared = await preparePython(stack.python)
      if (prepared.missing !== undefined) return context.skip(prepared.missing)
      python = prepared.python
    }
    const server = await startServer(python, [here(stack.program)])
    stops.push(() => server.stop('SIGKILL'))
    const { folder, clean } = scratch()
    stops.push(clean)
    const product = await startProduct(['--target', `http://127.0.0.1:${server.port}/sse`], folder)
    stops.push(() => product.stop())
    const { origin } = new URL(product.ready.proxy)

    const expected: TransportKind[] = []
    for (const [name, kind] of Object.entries(stack.clients) as [ClientName, TransportKind][]) {
      await CLIENTS[name](origin)
      expected.push(kind)
    }
    for (const path of stack.paths) {
      const { code, stderr, stdout } = await finish(python, [here('mcp_client.py'), `${origin}${path}`])
      expect(code, stderr).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({
        tools: expect.arrayContaining(['slow', 'retrieve_address_objects']),
        bytes: expect.any(Number),
      })
      expected.push(path === '/sse' ? 'sse' : 'streamable')
    }

    const sessions = await product.rows('session')
    expect(
      sessions
        .filter(({ transport }) => transport !== 'other')
        .map(({ transport }) => transport)
        .sort(),
    ).toEqual(expected.sort())
    const calls = (await product.rows('call')).filter(({ kind, from }) => kind === 'request' && from === 'client')
    expect(calls.filter(({ method }) => method === 'tools/call').length).toBeGreaterThanOrEqual(expected.length)
    expect(
      calls.filter(({ delivery }) => delivery !== 'delivered').map(({ method, delivery, session }) => ({ method, delivery, session })),
    ).toEqual([])
    expect(
      (await product.rows('finding')).filter(one => !one.gone && isStrange(one)).map(({ rule, title }) => `${rule}: ${title}`),
    ).toEqual([])
    expect(await product.rows('gap')).toEqual([])

    await product.stop()
    expect((await check(folder)).findings.filter(isStrange)).toEqual([])
  })
})
