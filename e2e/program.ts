/**
 * Programs that tests start: servers, clients, the product. Promise: each says in JSON on its first line when it is ready,
 * its output is kept for the failure message, and none outlives the test process.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}
export interface Program {
  readonly pid: number
  readonly child: ChildProcess
  /** All output so far. */
  stdout(): string
  stderr(): string
  readonly ended: Promise<Ended>
  /** Sends SIGTERM (or `signal`), after 15 s SIGKILL. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}
export interface StartOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Where standard error goes instead: an open file. */
  readonly stderrFd?: number
  /** What starts the program: `['taskset', '-c', '1']` pins it to a core. It has to become the program, so that the process id stays true. */
  readonly launcher?: readonly string[]
}

const alive = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Settings of whoever runs the tests must not reach the product under test. */
function cleanEnv(more: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(SEISMOGRAPH_|PANOS_|NODE_OPTIONS$|VITEST|NODE_CHANNEL_)/.test(name))
  return { ...Object.fromEntries(own), ...more }
}

export function start(command: string, args: readonly string[], options: StartOptions = {}): Program {
  const [program = command, ...before] = [...(options.launcher ?? []), command]
  const child = spawn(program, [...before, ...args], {
    cwd: options.cwd ?? root,
    env: cleanEnv(options.env),
    stdio: ['ignore', 'pipe', options.stderrFd ?? 'pipe'],
  })
  alive.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = new Promise<Ended>(resolve => {
    child.on('error', error => {
      stderr += `${error.message}\n`
      alive.delete(child)
      resolve({ code: 127, signal: null })
    })
    child.on('close', (code, signal) => {
      alive.delete(child)
      resolve({ code, signal })
    })
  })
  return {
    pid: child.pid ?? 0,
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
      const how = await ended
      clearTimeout(timer)
      return how
    },
  }
}

/** The JSON of the first line on standard output. Rejects with the program's own words when it ends, or stays silent, before that. */
export async function firstLine<T>(program: Program, limitMs = 60_000): Promise<T> {
  const text = await new Promise<string>((resolve, reject) => {
    const words = () => `${program.stdout()}\n${program.stderr()}`.trim() || 'it said nothing'
    const timer = setTimeout(() => finish(new Error(`not ready after ${limitMs} ms: ${words()}`)), limitMs)
    const look = (): void => {
      const end = program.stdout().indexOf('\n')
      if (end >= 0) finish(program.stdout().slice(0, end))
    }
    const finish = (result: string | Error): void => {
      clearTimeout(timer)
      program.child.stdout?.off('data', look)
      if (typeof result === 'string') resolve(result)
      else reject(result)
    }
    program.child.stdout?.on('data', look)
    program.ended.then(({ code, signal }) => finish(new Error(`ended with ${signal ?? code} before it was ready: ${words()}`)))
    look()
  })
  return JSON.parse(text) as T
}

/** A server of ours in e2e, once it listens. */
export async function startServer(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Program & { port: number }> {
  const program = start(command, args, options)
  const { port } = await firstLine<{ port: number }>(program)
  return { ...program, port }
}

/** Runs a program to its end and returns what it said. */
export async function finish(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Ended & { stdout: string; stderr: string }> {
  const program = start(command, args, options)
  const ended = await program.ended
  return { ...ended, stdout: program.stdout(), stderr: program.stderr() }
}

/** Looks until `look` finds something; rejects with `what` after `limitMs`. A safety net, not a measurement. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>, limitMs = 30_000): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
