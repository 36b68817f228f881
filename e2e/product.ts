/**
 * The product as a user starts it, and what can be asked of it from outside: its ready line, its dashboard's API, its `check`.
 * Promise: only documented contracts; nothing here imports the product.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RowPage, State } from '../proxy/core/feed.ts'
import type { AnyRow, RowKind } from '../proxy/core/model.ts'
import { type Ended, finish, firstLine, type Program, root, type StartOptions, start, until } from './program.ts'

export const main = join(root, 'proxy', 'main.ts')

export interface Ready {
  readonly event: 'ready'
  readonly proxy: string
  readonly dashboard: string
  readonly data: string
  readonly pid: number
}
export interface Product extends Program {
  readonly ready: Ready
  /** The data folder given to it. */
  readonly data: string
  /** An authorised request to the dashboard's API. */
  api(path: string, init?: RequestInit): Promise<Response>
  state(): Promise<State>
  /** Every row of one kind, of all sessions, once the inspector has caught up with the journal. */
  rows<K extends RowKind>(kind: K): Promise<Extract<AnyRow, { t: K }>[]>
}

/** Waits until the inspector has folded everything and nothing new has come for a moment: it follows the journal a little behind. */
async function settled(state: () => Promise<State>): Promise<void> {
  let before = -1
  await until('the inspector to catch up with the journal', async () => {
    const { recordings } = await state()
    const events = recordings.reduce((sum, info) => sum + info.events, 0)
    const still = events === before && recordings.every(info => info.behind === 0)
    before = events
    if (!still) await new Promise(resolve => setTimeout(resolve, 250))
    return still || undefined
  })
}

/** A folder of its own for one test, removed by `clean`. */
export function scratch(): { folder: string; clean: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'seismograph-'))
  return { folder, clean: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) }
}

/** `seismograph ARGS --json --no-open` on free ports, ready. */
export async function startProduct(args: readonly string[], data: string, options: StartOptions = {}): Promise<Product> {
  const dashes = args.indexOf('--')
  const given = dashes < 0 ? args : args.slice(0, dashes)
  const ports = ['--port', '--dashboard-port'].flatMap(flag => (given.includes(flag) ? [] : [flag, '0']))
  const own = ['--json', '--no-open', '--data', data, ...ports]
  const all = dashes < 0 ? [...args, ...own] : [...given, ...own, ...args.slice(dashes)]
  const program = start(process.execPath, [main, ...all], options)
  const ready = await firstLine<Ready>(program)
  const dashboard = new URL(ready.dashboard)
  const token = new URLSearchParams(dashboard.hash.slice(1)).get('t') ?? ''
  const api = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(new URL(path, dashboard.origin), { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })
  const json = async <T>(path: string): Promise<T> => {
    const response = await api(path)
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }
  const page = async (query: string): Promise<AnyRow[]> => {
    const rows = new Map<string, AnyRow>()
    for (let after = 0; ; ) {
      const answer = await json<RowPage>(`/api/rows?after=${after}&limit=1000${query}`)
      for (const row of answer.rows) rows.set(`${row.t} ${row.id}`, row)
      if (!answer.more) return [...rows.values()]
      after = answer.rev
    }
  }
  const state = (): Promise<State> => json<State>('/api/state')
  return {
    ...program,
    ready,
    data,
    api,
    state,
    async rows<K extends RowKind>(kind: K) {
      await settled(state)
      const top = await page('')
      const ids = top.filter(row => row.t === 'session').map(row => row.id)
      const inside = ids.length > 0 && !['session', 'finding', 'gap'].includes(kind) ? await page(`&session=${ids.join(',')}`) : []
      return [...top, ...inside].filter((row): row is Extract<AnyRow, { t: K }> => row.t === kind)
    },
  }
}

export interface CheckReport {
  readonly findings: readonly {
    readonly rule: string
    readonly severity: 'error' | 'warning' | 'info'
    readonly confidence: 'certain' | 'likely' | 'possible'
    readonly session: unknown
    readonly title: string
    readonly says: string
    readonly cause: string
    readonly evidence: readonly unknown[]
  }[]
  readonly sessions: readonly unknown[]
  readonly summary: Readonly<Record<string, unknown>>
}

/** `seismograph ARGS`, run to its end. */
export const seismograph = (args: readonly string[], options: StartOptions = {}): Promise<Ended & { stdout: string; stderr: string }> =>
  finish(process.execPath, [main, ...args], options)

/** What `seismograph check DATA --format json` says of a recording. */
export async function check(data: string): Promise<CheckReport> {
  const { code, stdout, stderr } = await seismograph(['check', data, '--format', 'json'])
  try {
    return JSON.parse(stdout) as CheckReport
  } catch {
    throw new Error(`check ended with ${code} and no JSON: ${stdout}\n${stderr}`)
  }
}
