/**
 * Starts the server that is to be watched and records its words. Promise: it is started once, never again, and ended with us;
 * its output reaches the journal and the terminal unchanged, its exit code or signal is recorded.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Journal } from './core/event.ts'
import { LineCutter } from './server-log.ts'

/** How long the server may take to end after SIGTERM. */
const PATIENCE_MS = 5000

export interface ServerProcess {
  readonly pid: number | undefined
  /** Rejects with an Error when the program cannot be started. */
  readonly started: Promise<void>
  /** Resolves when it has ended, with its fate in words ("exit code 1", "signal SIGKILL", "could not be started: …"). */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

export function startServer(
  command: readonly string[],
  journal: Journal,
  upstream: string,
  echo: (text: Uint8Array) => void,
  env: Readonly<Record<string, string>> = {},
): ServerProcess {
  const [program = '', ...args] = command
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const cutters = (['stdout', 'stderr'] as const).map(source => {
    const cutter = new LineCutter(text => journal.append({ kind: 'log', upstream, source, text }))
    child[source]?.on('data', (bytes: Buffer) => {
      cutter.push(bytes)
      echo(bytes)
    })
    return cutter
  })
  const fate = (text: string): string => {
    for (const cutter of cutters) cutter.end()
    journal.append({ kind: 'log', upstream, source: 'process', text })
    return text
  }
  journal.append({ kind: 'log', upstream, source: 'process', text: `started: ${command.join(' ')} (pid ${child.pid ?? 'none'})` })
  const started = new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  started.catch(() => {})
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(fate(`could not be started: ${error.message}`)))
    child.once('close', (code, signal) => resolve(fate(signal ? `ended by signal ${signal}` : `ended with exit code ${code}`)))
  })
  return {
    pid: child.pid,
    started,
    ended,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const impatient = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      await ended
      clearTimeout(impatient)
    },
  }
}
