/**
 * Clients that nobody here wrote, against one server. Promise: each cell is what the rules said of real traffic of that client; what
 * differs by version stands in `clients.md`, which is the expectation. `UPDATE=1` rewrites it, to be read as a diff.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { play } from '../../proxy/commands/play.ts'
import type { Stage } from '../../server/scenarios/scenario.ts'
import { scratch } from '../product.ts'
import { root, start, until } from '../program.ts'
import { type EnvironmentName, preparePython } from './python.ts'
import type { Wire } from './situations.ts'
import { StackServer } from './stack-server.ts'
import { cellOf, VerdictTable } from './verdict-table.ts'

interface ClientStack {
  readonly name: string
  readonly python?: EnvironmentName
  /** Further first arguments of `stack-client.ts`. */
  readonly line?: 'v1' | 'v2'
  readonly wires: readonly Wire[]
}
const STACKS: readonly ClientStack[] = [
  { name: 'Python mcp 1.6.0', python: 'first', wires: ['sse'] },
  { name: 'Python mcp 1.12.0', python: 'mcp-1-12', wires: ['sse', 'mcp'] },
  { name: 'Python mcp 1.26.0', python: 'mcp-1-26', wires: ['sse', 'mcp'] },
  { name: 'Python mcp 1.29.0', python: 'mcp-1-29', wires: ['sse', 'mcp'] },
  { name: 'Python mcp 2.3.0', python: 'newest', wires: ['sse', 'mcp'] },
  { name: 'FastMCP 4.1.6', python: 'fastmcp', wires: ['sse', 'mcp'] },
  { name: 'TypeScript 1.32.2', line: 'v1', wires: ['sse', 'mcp'] },
  { name: 'TypeScript 2.4.0', line: 'v2', wires: ['mcp'] },
]
/** What the client is told to do, by column. */
const SITUATIONS: Readonly<Record<string, string>> = {
  healthy: 'healthy',
  'leaves during a call': 'leave',
  'gives up a call after 1 s': 'limit',
  'server restarts': 'restart',
  'credential unset': 'credential',
}

const rowName = (stack: ClientStack, wire: Wire): string => `${stack.name}, ${wire === 'sse' ? 'HTTP+SSE' : 'Streamable HTTP'}`
const table = new VerdictTable(join(root, 'e2e', 'interop', 'clients.md'), {
  introduction: `# Clients nobody here wrote, in the same situations

What the rules say of each, at warning and above; notes stand in brackets. A dash is silence. The server is the same every time,
on the TypeScript SDK 1.32.2, so that what differs is the client. A test holds the table true.

FastMCP 4.1.6 asks for certifi 2026.10.19 or later, which registries may not have yet; it stands on the requirements of 4.0.11.`,
  corner: 'client',
  columns: Object.keys(SITUATIONS),
  rows: STACKS.flatMap(stack => stack.wires.map(wire => rowName(stack, wire))),
})
const { folder, clean } = scratch()
afterAll(() => {
  clean()
  table.finish()
})

let plays = 0

async function playWith(command: string, first: readonly string[], server: StackServer, wire: Wire, situation: string): Promise<string> {
  const go = join(folder, `go-${++plays}`)
  const calls: string[] = []
  server.log = line => calls.push(line)
  const perform = async (stage: Stage): Promise<void> => {
    const url = await stage.through(`http://127.0.0.1:${server.port}/${wire}`)
    const client = start(command, [...first, url, situation, ...(command === process.execPath ? [go] : ['--go', go])])
    stage.onEnd(() => client.stop('SIGKILL'))
    if (situation === 'leave') {
      await until('the call to have come to the server', () => calls.includes('never is called') || undefined)
      writeFileSync(go, '')
    } else if (situation === 'restart') {
      await until('the client to have called', () => client.stdout().includes('called') || undefined)
      await server.restart()
      writeFileSync(go, '')
    }
    const { code } = await client.ended
    if (code !== 0) throw new Error(`the client ended with ${code}: ${client.stderr()}`)
    await stage.quiet()
  }
  const { dir } = await play({ id: situation, story: situation, play: perform }, { dataDir: folder, signal: AbortSignal.timeout(60_000) })
  return cellOf(dir, [])
}

describe.each(STACKS)('$name', stack => {
  it.for(stack.wires)('is judged as expected in every situation, over /%s', { timeout: 180_000 }, async (wire, context) => {
    const prepared = stack.python === undefined ? { python: process.execPath } : await preparePython(stack.python)
    if (prepared.missing !== undefined) return context.skip(prepared.missing)
    const file = join(root, 'e2e', 'interop', stack.line === undefined ? 'stack_client.py' : 'stack-client.ts')
    const first = [file, ...(stack.line === undefined ? [] : [stack.line])]
    const server = new StackServer(process.execPath, 'stack-server-v1.ts')
    await server.start()
    const cells = new Map<string, string>()
    try {
      for (const [column, situation] of Object.entries(SITUATIONS))
        cells.set(column, await playWith(prepared.python, first, server, wire, situation))
    } finally {
      await server.stop()
    }
    table.saw(rowName(stack, wire), cells)
    if (!table.isUpdate) expect(Object.fromEntries(cells)).toEqual(table.expected(rowName(stack, wire)))
  })
})
