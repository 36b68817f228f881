/** Services, service groups, tags and applications as PAN-OS writes them and as the tools give them. Promise: every value is text as written. */
import { z } from 'zod'
import { child, membersAt, textAt, type XmlNode } from '../panos/xml.ts'
import type { Kind } from './listing.ts'

const text = z.string().optional()
const optional = (fields: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined))

export const serviceObject = z.object({
  name: z.string(),
  location: z.string(),
  protocol: z.string().describe('tcp, udp or sctp.'),
  port: z.string().describe('Destination port, ports or ranges.'),
  sourcePort: text,
  description: text,
  tags: z.array(z.string()),
})
export type ServiceObject = z.infer<typeof serviceObject>

function readServiceObject(node: XmlNode, location: string): ServiceObject {
  const protocol = child(node, 'protocol')?.children[0]
  return {
    name: node.attributes.name ?? '',
    location,
    protocol: protocol?.name ?? 'none',
    port: textAt(protocol, 'port') ?? '',
    ...optional({ sourcePort: textAt(protocol, 'source-port'), description: textAt(node, 'description') }),
    tags: membersAt(node, 'tag'),
  }
}

export const serviceGroup = z.object({ name: z.string(), location: z.string(), members: z.array(z.string()), tags: z.array(z.string()) })
export type ServiceGroup = z.infer<typeof serviceGroup>

const readServiceGroup = (node: XmlNode, location: string): ServiceGroup => ({
  name: node.attributes.name ?? '',
  location,
  members: membersAt(node, 'members'),
  tags: membersAt(node, 'tag'),
})

export const tagObject = z.object({ name: z.string(), location: z.string(), color: text, comments: text })
export type TagObject = z.infer<typeof tagObject>

const readTagObject = (node: XmlNode, location: string): TagObject => ({
  name: node.attributes.name ?? '',
  location,
  ...optional({ color: textAt(node, 'color'), comments: textAt(node, 'comments') }),
})

export const application = z.object({
  name: z.string(),
  location: z.string().describe('"predefined", or where a custom application is defined.'),
  category: text,
  subcategory: text,
  risk: text,
  ports: z.array(z.string()).describe('Standard ports, which the service application-default allows.'),
})
export type Application = z.infer<typeof application>

export const readApplication = (node: XmlNode, location: string): Application => ({
  name: node.attributes.name ?? '',
  location,
  ...optional({ category: textAt(node, 'category'), subcategory: textAt(node, 'subcategory'), risk: textAt(node, 'risk') }),
  ports: membersAt(node, 'default', 'port'),
})

export const SERVICES: Kind<ServiceObject> = { what: 'services', container: ['service'], read: readServiceObject }
export const SERVICE_GROUPS: Kind<ServiceGroup> = { what: 'service groups', container: ['service-group'], read: readServiceGroup }
export const TAGS: Kind<TagObject> = { what: 'tags', container: ['tag'], read: readTagObject }
