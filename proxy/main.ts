#!/usr/bin/env node
/**
 * The command line: finds the command, hands it the process as a CommandIo, ends with its exit code.
 * Promise: whatever goes wrong is one clear message on standard error; only a defect of ours shows a stack.
 */
import type { Command, CommandIo } from './commands/command.ts'
import { UsageError } from './commands/command.ts'
import { plainLines } from './commands/words.ts'
import { didYouMean } from './core/did-you-mean.ts'
import { nodeTrouble, version } from './product.ts'

/** Loaded one at a time, so that `--help` does not wait for what `run` needs. */
const commands: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  run: () => import('./commands/run.ts'),
  open: () => import('./commands/open.ts'),
  sessions: () => import('./commands/sessions.ts'),
  export: () => import('./commands/export.ts'),
  check: () => import('./commands/check.ts'),
  scenario: () => import('./commands/scenario.ts'),
  panos: () => import('./commands/panos.ts'),
  simulator: () => import('./commands/simulator.ts'),
}

async function overview(): Promise<string> {
  const loaded = await Promise.all(Object.values(commands).map(load => load()))
  const lines = loaded
    .filter(({ command }) => command.name !== 'run')
    .map(({ command }) => `  ${command.name.padEnd(12)}${command.summary}`)
  return `${lines.join('\n')}\n\nseismograph COMMAND --help tells more about each.\n`
}

/** One AbortSignal for SIGINT and SIGTERM. A second signal, once the first had time to work, ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  let first = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (first > 0 && performance.now() - first > 300) process.exit(130)
      first ||= performance.now()
      controller.abort(name)
    })
  // Started by start.mjs: when that is killed, nobody is left to end us.
  process.once('disconnect', () => controller.abort('SIGTERM'))
  return controller.signal
}

/**
 * Traffic goes on whatever becomes of our words: a terminal that hung up (EIO), a full disk behind `>` (ENOSPC). A reader that went away
 * (`| head`) is no fault at all; results that could not be written are one, and decide the exit code. Returns what kept them from it.
 */
function tolerateLostOutput(): () => string | undefined {
  let lost: string | undefined
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && !process.stdout.isTTY) lost ??= error.message
  })
  return () => lost
}

async function main(given: readonly string[]): Promise<number> {
  // `help` and `help COMMAND`, as other tools have it.
  const argv = given[0] === 'help' ? [...given.slice(1, 2), '--help'] : given
  const io: CommandIo = { env: process.env, stdout: process.stdout, stderr: process.stderr, signal: interruption() }
  const [first = ''] = argv
  if (first === '--version' || first === '-v') {
    io.stdout.write(`${version()}\n`)
    return 0
  }
  const tooOld = nodeTrouble(process.versions.node)
  if (tooOld !== undefined) throw new UsageError(tooOld)
  const named = first !== 'run' && Object.hasOwn(commands, first)
  if (first !== '' && !first.startsWith('-') && !named) {
    const names = Object.keys(commands).filter(name => name !== 'run')
    const target = first.includes('://') ? first : 'URL'
    throw new UsageError(
      `there is no command "${first}".${didYouMean(first, names)} Commands: ${names.join(', ')}. A server to watch is given as --target ${target}.`,
    )
  }
  const load = commands[named ? first : 'run']
  if (!load) throw new Error('unreachable')
  const { command } = await load()
  const rest = named ? argv.slice(1) : argv
  const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
  if (own.includes('--help') || own.includes('-h')) {
    io.stdout.write(named ? command.help : `${command.help}\nCommands:\n${await overview()}`)
    return 0
  }
  return command.run(rest, io)
}

const lostOutput = tolerateLostOutput()
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`seismograph: ${plainLines(error.message)}\n`)
    process.exitCode = error.exitCode
  } else {
    process.stderr.write(`seismograph: ${plainLines(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`)
    process.exitCode = 2
  }
}
// Commands close what they opened; nothing left behind (a socket in a library's pool) may hold a finished command.
await new Promise(done => process.stdout.write('', done))
const lost = lostOutput()
if (lost !== undefined && process.exitCode !== 2) {
  process.stderr.write(`seismograph: standard output cannot be written: ${lost}\n`)
  process.exitCode = 2
}
process.exit(process.exitCode)
