/**
 * An address object as PAN-OS writes it and as the tools give it. Promise: all four types are known, and a type that a newer release adds is passed on by its own name.
 */
import { z } from 'zod'
import { membersAt, textAt, type XmlNode } from '../panos/xml.ts'

export const addressObject = z.object({
  name: z.string(),
  location: z.string().describe('"shared" or the virtual system that holds it.'),
  type: z.string().describe('ip-netmask, ip-range, fqdn or ip-wildcard.'),
  value: z.string(),
  description: z.string().optional(),
  tags: z.array(z.string()),
})
export type AddressObject = z.infer<typeof addressObject>

const TYPES = ['ip-netmask', 'ip-range', 'fqdn', 'ip-wildcard']
const NOT_A_TYPE = ['description', 'tag', 'disable-override']

export function readAddressObject(node: XmlNode, location: string): AddressObject {
  const kind = node.children.find(part => TYPES.includes(part.name)) ?? node.children.find(part => !NOT_A_TYPE.includes(part.name))
  const description = textAt(node, 'description')
  return {
    name: node.attributes.name ?? '',
    location,
    type: kind?.name ?? 'none',
    value: kind?.text.trim() ?? '',
    ...(description !== undefined && { description }),
    tags: membersAt(node, 'tag'),
  }
}
