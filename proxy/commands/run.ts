/**
 * `seismograph`: records an MCP server and shows it live. Promise: whatever was opened is closed in reverse order, also when a later
 * step fails, and the recording is whole when the command ends.
 */
import { resolve } from 'node:path'
import type { Endpoint, Journal, Upstream } from '../core/event.ts'
import { OWN_PORT } from '../forward/trouble.ts'
import { createForwarder } from '../forward.ts'
import { type Inspector, startInspector } from '../inspector/inspector.ts'
import { createRecording, type Recording } from '../journal/recording.ts'
import { defaultDataDir } from '../journal/store.ts'
import { pageFolder, version } from '../product.ts'
import { LogFollower } from '../server-log.ts'
import { startServer } from '../server-process.ts'
import { announce, farewell } from './announce.ts'
import { awaitServer, PATIENCE_MS } from './await-server.ts'
import { openBrowser } from './browser.ts'
import { startBundled } from './bundled.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { createDemo } from './demo.ts'
import { exitCodeOf, judgeSource, tellFailures } from './judging.ts'
import { LateJournal } from './late-journal.ts'
import { listening, untilInterrupted } from './listening.ts'
import { type Plan, readPlan, type Target } from './plan.ts'
import { probe } from './probe.ts'
import { reportAs } from './report-forms.ts'
import { reportJson } from './report-json.ts'
import { runHelp } from './run-help.ts'
import { serverEnvironment, withServerPort } from './server-port.ts'
import { plain } from './words.ts'

/** How long calls that are under way may go on after an interruption. */
const DRAIN_MS = 3000
/** Exit code where the target cannot be reached and never will. */
const UNREACHABLE = 3
/** How long after an interruption the disk, and then the inspector, are waited for; the inspector for a moment at least. */
const END_MS = 6000
const MOMENT_MS = 1000

/** What was opened, closed last first; what was closed is not closed again. */
class Closers {
  readonly #closers: (() => unknown)[] = []
  add(close: () => unknown): void {
    this.#closers.push(close)
  }
  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}

/**
 * Closed in this order: how the traffic ended is a part of the recording, and so are the server's last words; and only a recording
 * that has ended can be summed up.
 */
interface Opened {
  readonly traffic: Closers
  readonly recorded: Closers
  readonly rest: Closers
  /** Milliseconds that are left of the end; its time runs from the first call. */
  left(): number
}

function nothingOpened(): Opened {
  let until: number | undefined
  const left = () => {
    until ??= performance.now() + END_MS
    return Math.max(0, until - performance.now())
  }
  return { traffic: new Closers(), recorded: new Closers(), rest: new Closers(), left }
}

async function closeAll({ traffic, recorded, rest }: Opened): Promise<void> {
  await traffic.closeAll()
  await recorded.closeAll()
  await rest.closeAll()
}

/** A listener that cannot be opened is the user's to solve; the message says how. */
async function opening<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const isOwn = (error as NodeJS.ErrnoException).code === OWN_PORT
    throw new UsageError(isOwn ? `${message} Name the server's own port in --target, or move ours: --port, --dashboard-port` : message)
  }
}

/** `own`: ports of this run, which no target may lead to; those that are opened here join them. */
async function listen(
  plan: Plan,
  targets: readonly Target[],
  journal: Journal,
  own: Endpoint[],
  { traffic }: Opened,
): Promise<readonly Upstream[]> {
  const forwarders = targets.map(({ name, url }) =>
    createForwarder(journal, {
      name,
      target: url,
      hostHeader: plan.recording.hostHeader,
      forwarded: plan.recording.forwarded,
      lingerMs: plan.recording.linger * 1000,
      bodyCap: plan.recording.bodyCap,
      ...(plan.ca !== undefined && { ca: plan.ca }),
      insecure: plan.insecure,
      allowHosts: plan.allowHosts,
      ownPorts: () => own,
    }),
  )
  traffic.add(() => Promise.all(forwarders.map(forwarder => forwarder.drain(DRAIN_MS))))
  // All at once: a name that takes its time to resolve holds up no other.
  const endpoints = await Promise.all(
    forwarders.map((forwarder, index) => opening(() => forwarder.listen(plan.ports[index] ?? 0, plan.host))),
  )
  own.push(...endpoints)
  return targets.map(({ name, url }, index) => ({
    name,
    url: url.href,
    listen: endpoints[index] ?? { address: plan.host, port: 0 },
  }))
}

async function bundledTarget(
  plan: Plan,
  io: CommandIo,
  journal: Journal,
  { rest }: Opened,
): Promise<{ simulated: boolean; target: Target }> {
  const log = (text: string) => void journal.append({ kind: 'log', upstream: 'panos', source: 'stderr', text })
  const onExit = (reason: string) => {
    log(`ended: ${reason}`)
    io.stderr.write(`seismograph: the bundled server ended: ${reason}\n`)
  }
  const bundled = await listening(plan.serverPort, '127.0.0.1', port => startBundled({ port, env: io.env, log, onExit }), '--server-port')
  rest.add(() => bundled.close())
  return { simulated: bundled.simulator !== undefined, target: { name: 'panos', url: new URL('/sse', bundled.url) } }
}

/** The server's own words: its log files, and its process if we start it, once that listens. */
async function listenToServer(plan: Plan, io: CommandIo, recording: Recording, { recorded }: Opened): Promise<void> {
  for (const { upstream, path } of plan.serverLogs) {
    const follower = new LogFollower(path, text => recording.append({ kind: 'log', upstream, source: 'file', text }))
    recorded.add(() => follower.stop())
  }
  const [target] = plan.targets
  if (plan.command.length === 0 || !target) return
  const server = startServer(plan.command, recording, target.name, bytes => plan.quiet || io.stderr.write(bytes), serverEnvironment(plan))
  recorded.add(() => server.stop())
  await server.started.catch((error: Error) => {
    throw new UsageError(`-- ${plan.command[0]}: the server could not be started: ${error.message}`)
  })
  const wait = await awaitServer(target.url, server.ended, io.signal)
  if (wait.outcome === 'failed')
    throw new UsageError(
      `the server ${wait.fate} before it listened at ${target.url.origin}${plan.quiet ? '' : '; its own words stand above'}`,
      UNREACHABLE,
    )
  if (wait.outcome === 'late')
    io.stderr.write(
      `seismograph: the server has been started and does not listen at ${target.url.origin} after ${PATIENCE_MS / 1000} s. Is it told that port?\n`,
    )
  void server.ended.then(fate => io.signal.aborted || io.stderr.write(`seismograph: the server ${fate}; recording goes on\n`))
}

const dataDir = (plan: Plan, io: CommandIo): string => resolve(plan.data ?? defaultDataDir(io.env))

function record(plan: Plan, io: CommandIo, upstreams: readonly Upstream[], onTrouble: (words: string | undefined) => void): Recording {
  try {
    return createRecording(dataDir(plan, io), {
      upstreams,
      options: plan.recording,
      product: `mcp-seismograph ${version()}`,
      retention: { maxAgeMs: plan.keepDays * 86_400_000, maxBytes: plan.keepBytes },
      onTrouble,
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function inspect(plan: Plan, io: CommandIo, recording: Recording): Promise<Inspector> {
  return opening(() =>
    startInspector({
      recordings: [{ dir: recording.dir, live: true }],
      host: plan.host,
      port: plan.dashboardPort,
      uiDir: pageFolder(),
      product: `mcp-seismograph ${version()}`,
      allowHosts: plan.allowHosts,
      onCrash: message => io.stderr.write(`seismograph: the inspector fell and is started again: ${plain(message)}\n`),
    }),
  )
}

async function start(plan: Plan, io: CommandIo, opened: Opened): Promise<{ recording: Recording; inspector: Inspector }> {
  const journal = new LateJournal()
  const bundled = plan.targets.length === 0 ? await bundledTarget(plan, io, journal, opened) : undefined
  const targets = bundled ? [bundled.target] : plan.targets
  const own: Endpoint[] = plan.dashboardPort === 0 ? [] : [{ address: plan.host, port: plan.dashboardPort }]
  const upstreams = await listen(plan, targets, journal, own, opened)
  let inspector: Inspector | undefined
  const recording = record(plan, io, upstreams, words => {
    io.stderr.write(words === undefined ? 'seismograph: recording works again\n' : `seismograph: ${words}\n`)
    inspector?.setTrouble(words)
  })
  journal.begin(recording)
  opened.recorded.add(async () => {
    await recording.settle(opened.left() / 2)
    recording.close()
  })
  inspector = await inspect(plan, io, recording)
  const running = inspector
  if (plan.dashboardPort === 0) own.push({ address: plan.host, port: running.port })
  opened.rest.add(() => running.close())
  await listenToServer(plan, io, recording, opened)
  const [target] = targets
  if (target) running.onProbe(() => probe({ target: target.url, ca: plan.ca, insecure: plan.insecure }))
  running.onDemo(createDemo(recording, error => error && io.stderr.write(`seismograph: the demonstration failed: ${error.message}\n`)))
  announce({
    plan,
    io,
    upstreams,
    dashboard: running.url,
    data: dataDir(plan, io),
    recording,
    simulated: bundled?.simulated === true,
  })
  if (plan.targets.length > 0 && plan.command.length === 0) void warnUnreachable(plan, io)
  return { recording, inspector: running }
}

/** A target that does not answer yet is no error: it may be started later. */
async function warnUnreachable(plan: Plan, io: CommandIo): Promise<void> {
  for (const { url } of plan.targets) {
    const answer = await probe({ target: url, ca: plan.ca, insecure: plan.insecure })
    if (!answer.reached)
      io.stderr.write(
        `seismograph: ${url.origin} does not answer yet (${plain(answer.error ?? '')}). Requests get a 502 that says so until it does.\n`,
      )
  }
}

/** With --check the findings decide the exit code, whichever signal ended the run. */
async function judgeRun({ judging, json }: Plan, io: CommandIo, { dir }: Recording): Promise<number> {
  if (!judging) return 0
  const report = await judgeSource({ kind: 'recording', dir }, judging)
  tellFailures(report, io)
  io.stdout.write(json ? `${JSON.stringify({ event: 'check', ...reportJson(report) })}\n` : reportAs(judging.format, report))
  return exitCodeOf(report)
}

export const command: Command = {
  name: 'run',
  summary: 'records an MCP server and shows it live',
  help: runHelp,
  async run(argv, io) {
    const plan = await withServerPort(readPlan(argv, io))
    const opened = nothingOpened()
    try {
      const { recording, inspector } = await start(plan, io, opened)
      if (plan.open) openBrowser(inspector.url, io.env)
      await untilInterrupted(io.signal)
      // The time of the end runs from here.
      opened.left()
      if (!plan.quiet) io.stderr.write(`\nEnding; calls under way have ${DRAIN_MS / 1000} s. Again to end at once.\n`)
      await opened.traffic.closeAll()
      await opened.recorded.closeAll()
      const summary = await inspector.summary(Math.max(MOMENT_MS, opened.left()))
      await closeAll(opened)
      farewell({ plan, io, recording, summary })
      if (plan.judging) return judgeRun(plan, io, recording)
      return io.signal.reason === 'SIGINT' ? 130 : 0
    } catch (error) {
      await closeAll(opened)
      throw error
    }
  },
}
