/**
 * What a command is, and how it meets the world. Promise: a command touches the process only through its CommandIo,
 * so a test can run it as a function; it returns its exit code and never calls process.exit.
 *
 * Exit codes: 0 fine, 1 findings at or above --fail-on, 2 usage or configuration, 3 target unreachable, 130 interrupted.
 */
import type { Readable, Writable } from 'node:stream'

export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>
  /** For commands that speak a protocol over it; the process's own when absent. */
  readonly stdin?: Readable
  /** For machines: results, `--json` lines. */
  readonly stdout: Writable
  /** For people: everything else. */
  readonly stderr: Writable
  /** Aborted by SIGINT or SIGTERM; `reason` is the signal's name. */
  readonly signal: AbortSignal
}

export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** The whole help text, with examples. */
  readonly help: string
  /** Resolves with the exit code. Throws UsageError for what the user got wrong. */
  run(argv: readonly string[], io: CommandIo): Promise<number>
}

/** What the user got wrong: printed as it is, without a stack, and the command ends with `exitCode`. */
export class UsageError extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode = 2) {
    super(message)
    this.name = 'UsageError'
    this.exitCode = exitCode
  }
}
