/**
 * Turns log lines into rows. Promise: every line with text is in exactly one row, and a traceback (Python's, with its chains and
 * exception groups, or a Node stack) is one row that bears the exception's name.
 */
import { accessLineOf, statedTimeOf } from './access-line.ts'
import type { LogEvent } from './event.ts'
import type { LogLine } from './model.ts'
import type { Grown, World } from './state.ts'

/** Lines of one traceback follow each other closely (ms). */
const JOIN_SPAN = 2_000
const TEXT_LIMIT = 64 * 1024
const LINE_LIMIT = 5_000

type Kind = 'python' | 'group' | 'node'
interface Block {
  row: Grown<LogLine>
  kind: Kind
  /** The line that names the exception has come: only a chained traceback continues it. */
  named: boolean
  /** Blank lines that belong to it only if something follows. */
  blanks: number
  at: number
}

const PYTHON = /^Traceback \(most recent call last\):/
const GROUP = /^\s*\+ Exception Group Traceback/
const CHAIN = /^(During handling of the above exception|The above exception was the direct cause)/
const NAMED = /^(?:Uncaught )?((?:[\w$]+\.)*[A-Z][\w$]*)(?:: .*|)$/
const NODE = /^(?:Uncaught )?(?:[\w$.]+ )?\[?([A-Z][\w$]*(?:Error|Exception))\b.*/
const STACK = /^\s+at /
/** The words of proxy/server-process.ts. */
const FATE = /^(ended (by signal|with exit code)|could not be started)\b/

export class LogFold {
  readonly #world: World
  readonly #blocks = new Map<string, Block>()
  /** Newest rows per upstream, for rules. */
  readonly #recent = new Map<string, Grown<LogLine>[]>()
  readonly #fates = new Map<string, Grown<LogLine>>()

  constructor(world: World) {
    this.#world = world
  }

  /** Returns whether the row that the line belongs to is an error. */
  push(event: LogEvent): boolean {
    const key = `${event.upstream}\n${event.source}`
    const block = this.#blocks.get(key)
    if (block && this.#continues(block, event)) return block.row.level === 'error'
    this.#blocks.delete(key)
    const row = this.#row(event)
    const kind: Kind | undefined = GROUP.test(event.text)
      ? 'group'
      : PYTHON.test(event.text)
        ? 'python'
        : NODE.test(event.text)
          ? 'node'
          : undefined
    if (kind) {
      if (kind !== 'node') row.level = 'error'
      this.#blocks.set(key, { row, kind, named: false, blanks: 0, at: event.at })
    }
    return row.level === 'error'
  }

  /** Rows of an upstream between two times, oldest first; at most the newest 2,000 are remembered. */
  between(upstream: string, from: number, to: number): Grown<LogLine>[] {
    return (this.#recent.get(upstream) ?? []).filter(row => row.at >= from && row.at <= to)
  }

  /** How the process of an upstream ended, or that it could not be started; undefined while it runs, or where it is not ours. */
  fateOf(upstream: string): Grown<LogLine> | undefined {
    return this.#fates.get(upstream)
  }

  #row(event: LogEvent): Grown<LogLine> {
    const text = this.#world.mask(event.text.slice(0, TEXT_LIMIT))
    const row: Grown<LogLine> = {
      t: 'log',
      id: this.#world.nextId(),
      upstream: event.upstream,
      at: event.at,
      seq: event.seq,
      source: event.source,
      level: levelOf(event),
      lines: 1,
      text,
      ...this.#wireOf(event),
    }
    const list = this.#recent.get(event.upstream) ?? []
    list.push(row)
    if (list.length > 2_500) list.splice(0, 500)
    this.#recent.set(event.upstream, list)
    if (event.source === 'process' && FATE.test(text)) this.#fates.set(event.upstream, row)
    this.#world.logs.add(row)
    return row
  }

  /** What the line says of the wire. */
  #wireOf({ text, upstream, at }: LogEvent): Pick<LogLine, 'exchange' | 'statedAt'> {
    const { access, startedAt } = this.#world
    const line = accessLineOf(text)
    const exchange = line && access.match(upstream, line, at)
    const stated = startedAt === undefined ? undefined : statedTimeOf(text, startedAt + at)
    return {
      ...(exchange !== undefined && { exchange }),
      ...(stated !== undefined && startedAt !== undefined && { statedAt: stated - startedAt }),
    }
  }

  #continues(block: Block, event: LogEvent): boolean {
    if (event.at - block.at > JOIN_SPAN || block.row.lines >= LINE_LIMIT) return false
    const { text } = event
    if (block.kind === 'node') {
      if (!STACK.test(text) && !(block.row.lines > 1 && /^(\s+\S|\})/.test(text))) return false
      if (block.row.lines === 1) {
        block.row.level = 'error'
        block.row.exception = NODE.exec(block.row.text)?.[1] ?? 'Error'
      }
      return this.#append(block, event)
    }
    if (text.trim() === '') {
      block.blanks++
      block.at = event.at
      return true
    }
    if (block.named && !CHAIN.test(text) && !(block.blanks > 0 && (PYTHON.test(text) || GROUP.test(text)))) {
      // A group's lines go on, indented and barred, after each exception in it.
      if (block.kind !== 'group' || !/^\s+[|+]/.test(text)) return false
    }
    if (/^\s/.test(text)) {
      const inGroup = block.kind === 'group' ? /^\s+\|\s?(\S.*)$/.exec(text)?.[1] : undefined
      if (inGroup) this.#name(block, inGroup)
    } else if (CHAIN.test(text) || PYTHON.test(text)) block.named = false
    else if (!this.#name(block, text)) return false
    return this.#append(block, event)
  }

  /** The last name wins: in a chain the newest exception, in a group the one inside. */
  #name(block: Block, text: string): boolean {
    const name = NAMED.exec(text)?.[1]?.split('.').at(-1)
    if (name === undefined) return false
    if (!/Group$/.test(name) || block.row.exception === undefined) block.row.exception = name
    block.named = true
    return true
  }

  #append(block: Block, event: LogEvent): boolean {
    const { row } = block
    row.lines += block.blanks + 1
    if (row.text.length < TEXT_LIMIT)
      row.text += `${'\n'.repeat(block.blanks + 1)}${this.#world.mask(event.text)}`.slice(0, TEXT_LIMIT - row.text.length)
    block.blanks = 0
    block.at = event.at
    this.#world.logs.add(row)
    return true
  }
}

function levelOf({ text, source }: LogEvent): LogLine['level'] {
  if (/\b(ERROR|CRITICAL|FATAL)\b|^\W*error\b|\bTraceback\b|^[\w.]*(Error|Exception)\b/.test(text)) return 'error'
  if (source === 'process' && /\b(code|status) [1-9]|\bSIG[A-Z]+|\bcrash/.test(text)) return 'error'
  return /\bWARN(ING)?\b/i.test(text) ? 'warning' : 'info'
}
