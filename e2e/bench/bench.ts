/**
 * `npm run bench [-- --quick] [--json FILE] [--only trips,latency,idle,big,leak,million]`: what the product costs while it records, beside direct, a bare
 * node:http pipe and http-proxy-3 in the same run. Promise: goals stand beside what was measured, whatever it is; the answers are checked.
 *
 * Load and upstream on core 0, every proxy on core 1 (Linux `taskset`). CPU per trip is the figure that noise moves least.
 */
import { writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { scratch, startProduct } from '../product.ts'
import { finish, root, type StartOptions, startServer } from '../program.ts'
import { median } from './flags.ts'
import { type Figure, machine, table } from './report.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'string' }, only: { type: 'string' } } })
const quick = values.quick ?? false
const ALL = ['trips', 'latency', 'idle', 'big', 'leak', 'million'] as const
type Part = (typeof ALL)[number]
const parts = ALL.filter(part => values.only?.split(',').includes(part) ?? true)
const stranger = values.only?.split(',').find(name => !ALL.some(part => part === name))
if (stranger !== undefined) {
  console.error(`bench: no part is called ${stranger}; parts: ${ALL.join(', ')}`)
  process.exit(2)
}
const pinned = process.platform === 'linux' && cpus().length > 1
const core = (n: number): StartOptions => (pinned ? { launcher: ['taskset', '-c', String(n)] } : {})
const file = (name: string): string => join(root, 'e2e', 'bench', name)

interface Target {
  readonly name: 'direct' | 'node:http pipe' | 'http-proxy-3' | 'seismograph'
  readonly base: string
  readonly pid: number
}
interface Load {
  readonly done: number
  readonly lost: number
  readonly altered: number
  readonly failed: number
  readonly strangers: number
  readonly why: Record<string, number>
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly cpuUs: number
  readonly workerUs: number
  readonly mainUs: number
  readonly rssBytes: number
}

type Runs = Record<Target['name'], Load[]>

/** Runs a load program on core 0 and reads its one line. */
async function measure<T>(program: string, flags: Readonly<Record<string, string | number>>): Promise<T & { error?: string }> {
  const args = Object.entries(flags).flatMap(([key, value]) => [`--${key}`, String(value)])
  const { stdout, stderr, code } = await finish(process.execPath, [file(program), ...args], core(0))
  const line = stdout.trim().split('\n').at(-1)
  if (!line) throw new Error(`${program} ended with ${code}: ${stderr.trim().split('\n').slice(-3).join(' ')}`)
  return JSON.parse(line) as T & { error?: string }
}
const say = (text: string): void => void process.stderr.write(`${text}\n`)
const mega = (bytes: number): number => bytes / 1e6

const { folder, clean } = scratch()
const upstream = await startServer(process.execPath, [file('upstream.ts')], core(0))
const base = (port: number): string => `http://127.0.0.1:${port}`
const stops: (() => Promise<unknown>)[] = [() => upstream.stop('SIGKILL')]

/** A fresh process of each, so that one measurement does not inherit the heap of another. */
async function launch(name: Target['name']): Promise<Target & { stop: () => Promise<unknown> }> {
  if (name === 'direct') return { name, base: base(upstream.port), pid: 0, stop: async () => {} }
  if (name === 'seismograph') {
    const product = await startProduct(['--target', `${base(upstream.port)}/sse`, '--quiet'], join(folder, `run-${stops.length}`), core(1))
    const stop = (): Promise<unknown> => product.stop()
    stops.push(stop)
    return { name, base: new URL(product.ready.proxy).origin, pid: product.pid, stop }
  }
  const peer = name === 'http-proxy-3' ? 'peers/http-proxy-3.ts' : 'peers/node-pipe.ts'
  const program = await startServer(process.execPath, [file(peer), String(upstream.port)], core(1))
  const stop = (): Promise<unknown> => program.stop('SIGKILL')
  stops.push(stop)
  return { name, base: base(program.port), pid: program.pid, stop }
}

const NAMES: readonly Target['name'][] = ['direct', 'node:http pipe', 'http-proxy-3', 'seismograph']
const figures: Figure[] = []
const bad = (load: Load): number => load.lost + load.altered + load.failed + load.strangers

/** All targets side by side, round after round: slow drift of a noisy machine meets all of them. */
async function sideBySide(mode: 'load' | 'latency', rounds: number): Promise<Runs> {
  const size = mode === 'load' ? { sessions: 16, workers: 16 } : { sessions: 1, workers: 1 }
  const targets = await Promise.all(NAMES.map(launch))
  const run = (target: Target, seconds: number): Promise<Load> =>
    measure<Load>('load.ts', { url: `${target.base}/sse`, pid: target.pid, seconds, ...size })
  for (const target of targets) await run(target, quick ? 1 : 3)
  const out = Object.fromEntries(NAMES.map(name => [name, [] as Load[]])) as Runs
  for (let round = 1; round <= rounds; round++) {
    for (const target of targets) out[target.name].push(await run(target, 1))
    say(`${mode}: round ${round} of ${rounds}`)
  }
  await Promise.all(targets.map(target => target.stop()))
  return out
}

/** Our main thread, which forwards and records, beside http-proxy-3's: neither has the helpers of V8, which serve the inspector's thread too. */
function forwardingShare(runs: Runs, sessions: string): Figure {
  const shares = runs.seismograph.map((load, round) => load.mainUs / (runs['http-proxy-3'][round]?.mainUs ?? Number.NaN))
  return { what: `forwarding thread alone, CPU per trip ÷ http-proxy-3’s, ${sessions}`, measured: median(shares), unit: '×' }
}

async function trips(): Promise<void> {
  const runs = await sideBySide('load', quick ? 2 : 7)
  const cpu = (name: Target['name'], worker = false): number =>
    median(runs[name].map(load => (worker ? load.workerUs : load.cpuUs - load.workerUs)))
  const ratio = (whole: boolean): number =>
    median(
      runs.seismograph.map(
        (load, round) => (load.cpuUs - (whole ? 0 : load.workerUs)) / (runs['http-proxy-3'][round]?.cpuUs ?? Number.NaN),
      ),
    )
  for (const name of NAMES.slice(1)) figures.push({ what: `CPU per trip, 16 sessions: ${name}`, measured: cpu(name), unit: 'µs' })
  figures.push({ what: 'CPU per trip, the inspector’s own thread beside it', measured: cpu('seismograph', true), unit: 'µs' })
  figures.push({ what: 'CPU per trip while recording ÷ http-proxy-3', measured: ratio(false), unit: '×', goal: 1.2, than: 'at most' })
  figures.push({ what: 'the same with the inspector’s thread counted in', measured: ratio(true), unit: '×' })
  figures.push(forwardingShare(runs, '16 sessions'))
  for (const name of NAMES)
    figures.push({ what: `trips per second, 16 sessions: ${name}`, measured: median(runs[name].map(load => load.perSecond)), unit: '/s' })
  figures.push({
    what: 'lost, altered or failed in these trips, all targets',
    measured: Object.values(runs)
      .flat()
      .reduce((sum, load) => sum + bad(load), 0),
    unit: '',
    goal: 0,
    than: 'at most',
  })
}

async function latency(): Promise<void> {
  const runs = await sideBySide('latency', quick ? 2 : 7)
  figures.push(forwardingShare(runs, 'one session'))
  const added = (name: Target['name'], key: 'p50' | 'p99'): number =>
    median(runs[name].map((load, round) => load[key] - (runs.direct[round]?.[key] ?? Number.NaN)))
  for (const name of NAMES.slice(1)) {
    const ours = name === 'seismograph' ? ({ goal: 0.25, than: 'at most' } as const) : {}
    figures.push({ what: `added latency p50, one session: ${name}`, measured: added(name, 'p50'), unit: 'ms', ...ours })
    figures.push({ what: `added latency p99, one session: ${name}`, measured: added(name, 'p99'), unit: 'ms' })
  }
}

async function idle(): Promise<void> {
  const streams = Math.min(quick ? 1000 : 9900, Math.floor((machine.descriptors - 400) / 2))
  if (!quick && streams < 9900)
    say(
      `Only ${streams} idle streams: this shell allows ${machine.descriptors} open files (ulimit -n); a proxy needs two per stream and some to spare.`,
    )
  for (const name of ['http-proxy-3', 'seismograph'] as const) {
    const target = await launch(name)
    const got = await measure<{ open: number; failed: number; asked: number; alive: number; bytesPerStream: number; why: object }>(
      'idle.ts',
      { url: `${target.base}/sse`, pid: target.pid, streams },
    )
    say(`idle: ${name} ${JSON.stringify(got)}`)
    if (got.error) throw new Error(`${name}: ${got.error}`)
    const ours = name === 'seismograph' && !quick ? ({ goal: 50, than: 'at most' } as const) : {}
    figures.push({ what: `memory per idle stream, ${got.open} open: ${name}`, measured: got.bytesPerStream / 1024, unit: 'KB', ...ours })
    if (name === 'seismograph')
      figures.push({
        what: `of ${got.asked} idle streams asked, dead`,
        measured: got.asked - got.alive + got.failed,
        unit: '',
        goal: 0,
        than: 'at most',
      })
    await target.stop()
  }
}

async function big(): Promise<void> {
  const megabytes = quick ? 20 : 100
  for (const name of NAMES) {
    const target = await launch(name)
    const got = await measure<{
      right: boolean
      megabytesPerSecond: number
      grownBytes: number
      cpuMsPerMegabyte: number
      partBeforePause: number
      stalledGrownBytes: number
    }>('big.ts', { url: `${target.base}/sse`, pid: target.pid, megabytes, repeat: quick ? 1 : 3 })
    await target.stop()
    if (got.error) throw new Error(`big: ${name}: ${got.error}`)
    const ours = name === 'seismograph'
    figures.push({
      what: `event of ${megabytes} MB: ${name}`,
      measured: got.megabytesPerSecond,
      unit: 'MB/s',
      ...(ours ? { goal: 250, than: 'at least' } : {}),
    })
    if (name === 'direct') continue
    figures.push({
      what: `event of ${megabytes} MB, memory growth: ${name}`,
      measured: mega(got.grownBytes),
      unit: 'MB',
      ...(ours ? { goal: 48, than: 'at most' } : {}),
    })
    figures.push({
      what: `the same with a reader that stands still 2 s: ${name}`,
      measured: mega(got.stalledGrownBytes),
      unit: 'MB',
      ...(ours ? { goal: 16, than: 'at most' } : {}),
    })
    if (!ours) continue
    figures.push({
      what: 'part handed on when the server paused at half',
      measured: got.partBeforePause * 100,
      unit: '%',
      goal: 45,
      than: 'at least',
    })
    figures.push({ what: 'texts that arrived altered', measured: got.right ? 0 : 1, unit: '', goal: 0, than: 'at most' })
  }
}

async function leak(): Promise<void> {
  const target = await launch('seismograph')
  for (const how of ['close', 'reset']) {
    const got = await measure<{ opened: number; during: number; left: number }>('leak.ts', {
      url: `${target.base}/sse`,
      upstream: base(upstream.port),
      how,
    })
    figures.push({
      what: `of ${got.during} upstream streams, left after the clients’ ${how}`,
      measured: got.left,
      unit: '',
      goal: 0,
      than: 'at most',
    })
  }
  await target.stop()
}

async function million(): Promise<void> {
  const count = quick ? 20_000 : 1_000_000
  const target = await launch('seismograph')
  const got = await measure<Load>('load.ts', { url: `${target.base}/sse`, pid: target.pid, trips: count, limit: 900 })
  say(`million: ${JSON.stringify(got)}`)
  await target.stop()
  figures.push({
    what: `of ${got.done} trips, lost or altered`,
    measured: bad(got) + (count - got.done - bad(got) > 0 ? count - got.done : 0),
    unit: '',
    goal: 0,
    than: 'at most',
  })
  figures.push({ what: 'memory of the product after them', measured: mega(got.rssBytes), unit: 'MB' })
}

const PARTS: Readonly<Record<Part, () => Promise<void>>> = { trips, latency, idle, big, leak, million }
let failed = false
try {
  console.log(machine.text + (pinned ? ', load on core 0, proxies on core 1' : ', not pinned'))
  for (const part of parts) {
    say(`── ${part} ──`)
    try {
      await PARTS[part]()
    } catch (error) {
      failed = true
      say(`${part} could not be measured: ${(error as Error).message}`)
    }
  }
} finally {
  for (const stop of stops) await stop()
  clean()
}
console.log(table(figures))
if (quick) console.log('Quick: too short and too cold to judge the goals by.')
if (values.json)
  writeFileSync(
    values.json,
    JSON.stringify({ machine: machine.text, release: release(), memoryBytes: totalmem(), quick, figures }, null, 1),
  )
process.exit(failed ? 1 : 0)
