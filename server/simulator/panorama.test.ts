/** A simulated Panorama with its device groups, templates and firewalls: what refers to what across them, what a push gives, and how often rules are met. */
import { beforeEach, describe, expect, it } from 'vitest'
import { child, children, parseXml, textAt, writeXml, type XmlNode } from '../panos/xml.ts'
import { makeAccounts } from './accounts.ts'
import { answerApi } from './api.ts'
import type { Device } from './device.ts'
import { createDevice } from './profiles.ts'

const KEY = 'key-of-admin'
const accounts = makeAccounts({ user: 'admin', password: 'pw', apiKey: KEY })
const keyOf = (user: string): string => accounts.find(account => account.user === user)?.apiKey ?? ''
const START = Date.parse('2026-11-20T06:00:00Z')
const DEVICE = "/config/devices/entry[@name='localhost.localdomain']"
const group = (name: string): string => `${DEVICE}/device-group/entry[@name='${name}']`
/** `all-sites` is above `site-001`. */
const [TOP, BELOW] = [group('all-sites'), group('site-001')]

let device: Device
let now = START
beforeEach(() => {
  now = START
  const sizes = { objects: 40, rules: 8, deviceGroups: 4, commitMs: 1000, logMs: 0 }
  device = createDevice({ profile: 'panorama', dialect: '11.1', seed: 3, ...sizes, accounts, bootedAt: START - 86_400_000 })
})
const ask = (parameters: Record<string, string>): XmlNode => parseXml(answerApi(device, new URLSearchParams(parameters), KEY, now).body)
const config = (action: string, xpath: string, more: Record<string, string> = {}): XmlNode =>
  ask({ type: 'config', action, xpath, ...more })
const set = (xpath: string, element: string): void => {
  expect(config('set', xpath, { element }).attributes.status, element).toBe('success')
}
const verdict = ({ attributes }: XmlNode): string => `${attributes.status} ${attributes.code ?? '-'}`
const lines = (answer: XmlNode): string[] => children(child(answer, 'msg'), 'line').map(({ text }) => text.trim())
const address = (name: string): string => `<entry name="${name}"><ip-netmask>192.0.2.1</ip-netmask></entry>`
const holding = (name: string, member: string): string => `<entry name="${name}"><static><member>${member}</member></static></entry>`
const rule = (source: string): string =>
  `<entry name="r"><from><member>any</member></from><to><member>any</member></to><source><member>${source}</member></source><destination><member>any</member></destination><application><member>any</member></application><service><member>any</member></service><action>deny</action></entry>`
const remove = (xpath: string): XmlNode => config('delete', xpath)

describe('references', () => {
  it('from a device group below keep an object of the one above', () => {
    set(`${TOP}/address`, address('x'))
    set(`${BELOW}/pre-rulebase/security/rules`, rule('x'))
    const refused = remove(`${TOP}/address/entry[@name='x']`)
    expect([verdict(refused), lines(refused)]).toEqual([
      'error 10',
      ['x cannot be deleted because of references from:', 'device-group -> site-001 -> pre-rulebase -> security -> rules -> r -> source'],
    ])
    // The rule means its own from now on.
    set(`${BELOW}/address`, address('x'))
    expect(verdict(remove(`${TOP}/address/entry[@name='x']`))).toBe('success 20')
    // And now there is none above it.
    expect(verdict(remove(`${BELOW}/address/entry[@name='x']`))).toBe('error 10')
    set('/config/shared/address', address('x'))
    expect(verdict(remove(`${BELOW}/address/entry[@name='x']`))).toBe('success 20')
    expect(verdict(remove("/config/shared/address/entry[@name='x']"))).toBe('error 10')
  })

  it('reach objects above, not beside or below', () => {
    set(`${BELOW}/address`, address('below'))
    set(`${TOP}/address`, address('top'))
    set('/config/shared/address', address('everywhere'))
    const group = (xpath: string, member: string): string =>
      verdict(config('set', `${xpath}/address-group`, { element: holding('g', member) }))
    expect(['top', 'everywhere'].map(name => group(BELOW, name))).toEqual(['success 20', 'success 20'])
    expect(group(TOP, 'below')).toBe('error 12')
    expect(group(`${DEVICE}/device-group/entry[@name='site-002']`, 'below')).toBe('error 12')
    expect(group('/config/shared', 'top')).toBe('error 12')
  })

  it('go with a rename from above', () => {
    set(`${TOP}/address`, address('x'))
    set(`${BELOW}/address-group`, holding('g', 'x'))
    expect(verdict(config('rename', `${TOP}/address/entry[@name='x']`, { newname: 'y' }))).toBe('success 20')
    expect(writeXml(config('get', `${BELOW}/address-group/entry[@name='g']/static`))).toMatch(/<member[^>]*>y<\/member>/)
  })
})

describe('the hierarchy of device groups', () => {
  const op = (cmd: string, user = 'admin'): XmlNode =>
    parseXml(answerApi(device, new URLSearchParams({ type: 'op', cmd }), keyOf(user), now).body)
  const moved = (name: string, parent?: string, user?: string): XmlNode =>
    op(
      `<request><move-dg><entry name="${name}">${parent === undefined ? '' : `<new-parent-dg>${parent}</new-parent-dg>`}</entry></move-dg></request>`,
      user,
    )
  const parents = (): Record<string, string> => {
    const below = (node: XmlNode | undefined, parent: string): [string, string][] =>
      children(node, 'dg').flatMap(dg => [[dg.attributes.name ?? '', parent], ...below(dg, dg.attributes.name ?? '')])
    return Object.fromEntries(below(child(op('<show><dg-hierarchy/></show>'), 'result', 'dg-hierarchy'), ''))
  }

  it('is changed by a job that is over at once, in the candidate, for references too', () => {
    set(`${DEVICE}/device-group`, '<entry name="fresh"/>')
    const before = parents()
    expect([before.fresh, before['site-002']]).toEqual(['', 'all-sites'])
    const job = textAt(moved('site-002', 'fresh'), 'result', 'job') ?? ''
    expect(['status', 'result'].map(part => textAt(op(`<show><jobs><id>${job}</id></jobs></show>`), 'result', 'job', part))).toEqual([
      'FIN',
      'OK',
    ])
    expect(parents()).toEqual({ ...before, 'site-002': 'fresh' })
    const xpath = `${group('site-002')}/address-group`
    const top = verdict(config('set', `${TOP}/address`, { element: address('of-top') }))
    expect([top, verdict(config('set', xpath, { element: holding('g', 'of-top') }))]).toEqual(['success 20', 'error 12'])
    // To the top, and back where it was before all of this.
    moved('site-002')
    expect(parents()).toEqual({ ...before, 'site-002': '' })
    op('<revert><config/></revert>')
    expect(device.candidate).toBe(device.running)
  })

  it('goes with a commit', () => {
    moved('site-002')
    ask({ type: 'commit', cmd: '<commit/>' })
    now += 60_000
    expect(parents()['site-002']).toBe('')
    expect(device.candidate).toBe(device.running)
    expect(writeXml(device.running)).not.toContain('dirtyId')
  })

  it('takes no group that is not there, no circle, no reader and no foreign lock', () => {
    expect([moved('nobody'), moved('site-001', 'nobody')].map(verdict)).toEqual(['error 7', 'error 7'])
    expect([moved('all-sites', 'all-sites'), moved('all-sites', 'site-001')].map(verdict)).toEqual(['error 12', 'error 12'])
    expect(verdict(moved('site-001', undefined, 'reader'))).toBe('error 403')
    op('<request><config-lock><add/></config-lock></request>', 'second')
    expect(verdict(moved('site-001'))).toBe('error 15')
    expect(device.candidate).toBe(device.running)
  })
})

describe('pushes', () => {
  const push = (inside: string): XmlNode => ask({ type: 'commit', action: 'all', cmd: `<commit-all>${inside}</commit-all>` })
  const job = (id: string): XmlNode | undefined =>
    child(ask({ type: 'op', cmd: `<show><jobs><id>${id}</id></jobs></show>` }), 'result', 'job')
  const done = (answer: XmlNode): XmlNode | undefined => {
    now += 60_000
    return job(textAt(answer, 'result', 'job') ?? '')
  }
  const serials = (found: XmlNode | undefined): (string | undefined)[] =>
    children(child(found, 'devices'), 'entry').map(entry => textAt(entry, 'serial-no'))
  const all = (): string[] => [...device.managed.keys()]
  const ZONE = `${DEVICE}/template/entry[@name='template-1']/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']/zone`

  it('of a template give its firewalls what they have not themselves, seen by get and not by show', () => {
    set(ZONE, '<entry name="from-template"><network><layer3/></network></entry>')
    ask({ type: 'commit', cmd: '<commit/>' })
    now += 60_000
    const found = done(push('<template><name>template-1</name></template>'))
    expect([textAt(found, 'result'), textAt(found, 'push_type'), textAt(found, 'dgname')]).toEqual(['OK', 'template', 'template-1'])
    const [first = '', second = ''] = all()
    // Every other group's firewall is in the stack of the other template.
    expect(serials(found)).toEqual([first, all()[2]])
    const zone = (target: string, action: string, name: string): XmlNode =>
      ask({ type: 'config', action, xpath: `${DEVICE}/vsys/entry[@name='vsys1']/zone/entry[@name='${name}']`, target })
    const pushed = child(zone(first, 'get', 'from-template'), 'result', 'entry')
    expect([pushed?.attributes.src, pushed?.attributes.name]).toEqual(['tpl', 'from-template'])
    expect(verdict(zone(first, 'show', 'from-template'))).toBe('error -')
    expect(verdict(zone(second, 'get', 'from-template'))).toBe('success 7')
    // What the firewall says itself stays its own.
    expect(child(zone(first, 'get', 'users'), 'result', 'entry')?.attributes.src).toBeUndefined()
  })

  it('reach a virtual system that only a template makes', () => {
    set(ZONE.replace("[@name='vsys1']/zone", "[@name='vsys2']/zone"), '<entry name="z"/>')
    ask({ type: 'commit', cmd: '<commit/>' })
    now += 60_000
    done(push('<template-stack><name>stack-1</name></template-stack>'))
    const [target = ''] = all()
    const names = ask({ type: 'config', action: 'get', xpath: `${DEVICE}/vsys/entry/@name`, target })
    expect(children(child(names, 'result'), 'entry').map(({ attributes }) => attributes.name)).toEqual(['vsys1', 'vsys2'])
    expect(verdict(ask({ type: 'config', action: 'show', xpath: `${DEVICE}/vsys/entry[@name='vsys2']`, target }))).toBe('error -')
  })

  it('go to the devices that were asked for, and to nothing that is not there', () => {
    const [first = ''] = all()
    expect(serials(done(push(`<template-stack><name>stack-1</name><device><member>${first}</member></device></template-stack>`)))).toEqual([
      first,
    ])
    const policy = `<shared-policy><device-group><entry name="all-sites"><devices><entry name="${first}"/></devices></entry></device-group></shared-policy>`
    expect(serials(done(push(policy)))).toEqual([first])
    for (const nothing of ['<template><name>x</name></template>', '<template-stack/>', '<shared-policy/>', ''])
      expect(verdict(push(nothing)), nothing).toBe('error 12')
  })
})

describe('rule hit counts', () => {
  const hits = (inside: string, more: Record<string, string> = {}): XmlNode =>
    ask({ type: 'op', cmd: `<show><rule-hit-count>${inside}</rule-hit-count></show>`, ...more })
  const ALL = '<entry name="security"><rules><all/></rules></entry>'
  const counts = (node: XmlNode | undefined): [string, number][] =>
    children(child(node, 'rule-base', 'entry', 'rules'), 'entry').map(entry => [
      entry.attributes.name ?? '',
      Number(textAt(entry, 'hit-count')),
    ])

  it('on a Panorama are those of the firewalls that the rules were pushed to', () => {
    const shared = counts(child(hits(`<shared><pre-rulebase>${ALL}</pre-rulebase></shared>`), 'result', 'rule-hit-count', 'shared'))
    const found = hits(`<device-group><entry name="all-sites"><pre-rulebase>${ALL}</pre-rulebase></entry></device-group>`)
    const own = counts(child(found, 'result', 'rule-hit-count', 'device-group', 'entry'))
    expect([shared.length, own.length]).toEqual([3, 2])
    const onFirewall = (target: string): Map<string, number> => {
      const answer = hits(`<vsys><vsys-name><entry name="vsys1"><rule-base>${ALL}</rule-base></entry></vsys-name></vsys>`, { target })
      return new Map(counts(child(answer, 'result', 'rule-hit-count', 'vsys', 'entry')))
    }
    const everywhere = [...device.managed.keys()].map(onFirewall)
    for (const [name, count] of [...shared, ...own])
      expect([name, count]).toEqual([name, everywhere.reduce((sum, each) => sum + (each.get(name) ?? 0), 0)])
    expect([...shared, ...own].some(([, count]) => count > 0)).toBe(true)
  })

  it('are of the rules that were asked for', () => {
    const [name = ''] =
      counts(child(hits(`<shared><pre-rulebase>${ALL}</pre-rulebase></shared>`), 'result', 'rule-hit-count', 'shared'))[1] ?? []
    const one = `<entry name="security"><rules><list><member>${name}</member></list></rules></entry>`
    const found = counts(child(hits(`<shared><pre-rulebase>${one}</pre-rulebase></shared>`), 'result', 'rule-hit-count', 'shared'))
    expect(found.map(([rule]) => rule)).toEqual([name])
    expect(verdict(hits('<vsys/>'))).toBe('error 17')
  })

  it('on a firewall are of each virtual system for itself', () => {
    const sizes = { objects: 40, rules: 8, deviceGroups: 0, commitMs: 1000, logMs: 0 }
    device = createDevice({ profile: 'multi-vsys', dialect: '11.1', seed: 3, ...sizes, accounts, bootedAt: START - 86_400_000 })
    const of = (vsys: string, style: string): [string, number][] => {
      const base = `<rule-base><entry name="${style}"><rules><all/></rules></entry></rule-base>`
      const answer = hits(`<vsys><vsys-name><entry name="${vsys}">${base}</entry></vsys-name></vsys>`)
      expect(child(answer, 'result', 'rule-hit-count', 'vsys', 'entry')?.attributes.name).toBe(vsys)
      return counts(child(answer, 'result', 'rule-hit-count', 'vsys', 'entry'))
    }
    const sum = (list: [string, number][]): number => list.reduce((total, [, count]) => total + count, 0)
    expect([of('vsys1', 'security').length, of('vsys2', 'security').length]).toEqual([9, 9])
    // All traffic is vsys1's.
    expect([sum(of('vsys1', 'security')) > 0, sum(of('vsys2', 'security'))]).toEqual([true, 0])
    expect(of('vsys2', 'nat').map(([name]) => name)).toEqual(['internet-out', 'www-in'])
  })
})
