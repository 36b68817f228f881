/**
 * A client on either line of the TypeScript SDK for the table of stacks: `node stack-client.ts v1|v2 URL SITUATION [FILE]`, HTTP+SSE unless
 * the URL ends in /mcp. Promise: does what the situation says, as an application would, and ends by itself; for `restart` it prints
 * `called` and waits until FILE exists before it calls again, for `leave` until FILE exists before it leaves its call behind.
 */
import { existsSync } from 'node:fs'
import { Client as ClientV2, StreamableHTTPClientTransport as StreamableV2 } from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'

const [line, address = '', situation, go = ''] = process.argv.slice(2)
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

interface AnySession {
  call(name: string, timeout?: number): Promise<unknown>
  close(): Promise<unknown>
}

async function connectV1(url: URL): Promise<AnySession> {
  const client = new Client({ name: 'stack-v1', version: '1.0.0' })
  const streamable = url.pathname === '/mcp' ? new StreamableHTTPClientTransport(url) : undefined
  client.onerror = error => console.error(error.message)
  await client.connect((streamable ?? new SSEClientTransport(url)) as Transport)
  await client.listTools()
  return {
    call: (name, timeout) => client.callTool({ name }, undefined, timeout === undefined ? {} : { timeout }),
    close: async () => {
      await streamable?.terminateSession()
      await client.close()
    },
  }
}

async function connectV2(url: URL): Promise<AnySession> {
  const client = new ClientV2({ name: 'stack-v2', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  client.onerror = error => console.error(error.message)
  await client.connect(new StreamableV2(url))
  await client.listTools()
  return {
    call: (name, timeout) => client.callTool({ name }, timeout === undefined ? {} : { timeout }),
    close: () => client.close(),
  }
}

async function attempt(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
  }
}

const session = await (line === 'v2' ? connectV2 : connectV1)(new URL(address))
if (situation === 'leave') {
  session.call('never').catch(() => {})
  while (!existsSync(go)) await pause(50)
  process.exit(0)
} else if (situation === 'limit') {
  await attempt(session.call('slow', 1000))
  // It goes on with other things: what it leaves 2 s after giving up, it leaves for that.
  await pause(4000)
} else if (situation === 'credential') await attempt(session.call('credential'))
else await session.call('echo')
if (situation === 'restart') {
  console.log('called')
  while (!existsSync(go)) await pause(50)
  await attempt(session.call('echo', 3000))
  // What it would do when it is closed is another story.
  process.exit(0)
}
await session.close()
