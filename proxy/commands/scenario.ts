/**
 * `seismograph scenario`: one fault on demand. Promise: what it shows was done by real sockets through the real proxy, and is judged as
 * any recording is.
 */
import { resolve } from 'node:path'
import { loadScenario, scenarioIds } from '../../server/scenarios/index.ts'
import { didYouMean } from '../core/did-you-mean.ts'
import { invocation } from '../product.ts'
import { rules } from '../rules/index.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { judgeSource, readJudging, tellFailures } from './judging.ts'
import { command as open } from './open.ts'
import { type Flags, readOptions } from './options.ts'
import { playScenario } from './play.ts'
import { dataFolder, forUser } from './recordings.ts'
import { reportAs } from './report-forms.ts'
import { plain } from './words.ts'

const help = `seismograph scenario [ID] [options]

Without ID: lists the faults that can be played, with one line each.
With ID: plays it, a real client and a real server through the real proxy, prints the verdict, and shows it in the dashboard.
Waiting is left out: where a scenario lets a minute pass, the recording's clock is put forward, and the recording says so.

  --json                 the verdict as one JSON object, as of "check --format json"; no dashboard
  --no-open              the verdict only, no dashboard
  --dashboard-port N     port of the dashboard (default: a free one)
  --data DIR             where the recording is kept (default: the user's own data folder)

Exit codes: 0 played, 2 usage or not played, 130 interrupted.

Examples:
  seismograph scenario
  seismograph scenario undeliverable-response
  seismograph scenario wrong-worker --json | jq '.findings[].title'
`

const flags = {
  json: { type: 'boolean' },
  open: { type: 'boolean' },
  'dashboard-port': { type: 'string' },
  data: { type: 'string' },
} as const satisfies Flags

/** In the order of the rules; scenarios without a rule (none, by a test) come last. */
async function list(json: boolean): Promise<string> {
  const order = new Map(rules.map(({ id }, index) => [id, index]))
  const ids = scenarioIds.toSorted((a, b) => (order.get(a) ?? Number.MAX_SAFE_INTEGER) - (order.get(b) ?? Number.MAX_SAFE_INTEGER))
  const all = await Promise.all(ids.map(loadScenario))
  if (json) return `${JSON.stringify({ scenarios: all.map(({ id, story }) => ({ id, story })) })}\n`
  const width = Math.max(0, ...ids.map(id => id.length))
  return `${all.map(({ id, story }) => `${id.padEnd(width)}  ${story}\n`).join('')}`
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(argv, flags, io, 'scenario')
  const [id, more] = options.positionals
  const json = options.on('json')
  if (id === undefined) {
    io.stdout.write(await list(json))
    return 0
  }
  if (more !== undefined) throw new UsageError(`scenario plays one ID; "${more}" is one too many`)
  if (!scenarioIds.includes(id))
    throw new UsageError(`there is no scenario "${id}".${didYouMean(id, scenarioIds)} "${invocation} scenario" lists them all.`)
  const dataDir = resolve(await dataFolder(options.text('data'), io))
  const { scenario, dir } = await forUser(() => playScenario(id, { dataDir, signal: io.signal }))
  if (!json) io.stderr.write(`${scenario.story}\n\n`)
  const report = await judgeSource({ kind: 'recording', dir }, readJudging(readOptions([], {}, { env: {} })))
  if (!json) tellFailures(report, io)
  io.stdout.write(reportAs(json ? 'json' : 'text', report))
  if (!options.on('open', !json)) {
    if (!json) io.stderr.write(`Look at it: ${invocation} open ${plain(dir)}\n`)
    return 0
  }
  const port = options.text('dashboard-port')
  return open.run([dir, ...(port === undefined ? [] : ['--dashboard-port', port])], io)
}

export const command: Command = { name: 'scenario', summary: 'play one fault on purpose and show its verdict', help, run }
