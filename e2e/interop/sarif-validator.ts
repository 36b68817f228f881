/**
 * The SARIF validator of those who wrote the format, which carries the schema of the standard. Promise: installed once into the cache
 * folder, from an exact pin and without running its install scripts; where that cannot be, the reason comes back in words.
 */
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../program.ts'

const exec = promisify(execFile)
const PIN = '@microsoft/sarif-multitool@5.7.0'
const PLATFORMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'win32' }
const folder = join(process.env.SEISMOGRAPH_CACHE || join(root, '.cache'), 'sarif-multitool')

export interface Complaint {
  /** `JSON…` are breaches of the schema, `SARIF…` of the standard’s text or of its advice. */
  readonly ruleId: string
  readonly level: string
  readonly arguments: readonly string[]
}
export type SarifValidator =
  | { readonly missing: string }
  | { readonly missing?: undefined; readonly complaints: (file: string) => Promise<readonly Complaint[]> }

export async function prepareSarifValidator(): Promise<SarifValidator> {
  const name = `sarif-multitool-${PLATFORMS[process.platform] ?? process.platform}`
  const program = join(folder, 'node_modules', '@microsoft', name, `Sarif.Multitool${process.platform === 'win32' ? '.exe' : ''}`)
  try {
    if (!existsSync(program)) {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'package.json'), '{"private":true}')
      const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', PIN]
      await exec(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd: folder, timeout: 240_000 })
      chmodSync(program, 0o755)
    }
    await exec(program, ['version'], { timeout: 60_000 })
  } catch (error) {
    return { missing: `${PIN} could not be had: ${String((error as Error).message).split('\n')[0]}` }
  }
  return { complaints: file => complaintsOf(program, file) }
}

interface Log {
  readonly runs: readonly {
    readonly results?: readonly {
      readonly ruleId: string
      readonly level?: string
      readonly message: { readonly arguments?: readonly string[] }
    }[]
  }[]
}

async function complaintsOf(program: string, file: string): Promise<Complaint[]> {
  const output = `${file}.checked`
  await exec(program, ['validate', file, '--output', output, '--log', 'ForceOverwrite', '--rule-kind', 'Sarif', '--quiet'], {
    timeout: 120_000,
  })
  const log = JSON.parse(readFileSync(output, 'utf8').replace(/^\uFEFF/, '')) as Log
  return log.runs.flatMap(({ results = [] }) =>
    results.map(({ ruleId, level = 'warning', message }) => ({ ruleId, level, arguments: message.arguments ?? [] })),
  )
}
