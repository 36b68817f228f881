/**
 * A table of verdicts in Markdown, which is read by people and by the test that holds it true. Promise: a cell is what the rules said of
 * one recording and what the server's own log named, nothing else; `UPDATE=1` rewrites the rows that were played.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { loadRecording } from '../../proxy/inspector/load.ts'

/** The name of an exception at the end of a traceback, also inside a group. */
const EXCEPTION = /^(?:\s*\|\s*)*((?:\w+\.)*[A-Z]\w*(?:Error|Exception))\b/

/** `rule, (note); log: Exception`. @param dir folder of the recording @param lines the server's log */
export async function cellOf(dir: string, lines: readonly string[]): Promise<string> {
  const { findings, failures } = await loadRecording({ kind: 'recording', dir })
  if (failures[0]) throw new Error(`the rule ${failures[0].rule} failed: ${failures[0].error}`)
  const rules = (isNote: boolean) =>
    [...new Set(findings.filter(({ severity }) => (severity === 'info') === isNote).map(({ rule }) => rule))].sort()
  const loud = rules(false)
  const notes = rules(true).filter(rule => !loud.includes(rule))
  const exceptions = new Set(lines.flatMap(line => EXCEPTION.exec(line)?.[1]?.split('.').at(-1) ?? []))
  const said = [...loud, ...notes.map(rule => `(${rule})`)].join(', ') || '–'
  return exceptions.size > 0 ? `${said}; log: ${[...exceptions].sort().join(', ')}` : said
}

export type Cells = ReadonlyMap<string, string>

export class VerdictTable {
  readonly #page: string
  readonly #introduction: string
  readonly #corner: string
  readonly #columns: readonly string[]
  readonly #rows: readonly string[]
  readonly #seen = new Map<string, Cells>()

  constructor(page: string, table: { introduction: string; corner: string; columns: readonly string[]; rows: readonly string[] }) {
    this.#page = page
    this.#introduction = table.introduction
    this.#corner = table.corner
    this.#columns = table.columns
    this.#rows = table.rows
  }

  get isUpdate(): boolean {
    return process.env.UPDATE === '1'
  }

  saw(row: string, cells: Cells): void {
    this.#seen.set(row, cells)
  }

  /** What the page says of this row, by column. */
  expected(row: string): Record<string, string> {
    return Object.fromEntries(this.#read().get(row) ?? [])
  }

  #read(): Map<string, Cells> {
    const [head = [], ...body] = readFileSync(this.#page, { encoding: 'utf8', flag: 'a+' })
      .split('\n')
      .filter(line => line.startsWith('| '))
      .map(line =>
        line
          .split('|')
          .slice(1, -1)
          .map(cell => cell.trim()),
      )
    return new Map(body.map(([name = '', ...cells]) => [name, new Map(cells.map((cell, index) => [head[index + 1] ?? '', cell]))]))
  }

  /** Prints what was played, and writes the page when that is asked for. */
  finish(): void {
    console.info(this.#text(this.#seen))
    if (this.isUpdate) writeFileSync(this.#page, `${this.#introduction}\n\n${this.#text(new Map([...this.#read(), ...this.#seen]))}\n`)
  }

  #text(all: ReadonlyMap<string, Cells>): string {
    const rows = this.#rows
      .filter(name => all.has(name))
      .map(name => `| ${[name, ...this.#columns.map(column => all.get(name)?.get(column) ?? '')].join(' | ')} |`)
    return [`| ${[this.#corner, ...this.#columns].join(' | ')} |`, `|${'---|'.repeat(this.#columns.length + 1)}`, ...rows].join('\n')
  }
}
