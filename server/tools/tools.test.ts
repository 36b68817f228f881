/** The tools against configurations that trip naive readers: several virtual systems, pushed rules, Panorama, partial rights, odd shapes. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createPanosClient } from '../panos/panos-client.ts'
import { parseXml } from '../panos/xml.ts'
import { type Simulator, startSimulator } from '../simulator/simulator.ts'
import { callTool, ERROR_META } from './call-tool.ts'
import { READING as catalogue } from './catalogue.ts'
import { EXAMPLE_ARGUMENTS } from './example-arguments.ts'
import { Snapshots } from './snapshots.ts'

const KEY = 'tools-test-key'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const FIREWALL = `<config>
  <shared><address><entry name="dns"><ip-netmask>192.0.2.53</ip-netmask></entry></address></shared>
  <devices><entry name="localhost.localdomain"><vsys>
    <entry name="vsys1">
      <address><entry name="reg"><ip-wildcard>10.132.1.1/0.0.2.255</ip-wildcard></entry><entry name="new"><quantum>q</quantum><tag><member>x</member></tag></entry><entry name="empty"/></address>
      <zone>
        <entry name="trust"><network><layer3><member>ethernet1/2</member></layer3><log-setting>lf</log-setting></network><enable-user-identification>yes</enable-user-identification><user-acl><include-list><member>net-a</member></include-list></user-acl></entry>
        <entry name="tap"><network><tap/></network></entry><entry name="bare"/>
      </zone>
      <rulebase><security><rules>
        <entry name="only-rule" uuid="u-1"><from/><to><member>any</member></to><source><member admin="a" dirtyId="1" time="t">h1</member></source><negate-source>yes</negate-source><action>deny</action><disabled>yes</disabled><log-end>no</log-end><profile-setting><profiles><virus><member>default</member></virus><url-filtering><member>strict</member></url-filtering></profiles></profile-setting></entry>
      </rules></security></rulebase>
    </entry>
    <entry name="vsys2"><address><entry name="O'Brien"><fqdn>ob.example.net</fqdn></entry></address><zone><entry name="inter"><network><external><member>vsys1</member></external></network></entry></zone></entry>
  </vsys></entry></devices>
  <panorama><vsys><entry name="vsys1"><pre-rulebase><security><rules><entry name="pushed-first"><action>drop</action></entry></rules></security></pre-rulebase><post-rulebase><security><rules><entry name="pushed-last"><action>deny</action></entry></rules></security></post-rulebase></entry></vsys></panorama>
</config>`
const PANORAMA = `<config><shared><address><entry name="a1"><fqdn>a1.example.net</fqdn></entry></address></shared>
  <devices><entry name="localhost.localdomain"><device-group>${Array.from({ length: 5 }, (_, group) => `<entry name="DG${group}"><address>${'<entry name="x"><fqdn>x</fqdn></entry>'.repeat(20)}</address></entry>`).join('')}</device-group></entry></devices></config>`

async function device(config: string): Promise<Simulator> {
  const simulator = await startSimulator({ apiKey: KEY, config: parseXml(config) })
  undo.push(() => simulator.close())
  return simulator
}

interface Structured {
  items: Record<string, unknown>[]
  total: number
  returned: number
  truncated: boolean
  nextCursor?: string
  warnings: string[]
}
/** What was read of each device of a test. */
const memory = new Map<string, Snapshots>()

async function call(url: string, name: string, input: Record<string, unknown> = {}, env: Record<string, string> = {}) {
  const tool = catalogue.find(candidate => candidate.name === name)
  if (!tool) throw new Error(`no tool ${name}`)
  const client = createPanosClient({ PANOS_HOSTNAME: url, PANOS_API_KEY: KEY, ...env })
  const snapshots = memory.get(url) ?? new Snapshots()
  memory.set(url, snapshots)
  const context = { client: () => client, snapshots, signal: new AbortController().signal, progress: () => {}, budgetMs: 50_000 }
  const result = await callTool(tool, tool.input.parse(input), context)
  const text = result.content[0]?.type === 'text' ? result.content[0].text : ''
  return { result, text, found: result.structuredContent as unknown as Structured }
}

describe('retrieve_address_objects', () => {
  it('says where each object lies, knows all types, and passes on one that it does not know', async () => {
    const { url } = await device(FIREWALL)
    const { found, text } = await call(url, 'retrieve_address_objects')
    expect(found.items.map(({ name, location, type, value }) => [name, location, type, value])).toEqual([
      ['dns', 'shared', 'ip-netmask', '192.0.2.53'],
      ['reg', 'vsys1', 'ip-wildcard', '10.132.1.1/0.0.2.255'],
      ['new', 'vsys1', 'quantum', 'q'],
      ['empty', 'vsys1', 'none', ''],
      ["O'Brien", 'vsys2', 'fqdn', 'ob.example.net'],
    ])
    for (const { name } of found.items) expect(text).toContain(String(name))
  })

  it('filters by name, limits, and says what it left out', async () => {
    const { url } = await device(FIREWALL)
    expect((await call(url, 'retrieve_address_objects', { name_contains: "o'b" })).found.items).toMatchObject([{ name: "O'Brien" }])
    const { found, text } = await call(url, 'retrieve_address_objects', { limit: 2 })
    expect(found).toMatchObject({ total: 5, returned: 2, truncated: true })
    expect(text).toContain('2 of 5 are shown')
    const rest = (await call(url, 'retrieve_address_objects', { limit: 3, cursor: found.nextCursor })).found
    expect(rest.items.map(({ name }) => name)).toEqual(['new', 'empty', "O'Brien"])
    expect([rest.total, rest.truncated, rest.nextCursor]).toEqual([5, false, undefined])
    const stale = await call(url, 'retrieve_address_objects', { cursor: 'nobody.2' })
    expect(stale.result).toMatchObject({ isError: true, _meta: { [ERROR_META]: { kind: 'bad-request' } } })
  })

  it('returns only the fields that were asked for, in the text too, while filters see all of them', async () => {
    const { url } = await device(FIREWALL)
    const { found, text } = await call(url, 'retrieve_address_objects', { fields: ['value'], type: 'ip-netmask', limit: 1 })
    expect(found.items).toEqual([{ name: 'dns', value: '192.0.2.53' }])
    expect(text.split('\n').at(-1)).toBe('dns  192.0.2.53')
    const first = await call(url, 'retrieve_address_objects', { fields: [], limit: 3 })
    expect(first.found.items).toEqual([{ name: 'dns' }, { name: 'reg' }, { name: 'new' }])
    // The next page is of the same list: what was asked for at first holds.
    const next = await call(url, 'retrieve_address_objects', { cursor: first.found.nextCursor })
    expect(next.found.items).toEqual([{ name: 'empty' }, { name: "O'Brien" }])
    // An object without the field is there without it.
    const tagged = await call(url, 'retrieve_address_objects', { fields: ['description', 'tags'], name_contains: 'new' })
    expect(tagged.found.items).toEqual([{ name: 'new', tags: ['x'] }])
  })

  it('keeps every answer below 1 MiB, and its pages together are the whole', async () => {
    const simulator = await startSimulator({ apiKey: KEY, objects: 8000 })
    undo.push(() => simulator.close())
    const names: unknown[] = []
    let cursor: string | undefined
    do {
      const { result, found } = await call(simulator.url, 'retrieve_address_objects', { limit: 1000, ...(cursor && { cursor }) })
      expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(1024 * 1024)
      names.push(...found.items.map(({ name }) => name))
      cursor = found.nextCursor
    } while (cursor !== undefined)
    expect([names.length, new Set(names).size]).toEqual([8000, 8000])
    // Which virtual systems there are, and the two places.
    expect(simulator.stats().served).toBe(3)
  })

  it('costs one request per place, however many objects there are', async () => {
    const firewall = await device(FIREWALL)
    await call(firewall.url, 'retrieve_address_objects')
    expect(firewall.stats().served).toBe(4)
    const panorama = await device(PANORAMA)
    const { found } = await call(panorama.url, 'retrieve_address_objects')
    // Virtual systems (none), device groups, shared and each of the five groups, in which 100 objects are.
    expect(panorama.stats().served).toBe(8)
    expect(found).toMatchObject({ total: 101, warnings: [] })
    expect(new Set(found.items.map(({ location }) => location))).toEqual(new Set(['shared', 'DG0', 'DG1', 'DG2', 'DG3', 'DG4']))
  })

  it('reports a part that may not be read as an error, not as an empty answer', async () => {
    const { url } = await device(FIREWALL)
    const answer = async (request: IncomingMessage): Promise<[number, string]> => {
      let body = ''
      for await (const chunk of request) body += chunk
      if (new URLSearchParams(body).get('xpath')?.startsWith('/config/shared')) {
        return [
          403,
          '<response status="error" code="403"><result><msg>Type [config] not authorized for user role.</msg></result></response>',
        ]
      }
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-pan-key': KEY }
      const passed = await fetch(`${url}/api/`, { method: 'POST', body, headers })
      return [passed.status, await passed.text()]
    }
    const guarded = createServer((request, response) => {
      answer(request).then(
        ([status, body]) => response.writeHead(status).end(body),
        () => response.destroy(),
      )
    })
    await new Promise<void>(resolve => guarded.listen(0, '127.0.0.1', resolve))
    undo.push(() => guarded.close())
    const { result, text } = await call(`http://127.0.0.1:${(guarded.address() as AddressInfo).port}`, 'retrieve_address_objects')
    expect(result).toMatchObject({ isError: true, _meta: { [ERROR_META]: { kind: 'authorization' } } })
    expect(text).toMatch(/not authorized for user role\.\nWhat to do: /)
  })
})

describe('retrieve_security_zones', () => {
  it('takes interfaces from the network alone, and other systems from external zones', async () => {
    const { url } = await device(FIREWALL)
    const { found } = await call(url, 'retrieve_security_zones')
    const common = { interfaces: [], virtualSystems: [], userIdentification: false }
    expect(found.items).toEqual([
      {
        ...common,
        name: 'trust',
        location: 'vsys1',
        type: 'layer3',
        interfaces: ['ethernet1/2'],
        userIncludeList: ['net-a'],
        logSetting: 'lf',
        userIdentification: true,
      },
      { ...common, name: 'tap', location: 'vsys1', type: 'tap' },
      { ...common, name: 'bare', location: 'vsys1', type: 'none' },
      { ...common, name: 'inter', location: 'vsys2', type: 'external', virtualSystems: ['vsys1'] },
    ])
  })
})

describe('retrieve_security_policies', () => {
  it('lists pushed and local rules in the order of evaluation, with all that changes what they match', async () => {
    const { url } = await device(FIREWALL)
    const { found, text } = await call(url, 'retrieve_security_policies')
    expect(found.items.map(({ rulebase, name }) => [rulebase, name])).toEqual([
      ['pre', 'pushed-first'],
      ['local', 'only-rule'],
      ['post', 'pushed-last'],
    ])
    expect(found.items[1]).toMatchObject({
      uuid: 'u-1',
      disabled: true,
      from: [],
      to: ['any'],
      source: ['h1'],
      sourceNegated: true,
      action: 'deny',
      logEnd: false,
      profiles: ['virus:default', 'url-filtering:strict'],
    })
    expect(text).toContain('only-rule  [deny, disabled]  any not h1 -> any any')
    expect((await call(url, 'retrieve_security_policies', { include_disabled: false })).found.total).toBe(2)
  })

  it('reads the rules of a Panorama: shared around device groups, parents around children', async () => {
    const panorama = await startSimulator({ apiKey: KEY, profile: 'panorama', deviceGroups: 4, objects: 30, rules: 10 })
    undo.push(() => panorama.close())
    const order = async (location?: string) => {
      const { items } = (await call(panorama.url, 'retrieve_security_policies', { limit: 1000, ...(location && { location }) })).found
      return items.map(rule => `${rule.rulebase} ${rule.location}`).filter((each, index, all) => each !== all[index - 1])
    }
    // site-002 lies below all-sites.
    expect(await order('site-002')).toEqual([
      'pre shared',
      'pre all-sites',
      'pre site-002',
      'post site-002',
      'post all-sites',
      'post shared',
    ])
    expect((await order()).filter(each => each.startsWith('pre'))).toEqual([
      'pre shared',
      'pre all-sites',
      'pre site-001',
      'pre site-002',
      'pre site-003',
    ])
    const unknown = await call(panorama.url, 'retrieve_security_policies', { location: 'nowhere' })
    expect(unknown.text).toMatch(/no location "nowhere".*\nWhat to do: Use one of: shared, all-sites/)
  })
})

describe('show_system_info', () => {
  it('keeps serial numbers and versions as the device writes them', async () => {
    const { url } = await device(FIREWALL)
    const { found } = await call(url, 'show_system_info')
    expect(found.items[0]).toMatchObject({
      serial: '021000000001',
      'sw-version': '11.1.6',
      time: expect.stringMatching(/^\w{3} \w{3} .*\d{4}$/),
    })
  })
})

describe('failures', () => {
  it.each([
    ['tls', { tls: true }, {}, /not trusted: it is self-signed.*\nWhat to do: .*PANOS_TLS_FINGERPRINT=/],
    ['timeout', { latencyMs: 600_000 }, { PANOS_TIMEOUT_MS: '50' }, /did not answer within 50 ms\.\nWhat to do: .*PANOS_TIMEOUT_MS/],
    ['authentication', { apiKey: 'another' }, {}, /Invalid Credential\nWhat to do: Check PANOS_API_KEY/],
  ] as const)('%s comes back from every tool as isError that says what to do', async (kind, options, env, message) => {
    const simulator = await startSimulator({ apiKey: KEY, objects: 1, ...options })
    undo.push(() => simulator.close())
    for (const { name } of catalogue) {
      const { result, text } = await call(simulator.url, name, EXAMPLE_ARGUMENTS[name] ?? {}, env)
      expect(result).toMatchObject({ isError: true, _meta: { [ERROR_META]: { kind } } })
      expect(text).toMatch(message)
      expect(JSON.stringify(result)).not.toContain(KEY)
    }
  })
})
