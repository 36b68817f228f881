/**
 * The bundled PAN-OS MCP server over standard input and output. Promise: standard output carries nothing but MCP messages; when the input
 * ends, calls under way get a moment to be answered and are then cancelled.
 */
import type { Readable, Writable } from 'node:stream'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { createContext, createPanosMcp, type Log } from './mcp/panos-mcp.ts'
import type { Environment } from './panos/settings.ts'

export interface PanosStdioOptions {
  readonly env: Environment
  readonly log?: Log
  readonly stdin: Readable
  readonly stdout: Writable
}

/** After the input's end: enough for a script that pipes its requests in, short for a client that waits for our exit. */
const GRACE_MS = 1000

/** Resolves when the client is gone or `signal` is aborted, and everything it asked for has ended. */
export async function servePanosStdio(options: PanosStdioOptions, signal: AbortSignal): Promise<void> {
  const { env, log = () => {}, stdin, stdout } = options
  const context = createContext(env, log)
  const server = createPanosMcp(context)
  const gone = new Promise<'input' | 'output'>(resolve => {
    stdin.once('end', () => resolve('input')).once('close', () => resolve('input'))
    stdout.once('error', () => resolve('output')).once('close', () => resolve('output'))
    server.server.onclose = () => resolve('output')
    if (signal.aborted) resolve('output')
    signal.addEventListener('abort', () => resolve('output'), { once: true })
  })
  await server.connect(new StdioServerTransport(stdin, stdout))
  if ((await gone) === 'input') {
    // Requests that came with the last bytes have not begun yet.
    await nextTurn()
    const patience = new AbortController()
    await Promise.race([Promise.allSettled(context.calls), sleep(GRACE_MS, undefined, { signal: patience.signal }).catch(() => {})])
    patience.abort()
    await nextTurn()
  }
  await server.close()
}
