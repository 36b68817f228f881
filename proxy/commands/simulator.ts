/**
 * `seismograph simulator`: the PAN-OS simulator alone. Promise: it says where it listens and with which key, and ends when it is interrupted.
 */
import { readFileSync } from 'node:fs'
import { child, parseXml, XmlError, type XmlNode } from '../../server/panos/xml.ts'
import { FAULTS, readFault } from '../../server/simulator/faults.ts'
import { DIALECTS, PROFILES } from '../../server/simulator/profiles.ts'
import {
  DEFAULT_COMMIT_MS,
  DEFAULT_DEVICE_GROUPS,
  DEFAULT_LOG_MS,
  DEFAULT_OBJECTS,
  DEFAULT_RULES,
  DEFAULT_SEED,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../server/simulator/simulator.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { listening, untilInterrupted } from './listening.ts'
import { type Parsed, readOptions } from './options.ts'

const DEFAULT_PORT = 8004

const help = `seismograph simulator [options]

Runs a simulated PAN-OS device: its XML API over HTTP or HTTPS on this machine, for anybody who tests PAN-OS clients.
It keeps a candidate and a running configuration, takes edits (set, edit, delete, rename, move, clone, several at once),
checks values and references, commits and validates as jobs, and knows locks, roles, log queries, reports, users and
registered addresses, import and export of files, and operational commands. The same seed makes the same device.

  --port N          port to listen on (default ${DEFAULT_PORT}; 0 picks a free one)
  --host ADDRESS    loopback address to listen on (default 127.0.0.1)
  --key KEY         the API key of the user admin (default: a random one)
  --json            print one line of JSON when it is ready
  --quiet           print nothing else

What it is:
  --profile NAME    firewall (default), multi-vsys (three virtual systems) or panorama (device groups, templates,
                    managed firewalls)
  --config FILE     the configuration of a device, as exported, in place of a generated one
  --dialect NAME    10.1, 11.1 (default) or 11.2: how answers of that release look
  --objects N       address objects, up to 40000 (default ${DEFAULT_OBJECTS})
  --rules N         security rules, up to 5000 (default ${DEFAULT_RULES})
  --device-groups N of a Panorama, up to 200 (default ${DEFAULT_DEVICE_GROUPS}); each has one firewall, reached with target=SERIAL
  --seed N          the same seed makes the same configuration (default ${DEFAULT_SEED})

How it answers:
  --latency MS      every answer takes so long (default 0)
  --latency-per-mb MS   and so much longer for each megabyte of it (default 0)
  --jitter MS       and up to so much more, by chance from the seed (default 0)
  --drip BYTES      answers trickle out at so many bytes per second (default 0: at once)
  --slow-beyond N   with more than N requests at once, each takes a second longer for every one beyond
                    (default 0: never)
  --commit-ms MS    how long commits, validations and pushes run (default ${DEFAULT_COMMIT_MS})
  --log-ms MS       how long log queries run (default ${DEFAULT_LOG_MS})
  --fault NAME[:N]  something goes wrong, N times or always; can be given several times:
                    cut (the connection ends in the middle of a body), truncate (the XML stops),
                    bad-gateway (502 with HTML), session-timeout (code 22), internal-error (code 11),
                    hang (no answer at all)
  --tls             HTTPS with a self-signed certificate, as a new firewall has
  --certificate KIND    good (default), expired or misnamed; with --tls

Users, all with password "simulator": admin and second (superusers), reader (changes nothing), auditor (no
operational requests).

While it runs, from this machine:
  POST /_simulator/latency?ms=1500&per-mb=0&jitter=0&drip=0&slow-beyond=0
  POST /_simulator/faults?set=cut:1     or ?clear
  POST /_simulator/jobs?commit-ms=60000&log-ms=5000
  GET  /_simulator/stats
  GET  /_simulator/commands     the operational commands that it knows

Examples:
  seismograph simulator
  seismograph simulator --objects 40000 --latency 3000
  seismograph simulator --profile panorama --device-groups 20
  seismograph simulator --config running-config.xml
  seismograph simulator --fault bad-gateway:3 --tls --certificate expired
`

const flags = {
  port: { type: 'string' },
  host: { type: 'string' },
  profile: { type: 'string' },
  config: { type: 'string' },
  dialect: { type: 'string' },
  objects: { type: 'string' },
  rules: { type: 'string' },
  'device-groups': { type: 'string' },
  seed: { type: 'string' },
  latency: { type: 'string' },
  'latency-per-mb': { type: 'string' },
  jitter: { type: 'string' },
  drip: { type: 'string' },
  'slow-beyond': { type: 'string' },
  'commit-ms': { type: 'string' },
  'log-ms': { type: 'string' },
  fault: { type: 'string', multiple: true },
  tls: { type: 'boolean' },
  certificate: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const

function readFaults(options: Parsed): NonNullable<SimulatorOptions['faults']> {
  return options.texts('fault').map(text => {
    const wanted = readFault(text)
    if (!wanted) throw new UsageError(`--fault takes ${FAULTS.join(', ')}, each with :COUNT if it should end, not "${text}"`)
    return wanted
  })
}

/** A `<config>` element, alone or as `action=show` and exports give it. */
function readConfig(file: string): XmlNode {
  try {
    const root = parseXml(readFileSync(file, 'utf8'))
    const config = root.name === 'response' ? child(root, 'result', 'config') : root
    if (config?.name === 'config') return config
    throw new XmlError(`the root element is <${root.name}>, not <config>`)
  } catch (error) {
    throw new UsageError(`--config: ${file} cannot be used: ${error instanceof Error ? error.message : error}`)
  }
}

/** Flags that make a configuration say nothing beside a given one, and some say something of a Panorama alone. */
function checkTogether(options: Parsed): void {
  const profile = options.text('profile') ?? 'firewall'
  if (options.text('device-groups') !== undefined && profile !== 'panorama')
    throw new UsageError('--device-groups needs --profile panorama')
  const idle = ['profile', 'objects', 'rules', 'device-groups'].find(flag => options.text(flag as keyof typeof flags) !== undefined)
  if (options.text('config') !== undefined && idle !== undefined) throw new UsageError(`--${idle} says nothing beside --config`)
}

function read(options: Parsed): SimulatorOptions {
  checkTogether(options)
  const file = options.text('config')
  const key = options.text('key')
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) throw new UsageError('--key takes printable characters without spaces')
  const certificate = options.oneOf('certificate', ['good', 'expired', 'misnamed'] as const, 'good')
  if (certificate !== 'good' && !options.on('tls')) throw new UsageError('--certificate needs --tls')
  return {
    profile: options.oneOf('profile', PROFILES, 'firewall'),
    dialect: options.oneOf('dialect', DIALECTS, '11.1'),
    objects: options.whole('objects', DEFAULT_OBJECTS, 0, 40_000),
    rules: options.whole('rules', DEFAULT_RULES, 0, 5000),
    deviceGroups: options.whole('device-groups', DEFAULT_DEVICE_GROUPS, 1, 200),
    seed: options.whole('seed', DEFAULT_SEED, 0, 0xffff_ffff),
    latencyMs: options.whole('latency', 0, 0, 600_000),
    perMegabyteMs: options.whole('latency-per-mb', 0, 0, 600_000),
    jitterMs: options.whole('jitter', 0, 0, 600_000),
    dripBytesPerSecond: options.whole('drip', 0, 0, 1_000_000_000),
    slowBeyond: options.whole('slow-beyond', 0, 0, 1000),
    commitMs: options.whole('commit-ms', DEFAULT_COMMIT_MS, 0, 3_600_000),
    logMs: options.whole('log-ms', DEFAULT_LOG_MS, 0, 3_600_000),
    faults: readFaults(options),
    tls: options.on('tls'),
    certificate,
    ...(key !== undefined && { apiKey: key }),
    ...(file !== undefined && { config: readConfig(file) }),
  }
}

/** Of a Panorama: what `target` takes. */
const firewallsOf = ({ device }: Simulator) => [...device.managed.values()].map(({ serial, hostname }) => ({ serial, hostname }))

function ready(simulator: Simulator): string {
  const { url, port, apiKey, user, password, certificate, fingerprint } = simulator
  const firewalls = firewallsOf(simulator)
  return JSON.stringify({
    event: 'ready',
    ...{ url, port, apiKey, user, password, certificate, fingerprint },
    ...(firewalls.length > 0 && { firewalls }),
    pid: process.pid,
  })
}

const words = (simulator: Simulator): string => {
  const { device, fingerprint } = simulator
  const trust = fingerprint ? ` PANOS_TLS_FINGERPRINT=${fingerprint}` : ''
  const [first, ...others] = firewallsOf(simulator)
  const behind = first
    ? `Behind it, with target=SERIAL: ${first.serial} (${first.hostname})${others.length > 0 ? ` and ${others.length} more` : ''}.\n`
    : ''
  return `PAN-OS simulator at ${simulator.url}: ${device.model}, PAN-OS ${device.version}, latency ${simulator.latency().ms} ms.
${behind}Ask it:
  curl -g${fingerprint ? 'k' : ''} -H 'X-PAN-KEY: ${simulator.apiKey}' '${simulator.url}/api/?type=op&cmd=<show><system><info></info></system></show>'
Point the PAN-OS server at it:
  PANOS_HOSTNAME=${simulator.url} PANOS_API_KEY=${simulator.apiKey}${trust} seismograph panos
For keygen: user ${simulator.user}, password ${simulator.password}.
`
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(argv, flags, io, 'simulator')
  if (options.positionals.length > 0)
    throw new UsageError(`simulator takes no argument "${options.positionals[0]}". See seismograph simulator --help`)
  const wanted = read(options)
  const simulator = await listening(options.whole('port', DEFAULT_PORT, 0, 65_535), options.text('host') ?? '127.0.0.1', (port, host) =>
    startSimulator({ ...wanted, port, host }),
  )
  if (options.on('json')) io.stdout.write(`${ready(simulator)}\n`)
  if (!options.on('quiet')) io.stderr.write(words(simulator))
  await untilInterrupted(io.signal)
  await simulator.close()
  return 130
}

export const command: Command = { name: 'simulator', summary: 'run the PAN-OS simulator alone', help, run }
