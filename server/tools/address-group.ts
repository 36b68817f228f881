/** An address group as PAN-OS writes it and as the tools give it. Promise: a static group's members keep their order, a dynamic one's filter is as written. */
import { z } from 'zod'
import { child, membersAt, textAt, type XmlNode } from '../panos/xml.ts'
import type { Kind } from './listing.ts'

export const addressGroup = z.object({
  name: z.string(),
  location: z.string(),
  type: z.enum(['static', 'dynamic']),
  members: z.array(z.string()).describe('Of a static group: names of addresses and groups.'),
  filter: z.string().optional().describe('Of a dynamic group: which tags its members bear.'),
  resolved: z
    .array(z.object({ name: z.string(), value: z.string() }))
    .optional()
    .describe('With resolve: the addresses in it, nested groups opened.'),
  description: z.string().optional(),
  tags: z.array(z.string()),
})
export type AddressGroup = z.infer<typeof addressGroup>

export function readAddressGroup(node: XmlNode, location: string): AddressGroup {
  const filter = textAt(node, 'dynamic', 'filter')
  const description = textAt(node, 'description')
  return {
    name: node.attributes.name ?? '',
    location,
    type: child(node, 'dynamic') ? 'dynamic' : 'static',
    members: membersAt(node, 'static'),
    ...(filter !== undefined && { filter }),
    ...(description !== undefined && { description }),
    tags: membersAt(node, 'tag'),
  }
}

export const ADDRESS_GROUPS: Kind<AddressGroup> = { what: 'address groups', container: ['address-group'], read: readAddressGroup }
