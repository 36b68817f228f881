/** What each kind of object keeps, refuses and replaces when it is written, against the simulator. */
import { afterEach, describe, expect, it } from 'vitest'
import { createPanosClient } from '../panos/panos-client.ts'
import { inVsys } from '../panos/xpath.ts'
import { type SimulatorOptions, startSimulator } from '../simulator/simulator.ts'
import { WRITING } from './catalogue.ts'
import { Snapshots } from './snapshots.ts'
import type { Written } from './write-tool.ts'

const KEY = 'kinds-test-key'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function device(options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ apiKey: KEY, objects: 30, rules: 4, ...options })
  undo.push(() => simulator.close())
  const client = createPanosClient({ PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: KEY })
  const { signal } = new AbortController()
  const context = { client: () => client, snapshots: new Snapshots(), signal, budgetMs: 20_000, progress: () => {} }
  const call = async (name: string, input: Record<string, unknown>): Promise<Written> => {
    const tool = WRITING.find(each => each.name === name)
    if (!tool) throw new Error(`no tool ${name}`)
    const [written] = (await tool.run(tool.input.parse(input), context)).items
    return written as Written
  }
  const set = (container: string, element: string) => client.change({ action: 'set', xpath: inVsys('vsys1', container), element }, signal)
  return { simulator, call, set }
}

describe('a service', () => {
  const OVERRIDE = '<override><yes><timeout>100</timeout></yes></override>'

  it('keeps its source ports, and its timeouts as long as the protocol stays', async () => {
    const { call, set } = await device()
    const tcp = `<tcp><port>8443</port><source-port>1024-65535</source-port>${OVERRIDE}</tcp>`
    await set('service', `<entry name="s1"><protocol>${tcp}</protocol></entry>`)
    const moved = await call('update_service', { name: 's1', port: '9443' })
    expect(moved.element).toBe(`<entry name="s1"><protocol>${tcp.replace('8443', '9443')}</protocol></entry>`)
    expect(moved.after).toBe(moved.element)
    const udp = await call('update_service', { name: 's1', protocol: 'udp' })
    expect(udp.after).toBe(
      '<entry name="s1"><protocol><udp><port>9443</port><source-port>1024-65535</source-port></udp></protocol></entry>',
    )
  })
})

describe('an address group', () => {
  const GROUP = '<entry name="g1"><static><member>a1</member></static></entry>'
  const withGroup = async () => {
    const found = await device()
    await found.set('address', '<entry name="a1"><fqdn>www.example.net</fqdn></entry>')
    await found.set('address-group', GROUP)
    return found
  }

  it('stays static when a filter is given that says nothing', async () => {
    const { call } = await withGroup()
    const described = await call('update_address_group', { name: 'g1', filter: '', description: 'web' })
    expect(described.after).toBe(GROUP.replace('</entry>', '<description>web</description></entry>'))
  })

  it('becomes dynamic, and static again, by what is given', async () => {
    const { call } = await withGroup()
    const dynamic = await call('update_address_group', { name: 'g1', filter: "'prod'", members: [] })
    expect(dynamic.after).toMatch(/^<entry name="g1"><dynamic>.*<\/dynamic><\/entry>$/)
    expect((await call('update_address_group', { name: 'g1', filter: ' ', members: ['a1'] })).after).toBe(GROUP)
  })

  it.each([
    ['create_address_group', { name: 'g2' }],
    ['create_address_group', { name: 'g2', members: [], filter: '' }],
    ['create_address_group', { name: 'g2', members: ['a1'], filter: "'prod'" }],
    ['update_address_group', { name: 'g1', members: [] }],
    ['update_address_group', { name: 'g1', members: ['a1'], filter: "'prod'" }],
  ])('is refused without exactly one of members and filter: %s %j', async (name, input) => {
    const { call } = await withGroup()
    await expect(call(name, input)).rejects.toMatchObject({ kind: 'bad-request', message: expect.stringContaining('members or a filter') })
  })
})

describe('a security rule', () => {
  const RULE = { name: 'r1', from: ['users'], to: ['untrust'], action: 'allow' }

  it.each([
    ['create_security_rule', RULE],
    ['update_security_rule', { name: 'r1', action: 'deny' }],
    ['delete_security_rule', { name: 'r1' }],
    ['move_security_rule', { name: 'r1', where: 'top' }],
    ['set_rule_disabled', { name: 'r1', disabled: true }],
  ])('of a firewall is not looked for in shared, where it would never apply: %s', async (name, input) => {
    const { call, simulator } = await device()
    const before = simulator.device.candidate
    await expect(call(name, { ...input, location: 'shared' })).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringContaining('not in shared'),
    })
    expect(simulator.device.candidate).toBe(before)
  })

  it('of a Panorama is before or after those of the firewalls, in shared too', async () => {
    const { call } = await device({ profile: 'panorama', deviceGroups: 1 })
    expect((await call('create_security_rule', { ...RULE, location: 'shared', rulebase: 'post' })).xpath).toBe(
      '/config/shared/post-rulebase/security/rules',
    )
  })
})
