/** multi-move and multi-clone against the simulated Panorama and a firewall with several systems, in the form of the vendor's API guide. */
import { beforeEach, describe, expect, it } from 'vitest'
import { children, parseXml, writeXml, type XmlNode } from '../panos/xml.ts'
import { makeAccounts } from './accounts.ts'
import { answerApi } from './api.ts'
import type { Device } from './device.ts'
import { createDevice } from './profiles.ts'

const KEY = 'key-of-admin'
const accounts = makeAccounts({ user: 'admin', password: 'pw', apiKey: KEY })
const NOW = Date.parse('2026-11-20T06:00:00Z')
const make = (profile: 'panorama' | 'multi-vsys'): Device =>
  createDevice({
    ...{ profile, dialect: '11.1', seed: 3, objects: 30, rules: 6, deviceGroups: 4, accounts },
    ...{ bootedAt: NOW - 86_400_000, commitMs: 1000, logMs: 0 },
  })

let device: Device
beforeEach(() => {
  device = make('panorama')
})
const ask = (parameters: Record<string, string>): XmlNode => parseXml(answerApi(device, new URLSearchParams(parameters), KEY, NOW).body)
const config = (action: string, xpath: string, element = ''): XmlNode => ask({ type: 'config', action, xpath, ...(element && { element }) })
const DEVICE = "/config/devices/entry[@name='localhost.localdomain']"
const group = (name: string): string => `${DEVICE}/device-group/entry[@name='${name}']`
const SHARED = '/config/shared'
const selected = (source: string, names: readonly string[], allErrors = 'no'): string =>
  `<selected-list><source xpath="${source}">${names.map(name => `<member>${name}</member>`).join('')}</source></selected-list><all-errors>${allErrors}</all-errors>`
const verdict = (answer: XmlNode): string => `${answer.attributes.status} ${answer.attributes.code ?? '-'}`
const lines = (answer: XmlNode): string[] => children(answer.children[0], 'line').map(line => line.text.trim())
const names = (container: string): (string | undefined)[] =>
  children(config('get', `${container}/entry`).children[0], 'entry').map(entry => entry.attributes.name)
const address = (place: string, name: string): XmlNode =>
  config('set', `${place}/address`, `<entry name="${name}"><fqdn>${name}.example.net</fqdn></entry>`)

describe('multi-clone', () => {
  it('copies entries to another device group and leaves them where they were', () => {
    for (const name of ['a1', 'a2']) address(group('site-001'), name)
    const answer = config('multi-clone', `${group('site-002')}/address`, selected(`${group('site-001')}/address`, ['a1', 'a2']))
    expect([verdict(answer), answer.children[0]?.text]).toEqual(['success 20', 'command succeeded'])
    for (const place of ['site-001', 'site-002']) expect(names(`${group(place)}/address`)).toEqual(expect.arrayContaining(['a1', 'a2']))
    expect(writeXml(ask({ type: 'op', cmd: '<show><config><list><changes/></list></config></show>' }))).toContain(
      '<action> CREATE</action>',
    )
  })

  it('gives a copied rule no uuid of the other', () => {
    const [from, to] = ['site-001', 'site-002'].map(name => `${group(name)}/pre-rulebase/security/rules`) as [string, string]
    const rule = '<from><member>any</member></from><to><member>any</member></to><action>deny</action>'
    config('set', from, `<entry name="r1" uuid="11111111-2222-4333-8444-555555555555">${rule}</entry>`)
    expect(verdict(config('multi-clone', to, selected(from, ['r1'])))).toBe('success 20')
    expect(writeXml(config('get', `${to}/entry[@name='r1']`))).not.toContain('uuid')
    const post = to.replace('pre-', 'post-')
    expect(verdict(config('multi-move', post, selected(from, ['r1'])))).toBe('success 20')
    expect(writeXml(config('get', `${post}/entry[@name='r1']`))).toContain('uuid="11111111')
    expect(names(from)).not.toContain('r1')
  })
})

describe('multi-move', () => {
  it('lets what stays refer to what is in shared or above', () => {
    const [above, below] = [group('all-sites'), group('site-001')]
    for (const name of ['a1', 'a2']) address(below, name)
    config('set', `${below}/address-group`, '<entry name="g1"><static><member>a1</member></static></entry>')
    // Its group stays below: still seen from there.
    expect(verdict(config('multi-move', `${above}/address`, selected(`${below}/address`, ['a1'])))).toBe('success 20')
    expect(names(`${below}/address`)).not.toContain('a1')
    expect(verdict(config('multi-move', `${SHARED}/address`, selected(`${above}/address`, ['a1'])))).toBe('success 20')
    expect(names(`${SHARED}/address`)).toContain('a1')
    expect(device.candidate === device.running).toBe(false)
  })

  it('takes entries together that refer to each other, whatever their order, and neither of them alone', () => {
    const [one, other] = [group('site-001'), group('site-003')].map(place => `${place}/address-group`) as [string, string]
    config('set', one, "<entry name='inner'><dynamic><filter>'pci'</filter></dynamic></entry>")
    config('set', one, '<entry name="outer"><static><member>inner</member></static></entry>')
    expect(verdict(config('multi-move', other, selected(one, ['inner'])))).toBe('error 10')
    expect(verdict(config('multi-move', `${SHARED}/address-group`, selected(one, ['outer'])))).toBe('error 12')
    expect(verdict(config('multi-move', other, selected(one, ['inner', 'outer'])))).toBe('success 20')
    expect(names(other)).toEqual(expect.arrayContaining(['inner', 'outer']))
    expect(names(one)).not.toContain('inner')
  })

  it('refuses to leave a reference behind that means nothing any more', () => {
    const [one, other] = [group('site-001'), group('site-003')]
    address(one, 'a1')
    config('set', `${one}/address-group`, '<entry name="g1"><static><member>a1</member></static></entry>')
    const before = device.candidate
    const refused = config('multi-move', `${other}/address`, selected(`${one}/address`, ['a1']))
    expect([verdict(refused), lines(refused)]).toEqual([
      'error 10',
      ['a1 cannot be moved because of references from:', 'device-group -> site-001 -> address-group -> g1 -> static'],
    ])
    expect(device.candidate).toBe(before)
  })

  it('happens for all or for none, and says one thing that is wrong or all of them', () => {
    const [one, other] = [group('site-001'), group('site-003')]
    for (const name of ['a1', 'a2']) address(one, name)
    address(other, 'a2')
    const before = device.candidate
    const move = (allErrors: string): XmlNode =>
      config('multi-move', `${other}/address`, selected(`${one}/address`, ['a1', 'nobody', 'a2'], allErrors))
    expect([verdict(move('no')), lines(move('no')).length]).toEqual(['error 7', 1])
    expect([verdict(move('yes')), lines(move('yes'))]).toEqual([
      'error 7',
      [expect.stringContaining('nobody is not in'), 'a2 is already in use'],
    ])
    expect(device.candidate).toBe(before)
  })

  it.each([
    ['another kind of container', `${group('site-003')}/tag`, 'error 12'],
    ['where it is already', `${group('site-001')}/address`, 'error 14'],
    ['a device group that is not there', `${group('nowhere')}/address`, 'error 7'],
    ['a template', `${DEVICE}/template/entry[@name='template-1']/address`, 'error 7'],
  ])('refuses %s', (_, xpath, wanted) => {
    address(group('site-001'), 'a1')
    expect(verdict(config('multi-move', xpath, selected(`${group('site-001')}/address`, ['a1'])))).toBe(wanted)
  })

  it('works between virtual systems, and a commit makes it real', () => {
    device = make('multi-vsys')
    const vsys = (name: string): string => `${DEVICE}/vsys/entry[@name='${name}']`
    address(vsys('vsys1'), 'a1')
    expect(verdict(config('multi-move', `${vsys('vsys2')}/address`, selected(`${vsys('vsys1')}/address`, ['a1'])))).toBe('success 20')
    ask({ type: 'commit', cmd: '<commit/>' })
    answerApi(device, new URLSearchParams({ type: 'op', cmd: '<show><jobs><all/></jobs></show>' }), KEY, NOW + 60_000)
    expect(writeXml(config('show', `${vsys('vsys2')}/address/entry[@name='a1']`))).toContain('a1.example.net')
    expect(writeXml(config('show', `${vsys('vsys1')}/address/entry[@name='a1']`))).toContain('No such node')
  })
})
