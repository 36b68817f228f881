/** `retrieve_services`, `retrieve_service_groups`, `retrieve_tags`: lists of the smaller objects. Promise: one request per place that can hold any. */
import { z } from 'zod'
import { joined, listing } from './listing.ts'
import { SERVICE_GROUPS, SERVICES, serviceGroup, serviceObject, TAGS, tagObject } from './service-object.ts'

const includes = (ports: string, wanted: number): boolean =>
  ports.split(',').some(part => {
    const [low = 0, high = low] = part.split('-').map(Number)
    return wanted >= low && wanted <= high
  })

export const retrieveServices = listing({
  ...SERVICES,
  name: 'retrieve_services',
  title: 'Retrieve services',
  description:
    'Lists service objects (protocol and ports) that were defined on the device. The predefined service-http and service-https are not among them.',
  toolset: 'policy',
  item: serviceObject,
  extra: {
    protocol: z.enum(['tcp', 'udp', 'sctp']).optional(),
    port: z.number().int().min(0).max(65_535).optional().describe('Only services that include this destination port.'),
  },
  keep: (service, { protocol, port }) =>
    (protocol === undefined || service.protocol === protocol) && (port === undefined || includes(service.port, port)),
  line: service => joined(service.name, `${service.protocol}/${service.port}`, service.location, service.description),
})

export const retrieveServiceGroups = listing({
  ...SERVICE_GROUPS,
  name: 'retrieve_service_groups',
  title: 'Retrieve service groups',
  description: 'Lists service groups with their members.',
  toolset: 'policy',
  item: serviceGroup,
  extra: { contains: z.string().max(63).optional().describe('Only groups that list this member.') },
  keep: (group, input) => input.contains === undefined || group.members.includes(input.contains),
  line: group => joined(group.name, group.members.join(',') || 'empty', group.location),
})

export const retrieveTags = listing({
  ...TAGS,
  name: 'retrieve_tags',
  title: 'Retrieve tags',
  description: 'Lists tags with colour and comments. Tags mark objects and rules, and dynamic address groups select by them.',
  toolset: 'policy',
  item: tagObject,
  extra: {},
  line: tag => joined(tag.name, tag.color, tag.comments, tag.location),
})
