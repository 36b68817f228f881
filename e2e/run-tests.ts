/**
 * What `npm test` does once Node 24 is there: prepares, runs each part with its own tool, prints what became of it.
 * Promise: nothing is skipped in silence, and the last line is `N passed, N failed, N skipped` alone.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePage, root, say } from '../proxy/setup.mjs'
import { NO_REASON, type Outcome, outcomeOfLines, outcomeOfPlaywright, type PlaywrightReport } from './outcome.ts'
import { prepareBrowser, preparePythons } from './prerequisites.ts'

const results = join(root, 'test-results')
const scratch = join(root, '.cache', 'outcome')
const bin = (name: string): string => join(root, 'node_modules', '.bin', name)

let running: ChildProcess | undefined
let stopped = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stopped = true
    running?.kill(signal)
  })
}

/** Runs a program with our own output; resolves with its exit code. */
function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise(resolve => {
    running = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
    running.on('error', error => {
      say(`${program}: ${error.message}`)
      resolve(127)
    })
    running.on('exit', (code, signal) => resolve(signal ? 128 : (code ?? 1)))
  })
}

const NOTHING: Outcome = { passed: 0, failed: [], skipped: [] }

/** A tool that only says yes or no: one test. */
async function whole(name: string, program: string, args: readonly string[]): Promise<Outcome> {
  const code = await run(program, args)
  return code === 0 ? { ...NOTHING, passed: 1 } : { ...NOTHING, failed: [`${name} (ended with ${code})`] }
}

/** A runner that failed without naming a failed test (a broken configuration, no test at all) still failed. */
const honest = (name: string, code: number, outcome: Outcome): Outcome =>
  code !== 0 && outcome.failed.length === 0 ? { ...outcome, failed: [`${name}: the runner ended with ${code}`] } : outcome

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

async function vitest(part: string, projects: readonly string[] = [part]): Promise<Outcome> {
  const file = join(scratch, `${part}.jsonl`)
  const args = [
    'run',
    '--config',
    'e2e/vitest.config.ts',
    ...projects.flatMap(project => ['--project', project]),
    '--reporter=default',
    '--reporter=./e2e/outcome-reporter.ts',
  ]
  const code = await run(bin('vitest'), args, { SEISMOGRAPH_OUTCOME: file })
  return honest(part, code, outcomeOfLines(read(file)))
}

async function browser(): Promise<Outcome> {
  const missing = await prepareBrowser(say)
  const file = join(scratch, 'browser.json')
  const args = [
    'test',
    '--config',
    'e2e/playwright.config.ts',
    `--reporter=${missing ? 'json' : 'list,json'}`,
    ...(missing ? ['--list'] : []),
  ]
  const code = await run(bin('playwright'), args, { PLAYWRIGHT_JSON_OUTPUT_FILE: file })
  const text = read(file)
  const outcome = text ? outcomeOfPlaywright(JSON.parse(text) as PlaywrightReport) : NOTHING
  if (!missing) return honest('browser', code, outcome)
  const names = outcome.skipped.length > 0 ? outcome.skipped.map(skip => skip.test) : ['all browser tests']
  return { ...NOTHING, skipped: names.map(test => ({ test, reason: missing })) }
}

async function page(): Promise<Outcome> {
  try {
    await ensurePage()
    return { ...NOTHING, passed: 1 }
  } catch (error) {
    return { ...NOTHING, failed: [`page: ${(error as Error).message}`] }
  }
}

/** In the order in which they run: the quickest to say no comes first. */
const PARTS: Readonly<Record<string, () => Promise<Outcome>>> = {
  types: () => whole('types', bin('tsc'), ['--noEmit']),
  lint: () => whole('lint', bin('biome'), ['check', '--error-on-warnings']),
  unit: () => vitest('unit'),
  captures: () => vitest('captures'),
  page,
  integration: () => vitest('integration'),
  interop: async () => {
    await preparePythons(say)
    return vitest('interop', ['interop', 'interop alone'])
  },
  browser,
}

/** Parts that start the whole product, of which the page is a part. */
const serves = (part: string): boolean => ['integration', 'interop', 'browser'].includes(part)

/** Every skipped test by name, with its reason. */
function tellSkips(rows: readonly { readonly part: string; readonly outcome: Outcome }[]): void {
  const skips = rows.flatMap(({ part, outcome }) => outcome.skipped.map(skip => ({ part, ...skip })))
  if (skips.length === 0) return
  console.log('\nSkipped:')
  for (const { part, test, reason } of skips) console.log(`  ${part}: ${test}\n      ${reason}`)
  if (skips.some(skip => skip.reason === NO_REASON)) console.log('  A skip without a reason is a fault of the test.')
}

async function main(): Promise<number> {
  const wanted = process.argv.slice(2)
  const unknown = wanted.filter(name => !(name in PARTS))
  if (unknown.length > 0) {
    say(`npm test: no part is called ${unknown.join(', ')}. Parts: ${Object.keys(PARTS).join(', ')}. Without a name all of them run.`)
    return 2
  }
  rmSync(scratch, { recursive: true, force: true })
  for (const folder of [scratch, results]) mkdirSync(folder, { recursive: true })
  const names = Object.keys(PARTS).filter(name => wanted.length === 0 || wanted.includes(name) || (name === 'page' && wanted.some(serves)))
  const rows: { part: string; outcome: Outcome; seconds: number }[] = []
  for (const part of names) {
    if (stopped) break
    console.log(`\n── ${part} ──`)
    const started = performance.now()
    const outcome = (await PARTS[part]?.()) ?? NOTHING
    rows.push({ part, outcome, seconds: (performance.now() - started) / 1000 })
  }
  console.log('\npart          passed  failed  skipped  seconds')
  for (const { part, outcome, seconds } of rows) {
    const cells = [outcome.passed, outcome.failed.length, outcome.skipped.length, Math.round(seconds)]
    console.log(`${part.padEnd(12)}${cells.map((cell, index) => String(cell).padStart(index < 2 ? 8 : 9)).join('')}`)
  }
  tellSkips(rows)
  const failures = rows.flatMap(({ part, outcome }) => outcome.failed.map(test => `  ${part}: ${test}`))
  if (stopped) failures.push('  interrupted')
  if (failures.length > 0) console.log(`\nFailed:\n${failures.join('\n')}`)
  const sum = (count: (outcome: Outcome) => number): number => rows.reduce((total, row) => total + count(row.outcome), 0)
  console.log(`\n${sum(o => o.passed)} passed, ${failures.length} failed, ${sum(o => o.skipped.length)} skipped`)
  return failures.length === 0 ? 0 : 1
}

process.exitCode = await main()
