/**
 * Servers that nobody here wrote, in every situation of the table. Promise: each cell is what the rules said of real traffic with that
 * stack; what differs by version stands in `stacks.md`, which is the expectation. `UPDATE=1` rewrites it, to be read as a diff.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { play } from '../../proxy/commands/play.ts'
import { loadRecording } from '../../proxy/inspector/load.ts'
import { LineCutter } from '../../proxy/server-log.ts'
import type { Stage } from '../../server/scenarios/scenario.ts'
import { scratch } from '../product.ts'
import { type Program, root, startServer } from '../program.ts'
import { type EnvironmentName, preparePython } from './python.ts'
import { SITUATIONS, type Situation, type Wire } from './situations.ts'

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

const page = join(root, 'e2e', 'interop', 'stacks.md')
const { folder, clean } = scratch()
afterAll(clean)
/** Row name, then cells by situation. */
const seen = new Map<string, Map<string, string>>()

class StackServer {
  readonly #command: string
  readonly #args: readonly string[]
  /** Where its log goes: a new one for each play. */
  log: ((line: string) => void) | undefined
  #program: (Program & { port: number }) | undefined

  constructor(command: string, program: string) {
    this.#command = command
    this.#args = [join(root, 'e2e', 'interop', program)]
  }
  get port(): number {
    return this.#program?.port ?? 0
  }
  async start(port = 0): Promise<void> {
    const program = await startServer(this.#command, [...this.#args, '--port', String(port)], { env: { PANOS_API_KEY: undefined } })
    const cutter = new LineCutter(line => this.log?.(line))
    program.child.stderr?.on('data', (text: string) => cutter.push(Buffer.from(text)))
    this.#program = program
  }
  async restart(): Promise<void> {
    const { port } = this
    // An old server waits for its open streams when it is asked to end; a supervisor then kills it.
    await this.#program?.stop('SIGKILL')
    await this.start(port)
  }
  async stop(): Promise<void> {
    await this.#program?.stop('SIGKILL')
  }
}

/** `rule, rule; log: Exception`, from the worst on; notes in brackets. */
async function cellOf(dir: string, lines: readonly string[]): Promise<string> {
  const { findings, failures } = await loadRecording({ kind: 'recording', dir })
  expect(failures).toEqual([])
  const rules = (wanted: (severity: string) => boolean) =>
    [...new Set(findings.filter(one => wanted(one.severity)).map(({ rule }) => rule))].sort()
  const loud = rules(severity => severity !== 'info')
  const notes = rules(severity => severity === 'info').filter(rule => !loud.includes(rule))
  const exceptions = [
    ...new Set(lines.flatMap(line => /^(?:\s*\|\s*)*((?:[\w]+\.)*[A-Z]\w*(?:Error|Exception))\b/.exec(line)?.[1]?.split('.').at(-1) ?? [])),
  ]
  const said = [...loud, ...notes.map(rule => `(${rule})`)].join(', ') || '–'
  return exceptions.length > 0 ? `${said}; log: ${exceptions.sort().join(', ')}` : said
}

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
  const { dir } = await play(
    { id: situation.name, story: situation.name, play: perform },
    { dataDir: folder, signal: AbortSignal.timeout(60_000) },
  )
  server.log = undefined
  return cellOf(dir, lines)
}

/** The table as it stands in the page. */
function expected(): Map<string, Map<string, string>> {
  const rows = readFileSync(page, { encoding: 'utf8', flag: 'a+' })
    .split('\n')
    .filter(line => line.startsWith('| '))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    )
  const [head = [], ...body] = rows
  return new Map(body.map(([name = '', ...cells]) => [name, new Map(cells.map((cell, index) => [head[index + 1] ?? '', cell]))]))
}
const rowName = (stack: Stack, wire: Wire): string => `${stack.name}, ${wire === 'sse' ? 'HTTP+SSE' : 'Streamable HTTP'}`

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
    seen.set(rowName(stack, wire), cells)
    if (process.env.UPDATE !== '1')
      expect(Object.fromEntries(cells)).toEqual(Object.fromEntries(expected().get(rowName(stack, wire)) ?? []))
  })
})

afterAll(() => {
  const names = SITUATIONS.map(({ name }) => name)
  const all = process.env.UPDATE === '1' ? new Map([...expected(), ...seen]) : seen
  const rows = STACKS.flatMap(stack => stack.wires.map(wire => rowName(stack, wire)))
    .filter(name => all.has(name))
    .map(name => `| ${[name, ...names.map(situation => all.get(name)?.get(situation) ?? '')].join(' | ')} |`)
  const table = [`| server | ${names.join(' | ')} |`, `|${'---|'.repeat(names.length + 1)}`, ...rows].join('\n')
  console.info(table)
  if (process.env.UPDATE === '1') writeFileSync(page, `${INTRODUCTION}\n\n${table}\n`)
})

const INTRODUCTION = `# Servers nobody here wrote, in the same situations

What the rules say of each, at warning and above; notes stand in brackets, and what the server's own log names stands behind
"log". A dash is silence. The client is the same every time, so that what differs is the server. A test holds the table true.`
