/**
 * Runs the MCP conformance suite, either of its lines, and reads what it found. Promise: a result is the list of checks with their
 * status as the suite wrote them to disk, so that two runs can be compared check by check.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { finish, root } from '../program.ts'

const LINES = {
  '0.1.16': join(root, 'node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js'),
  '0.2.0-alpha.12': join(root, 'node_modules', 'conformance-next', 'dist', 'index.js'),
} as const
export type Line = keyof typeof LINES

/** Scenario name to its checks, each as `id: STATUS`, sorted. What the suite only logs (INFO) is left out. */
export type Results = Readonly<Record<string, readonly string[]>>

interface Check {
  readonly id: string
  readonly name: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED'
}

function readResults(folder: string): Results {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('checks.json'))
  const scenario = (file: string): string => relative(folder, join(folder, dirname(file))).replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '')
  const read = (file: string): string[] =>
    (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Check[])
      .filter(check => check.status !== 'INFO')
      .map(check => `${check.id} ${check.name}: ${check.status}`)
      .sort()
  return Object.fromEntries(files.map(file => [scenario(file), read(file)]))
}

type Env = Readonly<Record<string, string>>
async function run(line: Line, args: readonly string[], env: Env = {}): Promise<{ results: Results; words: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  try {
    const { stdout, stderr } = await finish(process.execPath, [LINES[line], ...args, '-o', folder], { cwd: folder, env })
    return { results: readResults(folder), words: `${stdout}\n${stderr}` }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The server scenarios against a URL. @param args such as `--requirements 2025-11-25` */
export const serverScenarios = (line: Line, url: string, args: readonly string[]) => run(line, ['server', '--url', url, ...args])

/** One client scenario; `command` gets the URL of the suite's server as its last argument, and `env` besides the environment. */
export const clientScenario = (line: Line, scenario: string, command: readonly string[], args: readonly string[], env: Env = {}) =>
  run(line, ['client', '--scenario', scenario, '--command', command.join(' '), ...args], env)

/** Names of the client scenarios of a line that apply to a revision of the protocol, extensions left out. */
export async function clientScenarioNames(line: Line, revision?: string): Promise<string[]> {
  const { stdout } = await finish(process.execPath, [LINES[line], 'list'])
  const [, clients = ''] = /Client scenarios[^\n]*\n(.*?)(?:\n\n|$)/s.exec(stdout) ?? []
  return clients.split('\n').flatMap(entry => {
    const [, name, versions = ''] = /^ {2}- (\S+) \[(.*)\]/.exec(entry) ?? []
    return name && (revision === undefined || versions.split(',').includes(revision)) ? [name] : []
  })
}

/** Counts over all scenarios, for the log. */
export function tally(results: Results): string {
  const checks = Object.values(results).flat()
  const count = (status: string): number => checks.filter(check => check.endsWith(`: ${status}`)).length
  return `${Object.keys(results).length} scenarios, ${count('SUCCESS')} passed, ${count('FAILURE')} failed, ${count('WARNING')} warnings`
}

/** Scenarios with a failed check. */
export const failing = (results: Results): string[] =>
  Object.entries(results)
    .filter(([, checks]) => checks.some(check => check.endsWith(': FAILURE')))
    .map(([scenario]) => scenario)
    .sort()
