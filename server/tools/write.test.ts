/** The tools that change things, against the simulator: what they send, what they show, what they refuse, and that they are not there unless allowed. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createPanosClient, type PanosClient } from '../panos/panos-client.ts'
import { child, parseXml, textAt } from '../panos/xml.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/simulator.ts'
import { callTool, ERROR_META } from './call-tool.ts'
import { COMMITTING, catalogueFor, EXPERT, READING, WRITING } from './catalogue.ts'
import { commandXml } from './expert-tools.ts'
import { REDACTED, redacted } from './redact.ts'
import { Snapshots } from './snapshots.ts'

const KEY = 'write-test-key'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

interface Answer {
  readonly text: string
  readonly error: Record<string, unknown> | undefined
  readonly items: Record<string, unknown>[]
  readonly job: { readonly id: string } | undefined
}
type Call = (name: string, input?: Record<string, unknown>, budgetMs?: number) => Promise<Answer>

async function device(
  options: SimulatorOptions = {},
): Promise<{ simulator: Simulator; call: Call; progress: string[]; client: PanosClient }> {
  const simulator = await startSimulator({ apiKey: KEY, objects: 60, rules: 8, commitMs: 50, ...options })
  undo.push(() => simulator.close())
  const client = createPanosClient({ PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: KEY })
  const snapshots = new Snapshots()
  const progress: string[] = []
  const call: Call = async (name, input = {}, budgetMs = 20_000) => {
    const tool = [...READING, ...WRITING, ...COMMITTING, ...EXPERT].find(each => each.name === name)
    if (!tool) throw new Error(`no tool ${name}`)
    const context = {
      client: () => client,
      snapshots,
      signal: new AbortController().signal,
      budgetMs,
      progress: (done: number, _: unknown, message: string) => void progress.push(`${done} ${message}`),
    }
    const result = await callTool(tool, tool.input.parse(input), context)
    const found = result.structuredContent as { items: Record<string, unknown>[]; job?: { id: string } } | undefined
    const text = result.content[0]?.type === 'text' ? result.content[0].text : ''
    return { text, error: result._meta?.[ERROR_META] as Record<string, unknown> | undefined, items: found?.items ?? [], job: found?.job }
  }
  return { simulator, call, progress, client }
}
const WEB = { name: 'new-web', type: 'ip-netmask', value: '192.0.2.80' }

describe('which tools there are', () => {
  it.each([
    [{}, 0, 0, 0],
    [{ PANOS_ALLOW_WRITES: 'true' }, WRITING.length, 0, 0],
    [{ PANOS_ALLOW_COMMIT: '1' }, 0, COMMITTING.length, 0],
    [{ PANOS_ALLOW_WRITES: 'no', PANOS_TOOLSETS: 'core,write,commit' }, 0, 0, 0],
    [{ PANOS_TOOLSETS: 'expert' }, 0, 0, EXPERT.length],
  ])('%j', (env, writing, committing, expert) => {
    const names = new Set(catalogueFor(env).map(({ name }) => name))
    const among = (tools: readonly { name: string }[]): number => tools.filter(({ name }) => names.has(name)).length
    expect([among(WRITING), among(COMMITTING), among(EXPERT)]).toEqual([writing, committing, expert])
  })

  it('says which sets there are when one is unknown, and marks what changes things', () => {
    expect(() => catalogueFor({ PANOS_TOOLSETS: 'core,nonsense' })).toThrow('names "nonsense"')
    for (const tool of WRITING) {
      expect(tool.annotations, tool.name).toMatchObject({ readOnlyHint: false, destructiveHint: !tool.name.startsWith('create_') })
      expect(tool.input.shape, tool.name).toHaveProperty('dry_run')
    }
    const all = [...READING, ...WRITING, ...COMMITTING, ...EXPERT].map(({ name }) => name)
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('objects', () => {
  it('are shown by a dry run, created in the candidate, changed, deleted and committed', async () => {
    const { simulator, call } = await device()
    const before = simulator.device.candidate
    const dry = await call('create_address_object', { ...WEB, dry_run: true })
    expect([dry.items[0], simulator.device.candidate === before]).toMatchObject([
      { changed: false, dryRun: true, after: expect.stringContaining('192.0.2.80') },
      true,
    ])
    const made = await call('create_address_object', { ...WEB, tags: ['pci'], description: 'a <b> & c' })
    expect(made.items[0]).toMatchObject({
      action: 'set',
      location: 'vsys1',
      changed: true,
      after:
        '<entry name="new-web"><ip-netmask>192.0.2.80</ip-netmask><description>a &lt;b&gt; &amp; c</description><tag><member>pci</member></tag></entry>',
    })
    expect((await call('retrieve_address_objects', { name_contains: 'new-web' })).items).toEqual([])
    expect((await call('retrieve_address_objects', { name_contains: 'new-web', config: 'candidate' })).items).toMatchObject([
      { value: '192.0.2.80', tags: ['pci'] },
    ])
    expect((await call('create_address_object', WEB)).error).toMatchObject({ kind: 'conflict' })
    const changed = await call('update_address_object', { name: 'new-web', value: '192.0.2.81', tags: [] })
    expect(changed.items[0]?.after).toBe(
      '<entry name="new-web"><description>a &lt;b&gt; &amp; c</description><ip-netmask>192.0.2.81</ip-netmask></entry>',
    )
    const fqdn = await call('update_address_object', { name: 'new-web', type: 'fqdn', value: 'www.example.net' })
    expect(fqdn.items[0]?.after).not.toContain('ip-netmask')
    expect((await call('show_pending_changes')).items).toHaveLength(1)
    expect((await call('commit')).text).toContain('succeeded')
    expect((await call('retrieve_address_objects', { name_contains: 'new-web' })).items).toMatchObject([
      { type: 'fqdn', value: 'www.example.net' },
    ])
    expect((await call('delete_address_object', { name: 'new-web' })).items[0]).toMatchObject({
      before: expect.stringContaining('www.example.net'),
      changed: true,
    })
    expect((await call('delete_address_object', { name: 'new-web' })).error).toMatchObject({ kind: 'absent' })
    expect((await call('update_tag', { name: 'pci', comments: 'card data' })).items[0]?.after).toContain('<comments>card data</comments>')
    expect((await call('create_service', { name: 's1', protocol: 'tcp', port: '9000' })).items).toHaveLength(1)
    expect((await call('update_service', { name: 's1', port: '9001' })).items[0]?.after).toContain('<tcp><port>9001</port></tcp>')
    expect((await call('create_address_group', { name: 'g1', filter: "'pci'" })).items[0]?.after).toContain('<dynamic>')
  })

  it('keep the value when the type alone changes, and the type when the value alone does', async () => {
    const { call } = await device()
    await call('create_address_object', { name: 'span', type: 'ip-netmask', value: '192.0.2.80' })
    const typed = await call('update_address_object', { name: 'span', type: 'fqdn', dry_run: true })
    expect(typed.items[0]?.after).toBe('<entry name="span"><fqdn>192.0.2.80</fqdn></entry>')
    const moved = await call('update_address_object', { name: 'span', value: '192.0.2.81', dry_run: true })
    expect(moved.items[0]?.after).toBe('<entry name="span"><ip-netmask>192.0.2.81</ip-netmask></entry>')
    await call('create_service', { name: 's1', protocol: 'tcp', port: '9000' })
    const udp = await call('update_service', { name: 's1', protocol: 'udp', dry_run: true })
    expect(udp.items[0]?.after).toContain('<protocol><udp><port>9000</port></udp></protocol>')
  })

  it('that are in use are not deleted: a dry run says who uses them, the device refuses', async () => {
    const { call } = await device()
    await call('create_address_object', WEB)
    await call('create_address_group', { name: 'g1', members: ['new-web'] })
    expect((await call('delete_address_object', { name: 'new-web', dry_run: true })).text).toContain(
      'Warning: address-group "g1" (vsys1) refers to it in static',
    )
    expect((await call('delete_address_object', { name: 'new-web' })).error).toMatchObject({ kind: 'in-use', panosCode: '10' })
  })

  it('with wrong values are refused in the words of the device', async () => {
    const { call } = await device()
    expect((await call('create_address_object', { ...WEB, value: 'nonsense' })).error).toMatchObject({
      kind: 'invalid',
      panosCode: '12',
      message: expect.stringContaining("ip-netmask 'nonsense' is invalid"),
    })
    expect((await call('create_address_object', { ...WEB, location: 'vsys9' })).error).toMatchObject({ kind: 'bad-request' })
    await expect(call('create_address_object', { ...WEB, name: "x'] | /config" })).rejects.toThrow()
  })

  it('of a Panorama need a location', async () => {
    const { call } = await device({ profile: 'panorama', deviceGroups: 2 })
    expect((await call('create_address_object', WEB)).error).toMatchObject({
      kind: 'bad-request',
      message: expect.stringContaining('needs a location'),
    })
    expect((await call('create_address_object', { ...WEB, location: 'site-001' })).items).toMatchObject([
      { location: 'site-001', changed: true },
    ])
    expect(
      (
        await call('create_security_rule', {
          name: 'r1',
          location: 'site-001',
          rulebase: 'post',
          from: ['any'],
          to: ['any'],
          action: 'deny',
        })
      ).items[0]?.xpath,
    ).toContain('/post-rulebase/')
    expect((await call('commit')).text).toContain('succeeded')
    const pushed = await call('push_to_devices', { device_group: 'site-001' })
    expect(pushed.items[0]).toMatchObject({ type: 'CommitAll', devices: [{ name: 'fw-site-001', result: 'OK' }] })
  })
})

describe('rules', () => {
  it('are created with what a rule needs, moved, switched off and on', async () => {
    const { call, simulator } = await device()
    const rule = { name: 'r1', from: ['users'], to: ['untrust'], action: 'allow', application: ['ssl'] }
    expect((await call('create_security_rule', rule)).items[0]?.after).toContain('<service><member>application-default</member></service>')
    const order = async (): Promise<unknown[]> =>
      (await call('retrieve_security_policies', { config: 'candidate', refresh: true })).items.map(({ name }) => name)
    expect((await order()).at(-1)).toBe('r1')
    await call('move_security_rule', { name: 'r1', where: 'top' })
    expect((await order())[0]).toBe('r1')
    expect((await call('move_security_rule', { name: 'r1', where: 'top' })).error).toMatchObject({ kind: 'conflict', panosCode: '14' })
    expect((await call('move_security_rule', { name: 'r1', where: 'after' })).error).toMatchObject({ kind: 'bad-request' })
    expect((await call('set_rule_disabled', { name: 'r1', disabled: true })).items[0]?.after).toContain('<disabled>yes</disabled>')
    expect((await call('set_rule_disabled', { name: 'r1', disabled: false, dry_run: true })).items[0]?.after).toContain(
      '<disabled>no</disabled>',
    )
    expect((await call('commit', { description: 'a rule' })).items[0]).toMatchObject({ description: 'a rule', result: 'OK' })
    const [running] = child(simulator.device.running, 'devices', 'entry', 'vsys', 'entry', 'rulebase', 'security', 'rules')?.children ?? []
    expect([running?.attributes.name, textAt(running, 'disabled')]).toEqual(['r1', 'yes'])
  })
})

describe('commits', () => {
  it('are refused when the changes are not those that were reviewed', async () => {
    const { call } = await device()
    await call('create_address_object', WEB)
    const digest = /digest of all: (\w{16})/.exec((await call('show_pending_changes')).text)?.[1]
    await call('create_address_object', { ...WEB, name: 'another' })
    expect((await call('commit', { expected_changes_digest: digest })).error).toMatchObject({ kind: 'conflict' })
    const now = /digest of all: (\w{16})/.exec((await call('show_pending_changes')).text)?.[1]
    // The same place edited once more leaves the list of changes as it is.
    await call('update_address_object', { name: 'another', value: '192.0.2.81' })
    await call('update_address_object', { name: 'another', value: '192.0.2.82' })
    expect((await call('commit', { expected_changes_digest: now })).error).toMatchObject({ kind: 'conflict' })
    const reviewed = await call('show_pending_changes')
    expect(reviewed.items.at(-1)).toMatchObject({ admin: 'admin', after: expect.stringContaining('192.0.2.82') })
    expect(reviewed.items.at(-1)?.before).toBeUndefined()
    const second = /digest of all: (\w{16})/.exec(reviewed.text)?.[1]
    await call('update_address_object', { name: 'another', value: '192.0.2.83' })
    const list = (items: readonly Record<string, unknown>[]): unknown[] => items.map(({ xpath, action, admin }) => [xpath, action, admin])
    expect(list((await call('show_pending_changes')).items)).toEqual(list(reviewed.items))
    expect((await call('commit', { expected_changes_digest: second })).error).toMatchObject({ kind: 'conflict' })
    const last = /digest of all: (\w{16})/.exec((await call('show_pending_changes')).text)?.[1]
    expect((await call('commit', { expected_changes_digest: last })).error).toBeUndefined()
    expect((await call('commit')).text).toContain('There are no changes to commit.')
  })

  it('that take longer than the budget go on, and get_job waits for them', async () => {
    const { call, simulator, progress } = await device({ commitMs: 1500 })
    await call('create_address_object', WEB)
    const begun = await call('commit', {}, 300)
    expect(begun.job).toMatchObject({ status: 'running', id: '2' })
    expect(begun.text).toContain('call get_job with id "2"')
    expect((await call('commit')).error).toMatchObject({ kind: 'busy' })
    expect((await call('get_job', { id: '2', wait: false })).job).toMatchObject({ id: '2' })
    expect((await call('get_job', { id: '2' })).text).toContain('ended: OK')
    expect(progress.some(each => /^\d+ Commit job 2/.test(each))).toBe(true)
    expect(simulator.device.pending).toEqual([])
  })

  it('that fail say why, and validation says it before', async () => {
    const { call, simulator } = await device()
    await call('create_security_rule', { name: 'r1', from: ['users'], to: ['untrust'], action: 'allow' })
    await call('update_security_rule', { name: 'r1', service: [] })
    for (const tool of ['validate_candidate', 'commit']) {
      expect((await call(tool)).error, tool).toMatchObject({ kind: 'invalid', message: expect.stringContaining("r1 is missing 'service'") })
    }
    expect((await call('revert_candidate', { dry_run: true })).text).toContain('1 changes would be lost')
    expect((await call('revert_candidate')).text).toContain('1 changes were thrown away')
    expect(simulator.device.candidate).toBe(simulator.device.running)
  })

  it.each(['truncate', 'bad-gateway'] as const)('whose answer is lost (%s) are looked up and never sent again', async fault => {
    const { call, simulator, client } = await device({ commitMs: 300 })
    await call('create_address_object', WEB)
    const commit = client.commit.bind(client)
    // It is the commit's own answer that is lost.
    const { served } = simulator.stats()
    vi.spyOn(client, 'commit').mockImplementationOnce(async (...order) => {
      await vi.waitFor(() => expect(simulator.stats()).toMatchObject({ served: served + 1, inFlight: 0 }), {
        timeout: 20_000,
        interval: 10,
      })
      simulator.faults.set(fault, 1)
      return commit(...order)
    })
    const found = await call('commit')
    expect([found.error, found.text]).toEqual([undefined, expect.stringMatching(/Commit job 2 succeeded.*\n.*was lost/)])
    expect(simulator.device.jobs.all().filter(({ type }) => type === 'Commit')).toHaveLength(1)
  })
})

describe('expert tools', () => {
  it.each([
    '<set><x/></set>',
    '<request><restart/></request>',
    'request restart system',
    'delete config',
    '<show><x/></show><request/>',
    '<show>',
  ])('refuse %s', command => {
    expect(() => commandXml(command)).toThrow()
  })

  it('run what shows or tests, and take secrets out of a configuration', async () => {
    expect(commandXml('show system info')).toBe('<show><system><info></info></system></show>')
    expect(commandXml('<show><!-- x --><clock/></show>')).toBe('<show><clock/></show>')
    const { call } = await device()
    expect((await call('run_show_command', { command: 'show clock' })).text).toMatch(/UTC \d{4}/)
    expect((await call('get_config_xpath', { xpath: '/config/mgt-config/users' })).text).toContain(`<phash>${REDACTED}</phash>`)
    expect((await call('get_config_xpath', { xpath: "/config/devices/entry[@name='localhost.localdomain']/vsys" })).error).toMatchObject({
      kind: 'bad-request',
    })
    const secret = parseXml(
      '<a><phash>S</phash><snmp><community>S</community></snmp><psk><b>S</b></psk><key-lifetime>1</key-lifetime><ip>x</ip></a>',
    )
    expect(JSON.stringify(redacted(secret))).not.toContain('"S"')
    expect(JSON.stringify(redacted(secret))).toContain('"x"')
  })
})
