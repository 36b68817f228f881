/** The reading tools against the simulator: the number of requests that each makes, the traps of the XML API, filters, pages, progress, budgets and cancellation. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createPanosClient } from '../panos/panos-client.ts'
import { parseXml } from '../panos/xml.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/simulator.ts'
import { callTool, ERROR_META } from './call-tool.ts'
import { READING } from './catalogue.ts'
import { EXAMPLE_ARGUMENTS } from './example-arguments.ts'
import { readJobs } from './jobs.ts'
import { compileLogQuery } from './log-query.ts'
import { inputsOf } from './panos-tool.ts'
import { readAdvancedRoutes, readRoutes } from './routes.ts'
import { Snapshots } from './snapshots.ts'
import { parseTagFilter } from './tag-filter.ts'
import { readMatches } from './test-policy.ts'

/** A safety net against hanging, not a measurement. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 })

const KEY = 'reading-test-key'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

interface Options {
  readonly signal?: AbortSignal
  readonly budgetMs?: number
  readonly snapshots?: Snapshots
  readonly progress?: (done: number, total: number | undefined, message: string) => void
}
interface Found {
  readonly items: Record<string, unknown>[]
  readonly total: number
  readonly nextCursor?: string
  readonly job?: { readonly id: string }
  readonly warnings: string[]
  readonly fetchedAt: string
}

async function device(options: SimulatorOptions = {}, env: Record<string, string> = {}) {
  const simulator = await startSimulator({ apiKey: KEY, logMs: 20, ...options })
  undo.push(() => simulator.close())
  const client = createPanosClient({ PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: KEY, ...env })
  const shared = new Snapshots()
  const call = async (name: string, input: Record<string, unknown> = {}, given: Options = {}) => {
    const tool = READING.find(each => each.name === name)
    if (!tool) throw new Error(`no tool ${name}`)
    const context = {
      client: () => client,
      snapshots: given.snapshots ?? shared,
      signal: given.signal ?? new AbortController().signal,
      budgetMs: given.budgetMs ?? 20_000,
      progress: given.progress ?? (() => {}),
    }
    const result = await callTool(tool, inputsOf(tool).parse(input), context)
    const text = result.content[0]?.type === 'text' ? result.content[0].text : ''
    return {
      result,
      text,
      found: result.structuredContent as unknown as Found,
      error: result._meta?.[ERROR_META] as Record<string, unknown> | undefined,
    }
  }
  return { simulator, call }
}

/** Requests to the firewall that each tool makes on a firewall with one virtual system, with nothing remembered. */
const BUDGET: Readonly<Record<string, number>> = {
  check_health: 1,
  show_system_info: 1,
  retrieve_address_objects: 3,
  retrieve_security_zones: 2,
  retrieve_security_policies: 4,
  test_security_policy_match: 1,
  test_nat_policy_match: 1,
  test_route_lookup: 2,
  // The query, and asking for it until it is done.
  query_logs: 3,
  retrieve_address_groups: 3,
  retrieve_services: 3,
  retrieve_service_groups: 3,
  retrieve_tags: 3,
  retrieve_nat_policies: 4,
  retrieve_applications: 3,
  find_references: 16,
  find_object_by_ip: 5,
  show_interfaces: 1,
  show_routes: 1,
  find_sessions: 1,
  show_ha_status: 1,
  show_jobs: 1,
  get_job: 1,
  show_pending_changes: 3,
  show_resources: 3,
  show_licenses: 1,
  list_locations: 1,
  analyze_security_policies: 9,
}

describe('requests to the firewall', () => {
  it('are as many as budgeted for each tool, whatever the number of objects', async () => {
    const { simulator, call } = await device({ objects: 500, rules: 20 })
    for (const { name } of READING) {
      const before = simulator.stats().served
      const { error } = await call(name, EXAMPLE_ARGUMENTS[name] ?? {}, { snapshots: new Snapshots() })
      expect([name, error, simulator.stats().served - before]).toEqual([name, undefined, expect.any(Number)])
      expect(simulator.stats().served - before, name).toBeLessThanOrEqual(BUDGET[name] ?? 0)
    }
  })

  it('are not made again for what was read a moment ago, unless refresh asks for it', async () => {
    const { simulator, call } = await device({ objects: 50 })
    await call('retrieve_address_objects')
    const first = simulator.stats().served
    const again = await call('retrieve_address_objects', { type: 'fqdn' })
    await call('find_object_by_ip', { ip: '10.30.0.12' })
    // Only the two places of groups were not read yet.
    expect(simulator.stats().served - first).toBe(2)
    expect(again.found.items.every(({ type }) => type === 'fqdn')).toBe(true)
    await call('retrieve_address_objects', { refresh: true })
    expect(simulator.stats().served - first).toBe(5)
  })

  it('of equal calls at the same time are shared', async () => {
    const { simulator, call } = await device({ objects: 50, latencyMs: 30 })
    await Promise.all(Array.from({ length: 10 }, () => call('retrieve_address_objects')))
    expect(simulator.stats().served).toBe(3)
  })

  it('of a Panorama depend on the number of places, not of what is in them', async () => {
    const { simulator, call } = await device({ profile: 'panorama', deviceGroups: 6, objects: 700 })
    const { found } = await call('retrieve_address_objects', { limit: 1000 })
    expect([found.total, simulator.stats().served]).toEqual([700, 2 + 1 + 6])
    const zones = await call('retrieve_security_zones')
    expect(zones.found.items.map(({ location }) => location)).toContain('template-1/vsys1')
    // Templates, the systems of three, the zones of three.
    expect(simulator.stats().served - 9).toBe(1 + 3 + 3)
    const places = (await call('list_locations')).found.items
    expect(places.find(({ name }) => name === 'site-003')).toMatchObject({ kind: 'device-group', parent: 'site-002' })
    expect(places.filter(({ kind }) => kind === 'managed-device')).toHaveLength(6)
  })
})

describe('pages', () => {
  it('are cut from one list, even when the device changes in between', async () => {
    const { simulator, call } = await device({ objects: 30 })
    const first = (await call('retrieve_address_objects', { limit: 10 })).found
    simulator.device.running = parseXml('<config/>')
    const names = first.items.map(({ name }) => name)
    for (let cursor = first.nextCursor; cursor !== undefined; ) {
      const page: Found = (await call('retrieve_address_objects', { limit: 7, cursor, refresh: true })).found
      expect(page.fetchedAt).toBe(first.fetchedAt)
      names.push(...page.items.map(({ name }) => name))
      cursor = page.nextCursor
    }
    expect([names.length, new Set(names).size]).toEqual([30, 30])
  })

  it('are kept though many others ask for the same list', async () => {
    const { call } = await device({ objects: 30 })
    const snapshots = new Snapshots({ capacity: 100 })
    const { nextCursor: cursor } = (await call('retrieve_address_objects', { limit: 10 }, { snapshots })).found
    for (let others = 0; others < 12; others += 1) await call('retrieve_address_objects', { limit: 1 }, { snapshots })
    expect((await call('retrieve_address_objects', { cursor, limit: 20 }, { snapshots })).found).toMatchObject({ total: 30, returned: 20 })
  })

  it('of logs begin at the same moment, though logs arrive in between', async () => {
    const { call } = await device()
    const first = (await call('query_logs', { limit: 40 })).found
    const second = (await call('query_logs', { cursor: first.nextCursor })).found
    const times = [...first.items, ...second.items].map(({ receive_time }) => String(receive_time))
    expect([times.length, new Set(times).size]).toEqual([80, 80])
    expect(times).toEqual(times.toSorted().toReversed())
    expect((await call('query_logs', { cursor: 'nonsense' })).error).toMatchObject({ kind: 'bad-request' })
    // Cursors of another tool are told from those that are wrong.
    expect((await call('retrieve_address_objects', { cursor: first.nextCursor })).error).toMatchObject({
      kind: 'bad-request',
      message: expect.stringContaining('given by query_logs, not by retrieve_address_objects'),
    })
    const { nextCursor } = (await call('retrieve_services', { limit: 1 })).found
    for (const name of ['retrieve_address_objects', 'query_logs'])
      expect((await call(name, { cursor: nextCursor })).error).toMatchObject({
        kind: 'bad-request',
        hint: expect.stringContaining('retrieve_services'),
      })
    // A model has to copy it.
    expect(first.nextCursor?.length).toBeLessThan(20)
  })
})

describe('snapshots', () => {
  it('of nothing are kept no longer than others: something may have been made there', async () => {
    let now = 0
    const snapshots = new Snapshots({ ttlMs: 100, clock: () => now })
    const options = { refresh: false, signal: new AbortController().signal, weigh: (list: readonly string[]) => list.length }
    await snapshots.read('a', options, async () => [])
    now = 99
    expect((await snapshots.read('a', options, async () => ['new'])).value).toEqual([])
    now = 101
    expect((await snapshots.read('a', options, async () => ['new'])).value).toEqual(['new'])
  })

  it('are forgotten in time and in number, and pages say when theirs is gone', async () => {
    let now = 0
    const snapshots = new Snapshots({ ttlMs: 100, pagesMs: 1000, capacity: 10, clock: () => now })
    let loads = 0
    const read = (key: string, size = 3) =>
      snapshots.read(
        key,
        { refresh: false, signal: new AbortController().signal, weigh: (list: readonly number[]) => list.length },
        async () => {
          loads += 1
          return Array.from({ length: size }, (_, index) => index)
        },
      )
    await read('a')
    now = 99
    await read('a')
    expect(loads).toBe(1)
    now = 101
    await read('a')
    await read('empty', 0)
    expect(loads).toBe(3)
    const items = [{}]
    const paged = { tool: 'a', question: 'q', items, list: { items } }
    const page = snapshots.pages(paged)
    expect(snapshots.listOf(page, 'a', 'items')).toBe(paged.list)
    expect(() => snapshots.listOf(page, 'a', 'query')).toThrow('not known')
    // The same list of the same question is kept once.
    expect(snapshots.pages({ ...paged, items: [...items] })).toBe(page)
    for (const other of [{ tool: 'b' }, { question: 'r' }, { items: [{}] }]) expect(snapshots.pages({ ...paged, ...other })).not.toBe(page)
    await read('b', 8)
    // The oldest had to go for it.
    await read('b', 8)
    await read('a')
    expect(loads).toBe(5)
    expect(() => snapshots.listOf(page, 'a', 'items')).toThrow('no longer kept')
    now += 50
    await read('empty', 0)
    expect(loads).toBe(6)
    // What was read across a change is not kept.
    const across = read('c')
    snapshots.forget()
    await across
    await read('c')
    expect(loads).toBe(8)
  })
})

describe('progress, budget and cancellation', () => {
  it('tells how many places are read', async () => {
    const { call } = await device({ profile: 'panorama', deviceGroups: 4 })
    const seen: string[] = []
    await call('retrieve_address_objects', {}, { progress: (done, total) => seen.push(`${done}/${total}`) })
    expect(seen).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5'])
  })

  it('leaves a log query that takes too long to get_job', async () => {
    const { simulator, call } = await device({ logMs: 1000 })
    const begun = await call('query_logs', { limit: 5 }, { budgetMs: 300 })
    expect(begun.found).toMatchObject({ items: [], job: { id: 'log-1', status: 'running' } })
    const done = await call('get_job', { id: 'log-1' })
    expect(done.found.items[0]?.logs).toHaveLength(5)
    expect(simulator.device.logJobs.open).toBe(0)
    expect((await call('get_job', { id: 'log-1' })).error).toMatchObject({ kind: 'absent' })
  })

  it('compares thousands of rules in pieces: others have their turn, and a caller who leaves ends it', async () => {
    const { call } = await device({ rules: 3000, objects: 200 })
    const controller = new AbortController()
    const progress = (_: number, __: number | undefined, message: string): void => {
      // Comes to pass only when the comparing gives way.
      if (message === 'rules compared') setImmediate(() => controller.abort())
    }
    expect((await call('analyze_security_policies', {}, { signal: controller.signal, progress })).error).toMatchObject({
      kind: 'cancelled',
    })
  })

  it('ends the log query at the device when the caller leaves', async () => {
    const { simulator, call } = await device({ logMs: 600_000 })
    const controller = new AbortController()
    const waiting = call('query_logs', {}, { signal: controller.signal })
    await eventually(() => expect(simulator.device.logJobs.open).toBe(1))
    controller.abort()
    expect((await waiting).error).toMatchObject({ kind: 'cancelled' })
    await eventually(() => expect(simulator.device.logJobs.open).toBe(0))
  })
})

describe('answers of every release', () => {
  it.each(['10.1', '11.1', '11.2'] as const)('%s is understood by every tool', async dialect => {
    const { call } = await device({ dialect, objects: 40, rules: 30 })
    for (const { name } of READING) expect([name, (await call(name, EXAMPLE_ARGUMENTS[name] ?? {})).error]).toEqual([name, undefined])
    expect((await call('show_routes', { protocol: 'static' })).found.items).toMatchObject([
      { destination: '0.0.0.0/0', interface: 'ethernet1/1' },
    ])
    expect((await call('test_route_lookup', { destination_ip: '10.30.0.9' })).found.items).toMatchObject([
      { found: true, interface: 'ethernet1/3' },
    ])
    const threats = (await call('query_logs', { type: 'threat', limit: 5 })).found.items
    expect(threats.every(({ threatid }) => /\(\d+\)$/.test(String(threatid)) === (dialect !== '11.2'))).toBe(true)
  })

  it('takes both shapes of a policy match, with and without a rule', () => {
    const of = (xml: string) => readMatches(parseXml(`<result>${xml}</result>`))
    expect(of('<rules><entry name="a"><index>3</index><action>deny</action></entry></rules>')).toEqual([
      { rule: 'a', action: 'deny', index: 3 },
    ])
    expect(of('<rules><entry>a; index: 3</entry></rules>')).toEqual([{ rule: 'a' }])
    expect(of('<rules/>')).toEqual([])
  })

  it('takes jobs as devices write them: listed twice, with a time as progress, without id, with devices that lag', () => {
    const job =
      '<job><tenq>2026/11/20 06:00:00</tenq><tdeq>06:00:01</tdeq><id>7</id><type>Commit</type><status>FIN</status><result>OK</result><tfin>06:01:00</tfin><progress>2026/11/20 06:01:00</progress><details><line>a</line><line>b</line></details><warnings/></job>'
    const dead = '<job><type>Commit</type><details><line>failed because of configd restart</line></details></job>'
    const push =
      '<job><id>8</id><type>CommitAll</type><status>FIN</status><result>OK</result><progress>100</progress><devices><entry><serial-no>0012</serial-no><devicename>fw</devicename><result>PEND</result><details/></entry></devices></job>'
    const jobs = readJobs(parseXml(`<result>${job}${job}${dead}${push}</result>`))
    expect(jobs.map(({ id, status, progress, details }) => [id, status, progress, details])).toEqual([
      ['7', 'FIN', 100, ['a', 'b']],
      ['', 'unknown', 0, ['failed because of configd restart', expect.stringContaining('process')]],
      ['8', 'FIN', 100, []],
    ])
    expect(jobs[2]?.devices).toEqual([{ serial: '0012', name: 'fw', result: 'PEND', messages: [] }])
  })

  it('takes routes of both engines, padded flags included', () => {
    const xml =
      '<result><flags>flags: A:active</flags><entry><virtual-router>vr</virtual-router><destination>10.0.0.0/8</destination><nexthop>192.0.2.1</nexthop><metric>10</metric><flags>A S   </flags><age/><interface>ethernet1/1</interface></entry><entry><flags>A?B  </flags></entry></result>'
    expect(readRoutes(parseXml(xml))[0]).toMatchObject({ protocol: 'static', active: true, router: 'vr' })
    expect(readRoutes(parseXml('<result/>'))).toEqual([])
    expect(
      readAdvancedRoutes(
        '{"lr":{"::/0":[{"protocol":"bgp","selected":false,"metric":0,"nexthops":[{"ip":"2001:db8::1","interfaceName":"ae1"}]}]}}',
      ),
    ).toEqual([
      { router: 'lr', destination: '::/0', nexthop: '2001:db8::1', interface: 'ae1', protocol: 'bgp', metric: '0', active: false },
    ])
    expect(readAdvancedRoutes('{}')).toEqual([])
    expect(() => readAdvancedRoutes('<x>')).toThrow('not JSON')
  })
})

describe('filters', () => {
  it('of logs are compiled, and no value can say more than it should', () => {
    expect(
      compileLogQuery({ source: '10.0.0.0/8', destination_port: 443, action: 'blocked', rule: 'a b', since: '2026-11-20T06:00:00' }),
    ).toBe(
      "( receive_time geq '2026/11/20 06:00:00' ) and ( addr.src in 10.0.0.0/8 ) and ( port.dst eq 443 ) and ( action neq allow ) and ( rule eq 'a b' )",
    )
    expect(compileLogQuery({})).toBe('')
    for (const bad of [
      { rule: "x' ) or ( 'a' eq 'a" },
      { source: '1.2.3.4 ) or ( app eq ssl' },
      { since: 'yesterday' },
      { application: 'a\nb' },
    ])
      expect(() => compileLogQuery(bad)).toThrow()
  })

  it('of rules and objects compare addresses, not texts', async () => {
    const config =
      parseXml(`<config><shared><address><entry name="all"><ip-netmask>10.0.0.0/8</ip-netmask></entry></address></shared><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1">
      <address><entry name="net"><ip-netmask>10.1.0.0/16</ip-netmask></entry><entry name="range"><ip-range>10.1.2.0-10.1.3.255</ip-range></entry><entry name="wild"><ip-wildcard>10.0.2.0/0.255.0.255</ip-wildcard></entry><entry name="host"><ip-netmask>10.1.2.3</ip-netmask><tag><member>prod</member></tag></entry><entry name="six"><ip-netmask>2001:db8::/32</ip-netmask></entry></address>
      <address-group><entry name="g"><static><member>nested</member></static></entry><entry name="nested"><static><member>host</member><member>g</member></static></entry><entry name="d"><dynamic><filter>'prod' and not 'old'</filter></dynamic></entry></address-group>
      <rulebase><security><rules>
        <entry name="wide"><from><member>any</member></from><to><member>any</member></to><source><member>all</member></source><destination><member>any</member></destination><application><member>any</member></application><service><member>any</member></service><action>allow</action><log-end>no</log-end></entry>
        <entry name="narrow"><from><member>a</member></from><to><member>b</member></to><source><member>g</member></source><destination><member>any</member></destination><application><member>ssl</member></application><service><member>any</member></service><action>deny</action></entry>
        <entry name="twin"><from><member>a</member></from><to><member>b</member></to><source><member>six</member></source><destination><member>any</member></destination><application><member>ssl</member></application><service><member>any</member></service><action>deny</action></entry>
        <entry name="twin-2"><from><member>a</member></from><to><member>b</member></to><source><member>six</member></source><destination><member>any</member></destination><application><member>ssl</member></application><service><member>any</member></service><action>deny</action></entry>
      </rules></security></rulebase></entry></vsys></entry></devices></config>`)
    const { call } = await device({ config })
    const names = (found: Found): unknown[] => found.items.map(({ name }) => name)
    expect(names((await call('find_object_by_ip', { ip: '10.1.2.3' })).found)).toEqual([
      'all',
      'net',
      'range',
      'wild',
      'host',
      'g',
      'nested',
      'd',
    ])
    expect(names((await call('retrieve_address_objects', { ip: '10.1.2.0/24' })).found)).toEqual(['all', 'net', 'range'])
    expect(names((await call('retrieve_security_policies', { address: '10.1.2.3', name_contains: 'n' })).found)).toContain('narrow')
    expect(names((await call('retrieve_security_policies', { address: '192.0.2.1', zone: 'a' })).found)).toEqual([
      'wide',
      'narrow',
      'twin',
      'twin-2',
    ])
    expect((await call('retrieve_address_groups', { resolve: true, name_contains: 'g' })).found.items[0]).toMatchObject({
      resolved: [{ name: 'host', value: '10.1.2.3' }],
    })
    const remarks = (await call('analyze_security_policies', { checks: ['shadowed', 'duplicate', 'no-log'] })).found.items
    expect(remarks.map(({ check, rule, by }) => [check, rule, by])).toEqual([
      ['no-log', 'wide', undefined],
      ['shadowed', 'narrow', 'wide'],
      ['duplicate', 'twin-2', 'twin'],
    ])
  })

  it('of tags are understood or match nothing', () => {
    const test = parseTagFilter("'a' and ('b' or not 'c')")
    expect([['a', 'b', 'c'], ['a', 'c'], ['a'], ['b']].map(tags => test?.(tags))).toEqual([true, false, true, false])
    for (const bad of ['', "'a' and", "('a'", "'a' 'b'"]) expect(parseTagFilter(bad)).toBeUndefined()
  })

  it('are needed to find sessions', async () => {
    const { call } = await device()
    await expect(call('find_sessions')).rejects.toThrow('at least one')
    const [session] = (await call('query_logs', { action: 'allow', limit: 1 })).found.items
    const { items } = (await call('find_sessions', { source: session?.src })).found
    expect(items[0]).toMatchObject({ rule: session?.rule, nat: false })
  })

  it('of PANOS_VSYS narrow what no location was given for', async () => {
    const { call } = await device({ profile: 'multi-vsys', objects: 90 }, { PANOS_VSYS: 'vsys2' })
    const places = new Set((await call('retrieve_address_objects', { limit: 1000 })).found.items.map(({ location }) => location))
    expect(places).toEqual(new Set(['shared', 'vsys2']))
    expect((await call('retrieve_security_zones', { location: 'vsys3', type: 'tap' })).found.items).toMatchObject([
      { name: 'span', location: 'vsys3' },
    ])
  })
})

describe('the whole question', () => {
  it('why is traffic blocked: zones, rule and log agree', async () => {
    const { call, simulator } = await device()
    const [blocked] = (await call('query_logs', { action: 'blocked', limit: 1 })).found.items
    const zone = async (ip: unknown): Promise<unknown> => (await call('test_route_lookup', { destination_ip: ip })).found.items[0]?.zone
    expect([await zone(blocked?.src), await zone(blocked?.dst)]).toEqual([blocked?.from, blocked?.to])
    const flow = {
      source_ip: blocked?.src,
      destination_ip: blocked?.dst,
      destination_port: Number(blocked?.dport),
      protocol: blocked?.proto,
    }
    const zones = { from_zone: blocked?.from, to_zone: blocked?.to }
    const before = simulator.stats().served
    const match = await call('test_security_policy_match', { ...flow, ...zones })
    expect(simulator.stats().served - before).toBe(1)
    expect(match.found.items).toHaveLength(1)
    expect(match.text).toContain('meets rule')
    // Without zones it is the same question, not that of a rule for other zones.
    const naive = await call('test_security_policy_match', flow)
    expect(naive.found.items).toEqual(match.found.items)
    expect(naive.text).toContain(`(${blocked?.from}) -> `)
  })

  it('which rule: a zone that is not given is found by route, and said to be open where routers disagree', async () => {
    const { call } = await device()
    const flow = { source_ip: '10.20.1.5', destination_ip: '8.8.8.8', destination_port: 443 }
    // The first rule of any zone would be another one.
    expect((await call('test_security_policy_match', flow)).found).toMatchObject({
      items: [{ rule: 'interzone-default', action: 'deny' }],
      warnings: [expect.stringContaining('users (ethernet1/2) to untrust (ethernet1/1)')],
    })
    expect((await call('test_nat_policy_match', flow)).found.items).toMatchObject([{ rule: 'internet-out' }])
    const { call: blind } = await device({
      config: parseXml(
        '<config><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1"/></vsys></entry></devices></config>',
      ),
    })
    expect((await blind('test_security_policy_match', flow)).found.warnings).toEqual([
      expect.stringContaining('from_zone and to_zone could not be found'),
    ])
  })

  it('which rules use an object: those that name it, and those that name a group with it', async () => {
    const config = parseXml(`<config><shared/><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1">
      <address><entry name="x"><ip-netmask>10.1.2.3</ip-netmask><tag><member>t</member></tag></entry></address>
      <address-group><entry name="outer"><static><member>inner</member></static></entry><entry name="inner"><static><member>x</member></static></entry><entry name="dyn"><dynamic><filter>'t'</filter></dynamic></entry></address-group>
      <zone><entry name="z"><network><layer3><member>ethernet1/1</member></layer3></network><user-acl><include-list><member>inner</member></include-list></user-acl></entry></zone>
      <rulebase><security><rules>${['x', 'outer', 'dyn', 'other'].map(name => `<entry name="by-${name}"><source><member>${name}</member></source><destination><member>any</member></destination><action>allow</action></entry>`).join('')}</rules></security></rulebase></entry></vsys></entry></devices></config>`)
    const { call } = await device({ config })
    const found = (await call('find_references', { name: 'x' })).found.items.map(({ kind, name, field, through }) => [
      kind,
      name,
      field,
      through,
    ])
    expect(found.toSorted()).toEqual([
      ['address-group', 'inner', 'static', undefined],
      ['security-rule', 'by-dyn', 'source', 'dyn'],
      ['security-rule', 'by-outer', 'source', 'outer'],
      ['security-rule', 'by-x', 'source', undefined],
      ['zone', 'z', 'user include list', 'inner'],
    ])
    expect((await call('find_references', { name: 't' })).found.items).toMatchObject([
      { kind: 'address-group', name: 'dyn', field: 'dynamic' },
      { kind: 'address', name: 'x', field: 'tag' },
      { kind: 'security-rule', name: 'by-dyn', through: 'dyn' },
    ])
  })

  it('top blocked sources: counted here, of as many entries as it says', async () => {
    const { call } = await device()
    const blocked = { action: 'blocked', since: '2000/01/01 00:00:00' }
    const { items, warnings } = (await call('query_logs', { ...blocked, group_by: 'source', limit: 3 })).found
    const all = (await call('query_logs', { ...blocked, limit: 1000 })).found.items
    const times = (source: unknown): number => all.filter(({ src }) => src === source).length
    expect(warnings).toEqual([])
    expect(items.map(({ source, count }) => [Number(count), times(source)])).toEqual(
      items.map(({ count }) => [Number(count), Number(count)]),
    )
    expect(Number(items[0]?.count)).toBe(Math.max(...all.map(({ src }) => times(src))))
  })
})

describe('a Panorama', () => {
  it('is asked about a firewall behind it with target, and nothing of one is taken for the other', async () => {
    const { call, simulator } = await device({ profile: 'panorama', deviceGroups: 3, logMs: 20 })
    const [first = '', second = ''] = [...simulator.device.managed.keys()]
    const flow = { source_ip: '10.20.1.5', destination_ip: '8.8.8.8', destination_port: 443 }
    // Without it the answer says what to do.
    expect((await call('test_security_policy_match', flow)).error).toMatchObject({ hint: expect.stringContaining('give target') })
    const verdict = await call('test_security_policy_match', { ...flow, target: first })
    expect(verdict.text).toContain('10.20.1.5 (users) -> 8.8.8.8:443 (untrust) meets rule')
    const names = async (target?: string): Promise<unknown> =>
      (await call('show_system_info', target === undefined ? {} : { target })).found.items[0]?.hostname
    expect([await names(), await names(first), await names(second)]).toEqual(['panorama-sim-1', 'fw-all-sites', 'fw-site-001'])
    // Both have a vsys1 and a shared: what was read of one does not serve the other.
    const places = async (more: object): Promise<unknown[]> => {
      const { items } = (await call('retrieve_address_objects', { limit: 1000, ...more })).found
      return [...new Set(items.map(({ location }) => location))].toSorted()
    }
    expect([await places({ target: first }), await places({})]).toEqual([
      ['shared', 'vsys1'],
      ['all-sites', 'shared', 'site-001', 'site-002'],
    ])
    const addresses = async (target: string): Promise<string> =>
      JSON.stringify((await call('retrieve_address_objects', { target, limit: 1000 })).found.items)
    expect(await addresses(first)).not.toBe(await addresses(second))
    // A cursor goes with its target, lists and logs alike.
    for (const name of ['retrieve_address_objects', 'query_logs']) {
      const { nextCursor: cursor } = (await call(name, { target: first, limit: 2 })).found
      expect(cursor, name).toBeDefined()
      expect((await call(name, { target: first, cursor, limit: 2 })).found.items, name).toHaveLength(2)
      for (const other of [{}, { target: second }])
        expect((await call(name, { ...other, cursor })).error, name).toMatchObject({ kind: 'bad-request' })
    }
    expect((await call('show_system_info', { target: '0999' })).error).toMatchObject({
      kind: 'unreachable',
      hint: expect.stringContaining('list_locations'),
    })
  })

  it('has its unused rules found: those that no firewall below met', async () => {
    const { call, simulator } = await device({ profile: 'panorama', deviceGroups: 3, rules: 30, logMs: 20 })
    const rules = (await call('retrieve_security_policies', { unused: true, limit: 1000 })).found.items
    const all = (await call('retrieve_security_policies', { limit: 1000 })).found.items
    expect([rules.length > 0, rules.length < all.length]).toEqual([true, true])
    // What was met on any firewall is not among them.
    const met = new Set<unknown>()
    for (const target of simulator.device.managed.keys()) {
      const { items } = (await call('query_logs', { target, group_by: 'rule', limit: 1000 })).found
      for (const { rule } of items) met.add(rule)
    }
    expect(rules.filter(({ name }) => met.has(name))).toEqual([])
    expect(all.filter(({ name }) => !met.has(name)).map(({ name }) => name)).toEqual(rules.map(({ name }) => name))
    const remarks = (await call('analyze_security_policies', { checks: ['unused'] })).found.items
    expect(remarks.length).toBe(rules.filter(({ disabled }) => !disabled).length)
  })

  it('is told in a job that is left over which firewall it belongs to', async () => {
    const { call, simulator } = await device({ profile: 'panorama', deviceGroups: 1, logMs: 1500 })
    const [target = ''] = [...simulator.device.managed.keys()]
    const left = await call('query_logs', { target }, { budgetMs: 100 })
    expect(left.text).toContain(`call get_job with id "${left.found.job?.id}" and target "${target}"`)
    expect((await call('get_job', { id: left.found.job?.id, target })).text).toContain('The log query has')
  })
})

describe('a simulator that never answers', () => {
  it('costs a call no more than its budget and the client nothing afterwards', async () => {
    const { simulator, call } = await device({ faults: [{ fault: 'hang' }] }, { PANOS_TIMEOUT_MS: '100' })
    expect((await call('retrieve_address_objects')).error).toMatchObject({ kind: 'timeout', retryable: true })
    await eventually(() => expect((simulator as Simulator).stats().inFlight).toBe(0))
  })
})
