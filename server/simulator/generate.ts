/**
 * A believable PAN-OS configuration. Promise: the tree depends on the seed and the sizes alone, so that two runs show the same device.
 */
import type { XmlNode } from '../panos/xml.ts'
import { type Address, makeAddresses, makeAddressGroups, makeServiceGroups, makeServices, makeTags } from './address-plan.ts'
import { APPLICATIONS } from './applications.ts'
import { Dice } from './dice.ts'
import { INTERFACES, makeNatRules, makeSecurityRules, makeZones } from './rulebase.ts'
import { el, entry, list } from './tree.ts'

export interface DeviceSize {
  /** Address objects in all; one in nine lies in `shared`. */
  readonly objects: number
  /** Security rules of each virtual system. */
  readonly rules: number
  /** Virtual systems, 1 by default. */
  readonly systems?: number
}

export function makeNetwork(): XmlNode {
  const ports = Object.values(INTERFACES).map((name, index) =>
    entry(
      name,
      el('layer3', el('ip', entry(index === 0 ? '203.0.113.2/29' : `10.${10 + index * 10}.0.1/16`)), el('lldp', el('enable', 'no'))),
    ),
  )
  return el(
    'network',
    el('interface', el('ethernet', [...ports, entry('ethernet1/7', el('tap'))])),
    el(
      'virtual-router',
      entry(
        'default',
        list('interface', Object.values(INTERFACES)),
        el(
          'routing-table',
          el(
            'ip',
            el(
              'static-route',
              entry('default', el('destination', '0.0.0.0/0'), el('nexthop', el('ip-address', '203.0.113.1')), el('metric', '10')),
            ),
          ),
        ),
      ),
    ),
  )
}

export const makeDeviceConfig = (hostname: string): XmlNode =>
  el(
    'deviceconfig',
    el(
      'system',
      el('hostname', hostname),
      el('ip-address', '192.0.2.10'),
      el('netmask', '255.255.255.0'),
      el('default-gateway', '192.0.2.1'),
      el('timezone', 'UTC'),
      el('dns-setting', el('servers', el('primary', '192.0.2.53'))),
      el('service', el('disable-telnet', 'yes'), el('disable-http', 'yes')),
    ),
  )

export const HOSTNAME = 'fw-sim-1'

/** What a virtual system holds: its objects, zones and rules. */
function makeVsys(name: string, own: readonly Address[], known: readonly Address[], rules: number, dice: Dice): XmlNode {
  const securityRules = makeSecurityRules(rules, known, dice)
  return entry(
    name,
    el('zone', makeZones()),
    el(
      'address',
      own.map(address => address.node),
    ),
    el('address-group', makeAddressGroups(known, dice)),
    el('service', makeServices()),
    el('service-group', makeServiceGroups()),
    el('tag', makeTags()),
    el('application-group', entry('ag-web', list('members', ['ssl', 'web-browsing']))),
    el('rulebase', el('security', el('rules', securityRules)), el('nat', el('rules', makeNatRules(dice)))),
    el('import', el('network', list('interface', name === 'vsys1' ? Object.values(INTERFACES) : []))),
  )
}

/** Applications that every device knows; real ones know thousands. */
export const makePredefined = (): XmlNode =>
  el(
    'predefined',
    el(
      'application',
      APPLICATIONS.map(([name, category, subcategory, risk, ports]) =>
        entry(
          name,
          el('category', category),
          el('subcategory', subcategory),
          el('risk', String(risk)),
          ports.length > 0 ? el('default', list('port', ports)) : undefined,
        ),
      ),
    ),
    el(
      'service',
      entry('service-http', el('protocol', el('tcp', el('port', '80,8080')))),
      entry('service-https', el('protocol', el('tcp', el('port', '443')))),
    ),
  )

const users = (): XmlNode =>
  el('mgt-config', el('users', entry('admin', el('phash', '*'), el('permissions', el('role-based', el('superuser', 'yes'))))))

/** The `<config>` element of a standalone firewall. */
export function generateConfig(seed: number, size: DeviceSize): XmlNode {
  const dice = new Dice(seed)
  const count = size.systems ?? 1
  const addresses = makeAddresses(size.objects, dice)
  // Nine and the twenty of the address types have no common divisor: every type occurs in both places.
  const shared = addresses.filter((_, index) => index % 9 === 4)
  const local = addresses.filter((_, index) => index % 9 !== 4)
  const systems = Array.from({ length: count }, (_, system) => {
    const own = local.filter((_, index) => index % count === system)
    // In the order of the device: generated rules depend on it.
    const known = addresses.filter(address => count === 1 || own.includes(address) || shared.includes(address))
    return makeVsys(`vsys${system + 1}`, own, known, size.rules, dice)
  })
  const config = el(
    'config',
    users(),
    el(
      'shared',
      el(
        'address',
        shared.map(address => address.node),
      ),
      el('application'),
      el('service'),
      el('tag', makeTags()),
    ),
    el('devices', entry('localhost.localdomain', makeNetwork(), makeDeviceConfig(HOSTNAME), el('vsys', systems))),
    makePredefined(),
  )
  config.attributes = { version: '11.1.0', urldb: 'paloaltonetworks', 'detail-version': '11.1.6' }
  return config
}
