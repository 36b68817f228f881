/** Operational commands of simulated devices, in the shapes that public clients read and recordings show. The clock is the test's own. */
import { beforeEach, describe, expect, it } from 'vitest'
import { child, children, parseXml, textAt, writeXml, type XmlNode } from '../panos/xml.ts'
import { readResources } from '../tools/device-state.ts'
import { makeAccounts } from './accounts.ts'
import { answerApi } from './api.ts'
import type { Device } from './device.ts'
import { createDevice, type ProfileOptions } from './profiles.ts'

const KEY = 'key-of-admin'
const accounts = makeAccounts({ user: 'admin', password: 'pw', apiKey: KEY })
const keyOf = (user: string): string => accounts.find(account => account.user === user)?.apiKey ?? ''
const START = Date.parse('2026-11-20T06:00:00Z')

let device: Device
let now = START
const make = (options: Partial<ProfileOptions> = {}): Device =>
  createDevice({
    ...{ profile: 'firewall', dialect: '11.1', seed: 3, objects: 30, rules: 6, deviceGroups: 4, accounts },
    ...{ bootedAt: START - 86_400_000, commitMs: 10_000, logMs: 1000 },
    ...options,
  })
beforeEach(() => {
  device = make()
  now = START
})
const ask = (parameters: Record<string, string>, key = KEY): XmlNode =>
  parseXml(answerApi(device, new URLSearchParams(parameters), key, now).body)
const op = (cmd: string, key = KEY): XmlNode => ask({ type: 'op', cmd }, key)
const verdict = ({ attributes }: XmlNode): string => `${attributes.status} ${attributes.code ?? '-'}`

describe('show system resources', () => {
  it.each([
    ['10.1', /^KiB Mem : +\d+ total, +\d+ free, +\d+ used, +\d+ buff\/cache$/m],
    ['11.1', /^MiB Mem : +[\d.]+ total, +[\d.]+ free, +[\d.]+ used, +[\d.]+ buff\/cache$/m],
  ] as const)('counts memory as %s does', (dialect, line) => {
    device = make({ dialect })
    const top = textAt(op('<show><system><resources/></system></show>'), 'result') ?? ''
    expect(top).toMatch(line)
    expect(readResources(top, '')).toMatchObject({ memoryTotalMiB: 7933, memoryUsedMiB: 4102 })
  })
})

describe('software and content', () => {
  it.each([
    ['firewall', '10.1', '10.1.12', '10.1.13'],
    ['firewall', '11.2', '11.2.3', '11.2.4'],
    ['panorama', '11.1', '11.1.6', '11.1.7'],
  ] as const)('of a %s of %s name what runs and what could', (profile, dialect, running, newest) => {
    device = make({ profile, dialect })
    const system = child(op('<show><system><info/></system></show>'), 'result', 'system')
    expect(textAt(system, 'sw-version')).toBe(running)
    const marked = (list: readonly XmlNode[], mark: string): (string | undefined)[] =>
      list.filter(entry => textAt(entry, mark) === 'yes').map(entry => textAt(entry, 'version'))
    for (const verb of ['check', 'info']) {
      const software = op(`<request><system><software><${verb}/></software></system></request>`)
      const images = children(child(software, 'result', 'sw-updates', 'versions'), 'entry')
      expect([marked(images, 'current'), marked(images, 'latest')]).toEqual([[running], [newest]])
      const content = op(`<request><content><upgrade><${verb}/></upgrade></content></request>`)
      const packages = children(child(content, 'result', 'content-updates'), 'entry')
      expect(marked(packages, 'current')).toEqual([textAt(system, 'app-version')])
      expect(packages).toHaveLength(2)
    }
    const download = '<request><system><software><download><version>11.1.7</version></download></software></system></request>'
    expect(verdict(op(download))).toBe('error 17')
  })
})

describe('administrators', () => {
  it('are shown as they ask, and get hashes for passwords that do not hold them', () => {
    const admins = child(op('<show><admins/></show>', keyOf('reader')), 'result', 'admins')
    expect(children(admins, 'entry').map(entry => [textAt(entry, 'admin'), textAt(entry, 'session-start')])).toEqual([
      ['reader', '11/20 06:00:00'],
    ])
    const hash = (password: string): string | undefined =>
      textAt(op(`<request><password-hash><password>${password}</password></password-hash></request>`), 'result', 'phash')
    expect(hash('secret-1')).toMatch(/^\$5\$[./0-9A-Za-z]{8}\$[./0-9A-Za-z]{43}$/)
    expect(hash('secret-1')).not.toBe(hash('secret-2'))
  })
})

describe('the clock', () => {
  it('follows the servers that are committed', () => {
    const ntp = (): string => writeXml(child(op('<show><ntp/></show>'), 'result') ?? parseXml('<none/>'))
    expect(ntp()).toBe('<result><synched>LOCAL</synched></result>')
    const xpath = "/config/devices/entry[@name='localhost.localdomain']/deviceconfig/system/ntp-servers"
    const server = (rank: string): string =>
      `<${rank}-ntp-server><ntp-server-address>${rank}.example.net</ntp-server-address></${rank}-ntp-server>`
    ask({ type: 'config', action: 'set', xpath, element: server('primary') + server('secondary') })
    expect(ntp()).not.toContain('example')
    ask({ type: 'commit', cmd: '<commit/>' })
    now += 60_000
    expect(ntp()).toMatch(
      /<ntp-server-1><status>synched<.*<name>primary\.example\.net<.*<ntp-server-2><status>available<.*<synched>primary\.example\.net</,
    )
  })
})

describe('high availability', () => {
  it('is off, however it is asked for', () => {
    for (const what of ['state', 'all'])
      expect(textAt(op(`<show><high-availability><${what}/></high-availability></show>`), 'result', 'enabled')).toBe('no')
  })
})

describe('a comparison of configurations', () => {
  it('is for the command line alone, as on devices', () => {
    const refused = op('<show><config><diff/></config></show>')
    expect([verdict(refused), textAt(refused, 'msg', 'line')]).toEqual(['error 17', 'show -> config is unexpected'])
  })
})

describe('the data plane', () => {
  const arp = (inside: string): readonly XmlNode[] => children(child(op(`<show><arp>${inside}</arp></show>`), 'result', 'entries'), 'entry')
  const facts = (entry: XmlNode): [string, string] => [textAt(entry, 'interface') ?? '', textAt(entry, 'ip') ?? '']

  it('knows as neighbours who had traffic of late, and the gateway', () => {
    const all = arp('all')
    expect(all.map(facts)).toContainEqual(['ethernet1/1', '203.0.113.1'])
    expect(all.length).toBeGreaterThan(3)
    expect(new Set(all.map(entry => textAt(entry, 'mac'))).size).toBe(all.length)
    for (const entry of all) expect(Number(textAt(entry, 'ttl'))).toSatisfy((ttl: number) => ttl > 0 && ttl <= 1800)
    const result = child(op('<show><arp><all/></arp></show>'), 'result')
    expect([textAt(result, 'total'), children(child(result, 'entries'), 'entry')]).toEqual([String(all.length), all])
    expect(arp('<entry name="ethernet1/1"/>').map(facts)).toEqual(all.map(facts).filter(([port]) => port === 'ethernet1/1'))
    expect(arp('<entry name="ethernet1/99"/>')).toEqual([])
  })

  it('counts, all or what is asked for', () => {
    const counters = (inside: string): Map<string, number> =>
      new Map(
        children(child(op(`<show><counter><global>${inside}</global></counter></show>`), 'result', 'global', 'counters'), 'entry').map(
          entry => [textAt(entry, 'name') ?? '', Number(textAt(entry, 'value'))],
        ),
      )
    const before = counters('')
    now += 10_000
    for (const [name, value] of counters('')) expect([name, value > (before.get(name) ?? Number.NaN)]).toEqual([name, true])
    expect([...counters('<name>pkt_recv</name>').keys()]).toEqual(['pkt_recv'])
    expect([...counters('<filter><severity>drop</severity></filter>').keys()]).toEqual(['flow_policy_deny'])
    expect(verdict(op('<show><counter><global><filter><delta>yes</delta></filter></global></counter></show>'))).toBe('error 17')
  })

  it('is not there on a Panorama', () => {
    device = make({ profile: 'panorama' })
    for (const command of ['<arp>all</arp>', '<counter><global/></counter>'])
      expect(verdict(op(`<show>${command}</show>`))).toBe('error 17')
  })
})
