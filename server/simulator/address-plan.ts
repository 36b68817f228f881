/**
 * Addresses, groups, services and tags of the simulated device. Promise: they follow one address plan, so that a rule, a group and
 * a zone that name the same service speak of the same hosts; all values are from documentation and private ranges.
 */
import type { XmlNode } from '../panos/xml.ts'
import type { Dice } from './dice.ts'
import { el, entry, list, optionalList } from './tree.ts'

export interface Site {
  readonly zone: string
  /** Second octet of the site's 10.x network. */
  readonly network: number
  readonly roles: readonly [string, ...string[]]
}

export const SITES: readonly [Site, ...Site[]] = [
  { zone: 'users', network: 20, roles: ['laptop', 'printer', 'phone', 'kiosk'] },
  { zone: 'servers', network: 30, roles: ['web', 'app', 'db', 'mail', 'file', 'git', 'ci'] },
  { zone: 'dmz', network: 40, roles: ['proxy', 'www', 'vpn', 'relay'] },
  { zone: 'management', network: 50, roles: ['jump', 'monitor', 'backup', 'log'] },
  { zone: 'partners', network: 60, roles: ['partner', 'gateway'] },
]
export const TAGS = ['production', 'staging', 'pci', 'internet-facing', 'decommission', 'owner-netops', 'owner-apps'] as const

export interface Address {
  readonly name: string
  readonly site: Site
  readonly tags: readonly string[]
  readonly node: XmlNode
}

const number = (value: number): string => String(value).padStart(3, '0')

/** The kinds come in this mix: most are hosts, and each of the four types is there from 20 objects on. */
function addressValue(index: number, site: Site, role: string, dice: Dice): XmlNode {
  const third = (index >> 7) & 255
  const fourth = 1 + (index & 127)
  const host = `10.${site.network + Math.floor(index / 32_768) * 100}.${third}.${fourth}`
  const kind = index % 20
  if (kind === 7) return el('fqdn', `${role}-${number(index)}.${site.zone}.example.net`)
  if (kind === 11) return el('ip-range', `${host}-${host.slice(0, host.lastIndexOf('.'))}.${fourth + 1 + dice.below(100)}`)
  if (kind === 15) return el('ip-netmask', `10.${site.network}.${third}.0/${dice.pick([24, 25, 26, 28])}`)
  if (kind === 18) return el('ip-wildcard', `10.${site.network}.0.${fourth}/0.0.${dice.pick([1, 3, 7, 255])}.0`)
  if (kind === 19) return el('ip-netmask', `2001:db8:${site.network.toString(16)}::${index.toString(16)}/128`)
  return el('ip-netmask', dice.chance(0.8) ? `${host}/32` : host)
}

export function makeAddresses(count: number, dice: Dice): Address[] {
  return Array.from({ length: count }, (_, index) => {
    const site = dice.pick(SITES)
    const role = dice.pick(site.roles)
    const name = `${site.zone}-${role}-${number(index + 1)}`
    const tags = dice.chance(0.6) ? dice.some(TAGS, 1 + dice.below(2)) : []
    const description = dice.chance(0.5)
      ? el('description', `${role} ${index + 1} in ${site.zone}, ticket NET-${1000 + dice.below(9000)}`)
      : undefined
    return { name, site, tags, node: entry(name, addressValue(index, site, role, dice), description, optionalList('tag', tags)) }
  })
}

export function makeAddressGroups(addresses: readonly Address[], dice: Dice): XmlNode[] {
  const groups = SITES.map(site => {
    const hosts = addresses.filter(address => address.site === site).map(address => address.name)
    return entry(`grp-${site.zone}`, list('static', dice.some(hosts, 12)), el('description', `Selected hosts of ${site.zone}`))
  })
  return [...groups, entry('grp-pci', el('dynamic', el('filter', "'pci' and 'production'")), list('tag', ['pci']))]
}

export const makeServices = (): XmlNode[] =>
  (
    [
      ['tcp-8443', 'tcp', '8443'],
      ['tcp-3000-3010', 'tcp', '3000-3010'],
      ['tcp-5432', 'tcp', '5432'],
      ['tcp-1521', 'tcp', '1521'],
      ['udp-514', 'udp', '514'],
      ['udp-4500', 'udp', '4500'],
    ] as const
  ).map(([name, protocol, port]) => entry(name, el('protocol', el(protocol, el('port', port), el('override', el('no'))))))

export const makeServiceGroups = (): XmlNode[] => [
  entry('svc-databases', list('members', ['tcp-5432', 'tcp-1521'])),
  entry('svc-logging', list('members', ['udp-514'])),
]

export const makeTags = (): XmlNode[] =>
  TAGS.map((tag, index) => entry(tag, el('color', `color${index + 1}`), el('comments', `Objects marked ${tag}`)))
