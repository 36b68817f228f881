/**
 * `retrieve_security_zones`: the zones of every virtual system with their interfaces; on a Panorama those of its templates.
 * Promise: one request per virtual system.
 */
import { z } from 'zod'
import { joined, type Kind, listing } from './listing.ts'
import { readSecurityZone, type SecurityZone, securityZone } from './security-zone.ts'

export const ZONES: Kind<SecurityZone> = { what: 'security zones', container: ['zone'], inTemplates: true, read: readSecurityZone }

export const retrieveSecurityZones = listing({
  ...ZONES,
  name: 'retrieve_security_zones',
  title: 'Retrieve security zones',
  description:
    'Lists security zones with type, interfaces and protection profile. Works without arguments. On a Panorama zones are in templates: location is then a template.',
  toolset: 'core',
  item: securityZone,
  extra: {
    type: z.enum(['layer3', 'layer2', 'virtual-wire', 'tap', 'external', 'tunnel']).optional().describe('Only zones of this type.'),
    interface: z.string().max(63).optional().describe('Only the zone that has this interface, for example ethernet1/2.'),
  },
  keep: (zone, input) =>
    (input.type === undefined || zone.type === input.type) && (input.interface === undefined || zone.interfaces.includes(input.interface)),
  line: zone => joined(zone.name, zone.type, [...zone.interfaces, ...zone.virtualSystems].join(', ') || 'no interfaces', zone.location),
})
