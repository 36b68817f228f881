/** A run as a function in the test's own process. For tests: ports are free ones, no browser opens, and standard output is read line by line. */
import { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { command } from './run.ts'

export interface StartedRun {
  /** The next line of standard output. Rejects when the run ends without one. */
  next<T>(): Promise<T>
  /** What standard error holds so far. */
  words(): string
  interrupt(): void
  /** The exit code. Rejects with the command's error. */
  readonly ended: Promise<number>
}

class Lines extends Writable {
  readonly #taken: string[] = []
  readonly #waiting: ((line: string) => void)[] = []
  override _write(chunk: Buffer, _: string, done: () => void): void {
    for (const line of String(chunk).trim().split('\n')) {
      const wake = this.#waiting.shift()
      if (wake) wake(line)
      else this.#taken.push(line)
    }
    done()
  }
  async next(): Promise<string> {
    return this.#taken.shift() ?? new Promise(resolve => this.#waiting.push(resolve))
  }
}

/** Starts `seismograph --json ARGS`, and ends it with the test. Ports that are named in `args` win. */
export function startRun(args: readonly string[], data: string): StartedRun {
  const stdout = new Lines()
  let words = ''
  const stderr = new Writable({
    write: (chunk, _encoding, done) => {
      words += String(chunk)
      done()
    },
  })
  const controller = new AbortController()
  const own = ['--port', '0', '--dashboard-port', '0', '--no-open', '--json', '--data', data]
  const ended = command.run([...own, ...args], { env: { HOME: data }, stdout, stderr, signal: controller.signal })
  const interrupt = () => controller.abort('SIGINT')
  onTestFinished(async () => {
    interrupt()
    await ended.catch(() => {})
  })
  return {
    next: async <T>() => {
      const early = ended.then(code => {
        throw new Error(`the run ended with ${code} before that: ${words}`)
      })
      return JSON.parse(await Promise.race([stdout.next(), early])) as T
    },
    words: () => words,
    interrupt,
    ended,
  }
}
