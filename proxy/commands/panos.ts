/**
 * `seismograph panos`: the PAN-OS MCP server alone, over HTTP or standard input and output. Promise: it starts without a firewall too;
 * its tools then say what is missing.
 */
import { createPanosClient } from '../../server/panos/panos-client.ts'
import { asPanosError } from '../../server/panos/panos-error.ts'
import { type PanosServer, startPanosServer } from '../../server/panos-server.ts'
import { servePanosStdio } from '../../server/panos-stdio.ts'
import { DEFAULT_OBJECTS, type Simulator, startSimulator } from '../../server/simulator/simulator.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { listening, untilInterrupted } from './listening.ts'
import { type Parsed, readOptions } from './options.ts'

const DEFAULT_PORT = 8001

const help = `seismograph panos [options]

Runs the PAN-OS MCP server: tools over the XML API of one firewall or Panorama, reading unless more is
allowed. Over HTTP it serves Streamable HTTP at /mcp, HTTP+SSE at /sse with messages to /messages/ (and
/messages), and /health.

  --transport NAME  http (default), sse (the same server, announced by its /sse address) or stdio
  --port N          port to listen on (default ${DEFAULT_PORT}; 0 picks a free one)
  --host ADDRESS    loopback address to listen on (default 127.0.0.1)
  --simulator       use a built-in simulated firewall instead of a real one (or PANOS_SIMULATOR=1)
  --objects N       its address objects (default ${DEFAULT_OBJECTS})
  --latency MS      how long each of its answers takes (default 0)
  --json            print one line of JSON when it is ready (not with stdio)
  --quiet           print no log on standard error

The firewall, from the environment:
  PANOS_HOSTNAME         host name or address, with :port if it is not 443
  PANOS_API_KEY          key of an administrator who may use the XML API
  PANOS_USERNAME, PANOS_PASSWORD   make a key, in place of PANOS_API_KEY
  PANOS_TARGET_SERIAL    a firewall behind the Panorama that PANOS_HOSTNAME names
  PANOS_VSYS             virtual system to use where none is given
  PANOS_TIMEOUT_MS       longest wait for one answer (default 30000)
  PANOS_CA_CERT          PEM file of the certificates to trust
  PANOS_TLS_FINGERPRINT  SHA-256 of the one certificate to trust
  PANOS_TLS_VERIFY       false accepts any certificate; anyone in between can then read the key

What the tools may do:
  PANOS_TOOLSETS         some of core, network, logs, policy, write, commit, expert (default: all but expert)
  PANOS_ALLOW_WRITES     true adds tools that change the candidate configuration
  PANOS_ALLOW_COMMIT     true adds validate, commit, revert and push
  PANOS_TOOL_BUDGET_MS   longest time for one call; work that goes on is then left to get_job (default 50000)

Examples:
  PANOS_HOSTNAME=fw.example.net PANOS_API_KEY=… seismograph panos
  seismograph panos --simulator --latency 2000
  seismograph panos --transport stdio
`

const flags = {
  transport: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  simulator: { type: 'boolean' },
  objects: { type: 'string' },
  latency: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const

type Environment = Readonly<Record<string, string | undefined>>

async function simulated(options: Parsed, io: CommandIo): Promise<Simulator | undefined> {
  const wanted = options.on('simulator') || /^(1|true|yes|on)$/i.test(io.env.PANOS_SIMULATOR ?? '')
  if (!wanted) return undefined
  return startSimulator({
    objects: options.whole('objects', DEFAULT_OBJECTS, 0, 40_000),
    latencyMs: options.whole('latency', 0, 0, 600_000),
  })
}

/** What is about this server rather than about a firewall. */
const OWN = ['PANOS_TIMEOUT_MS', 'PANOS_TOOL_BUDGET_MS', 'PANOS_TOOLSETS', 'PANOS_ALLOW_WRITES', 'PANOS_ALLOW_COMMIT', 'PANOS_VSYS']
const pick = (env: Environment): Environment => Object.fromEntries(OWN.map(name => [name, env[name]]))

/** The simulator takes the firewall's place: settings for a real one must not reach it. */
const towards = (simulator: Simulator | undefined, env: Environment): Environment =>
  simulator ? { ...pick(env), PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: simulator.apiKey } : env

/** What the tools will talk to, and what is wrong or dangerous about it. */
function firewall(simulator: Simulator | undefined, env: Environment): string {
  if (simulator) return `Firewall: the simulator at ${simulator.url}\n`
  try {
    const { device, warnings } = createPanosClient(env)
    return `Firewall: ${device}\n${warnings.map(warning => `WARNING: ${warning}\n`).join('')}`
  } catch (error) {
    const { message, hint } = asPanosError(error)
    return `${message} ${hint}\n`
  }
}

function announce(server: PanosServer, transport: 'http' | 'sse', options: Parsed, io: CommandIo): void {
  const { url, port } = server
  const [mcp, sse] = [`${url}/mcp`, `${url}/sse`]
  if (options.on('json')) io.stdout.write(`${JSON.stringify({ event: 'ready', url, port, mcp, sse, transport, pid: process.pid })}\n`)
  if (!options.on('quiet')) io.stderr.write(`PAN-OS MCP server at ${transport === 'sse' ? sse : mcp}\n`)
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(argv, flags, io, 'panos')
  if (options.positionals.length > 0)
    throw new UsageError(`panos takes no argument "${options.positionals[0]}". See seismograph panos --help`)
  const transport = options.oneOf('transport', ['http', 'sse', 'stdio'] as const, 'http')
  if (transport === 'stdio' && options.on('json'))
    throw new UsageError('--json cannot go with --transport stdio: standard output carries the protocol')
  const port = options.whole('port', DEFAULT_PORT, 0, 65_535)
  const log = options.on('quiet') ? () => {} : (line: string) => void io.stderr.write(`${new Date().toISOString()} ${line}\n`)
  const simulator = await simulated(options, io)
  const env = towards(simulator, io.env)
  if (!options.on('quiet')) io.stderr.write(firewall(simulator, env))
  try {
    if (transport === 'stdio') {
      const stdin = io.stdin ?? process.stdin
      await servePanosStdio({ env, log, stdin, stdout: io.stdout }, io.signal)
      return io.signal.aborted ? 130 : 0
    }
    const server = await listening(port, options.text('host') ?? '127.0.0.1', (free, host) =>
      startPanosServer({ port: free, host, env, log }),
    )
    announce(server, transport, options, io)
    await untilInterrupted(io.signal)
    await server.close()
    return 130
  } finally {
    await simulator?.close()
  }
}

export const command: Command = { name: 'panos', summary: 'run the PAN-OS MCP server alone', help, run }
