/**
 * The kinds of devices that the simulator plays. Promise: a profile, a size and a seed always make the same device.
 */
import type { XmlNode } from '../panos/xml.ts'
import type { Account } from './accounts.ts'
import { type Address, makeAddresses, makeAddressGroups, makeServiceGroups, makeServices, makeTags } from './address-plan.ts'
import { Device, type Dialect } from './device.ts'
import { Dice } from './dice.ts'
import { generateConfig, HOSTNAME, makeDeviceConfig, makeNetwork, makePredefined } from './generate.ts'
import { LogJobs } from './log-jobs.ts'
import { pushEverywhere } from './panorama.ts'
import { makeSecurityRules, makeZones } from './rulebase.ts'
import { el, entry, list } from './tree.ts'

export const PROFILES = ['firewall', 'multi-vsys', 'panorama'] as const
export type Profile = (typeof PROFILES)[number]
export const DIALECTS = ['10.1', '11.1', '11.2'] as const satisfies readonly Dialect[]

export interface ProfileOptions {
  readonly profile: Profile
  readonly dialect: Dialect
  readonly seed: number
  readonly objects: number
  readonly rules: number
  /** Of a Panorama: device groups, each with one firewall, and half as many templates. */
  readonly deviceGroups: number
  readonly accounts: readonly Account[]
  readonly bootedAt: number
  readonly commitMs: number
  readonly logMs: number
  /** A `<config>` element in place of a generated one. */
  readonly config?: XmlNode
}

/** A leading zero: it must survive every parser between here and the reader. */
const serialOf = (number: number): string => `0${String(21_000_000_000 + (number % 1_000_000)).padStart(11, '0')}`

const names = (addresses: readonly Address[]): XmlNode[] => addresses.map(address => address.node)
const rulebase = (name: string, rules: readonly XmlNode[]): XmlNode => el(name, el('security', el('rules', rules)))

/** The rules of a place, told apart by a prefix. */
const rulesFor = (prefix: string, count: number, addresses: readonly Address[], dice: Dice): XmlNode[] =>
  makeSecurityRules(count, addresses, dice)
    .slice(0, count)
    .map(rule => ({ ...rule, attributes: { ...rule.attributes, name: `${prefix}-${rule.attributes.name}` } }))

const groupName = (index: number): string => (index === 0 ? 'all-sites' : `site-${String(index).padStart(3, '0')}`)
const templateName = (index: number): string => `template-${index + 1}`

function makeTemplate(index: number): XmlNode {
  const vsys = entry('vsys1', el('zone', makeZones()))
  const device = entry('localhost.localdomain', makeNetwork(), makeDeviceConfig(`site-${index + 1}`), el('vsys', vsys))
  return entry(templateName(index), el('config', el('devices', device)))
}

function panoramaConfig({ seed, objects, rules, deviceGroups }: ProfileOptions): XmlNode {
  const dice = new Dice(seed)
  const addresses = makeAddresses(objects, dice)
  const places = deviceGroups + 1
  const at = (place: number): Address[] => addresses.filter((_, index) => index % places === place)
  const shared = at(0)
  const groups = Array.from({ length: deviceGroups }, (_, index) => {
    const own = at(index + 1)
    const name = groupName(index)
    return entry(
      name,
      el('address', names(own)),
      el('address-group', makeAddressGroups(own, dice)),
      el('tag', makeTags()),
      rulebase('pre-rulebase', rulesFor(name, Math.ceil(rules / places), own, dice)),
      rulebase('post-rulebase', rulesFor(`${name}-post`, 1, own, dice)),
      el('devices', entry(serialOf(seed + index + 1))),
    )
  })
  const templateCount = Math.max(1, Math.ceil(deviceGroups / 2))
  const templates = Array.from({ length: templateCount }, (_, index) => makeTemplate(index))
  const stacks = templates.map((template, index) => {
    const serials = groups.flatMap((_, group) => (group % templateCount === index ? [entry(serialOf(seed + group + 1))] : []))
    return entry(`stack-${index + 1}`, list('templates', [template.attributes.name ?? '']), el('devices', serials))
  })
  // Every other group lies below the first; every third of those below another.
  const parents = groups
    .slice(1)
    .map((group, index) =>
      entry(group.attributes.name ?? '', el('id', String(12 + index)), el('parent-dg', groupName(index % 3 === 2 ? index : 0))),
    )
  const device = entry(
    'localhost.localdomain',
    makeDeviceConfig('panorama-sim-1'),
    el('device-group', groups),
    el('template', templates),
    el('template-stack', stacks),
  )
  return el(
    'config',
    el(
      'shared',
      el('address', names(shared)),
      el('address-group', makeAddressGroups(shared, dice)),
      el('service', makeServices()),
      el('service-group', makeServiceGroups()),
      el('tag', makeTags()),
      rulebase('pre-rulebase', rulesFor('shared', 3, shared, dice)),
      rulebase('post-rulebase', makeSecurityRules(0, shared, dice)),
    ),
    el('devices', device),
    el('readonly', el('devices', entry('localhost.localdomain', el('device-group', [entry(groupName(0), el('id', '11')), ...parents])))),
    makePredefined(),
  )
}

function make(options: ProfileOptions, config: XmlNode, facts: { hostname: string; model: string; number: number }): Device {
  const { dialect, seed, accounts, bootedAt, commitMs, logMs } = options
  const { hostname, model, number } = facts
  return new Device({
    hostname,
    model,
    serial: serialOf(number),
    dialect,
    config,
    seed,
    accounts,
    bootedAt,
    commitMs,
    logJobs: new LogJobs(logMs),
  })
}

export function createDevice(options: ProfileOptions): Device {
  const { profile, seed, objects, rules, config, deviceGroups } = options
  if (config) {
    const panorama = config.children.some(
      node => node.name === 'devices' && node.children.some(device => device.children.some(part => part.name === 'device-group')),
    )
    return make(options, config, { hostname: HOSTNAME, model: panorama ? 'Panorama' : 'PA-440', number: seed })
  }
  if (profile === 'panorama') {
    const panorama = make(options, panoramaConfig(options), { hostname: 'panorama-sim-1', model: 'Panorama', number: seed })
    for (let index = 0; index < deviceGroups; index += 1) {
      const number = seed + index + 1
      const firewall = make({ ...options, seed: number }, generateConfig(number, { objects: 12, rules: 2 }), {
        hostname: `fw-${groupName(index)}`,
        model: 'PA-440',
        number,
      })
      panorama.managed.set(firewall.serial, firewall)
    }
    pushEverywhere(panorama)
    return panorama
  }
  const systems = profile === 'multi-vsys' ? 3 : 1
  return make(options, generateConfig(seed, { objects, rules, systems }), {
    hostname: HOSTNAME,
    model: systems > 1 ? 'PA-3220' : 'PA-440',
    number: seed,
  })
}
