/**
 * A security zone as PAN-OS writes it and as the tools give it. Promise: interfaces come from the zone's network part alone, so that
 * members of its user lists are never taken for interfaces.
 */
import { z } from 'zod'
import { child, membersAt, textAt, type XmlNode } from '../panos/xml.ts'

export const securityZone = z.object({
  name: z.string(),
  location: z.string().describe('The virtual system that holds it.'),
  type: z.string().describe('layer3, layer2, virtual-wire, tap, external, tunnel, or none.'),
  interfaces: z.array(z.string()),
  virtualSystems: z.array(z.string()).describe('For a zone of type external: the virtual systems that it leads to.'),
  zoneProtectionProfile: z.string().optional(),
  logSetting: z.string().optional(),
  userIdentification: z.boolean(),
  userIncludeList: z.array(z.string()).optional().describe('Addresses whose users are identified.'),
  userExcludeList: z.array(z.string()).optional(),
})
export type SecurityZone = z.infer<typeof securityZone>

const TYPES = ['layer3', 'layer2', 'virtual-wire', 'tap', 'external', 'tunnel']

export function readSecurityZone(node: XmlNode, location: string): SecurityZone {
  const network = child(node, 'network')
  const kind = network?.children.find(part => TYPES.includes(part.name))
  const members = kind ? membersAt(network, kind.name) : []
  const zoneProtectionProfile = textAt(network, 'zone-protection-profile')
  const logSetting = textAt(network, 'log-setting')
  const [included, excluded] = ['include-list', 'exclude-list'].map(list => membersAt(node, 'user-acl', list))
  return {
    name: node.attributes.name ?? '',
    location,
    type: kind?.name ?? 'none',
    interfaces: kind?.name === 'external' ? [] : members,
    virtualSystems: kind?.name === 'external' ? members : [],
    ...(zoneProtectionProfile !== undefined && { zoneProtectionProfile }),
    ...(logSetting !== undefined && { logSetting }),
    userIdentification: textAt(node, 'enable-user-identification') === 'yes',
    ...(included && included.length > 0 && { userIncludeList: included }),
    ...(excluded && excluded.length > 0 && { userExcludeList: excluded }),
  }
}
