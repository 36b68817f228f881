/**
 * Starts the server that is to be watched and records its words. Promise: it is started once, never again, and ended with us, together
 * with every process that it started; its output reaches the journal and the terminal unchanged, its exit code or signal is recorded.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Journal } from './core/event.ts'
import { LineCutter } from './server-log.ts'

/** How long the server may take to end after SIGTERM. */
const PATIENCE_MS = 5000
/** How long the last words of a server that has ended may take; longer where a process that it started keeps its output open. */
const LAST_WORDS_MS = 500
/** The fate of a server that ended of its own will. */
export const ENDED_WELL = 'ended with exit code 0'

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
  const child: ChildProcess = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited(), ...env },
    // A group of its own: the terminal's Ctrl+C reaches us alone, and traffic has ended before the server does.
    detached: GROUPS,
  })
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
  const silent = new Promise<void>(resolve => child.once('close', () => resolve()))
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(fate(`could not be started: ${error.message}`)))
    child.once('exit', (code, signal) => {
      const text = signal ? `ended by signal ${signal}` : code === 0 ? ENDED_WELL : `ended with exit code ${code}`
      void within(silent, LAST_WORDS_MS).then(() => resolve(fate(text)))
    })
  })
  return {
    pid: child.pid,
    started,
    ended,
    stop: async () => {
      if (child.pid !== undefined) {
        signalAll(child, 'SIGTERM')
        // Silent: nobody holds its output any more, so all of them have ended.
        await within(silent, PATIENCE_MS)
        signalAll(child, 'SIGKILL')
      }
      await ended
      child.stdout?.destroy()
      child.stderr?.destroy()
      for (const cutter of cutters) cutter.end()
    },
  }
}

/** Our environment without what start.mjs put into it for ourselves. */
function inherited(): NodeJS.ProcessEnv {
  const { SEISMOGRAPH_COMPILED, NODE_COMPILE_CACHE, ...rest } = process.env
  return SEISMOGRAPH_COMPILED === undefined && NODE_COMPILE_CACHE !== undefined ? { ...rest, NODE_COMPILE_CACHE } : rest
}

const GROUPS = process.platform !== 'win32'

/** To the server and to every process that it started: `sh -c`, `npm run` and `uvicorn --workers` serve through others. */
function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (!GROUPS || child.pid === undefined) {
    child.kill(signal)
    return
  }
  try {
    process.kill(-child.pid, signal)
  } catch {
    // All have ended.
  }
}

async function within(settled: Promise<unknown>, ms: number): Promise<void> {
  const timer = new AbortController()
  await Promise.race([settled, sleep(ms, undefined, { signal: timer.signal }).catch(() => {})])
  timer.abort()
}
