/**
 * Zones and rules of the simulated device. Promise: rules name only zones and addresses that exist, and show the shapes that trip parsers:
 * one member and many, empty containers, a plain-text service in NAT rules, disabled and negated rules, a zone of every common type.
 */
import type { XmlNode } from '../panos/xml.ts'
import { type Address, SITES } from './address-plan.ts'
import type { Dice } from './dice.ts'
import { el, entry, list, optionalList } from './tree.ts'

export const INTERFACES: Readonly<Record<string, string>> = {
  untrust: 'ethernet1/1',
  users: 'ethernet1/2',
  servers: 'ethernet1/3',
  dmz: 'ethernet1/4',
  management: 'ethernet1/5',
  partners: 'ethernet1/6',
}

const layer3 = (name: string): XmlNode =>
  entry(
    name,
    el(
      'network',
      list('layer3', [INTERFACES[name] ?? 'ethernet1/8']),
      el('zone-protection-profile', name === 'untrust' ? 'zp-strict' : 'zp-default'),
    ),
    ...(name === 'users' ? [el('enable-user-identification', 'yes'), el('user-acl', list('include-list', ['grp-users']))] : []),
  )

export const makeZones = (): XmlNode[] => [
  layer3('untrust'),
  ...SITES.map(site => layer3(site.zone)),
  entry('span', el('network', list('tap', ['ethernet1/7']))),
  entry('bump-in-wire', el('network', list('virtual-wire', ['ethernet1/9', 'ethernet1/10']))),
  entry('switched', el('network', list('layer2', ['vlan.10']))),
  entry('to-other-vsys', el('network', el('external'))),
  entry('ipsec', el('network', el('tunnel'))),
]

const ACTIONS: readonly [string, ...string[]] = ['allow', 'allow', 'allow', 'deny', 'drop', 'reset-both']
const APPLICATIONS = ['ssl', 'web-browsing', 'dns', 'ntp', 'ssh', 'ms-sql-db', 'smtp', 'syslog', 'ping'] as const

function makeRule(index: number, addresses: readonly Address[], dice: Dice): XmlNode {
  const from = dice.pick(SITES)
  const to = dice.chance(0.3) ? 'untrust' : dice.pick(SITES).zone
  const sources = addresses.filter(address => address.site === from).map(address => address.name)
  const targets = addresses.filter(address => address.site.zone === to).map(address => address.name)
  const applications = dice.chance(0.2) ? ['any'] : dice.some(APPLICATIONS, 1 + dice.below(3))
  const action = dice.pick(ACTIONS)
  const chosen = (names: readonly string[]): string[] =>
    names.length === 0 || dice.chance(0.3) ? ['any'] : dice.some(names, 1 + dice.below(4))
  const source = chosen(sources)
  const rule = entry(
    `${action}-${from.zone}-${to}-${String(index + 1).padStart(2, '0')}`,
    list('to', [to]),
    list('from', [from.zone]),
    list('source', source),
    list('destination', chosen(targets)),
    list('source-user', ['any']),
    list('category', ['any']),
    list('application', applications),
    list('service', [applications.includes('any') ? 'any' : 'application-default']),
    el('source-hip', el('member', 'any')),
    el('destination-hip', el('member', 'any')),
    el('action', action),
    el('log-end', 'yes'),
    dice.chance(0.6) ? el('log-setting', 'default') : undefined,
    action === 'allow' && dice.chance(0.7) ? el('profile-setting', list('group', ['strict'])) : undefined,
    dice.chance(0.12) ? el('disabled', 'yes') : undefined,
    !source.includes('any') && dice.chance(0.12) ? el('negate-source', 'yes') : undefined,
    optionalList('tag', dice.chance(0.3) ? ['owner-netops'] : []),
    dice.chance(0.4) ? el('description', `Change CHG-${10_000 + dice.below(90_000)}`) : undefined,
  )
  rule.attributes.uuid = dice.uuid()
  return rule
}

export function makeSecurityRules(count: number, addresses: readonly Address[], dice: Dice): XmlNode[] {
  const rules = Array.from({ length: count }, (_, index) => makeRule(index, addresses, dice))
  const last = entry(
    'deny-all-inbound',
    list('to', ['any']),
    list('from', ['untrust']),
    list('source', ['any']),
    list('destination', ['any']),
    list('source-user', ['any']),
    list('category', ['any']),
    list('application', ['any']),
    list('service', ['any']),
    el('action', 'drop'),
    el('log-end', 'yes'),
  )
  last.attributes.uuid = dice.uuid()
  return [...rules, last]
}

export function makeNatRules(dice: Dice): XmlNode[] {
  const out = entry(
    'internet-out',
    el('source-translation', el('dynamic-ip-and-port', el('interface-address', el('interface', 'ethernet1/1')))),
    list('to', ['untrust']),
    list('from', ['users', 'servers']),
    list('source', ['any']),
    list('destination', ['any']),
    el('service', 'any'),
    el('nat-type', 'ipv4'),
  )
  const inbound = entry(
    'www-in',
    el('destination-translation', el('translated-address', '10.40.0.10'), el('translated-port', '8443')),
    list('to', ['untrust']),
    list('from', ['untrust']),
    list('source', ['any']),
    list('destination', ['203.0.113.10']),
    el('service', 'service-https'),
  )
  for (const rule of [out, inbound]) rule.attributes.uuid = dice.uuid()
  return [out, inbound]
}
