/**
 * The MCP conformance suite, both its lines, direct and through the product. Promise: the product changes no check's outcome;
 * and since the direct runs pass, an outcome is not equal only because nothing ran.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
}
/**
 * The suite's authorization server compares the client's `resource` parameter with the address of the suite's own server. A client that
 * was pointed at a proxy names the proxy, and asks the authorization server without passing it: nothing on the way can make these equal.
 */
const AT_ANOTHER_ADDRESS = 'resource-parameter-matches-prm Resource parameter matches protected resource metadata'
const CLIENT_CASES: readonly ClientCase[] = [
  { line: '0.1.16', client: 'conformance-client-v1.ts', scenarios: 25, without: ['auth/cross-app-access-complete-flow'], elsewhere: [] },
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
  },
]

describe.each(CLIENT_CASES)(
  'conformance $line, client scenarios of $client',
  ({ line, client, revision, scenarios, without, elsewhere }) => {
    const args = revision ? ['--spec-version', revision] : []
    const play = async (
      names: readonly string[],
      command: readonly string[],
    ): Promise<{ results: Results; said: Record<string, string> }> => {
      const all: Record<string, readonly string[]> = {}
      const said: Record<string, string> = {}
      for (const name of names) {
        const one = await clientScenario(line, name, command, args)
        all[name] = Object.values(one.results).flat()
        said[name] = one.words
      }
      return { results: all, said }
    }

    it('gives the same result for every check through the proxy as direct, authorization included', { timeout: 300_000 }, async () => {
      const names = (await clientScenarioNames(line, revision)).filter(name => !without.includes(name))
      expect(names.length).toBe(scenarios)
      expect(names.filter(name => name.startsWith('auth/')).length).toBeGreaterThan(15)
      const node = JSON.stringify(process.execPath)
      const direct = await play(names, [node, here(client)])
      expect(failing(direct.results)).toEqual([])
      const through = await play(names, [node, here('through-proxy.ts'), client])
      const expected = Object.fromEntries(
        Object.entries(direct.results).map(([name, checks]) => [
          name,
          elsewhere.includes(name)
            ? checks.map(check => (check === `${AT_ANOTHER_ADDRESS}: SUCCESS` ? `${AT_ANOTHER_ADDRESS}: FAILURE` : check))
            : checks,
        ]),
      )
      for (const name of names) expect({ [name]: through.results[name] }, through.said[name]).toEqual({ [name]: expected[name] })
      console.info(`conformance ${line} client: direct ${tally(direct.results)}; through the proxy ${tally(through.results)}`)
    })
  },
)
