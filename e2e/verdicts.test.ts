/**
 * Where verdicts leave the product: the command `scenario`, the forms of `check`, and a run that judges itself. Promise: all of them
 * say the same, each file is valid in its own format whatever was recorded, and the exit code is right.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { rules } from '../proxy/rules/index.ts'
import { scenarioIds } from '../server/scenarios/index.ts'
import { type CheckReport, check, main, scratch, seismograph, startProduct } from './product.ts'
import { start, until } from './program.ts'

const ids = rules.map(({ id }) => id)
const { folder, clean } = scratch()
afterAll(clean)

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

describe('seismograph scenario', () => {
  it('lists every scenario with one line, in the order of the rules', async () => {
    const { code, stdout } = await seismograph(['scenario'])
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map(line => line.split(' ')[0])).toEqual(ids.filter(id => scenarioIds.includes(id)))
    for (const line of lines) expect(line).toMatch(/^[a-z0-9-]+ {2,}\S.+\.$/)
  })

  it('prints with --json the object that check prints', async () => {
    const data = join(folder, 'json')
    const { code, stdout } = await seismograph(['scenario', 'undeliverable-response', '--json', '--data', data])
    expect(code).toBe(0)
    const report = JSON.parse(stdout) as CheckReport
    expect(report.findings.map(({ rule }) => rule)).toEqual(['undeliverable-response'])
    expect(report).toEqual(await check(data))
  })

  it('prints the verdict for people, and where to look at it', async () => {
    const { code, stdout, stderr } = await seismograph(['scenario', 'redirect-path-mismatch', '--no-open', '--data', join(folder, 'text')])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^warning\[redirect-path-mismatch\]: 307 on each of 4 POSTs/)
    expect(stderr).toMatch(/Look at it: .+ open \S+\n/)
  })

  it('shows it in the dashboard until it is interrupted', async () => {
    const program = start(process.execPath, [main, 'scenario', 'redirect-path-mismatch', '--data', join(folder, 'page')])
    stops.push(() => program.stop('SIGKILL'))
    const address = await until('the dashboard', () => /Dashboard: (\S+)/.exec(program.stderr())?.[1])
    expect(program.stdout()).toContain('warning[redirect-path-mismatch]')
    const { origin, hash } = new URL(address)
    const token = new URLSearchParams(hash.slice(1)).get('t') ?? ''
    const rows = (await (
      await fetch(`${origin}/api/rows?after=0&limit=1000`, { headers: { authorization: `Bearer ${token}` } })
    ).json()) as {
      rows: { t: string; rule?: string }[]
    }
    expect(rows.rows.filter(({ t }) => t === 'finding').map(({ rule }) => rule)).toEqual(['redirect-path-mismatch'])
    expect((await program.stop('SIGINT')).code).toBe(130)
  })

  it.each([
    [['no-such'], /there is no scenario "no-such"\. ".* scenario" lists them all/],
    [['wrong-workr'], /there is no scenario "wrong-workr". Did you mean wrong-worker\? ".* scenario" lists them all/],
    [['undeliverable-response', 'twice'], /one too many/],
  ])('says what is wrong with %j', async (args, words) => {
    const { code, stderr } = await seismograph(['scenario', ...args])
    expect(code).toBe(2)
    expect(stderr).toMatch(words)
  })
})

const level = z.enum(['none', 'note', 'warning', 'error'])
const message = z.strictObject({ text: z.string().min(1) })
const location = z.strictObject({
  physicalLocation: z.strictObject({
    artifactLocation: z.strictObject({ uri: z.url({ protocol: /^file$/ }) }),
    region: z.strictObject({ startLine: z.int().min(1) }),
  }),
  logicalLocations: z.array(z.strictObject({ fullyQualifiedName: z.string().min(1), kind: z.string() })).min(1),
  message: message.optional(),
})
const step = z.strictObject({ executionOrder: z.int().min(0), executionTimeUtc: z.iso.datetime().optional(), location })
const threadFlow = z.strictObject({ locations: z.array(step).min(1) })
/** What SARIF 2.1.0 demands of the parts that we write: required properties, types, enumerations (sections 3.13 to 3.58). */
const sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.strictObject({
        tool: z.strictObject({
          driver: z.strictObject({
            name: z.string().min(1),
            version: z.string(),
            semanticVersion: z.string().regex(/^\d+\.\d+\.\d+/),
            rules: z.array(
              z.strictObject({
                id: z.string().min(1),
                name: z.string().regex(/^[A-Z][A-Za-z0-9]+$/),
                helpUri: z.url(),
                shortDescription: message,
                fullDescription: message,
                help: z.strictObject({ text: z.string().min(1), markdown: z.string().min(1) }),
                defaultConfiguration: z.strictObject({ level }),
              }),
            ),
          }),
        }),
        invocations: z.array(z.strictObject({ executionSuccessful: z.boolean(), toolExecutionNotifications: z.array(z.unknown()) })),
        artifacts: z.array(z.strictObject({ location: z.strictObject({ uri: z.url() }) })),
        columnKind: z.enum(['utf16CodeUnits', 'unicodeCodePoints']),
        results: z.array(
          z.strictObject({
            ruleId: z.string().min(1),
            ruleIndex: z.int().min(0),
            level,
            message,
            locations: z.array(location).min(1),
            partialFingerprints: z.record(z.string(), z.string()),
            codeFlows: z.array(z.strictObject({ threadFlows: z.array(threadFlow).min(1) })).optional(),
            properties: z.record(z.string(), z.unknown()),
          }),
        ),
      }),
    )
    .length(1),
})

interface JunitCase {
  readonly classname: string
  readonly name: string
  readonly failure?: { readonly type: string; readonly message: string; readonly '#text': string }
  readonly 'system-out'?: string
}
interface JunitSuite {
  readonly tests: string
  readonly failures: string
  readonly errors: string
  readonly testcase: JunitCase[]
}

function readJunit(text: string): JunitSuite {
  expect(XMLValidator.validate(text)).toBe(true)
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: name => name === 'testcase',
    parseTagValue: false,
  })
  const { testsuites } = parser.parse(text) as { testsuites: { testsuite: JunitSuite } }
  return testsuites.testsuite
}

/** Words that break carelessly written XML, JSON and terminals. */
const HOSTILE = ']]></failure><x a="1">&amp;\u001b[31m\u0000\ud83d\ude00\u202e'

/** A server that knows no session, and repeats what it was asked in its refusal. */
async function forgetful(): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const error = { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found', data: HOSTILE } }
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(error))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => new Promise<void>(resolve => server.close(() => resolve()).closeAllConnections())
  return { url: `http://127.0.0.1:${port}/mcp`, close: async () => void (await close()) }
}

/** A recording in which one client used a session that nobody knows. */
async function run(data: string, args: readonly string[], sends: boolean) {
  const server = await forgetful()
  stops.push(() => server.close())
  const product = await startProduct(['--target', server.url, ...args], data)
  stops.push(() => product.stop())
  if (sends) {
    const answer = await fetch(`${product.ready.proxy}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': '0f8fad5b-d9cb-469f-a165-70867728950e',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: HOSTILE, method: 'tools/call', params: { name: HOSTILE } }),
    })
    expect(answer.status).toBe(404)
    await answer.arrayBuffer()
  }
  const { code } = await product.stop()
  return { code, stdout: product.stdout() }
}

describe('the forms of check', () => {
  const data = join(folder, 'hostile')
  beforeAll(async () => {
    await run(data, [], true)
  })
  const form = (...args: string[]) => seismograph(['check', data, ...args])

  it('writes SARIF that is valid by its structure and refers to itself rightly', async () => {
    const { code, stdout } = await form('--format', 'sarif')
    expect(code).toBe(1)
    const log = sarif.parse(JSON.parse(stdout))
    const run = log.runs[0]
    expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual(ids)
    const report = await check(data)
    expect(run?.results.map(({ ruleId }) => ruleId)).toEqual(report.findings.map(({ rule }) => rule))
    expect(run?.results.length).toBeGreaterThan(0)
    for (const { ruleId, ruleIndex, locations, codeFlows } of run?.results ?? []) {
      expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
      expect(locations[0]?.physicalLocation.artifactLocation.uri).toBe(run?.artifacts[0]?.location.uri)
      const times = codeFlows?.[0]?.threadFlows[0]?.locations.map(one => one.executionTimeUtc ?? '') ?? []
      expect(times).toEqual(times.toSorted())
    }
  })

  it('writes JUnit in which every rule is a test and what fails the judgement is a failure', async () => {
    const report = await check(data)
    const strict = readJunit((await form('--format', 'junit', '--fail-on', 'info')).stdout)
    expect(Number(strict.tests)).toBe(strict.testcase.length)
    expect(strict.errors).toBe('0')
    expect(strict.testcase.filter(({ failure }) => failure)).toHaveLength(report.findings.length)
    expect(Number(strict.failures)).toBe(report.findings.length)
    expect(new Set(strict.testcase.map(({ classname }) => classname))).toEqual(new Set(ids.map(id => `seismograph.${id}`)))
    for (const { failure } of strict.testcase) if (failure) expect(failure['#text']).toContain('cause (')

    const lenient = readJunit((await form('--format', 'junit', '--fail-on', 'never')).stdout)
    expect(lenient.failures).toBe('0')
    expect(lenient.testcase.filter(one => one['system-out'])).toHaveLength(report.findings.length)
  })

  it('asks only the rules that are wanted', async () => {
    const { code, stdout } = await form('--format', 'junit', '--ignore', 'session-managed-by-hand', '--rule', 'redirect-path-mismatch')
    expect(code).toBe(0)
    expect(readJunit(stdout).testcase.map(({ classname, name }) => `${classname} ${name}`)).toEqual([
      'seismograph.redirect-path-mismatch not seen',
    ])
    const other = sarif.parse(JSON.parse((await form('--format', 'sarif', '--ignore', 'session-managed-by-hand')).stdout))
    expect(other.runs[0]?.results.map(({ ruleId }) => ruleId)).not.toContain('session-managed-by-hand')
  })
})

describe('exports', () => {
  it.each(['har', 'jsonl'] as const)('as %s carry the findings under _mcp, and are judged alike when they come back', async format => {
    const data = join(folder, `export-${format}`)
    await seismograph(['scenario', 'undeliverable-response', '--json', '--data', data])
    const file = join(folder, `verdict.${format}`)
    expect((await seismograph(['export', '--data', data, '--output', file])).code).toBe(0)
    const text = readFileSync(file, 'utf8')
    const inFile = JSON.parse(format === 'har' ? text : (text.split('\n')[0] ?? '')) as Record<string, unknown>
    const { _mcp } = (format === 'har' ? inFile.log : inFile) as { _mcp?: { findings: { rule: string; title: string }[] } }
    const before = await check(data)
    expect(before.findings.length).toBeGreaterThan(0)
    const brief = (findings: readonly { rule: string; title: string }[]) => findings.map(({ rule, title }) => ({ rule, title }))
    expect(brief(_mcp?.findings ?? [])).toEqual(brief(before.findings))
    expect(brief((await check(file)).findings)).toEqual(brief(before.findings))
    if (format === 'har') {
      const { entries } = (inFile as { log: { entries: { _mcp?: { findings: unknown[] } }[] } }).log
      expect(entries.flatMap(entry => entry._mcp?.findings ?? []).length).toBeGreaterThan(0)
    }
  })
})

describe('a run that judges itself', () => {
  it('ends with 1 and says what was found', async () => {
    const { code, stdout } = await run(join(folder, 'bad'), ['--check'], true)
    expect(code).toBe(1)
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as CheckReport & { event: string }
    expect(last.event).toBe('check')
    expect(last.findings.map(({ rule }) => rule)).toContain('session-managed-by-hand')
  })

  it('ends with 0 when nothing at or above --fail-on was found', async () => {
    expect((await run(join(folder, 'never'), ['--check', '--fail-on', 'never'], true)).code).toBe(0)
    expect((await run(join(folder, 'good'), ['--check'], false)).code).toBe(0)
  })
})
