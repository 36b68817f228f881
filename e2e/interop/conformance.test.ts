/**
 * The MCP conformance suite, both its lines, direct and through the product. Promise: the product changes no check's outcome;
 * and since the direct runs pass, an outcome is not equal only because nothing ran. What the client scenarios' traffic is told to be is
 * judged too (the servers' in corpora.test.ts): nothing is found at warning or above that a scenario did not provoke on purpose.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadRecording } from '../../proxy/inspector/load.ts'
import { findSource } from '../../proxy/journal/store.ts'
import { type Product, scratch, startProduct } from '../product.ts'
import { type Program, root, startServer } from '../program.ts'
import { clientScenario, clientScenarioNames, failing, type Line, type Results, serverScenarios, tally } from './conformance.ts'

const here = (file: string): string => join(root, 'e2e', 'interop', file)

interface ServerCase {
  readonly line: Line
  readonly server: string
  readonly args: readonly string[]
  readonly scenarios: number
  /** What the server under test does not offer, as a prefix of the failing scenarios' names. */
  readonly lacks?: string
}
const SERVER_CASES: readonly ServerCase[] = [
  { line: '0.1.16', server: 'everything-v1.ts', args: ['--suite', 'all'], scenarios: 32 },
  { line: '0.2.0-alpha.12', server: 'everything-v1.ts', args: ['--requirements', '2025-11-25'], scenarios: 33 },
  { line: '0.2.0-alpha.12', server: 'everything-v2.ts', args: ['--requirements', '2026-07-28'], scenarios: 50, lacks: 'server-tasks-' },
]

describe.each(SERVER_CASES)('conformance $line, server scenarios of $server $args', ({ line, server, args, scenarios, lacks }) => {
  const { folder, clean } = scratch()
  let upstream: Program & { port: number }
  let product: Product

  beforeAll(async () => {
    upstream = await startServer(process.execPath, [here(server)])
    product = await startProduct(['--target', `http://127.0.0.1:${upstream.port}/mcp`], folder)
  })
  afterAll(async () => {
    await product?.stop()
    await upstream?.stop()
    clean()
  })

  it('gives the same result for every check through the proxy as direct', async () => {
    const direct = await serverScenarios(line, `http://127.0.0.1:${upstream.port}/mcp`, args)
    expect(Object.keys(direct.results).length, direct.words).toBe(scenarios)
    expect(failing(direct.results).filter(name => !lacks || !name.startsWith(lacks))).toEqual([])
    const through = await serverScenarios(line, `${new URL(product.ready.proxy).origin}/mcp`, args)
    expect(through.results).toEqual(direct.results)
    console.info(`conformance ${line} ${args.join(' ')}: ${tally(direct.results)}; the same through the proxy`)
  })
})

interface ClientCase {
  readonly line: Line
  readonly client: string
  readonly revision?: string
  readonly scenarios: number
  /** Left out: needs an extension of the SDK that no client here has. */
  readonly without: readonly string[]
  /** Scenarios in which `AT_ANOTHER_ADDRESS` fails behind any proxy. */
  readonly elsewhere: readonly string[]
  /** Rules that speak at warning or above, by scenario, and what it did to deserve it. */
  readonly provoked: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The same for what the suite's own server does in many scenarios. */
  readonly always: Readonly<Record<string, string>>
}
const FOREIGN_RESOURCE = {
  'auth-challenge-loop': 'Its metadata is for https://evil.example.com/mcp, to see the client refuse it.',
}
const NEVER_ENOUGH = { 'auth-challenge-loop': 'Its server never takes a token, to see the client give up.' }
/**
 * The suite's authorization server compares the client's `resource` parameter with the address of the suite's own server. A client that
 * was pointed at a proxy names the proxy, and asks the authorization server without passing it: nothing on the way can make these equal.
 */
const AT_ANOTHER_ADDRESS = 'resource-parameter-matches-prm Resource parameter matches protected resource metadata'
const CLIENT_CASES: readonly ClientCase[] = [
  {
    line: '0.1.16',
    client: 'conformance-client-v1.ts',
    scenarios: 25,
    without: ['auth/cross-app-access-complete-flow'],
    elsewhere: [],
    provoked: { 'auth/resource-mismatch': FOREIGN_RESOURCE, 'auth/scope-retry-limit': NEVER_ENOUGH },
    always: { 'get-not-supported': 'Its server has no route for GET, and its framework answers 404 where 405 is due.' },
  },
  {
    line: '0.2.0-alpha.12',
    client: 'conformance-client-v2.ts',
    revision: '2026-07-28',
    scenarios: 32,
    without: ['json-schema-2020-12-preservation'],
    elsewhere: [
      'auth/metadata-default',
      'auth/metadata-var1',
      'auth/metadata-var2',
      'auth/metadata-var3',
      'auth/token-endpoint-auth-basic',
      'auth/token-endpoint-auth-post',
      'auth/token-endpoint-auth-none',
    ],
    provoked: {
      'auth/resource-mismatch': FOREIGN_RESOURCE,
      'auth/scope-retry-limit': NEVER_ENOUGH,
      'http-invalid-tool-headers': { 'tool-list-empty-or-rejected': 'It lists tools with invalid x-mcp-header, to see them dropped.' },
    },
    always: {},
  },
]

describe.each(CLIENT_CASES)(
  'conformance $line, client scenarios of $client',
  ({ line, client, revision, scenarios, without, elsewhere, provoked, always }) => {
    const { folder, clean } = scratch()
    afterAll(clean)
    const recordingOf = (name: string): string => join(folder, name.replaceAll('/', '-'))
    const args = revision ? ['--spec-version', revision] : []
    const play = async (
      names: readonly string[],
      command: readonly string[],
    ): Promise<{ results: Results; said: Record<string, string> }> => {
      const all: Record<string, readonly string[]> = {}
      const said: Record<string, string> = {}
      for (const name of names) {
        const one = await clientScenario(line, name, command, args, { KEEP_RECORDING: recordingOf(name) })
        all[name] = Object.values(one.results).flat()
        said[name] = one.words
      }
      return { results: all, said }
    }

    /** What is found is what was provoked: no stranger, and nothing that no longer comes. */
    async function expectPeace(names: readonly string[]): Promise<void> {
      const loud: Record<string, readonly string[]> = {}
      for (const name of names) {
        const { findings } = await loadRecording(findSource(recordingOf(name)))
        loud[name] = findings.filter(({ severity }) => severity !== 'info').map(({ rule, title }) => `${rule}: ${title}`)
      }
      const ruleOf = (told: string): string => told.split(':', 1)[0] ?? ''
      const strangers = names.flatMap(name =>
        (loud[name] ?? []).flatMap(told => (Object.hasOwn({ ...always, ...provoked[name] }, ruleOf(told)) ? [] : [`${name}: ${told}`])),
      )
      expect(strangers).toEqual([])
      const heard = (rule: string, where: readonly string[]) => where.some(name => loud[name]?.some(told => ruleOf(told) === rule))
      const due = [
        ...Object.keys(always).map(rule => ({ rule, where: names })),
        ...Object.entries(provoked).flatMap(([name, rules]) => Object.keys(rules).map(rule => ({ rule, where: [name] }))),
      ]
      expect(due.filter(({ rule, where }) => !heard(rule, where)).map(({ rule, where }) => `${rule} in ${where.slice(0, 3)}`)).toEqual([])
    }

    it('gives the same result for every check through the proxy as direct, authorization included; and is left in peace', {
      timeout: 420_000,
    }, async () => {
      const names = (await clientScenarioNames(line, revision)).filter(name => !without.includes(name))
      expect(names.length).toBe(scenarios)
      expect(names.filter(name => name.startsWith('auth/')).length).toBeGreaterThan(15)
      const node = JSON.stringify(process.execPath)
      // Side by side: each keeps one core busy, mostly with starting programs.
      const [direct, through] = await Promise.all([
        play(names, [node, here(client)]),
        play(names, [node, here('through-proxy.ts'), client]),
      ])
      expect(failing(direct.results)).toEqual([])
      const expected = Object.fromEntries(
        Object.entries(direct.results).map(([name, checks]) => [
          name,
          elsewhere.includes(name)
            ? checks.map(check => (check === `${AT_ANOTHER_ADDRESS}: SUCCESS` ? `${AT_ANOTHER_ADDRESS}: FAILURE` : check))
            : checks,
        ]),
      )
      for (const name of names) expect({ [name]: through.results[name] }, through.said[name]).toEqual({ [name]: expected[name] })
      await expectPeace(names)
      console.info(`conformance ${line} client: direct ${tally(direct.results)}; through the proxy ${tally(through.results)}`)
    })
  },
)
