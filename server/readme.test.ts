/** What README.md says is what is there: the tools and what each costs the firewall, the variables, resources and prompts, the simulator's words. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { afterEach, describe, expect, it } from 'vitest'
import { createContext, createPanosMcp } from './mcp/panos-mcp.ts'
import { createPanosClient } from './panos/panos-client.ts'
import { FAULTS } from './simulator/faults.ts'
import { DIALECTS, PROFILES } from './simulator/profiles.ts'
import { type SimulatorOptions, startSimulator } from './simulator/simulator.ts'
import { callTool } from './tools/call-tool.ts'
import { COMMITTING, EXPERT, READING, WRITING } from './tools/catalogue.ts'
import { EXAMPLE_ARGUMENTS } from './tools/example-arguments.ts'
import { TOOLSETS } from './tools/panos-tool.ts'
import { Snapshots } from './tools/snapshots.ts'

const whole = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
/** Without its commands. */
const page = whole.replace(/^```[^`]*^```$/gm, '')
const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
const section = (title: string): string => page.split(/^## /m).find(part => part.startsWith(title)) ?? ''

interface Row {
  readonly name: string
  readonly requests: number
  /** The number is the least. */
  readonly orMore: boolean
  /** `write`, `commit`, `expert`; empty for what is always there. */
  readonly set: string
}
const ROWS: readonly Row[] = section('Tools')
  .split('\n')
  .filter(line => line.startsWith('| `'))
  .flatMap(line => {
    const [, names = '', cost = '', third = '', fourth = ''] = line.split('|').map(cell => cell.trim())
    return quoted(names).map(name => ({
      name,
      requests: Number.parseInt(cost, 10),
      orMore: cost.endsWith('or more'),
      set: fourth === '' ? '' : third,
    }))
  })

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function listed(env: Record<string, string>): Promise<Client> {
  const server = createPanosMcp(createContext(env, () => {}))
  const client = new Client({ name: 'test', version: '1' })
  const [one, other] = InMemoryTransport.createLinkedPair()
  await Promise.all([server.connect(one), client.connect(other)])
  undo.push(() => client.close())
  return client
}
const ALLOWED = { PANOS_ALLOW_WRITES: 'true', PANOS_ALLOW_COMMIT: 'true' }

/** Calls a tool with nothing remembered; gives the number of requests that the device served for it. */
async function counting(options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ apiKey: 'readme-test-key', objects: 60, rules: 8, logMs: 20, commitMs: 50, ...options })
  undo.push(() => simulator.close())
  const client = createPanosClient({ PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: 'readme-test-key' })
  return async (name: string, input: Readonly<Record<string, unknown>> = {}): Promise<number> => {
    const tool = [...READING, ...WRITING, ...COMMITTING, ...EXPERT].find(each => each.name === name)
    if (!tool) throw new Error(`no tool ${name}`)
    const before = simulator.stats().served
    const context = {
      client: () => client,
      snapshots: new Snapshots(),
      signal: new AbortController().signal,
      budgetMs: 20_000,
      progress: () => {},
    }
    const result = await callTool(tool, tool.input.parse(input), context)
    expect(result.isError, `${name}: ${JSON.stringify(result.content)}`).not.toBe(true)
    return simulator.stats().served - before
  }
}

function hold(name: string, requests: number): void {
  const row = ROWS.find(each => each.name === name)
  expect([name, row?.orMore ? requests >= row.requests : requests]).toEqual([name, row?.orMore ? true : row?.requests])
}

const CHANGES: readonly (readonly [name: string, input: Readonly<Record<string, unknown>>])[] = [
  ['create_tag', { name: 'fresh' }],
  ['update_tag', { name: 'fresh', comments: 'x' }],
  ['create_address_object', { name: 'web', type: 'fqdn', value: 'www.example.net', tags: ['fresh'] }],
  ['update_address_object', { name: 'web', value: 'web.example.net' }],
  ['create_address_group', { name: 'webs', members: ['web'] }],
  ['update_address_group', { name: 'webs', description: 'x' }],
  ['create_service', { name: 'tcp-1', protocol: 'tcp', port: '1' }],
  ['update_service', { name: 'tcp-1', port: '2' }],
  ['create_security_rule', { name: 'fresh', from: ['users'], to: ['untrust'], destination: ['webs'], service: ['tcp-1'], action: 'allow' }],
  ['update_security_rule', { name: 'fresh', description: 'x' }],
  ['move_security_rule', { name: 'fresh', where: 'top' }],
  ['set_rule_disabled', { name: 'fresh', disabled: true }],
  ['validate_candidate', {}],
  ['commit', {}],
  ['delete_security_rule', { name: 'fresh' }],
  ['delete_service', { name: 'tcp-1' }],
  ['delete_address_group', { name: 'webs' }],
  ['delete_address_object', { name: 'web' }],
  ['delete_tag', { name: 'fresh' }],
  ['revert_candidate', {}],
  ['run_show_command', { command: 'show clock' }],
  ['get_config_xpath', { xpath: '/config/shared/address' }],
]

describe('README.md', () => {
  it('names the tools that are registered, each once, and what switches them on', async () => {
    const registered = async (env: Record<string, string>): Promise<string[]> =>
      (await (await listed(env)).listTools()).tools.map(({ name }) => name).toSorted()
    const said = (...sets: readonly string[]): string[] =>
      ROWS.filter(({ set }) => sets.includes(set))
        .map(({ name }) => name)
        .toSorted()
    expect(said('')).toEqual(await registered({}))
    expect(said('', 'write')).toEqual(await registered({ PANOS_ALLOW_WRITES: 'true' }))
    expect(said('', 'commit')).toEqual(await registered({ PANOS_ALLOW_COMMIT: 'true' }))
    expect(said('', 'write', 'commit', 'expert')).toEqual(await registered({ ...ALLOWED, PANOS_TOOLSETS: TOOLSETS.join(',') }))
    expect(section('Other')).toContain(`${said('').length}, with all switches ${ROWS.length}`)
  })

  it('says what each tool costs', async () => {
    const count = await counting()
    for (const { name } of READING) hold(name, await count(name, EXAMPLE_ARGUMENTS[name]))
    for (const [name, input] of CHANGES) hold(name, await count(name, input))
    const push = await counting({ profile: 'panorama' })
    hold('push_to_devices', await push('push_to_devices', { device_group: 'all-sites' }))
    expect(new Set([...READING.map(({ name }) => name), ...CHANGES.map(([name]) => name), 'push_to_devices']).size).toBe(ROWS.length)
  })

  it('names the variables that the server reads, the sets of tools, the resources and the prompts', async () => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(file => /(?<!\.test)\.ts$/.test(file))
    const sources = files.map(file => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n')
    const read = new Set([...sources.matchAll(/env\.(PANOS_[A-Z_]+)/g)].map(([, name]) => name))
    const said = new Set(quoted(section('Settings')).flatMap(text => /^PANOS_[A-Z_]+/.exec(text)?.[0] ?? []))
    // The command line reads that one itself.
    expect(said.delete('PANOS_SIMULATOR')).toBe(true)
    expect([...said].toSorted()).toEqual([...read].toSorted())
    expect(section('Settings')).toContain(TOOLSETS.join(', '))
    const client = await listed({})
    const uris = [
      ...(await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate),
      ...(await client.listResources()).resources.map(({ uri }) => uri),
    ]
    expect(
      quoted(page)
        .filter(text => text.startsWith('panos://'))
        .toSorted(),
    ).toEqual(uris.toSorted())
    const prompts = (await client.listPrompts()).prompts.map(({ name }) => name)
    expect(quoted(/^Prompts: .*$/m.exec(page)?.[0] ?? '').toSorted()).toEqual(prompts.toSorted())
  })

  it("names the simulator's profiles, dialects and faults", () => {
    const words = quoted(section('Simulator'))
    expect([...PROFILES, ...DIALECTS, ...FAULTS].filter(word => !words.includes(word))).toEqual([])
  })

  it('is short', () => {
    expect(whole.trimEnd().split('\n').length).toBeLessThanOrEqual(120)
  })
})
