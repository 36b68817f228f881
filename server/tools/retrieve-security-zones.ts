/**
 * `retrieve_security_zones`: the zones of every virtual system with their interfaces. Promise: one request per virtual system.
 */
import { z } from 'zod'
import { readEverywhere } from './config-scope.ts'
import { configInput, limitInput, named, nameInput, offsetInput, type PanosTool } from './panos-tool.ts'
import { readSecurityZone, type SecurityZone, securityZone } from './security-zone.ts'

const input = z.object({ name_contains: nameInput, offset: offsetInput, limit: limitInput, config: configInput })

export const retrieveSecurityZones: PanosTool<typeof input, SecurityZone> = {
  name: 'retrieve_security_zones',
  title: 'Retrieve security zones',
  description: 'Lists the security zones of the firewall with type, interfaces and protection profile. Works without arguments.',
  input,
  item: securityZone,
  async run({ name_contains, config }, { client, signal }) {
    const { entries, warnings } = await readEverywhere(client(), config, ['zone'], { shared: false }, signal)
    const matching = entries.map(({ node, location }) => readSecurityZone(node, location)).filter(zone => named(zone.name, name_contains))
    return {
      scope: `zones of all virtual systems, ${config} configuration`,
      items: matching,
      warnings,
      summary: `${matching.length} security zones on ${client().device} (${config} configuration${name_contains ? `, name contains "${name_contains}"` : ''}).`,
      line: zone =>
        [zone.name, zone.type, [...zone.interfaces, ...zone.virtualSystems].join(', ') || 'no interfaces', zone.location].join('  '),
    }
  },
}
