/**
 * What a run is to do, read from its flags. Promise: everything the user can get wrong before a socket is opened is said here,
 * with the flag's name and what to write instead.
 */
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import type { RecordingOptions } from '../core/event.ts'
import { type CommandIo, UsageError } from './command.ts'
import { type Judging, judgingFlags, readJudging } from './judging.ts'
import { type Flags, type Parsed, readOptions } from './options.ts'

export interface Target {
  readonly name: string
  readonly url: URL
}
export interface Plan {
  /** Empty: the embedded PAN-OS server and simulator. */
  readonly targets: readonly Target[]
  /** Port of each target's listener; 0 = free. One entry for the embedded server. */
  readonly ports: readonly number[]
  readonly dashboardPort: number
  /** Port of the embedded PAN-OS server. */
  readonly serverPort: number
  readonly host: string
  readonly allowHosts: readonly string[]
  readonly data: string | undefined
  readonly serverLogs: readonly { readonly upstream: string; readonly path: string }[]
  /** The server's own command line, from after `--`. */
  readonly command: readonly string[]
  readonly open: boolean
  readonly json: boolean
  readonly quiet: boolean
  readonly recording: RecordingOptions
  /** PEM text of `--ca`. */
  readonly ca: string | undefined
  readonly insecure: boolean
  readonly keepDays: number
  readonly keepBytes: number
  /** How the run judges itself at its end; undefined: not at all. */
  readonly judging: Judging | undefined
}

const runFlags: Flags = {
  target: { type: 'string', multiple: true },
  port: { type: 'string' },
  'dashboard-port': { type: 'string' },
  'server-port': { type: 'string' },
  host: { type: 'string' },
  'dangerously-bind': { type: 'string' },
  'allow-host': { type: 'string', multiple: true },
  data: { type: 'string' },
  'server-log': { type: 'string', multiple: true },
  open: { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  'host-header': { type: 'string' },
  forwarded: { type: 'boolean' },
  linger: { type: 'string' },
  ca: { type: 'string' },
  'insecure-upstream': { type: 'boolean' },
  'capture-secrets': { type: 'boolean' },
  'body-cap': { type: 'string' },
  'keep-days': { type: 'string' },
  'keep-size': { type: 'string' },
  check: { type: 'boolean' },
  ...judgingFlags,
}

const MIB = 1024 * 1024
/** A day: beyond 24.8 of them no timer goes. */
const LONGEST_LINGER_S = 86_400
const LOOPBACK = new Set(['127.0.0.1', '::1'])

export function readPlan(argv: readonly string[], io: Pick<CommandIo, 'env'>): Plan {
  const options = readOptions(argv, runFlags, io)
  const [stray] = options.positionals
  if (stray !== undefined)
    throw new UsageError(`"${stray}" is no flag. A server to watch is given as --target ${stray.includes('://') ? stray : 'URL'}`)
  const targets = readTargets(options.texts('target'))
  const port = options.whole('port', 8002, 0, 65_535)
  const dashboardPort = options.whole('dashboard-port', 8003, 0, 65_535)
  if (options.rest.length > 0 && targets.length === 0) {
    throw new UsageError(
      `-- ${options.rest[0]} starts a server, but not where it will listen: add --target URL, such as --target http://127.0.0.1:8001/sse`,
    )
  }
  if (options.rest.length > 0 && targets.length > 1) throw new UsageError('-- CMD starts one server; give one --target with it')
  return {
    targets,
    ports: portsFor(Math.max(1, targets.length), port, dashboardPort),
    dashboardPort,
    serverPort: options.whole('server-port', 8001, 0, 65_535),
    host: readHost(options),
    allowHosts: options.texts('allow-host'),
    data: options.text('data'),
    serverLogs: readServerLogs(options.texts('server-log'), targets),
    command: options.rest,
    // Who reads JSON is a program, which opens what it likes.
    open: options.on('open', !options.on('json')),
    json: options.on('json'),
    quiet: options.on('quiet'),
    recording: {
      hostHeader: options.oneOf('host-header', ['preserve', 'upstream'], 'preserve'),
      forwarded: options.on('forwarded'),
      linger: options.number('linger', 0, 0, LONGEST_LINGER_S),
      bodyCap: options.number('body-cap', 64) * MIB,
      masked: !options.on('capture-secrets'),
    },
    ca: readCa(options.text('ca')),
    insecure: options.on('insecure-upstream'),
    keepDays: options.number('keep-days', 7),
    keepBytes: options.number('keep-size', 1024) * MIB,
    judging: readOwnJudging(options, argv),
  }
}

function readOwnJudging(options: Parsed, argv: readonly string[]): Judging | undefined {
  const json = options.on('json')
  if (options.on('check')) {
    const judging = readJudging(options, json ? 'json' : 'text')
    if (json && judging.format !== 'json')
      throw new UsageError(`--json and --format ${judging.format} both write to standard output; leave one out`)
    return judging
  }
  // Variables that are meant for the command check do no harm here.
  const own = ownPart(argv)
  const stray = Object.keys(judgingFlags).find(name => own.some(word => word === `--${name}` || word.startsWith(`--${name}=`)))
  if (stray !== undefined)
    throw new UsageError(`--${stray} belongs to --check: add --check, or judge the recording later with seismograph check`)
  return undefined
}

/** What is ours: the rest belongs to the server's command. */
const ownPart = (argv: readonly string[]) => argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length)

function readTargets(texts: readonly string[]): Target[] {
  const targets = texts.map(readTarget)
  const names = new Set<string>()
  for (const { name } of targets) {
    if (names.has(name)) throw new UsageError(`two targets are called "${name}": name them, as in --target one=URL --target two=URL`)
    names.add(name)
  }
  return targets
}

function readTarget(text: string): Target {
  const named = /^([A-Za-z0-9][\w.-]*)=(.*)$/s.exec(text)
  const name = named?.[1] ?? 'mcp'
  const address = named?.[2] ?? text
  if (!/^https?:\/\//i.test(address))
    throw new UsageError(`--target takes an http or https URL such as http://127.0.0.1:8001/sse, not "${address}"`)
  const url = URL.parse(address)
  if (!url) throw new UsageError(`--target "${address}" is not a URL: check its host and port`)
  if (url.username || url.password)
    throw new UsageError('--target must not hold a user name or password: let the client send them in a header')
  if (url.hash) throw new UsageError(`--target "${address}" has a fragment (#…), which is never sent: leave it out`)
  return { name, url }
}

/** Listeners lie side by side from `port` on and step over the dashboard. */
function portsFor(count: number, port: number, dashboard: number): number[] {
  if (port === 0) return Array.from({ length: count }, () => 0)
  const ports: number[] = []
  for (let next = port; ports.length < count; next++) if (next !== dashboard || next === port) ports.push(next)
  if (ports[0] === dashboard) throw new UsageError(`--port and --dashboard-port are both ${dashboard}`)
  if ((ports.at(-1) ?? 0) > 65_535) throw new UsageError(`--port ${port} leaves no room for ${count} targets`)
  return ports
}

function readHost(options: Parsed): string {
  const danger = options.text('dangerously-bind')
  if (danger !== undefined) {
    if (isIP(danger) === 0) throw new UsageError(`--dangerously-bind takes an IP address of this machine, not "${danger}"`)
    return danger
  }
  const host = options.text('host') ?? '127.0.0.1'
  if (host === 'localhost') return '127.0.0.1'
  if (LOOPBACK.has(host)) return host
  throw new UsageError(
    `--host takes 127.0.0.1 or ::1, not "${host}": whoever reaches the ports can read the recording and use the server.\n` +
      `If that is what you want, say --dangerously-bind ${isIP(host) ? host : 'ADDRESS'} and name each host that clients use with --allow-host.`,
  )
}

function readServerLogs(texts: readonly string[], targets: readonly Target[]): Plan['serverLogs'] {
  return texts.map(text => {
    const [, name, path] = /^([A-Za-z0-9][\w.-]*)=(.+)$/s.exec(text) ?? []
    const target = targets.find(candidate => candidate.name === name)
    if (target && path) return { upstream: target.name, path: followable(path) }
    if (targets.length > 1) throw new UsageError(`--server-log: say whose log it is, as in --server-log ${targets[0]?.name}=${text}`)
    return { upstream: targets[0]?.name ?? 'panos', path: followable(text) }
  })
}

/** A file that is not there may come; what is no file has no end to follow from, and opening a pipe would wait for its writer. */
function followable(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found && !found.isFile())
    throw new UsageError(
      `--server-log ${path} is ${found.isDirectory() ? 'a folder' : 'no regular file'}: name the log file itself, or start the server with -- COMMAND`,
    )
  return path
}

function readCa(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  let pem: string
  try {
    pem = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--ca ${path} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new UsageError(`--ca ${path} holds no PEM certificate (-----BEGIN CERTIFICATE-----)`)
  return pem
}
