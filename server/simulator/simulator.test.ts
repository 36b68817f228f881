/** The simulator as a client sees it: the table of answers, the latency, the controls, and the configuration that a seed makes. */
import { get } from 'node:http'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { children, parseXml, textAt, writeXml, type XmlNode } from '../panos/xml.ts'
import { generateConfig } from './generate.ts'
import { select } from './select.ts'
import { type SimulatorOptions, startSimulator } from './simulator.ts'

/** A safety net against hanging, not a measurement. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 })

const KEY = 'simulator-key'
const open: { close(): Promise<void> }[] = []
afterAll(() => Promise.all(open.map(each => each.close())))
async function start(options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ apiKey: KEY, ...options })
  open.push(simulator)
  return simulator
}
const simulator = await start({ objects: 40 })
const ask = async (
  parameters: Record<string, string>,
  headers: Record<string, string> = { 'X-PAN-KEY': KEY },
): Promise<{ status: number; body: string }> => {
  const response = await fetch(`${simulator.url}/api/`, { method: 'POST', body: new URLSearchParams(parameters), headers })
  return { status: response.status, body: await response.text() }
}
const VSYS = "/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']"

describe('the XML API', () => {
  it.each([
    ['no key', { type: 'version' }, {}, 403, /'403'.*Invalid Credential/],
    ['a wrong key', { type: 'version' }, { 'X-PAN-KEY': 'x' }, 403, /'403'.*Invalid Credential/],
    ['the key as a parameter', { type: 'version', key: KEY }, {}, 200, /<sw-version>11\.1\.6<.*<serial>0\d{11}</],
    ['keygen', { type: 'keygen', user: 'admin', password: 'simulator' }, {}, 200, /<key>simulator-key</],
    ['keygen with a wrong password', { type: 'keygen', user: 'admin', password: 'x' }, {}, 403, /Invalid Credential/],
    ['keygen without a password', { type: 'keygen', user: 'admin' }, {}, 400, /'400'/],
    ['no type', {}, undefined, 400, /'400'.*type/],
    ['an unknown type', { type: 'nonsense' }, undefined, 400, /'400'/],
    ['no action', { type: 'config' }, undefined, 400, /action/],
    ['no xpath', { type: 'config', action: 'get' }, undefined, 400, /xpath/],
    ['no cmd', { type: 'op' }, undefined, 400, /cmd/],
    ['a bad xpath', { type: 'config', action: 'get', xpath: '/config[' }, undefined, 200, /status="error" code="6"/],
    ['an unknown command', { type: 'op', cmd: '<show><nonsense/></show>' }, undefined, 200, /status="error" code="17"/],
    ['a malformed command', { type: 'op', cmd: '<show>' }, undefined, 200, /status="error" code="18"/],
    [
      'a multi-clone of nothing',
      { type: 'config', action: 'multi-clone', xpath: '/config', element: '<a/>' },
      undefined,
      400,
      /selected-list/,
    ],
    [
      'get of an absent node',
      { type: 'config', action: 'get', xpath: '/config/nowhere' },
      undefined,
      200,
      /^<response status="success" code="7"><result\/>/,
    ],
    [
      'show of an absent node',
      { type: 'config', action: 'show', xpath: '/config/nowhere' },
      undefined,
      200,
      /^<response status="error"><msg><line>No such node</,
    ],
    [
      'get of many nodes',
      { type: 'config', action: 'get', xpath: `${VSYS}/zone/entry` },
      undefined,
      200,
      /code="19"><result total-count="11" count="11">/,
    ],
    ['show of many nodes', { type: 'config', action: 'show', xpath: `${VSYS}/zone/entry` }, undefined, 200, /No such node/],
    [
      'show of one node',
      { type: 'config', action: 'show', xpath: `${VSYS}/zone/entry[@name="dmz"]` },
      undefined,
      200,
      /^<response status="success"><result><entry name="dmz">/,
    ],
    [
      'get of names',
      { type: 'config', action: 'get', xpath: `${VSYS}/tag/entry/@name` },
      undefined,
      200,
      /<entry name="production"\/><entry name="staging"\/>/,
    ],
    [
      'get of a text',
      { type: 'config', action: 'get', xpath: '/config/devices/entry/deviceconfig/system/hostname/text()' },
      undefined,
      200,
      /code="7"/,
    ],
    [
      'show of a text',
      { type: 'config', action: 'show', xpath: '/config/devices/entry/deviceconfig/system/hostname/text()' },
      undefined,
      200,
      /<result>fw-sim-1<\/result>/,
    ],
    ['show clock', { type: 'op', cmd: '<show><clock/></show>' }, undefined, 200, /<result>\w{3} \w{3} \d+ [\d:]+ UTC \d{4}<\/result>/],
    ['show jobs id', { type: 'op', cmd: '<show><jobs><id>1</id></jobs></show>' }, undefined, 200, /<status>FIN<\/status>/],
    [
      'show system resources',
      { type: 'op', cmd: '<show><system><resources/></system></show>' },
      undefined,
      200,
      /<result><!\[CDATA\[top - /,
    ],
    ['check pending-changes', { type: 'op', cmd: '<check><pending-changes/></check>' }, undefined, 200, /<result>no<\/result>/],
  ])('%s', async (_, parameters, headers, status, body) => {
    const answer = await ask(parameters as Record<string, string>, headers as Record<string, string> | undefined)
    expect(answer).toEqual({ status, body: expect.stringMatching(body) })
    expect(parseXml(answer.body).name).toBe('response')
  })

  it('answers GET with the parameters in the URL', async () => {
    const answer = await fetch(`${simulator.url}/api/?type=version&key=${KEY}`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/xml; charset=UTF-8'])
  })

  it('puts interfaces into the zones that the configuration puts them into', async () => {
    const { body } = await ask({ type: 'op', cmd: '<show><interface>all</interface></show>' })
    const [result] = parseXml(body).children
    const logical = children(
      result?.children.find(node => node.name === 'ifnet'),
      'entry',
    )
    expect(logical.map(node => [textAt(node, 'name'), textAt(node, 'zone')])).toContainEqual(['ethernet1/4', 'dmz'])
    expect(logical).toHaveLength(7)
  })
})

describe('latency', () => {
  it('changes while running, from this machine only and never from a page', async () => {
    const slow = await start({ latencyMs: 600_000 })
    const control = (path: string, init?: RequestInit) => fetch(`${slow.url}/_simulator/${path}`, init)
    expect((await control('latency?ms=5', { method: 'POST', headers: { origin: 'https://example.net' } })).status).toBe(403)
    const foreign = await new Promise<number | undefined>((resolve, reject) => {
      get({ host: '127.0.0.1', port: slow.port, path: '/_simulator/stats', headers: { host: 'evil.example' } }, response => {
        response.resume()
        resolve(response.statusCode)
      }).on('error', reject)
    })
    expect(foreign).toBe(403)
    for (const wrong of ['ms=-1', 'ms=x', 'ms=', 'per-mb=1e9'])
      expect((await control(`latency?${wrong}`, { method: 'POST' })).status).toBe(400)
    expect((await control('latency')).status).toBe(404)
    expect(slow.latency()).toEqual({ ms: 600_000, perMegabyteMs: 0 })
    expect(await (await control('latency?ms=0&per-mb=1', { method: 'POST' })).json()).toEqual({ latency: { ms: 0, perMegabyteMs: 1 } })
    expect((await fetch(`${slow.url}/api/?type=version&key=${KEY}`)).status).toBe(200)
    expect(await (await control('stats')).json()).toMatchObject({ inFlight: 0, served: 1, abandoned: 0 })
  })

  it('stops for a client that leaves', async () => {
    const slow = await start({ latencyMs: 600_000 })
    const controller = new AbortController()
    const waiting = fetch(`${slow.url}/api/?type=version&key=${KEY}`, { signal: controller.signal })
    await eventually(() => expect(slow.stats().inFlight).toBe(1))
    controller.abort()
    await expect(waiting).rejects.toThrow()
    await eventually(() => expect(slow.stats()).toEqual({ inFlight: 0, served: 0, abandoned: 1 }))
  })
})

describe('a device in trouble', () => {
  const ask = (url: string): Promise<Response> => fetch(`${url}/api/?type=version&key=${KEY}`)

  it('slows down when too many ask at once, and not before', async () => {
    const busy = await start({ slowBeyond: 2, slowByMs: 300_000, latencyMs: 600_000 })
    const waiting = (count: number) => eventually(() => expect(busy.stats().inFlight).toBe(count))
    const leave = new AbortController()
    const early = [1, 2].map(() => fetch(`${busy.url}/api/?type=version&key=${KEY}`, { signal: leave.signal }).catch(() => {}))
    await waiting(2)
    busy.setLatency(0)
    const third = new AbortController()
    const crowded = fetch(`${busy.url}/api/?type=version&key=${KEY}`, { signal: third.signal }).catch(() => {})
    await waiting(3)
    leave.abort()
    await Promise.all(early)
    await waiting(1)
    // One that comes when there is room again overtakes the one that came into the crowd.
    expect((await ask(busy.url)).status).toBe(200)
    expect(busy.stats()).toEqual({ inFlight: 1, served: 1, abandoned: 2 })
    third.abort()
    await crowded
  })

  it.each([
    ['cut', undefined],
    ['truncate', 200],
    ['bad-gateway', 502],
    ['session-timeout', 200],
    ['internal-error', 200],
  ] as const)('%s once, and is well again', async (fault, status) => {
    const ill = await start({ faults: [{ fault, count: 1 }] })
    const first = await ask(ill.url).then(
      async response => [response.status, await response.text().catch(() => 'cut')] as const,
      () => [undefined, 'cut'] as const,
    )
    expect(status === undefined ? first[1] : first[0]).toBe(status ?? 'cut')
    if (fault === 'truncate') expect(() => parseXml(String(first[1]))).toThrow()
    if (fault === 'session-timeout') expect(first[1]).toContain('code="22"')
    expect(parseXml(await (await ask(ill.url)).text()).attributes.status).toBe('success')
  })
})

describe('the configuration', () => {
  const size = { objects: 250, rules: 60 }
  const config = generateConfig(7, size)
  const names = (xpath: string, root: XmlNode = config): string[] =>
    select(root, xpath).nodes.map(node => node.attributes.name ?? node.text)

  it('depends on the seed alone', () => {
    expect(writeXml(generateConfig(7, size))).toBe(writeXml(config))
    expect(writeXml(generateConfig(8, size))).not.toBe(writeXml(config))
  })

  it('has as many objects as asked for, of all four types, in shared and in the virtual system', () => {
    expect(names('//address/entry')).toHaveLength(250)
    expect(new Set(names('//address/entry')).size).toBe(250)
    for (const place of ['/config/shared', '/config/devices/entry/vsys/entry']) {
      for (const type of ['ip-netmask', 'ip-range', 'fqdn', 'ip-wildcard'])
        expect(names(`${place}/address/entry[${type}]`), place + type).not.toEqual([])
    }
    expect(names('//rulebase/security/rules/entry')).toHaveLength(61)
    expect(names('//address/entry', generateConfig(1, { objects: 40_000, rules: 60 }))).toHaveLength(40_000)
    expect(names('//address/entry', generateConfig(1, { objects: 0, rules: 0 }))).toEqual([])
  })

  it('refers only to what exists', () => {
    const known = new Set([...names('//address/entry'), ...names('//address-group/entry'), 'any', '203.0.113.10'])
    const zones = new Set([...names('//zone/entry'), 'any'])
    const used = ['source', 'destination'].flatMap(part => names(`//rules/entry/${part}/member`))
    expect(used.filter(name => !known.has(name))).toEqual([])
    expect(['from', 'to'].flatMap(part => names(`//rules/entry/${part}/member`)).filter(zone => !zones.has(zone))).toEqual([])
    expect(names('//address-group/entry/static/member').filter(name => !known.has(name))).toEqual([])
    const tags = new Set(names('//vsys/entry/tag/entry'))
    expect(names('//address/entry/tag/member').filter(tag => !tags.has(tag))).toEqual([])
  })

  it('has names and addresses of the form that PAN-OS takes', () => {
    for (const name of names('//address/entry')) expect(name).toMatch(/^[A-Za-z0-9][\w.-]{0,62}$/)
    for (const { text } of select(generateConfig(1, { objects: 40_000, rules: 0 }), '//address/entry/ip-netmask').nodes) {
      const [address = '', mask = '32'] = text.split('/')
      const parts = address.split('.').map(Number)
      if (address.includes(':')) expect(text).toMatch(/^2001:db8:[0-9a-f:]+\/128$/)
      else expect(parts.length === 4 && parts.every(part => part >= 0 && part <= 255) && Number(mask) <= 32, text).toBe(true)
    }
  })
})
