/**
 * Servers that nobody here wrote, in every situation of the table. Promise: each cell is what the rules said of real traffic with that
 * stack; what differs by version stands in `servers.md`, which is the expectation. `UPDATE=1` rewrites it, to be read as a diff.
 */
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { play } from '../../proxy/commands/play.ts'
import type { Stage } from '../../server/scenarios/scenario.ts'
import { scratch } from '../product.ts'
import { root } from '../program.ts'
import { type EnvironmentName, preparePython } from './python.ts'
import { SITUATIONS, type Situation, type Wire } from './situations.ts'
import { StackServer } from './stack-server.ts'
import { cellOf, VerdictTable } from './verdict-table.ts'

interface Stack {
  readonly name: string
  readonly python?: EnvironmentName
  readonly program: string
  readonly wires: readonly Wire[]
}
const python = (name: string, environment: EnvironmentName, wires: readonly Wire[] = ['sse', 'mcp']): Stack => ({
  name,
  python: environment,
  program: 'stack_server.py',
  wires,
})
const STACKS: readonly Stack[] = [
  python('Python mcp 1.6.0', 'first', ['sse']),
  python('Python mcp 1.12.0', 'mcp-1-12'),
  python('Python mcp 1.26.0', 'mcp-1-26'),
  python('Python mcp 1.29.0', 'mcp-1-29'),
  python('Python mcp 2.3.0', 'newest'),
  python('FastMCP 4.1.6', 'fastmcp', ['mcp']),
  { name: 'TypeScript 1.32.2', program: 'stack-server-v1.ts', wires: ['sse', 'mcp'] },
  { name: 'TypeScript 2.4.0', program: 'stack-server-v2.ts', wires: ['mcp'] },
]

const rowName = (stack: Stack, wire: Wire): string => `${stack.name}, ${wire === 'sse' ? 'HTTP+SSE' : 'Streamable HTTP'}`
const table = new VerdictTable(join(root, 'e2e', 'interop', 'servers.md'), {
  introduction: `# Servers nobody here wrote, in the same situations

What the rules say of each, at warning and above; notes stand in brackets, and what the server's own log names stands behind
"log". A dash is silence. The client is the same every time, so that what differs is the server. A test holds the table true.

FastMCP 4.1.6 asks for certifi 2026.10.19 or later, which registries may not have yet; it stands on the requirements of 4.0.11.`,
  corner: 'server',
  columns: SITUATIONS.map(({ name }) => name),
  rows: STACKS.flatMap(stack => stack.wires.map(wire => rowName(stack, wire))),
})
const { folder, clean } = scratch()
afterAll(() => {
  clean()
  table.finish()
})

async function playIn(server: StackServer, wire: Wire, situation: Situation): Promise<string> {
  const lines: string[] = []
  const perform = async (stage: Stage): Promise<void> => {
    server.log = line => {
      lines.push(line)
      stage.log(line)
    }
    const url = await stage.through(`http://127.0.0.1:${server.port}/${wire}`)
    await situation[wire]({ stage, url, restart: () => server.restart() })
  }
  const scenario = { id: situation.name, story: situation.name, play: perform }
  const { dir } = await play(scenario, { dataDir: folder, signal: AbortSignal.timeout(60_000) })
  server.log = undefined
  return cellOf(dir, lines)
}

describe.each(STACKS)('$name', stack => {
  it.for(stack.wires)('is judged as expected in every situation, over /%s', { timeout: 180_000 }, async (wire, context) => {
    const prepared = stack.python === undefined ? { python: process.execPath } : await preparePython(stack.python)
    if (prepared.missing !== undefined) return context.skip(prepared.missing)
    const server = new StackServer(prepared.python, stack.program)
    await server.start()
    const cells = new Map<string, string>()
    try {
      for (const situation of SITUATIONS) cells.set(situation.name, await playIn(server, wire, situation))
    } finally {
      await server.stop()
    }
    table.saw(rowName(stack, wire), cells)
    if (!table.isUpdate) expect(Object.fromEntries(cells)).toEqual(table.expected(rowName(stack, wire)))
  })
})
