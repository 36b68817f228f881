/**
 * `seismograph simulator`: the PAN-OS simulator alone. Promise: it says where it listens and with which key, and ends when it is interrupted.
 */
import { DEFAULT_OBJECTS, DEFAULT_SEED, type Simulator, startSimulator } from '../../server/simulator/simulator.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { listening, untilInterrupted } from './listening.ts'
import { readOptions } from './options.ts'

const DEFAULT_PORT = 8004

const help = `seismograph simulator [options]

Runs a simulated PAN-OS firewall: the XML API over HTTP or HTTPS on this machine, read-only, with a configuration made from a seed.

  --port N          port to listen on (default ${DEFAULT_PORT}; 0 picks a free one)
  --host ADDRESS    loopback address to listen on (default 127.0.0.1)
  --objects N       address objects, up to 40000 (default ${DEFAULT_OBJECTS})
  --seed N          the same seed makes the same configuration (default ${DEFAULT_SEED})
  --latency MS      every answer takes so long (default 0)
  --latency-per-mb MS   and so much longer for each megabyte of it (default 0)
  --tls             HTTPS with a self-signed certificate, as a new firewall has
  --key KEY         the API key to accept (default: a random one)
  --json            print one line of JSON when it is ready
  --quiet           print nothing else

While it runs: POST /_simulator/latency?ms=1500&per-mb=0 changes the latency, GET /_simulator/stats counts requests.

Examples:
  seismograph simulator
  seismograph simulator --objects 40000 --latency 3000
  seismograph simulator --tls --port 8443
`

const flags = {
  port: { type: 'string' },
  host: { type: 'string' },
  objects: { type: 'string' },
  seed: { type: 'string' },
  latency: { type: 'string' },
  'latency-per-mb': { type: 'string' },
  tls: { type: 'boolean' },
  key: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const

function ready(simulator: Simulator): string {
  const { url, port, apiKey, user, password, certificate, fingerprint } = simulator
  return JSON.stringify({ event: 'ready', url, port, apiKey, user, password, certificate, fingerprint, pid: process.pid })
}

const words = (simulator: Simulator, objects: number): string => {
  const trust = simulator.fingerprint ? ` PANOS_TLS_FINGERPRINT=${simulator.fingerprint}` : ''
  return `PAN-OS simulator at ${simulator.url} with ${objects} address objects, latency ${simulator.latency().ms} ms.
Point the PAN-OS server at it:
  PANOS_HOSTNAME=${simulator.url} PANOS_API_KEY=${simulator.apiKey}${trust} seismograph panos
For keygen: user ${simulator.user}, password ${simulator.password}.
`
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(argv, flags, io, 'simulator')
  if (options.positionals.length > 0)
    throw new UsageError(`simulator takes no argument "${options.positionals[0]}". See seismograph simulator --help`)
  const objects = options.whole('objects', DEFAULT_OBJECTS, 0, 40_000)
  const key = options.text('key')
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) throw new UsageError('--key takes printable characters without spaces')
  const simulator = await listening(options.whole('port', DEFAULT_PORT, 0, 65_535), options.text('host') ?? '127.0.0.1', (port, host) =>
    startSimulator({
      port,
      host,
      objects,
      seed: options.whole('seed', DEFAULT_SEED, 0, 0xffff_ffff),
      latencyMs: options.whole('latency', 0, 0, 600_000),
      perMegabyteMs: options.whole('latency-per-mb', 0, 0, 600_000),
      tls: options.on('tls'),
      ...(key !== undefined && { apiKey: key }),
    }),
  )
  if (options.on('json')) io.stdout.write(`${ready(simulator)}\n`)
  if (!options.on('quiet')) io.stderr.write(words(simulator, objects))
  await untilInterrupted(io.signal)
  await simulator.close()
  return 130
}

export const command: Command = { name: 'simulator', summary: 'run the PAN-OS simulator alone', help, run }
