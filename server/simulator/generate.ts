/**
 * A believable PAN-OS configuration. Promise: the tree depends on the seed and the sizes alone, so that two runs show the same device.
 */
import type { XmlNode } from '../panos/xml.ts'
import { makeAddresses, makeAddressGroups, makeServiceGroups, makeServices, makeTags } from './address-plan.ts'
import { Dice } from './dice.ts'
import { INTERFACES, makeNatRules, makeSecurityRules, makeZones } from './rulebase.ts'
import { el, entry, list } from './tree.ts'

export interface DeviceSize {
  /** Address objects in all; one in nine lies in `shared`. */
  readonly objects: number
  readonly rules: number
}

function makeNetwork(): XmlNode {
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

const makeDeviceConfig = (hostname: string): XmlNode =>
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

/** The `<config>` element of a standalone firewall with one virtual system. */
export function generateConfig(seed: number, size: DeviceSize): XmlNode {
  const dice = new Dice(seed)
  const addresses = makeAddresses(size.objects, dice)
  // Nine and the twenty of the address types have no common divisor: every type occurs in both places.
  const [shared, local] = [addresses.filter((_, index) => index % 9 === 4), addresses.filter((_, index) => index % 9 !== 4)]
  const rules = makeSecurityRules(size.rules, addresses, dice)
  const vsys = entry(
    'vsys1',
    el('zone', makeZones()),
    el(
      'address',
      local.map(address => address.node),
    ),
    el('address-group', makeAddressGroups(addresses, dice)),
    el('service', makeServices()),
    el('service-group', makeServiceGroups()),
    el('tag', makeTags()),
    el('application-group', entry('ag-web', list('members', ['ssl', 'web-browsing']))),
    el('rulebase', el('security', el('rules', rules)), el('nat', el('rules', makeNatRules(dice)))),
    el('import', el('network', list('interface', Object.values(INTERFACES)))),
  )
  const config = el(
    'config',
    el('mgt-config', el('users', entry('admin', el('permissions', el('role-based', el('superuser', 'yes')))))),
    el(
      'shared',
      el(
        'address',
        shared.map(address => address.node),
      ),
      el('application'),
      el('service'),
      el('tag'),
    ),
    el('devices', entry('localhost.localdomain', makeNetwork(), makeDeviceConfig(HOSTNAME), el('vsys', vsys))),
  )
  config.attributes = { version: '11.1.0', urldb: 'paloaltonetworks', 'detail-version': '11.1.6' }
  return config
}
