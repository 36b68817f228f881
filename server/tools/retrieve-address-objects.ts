/**
 * `retrieve_address_objects`: the address objects of the device, shared and per virtual system or device group. Promise: one request for
 * each place that holds any.
 */
import { z } from 'zod'
import { addressNumber, contains, spanOf, wildcardHolds } from '../panos/ip-span.ts'
import { type AddressObject, addressObject, readAddressObject } from './address-object.ts'
import { joined, type Kind, listing } from './listing.ts'

export const ADDRESSES: Kind<AddressObject> = { what: 'address objects', container: ['address'], read: readAddressObject }

/** Whether the object's value is, or contains, the given address or network. */
export function holdsAddress(address: AddressObject, wanted: string): boolean {
  if (address.type === 'ip-wildcard') return wildcardHolds(address.value, wanted)
  const [outer, inner] = [spanOf(address.value), spanOf(wanted)]
  return (
    (address.type === 'ip-netmask' || address.type === 'ip-range') && outer !== undefined && inner !== undefined && contains(outer, inner)
  )
}

export const ipInput = z
  .string()
  .max(80)
  .refine(text => spanOf(text) !== undefined || addressNumber(text) !== undefined, 'must be an IP address, a network or a range')

const FIELDS = ['location', 'type', 'value', 'description', 'tags'] as const
const shownAddress = addressObject.partial().required({ name: true })
type ShownAddress = z.infer<typeof shownAddress>

const only = (address: AddressObject, fields: readonly (typeof FIELDS)[number][]): ShownAddress => ({
  name: address.name,
  ...Object.fromEntries(fields.flatMap(field => (address[field] === undefined ? [] : [[field, address[field]]]))),
})

export const retrieveAddressObjects = listing({
  ...ADDRESSES,
  name: 'retrieve_address_objects',
  title: 'Retrieve address objects',
  description:
    'Lists address objects with type, value, tags and where they are defined. Works without arguments; filters narrow it. To find what an IP address belongs to, groups included, find_object_by_ip is better.',
  toolset: 'core',
  item: shownAddress,
  extra: {
    type: z.enum(['ip-netmask', 'ip-range', 'fqdn', 'ip-wildcard']).optional().describe('Only objects of this type.'),
    value_contains: z.string().max(255).optional().describe('Only objects whose value contains this text, for example part of an FQDN.'),
    ip: ipInput.optional().describe('Only objects that are or contain this IP address or network.'),
    tag: z.string().max(127).optional().describe('Only objects with this tag.'),
    fields: z
      .array(z.enum(FIELDS))
      .optional()
      .describe('Return only these beside the name, for shorter answers; all by default. An empty list returns names alone.'),
  },
  keep: (address, { type, value_contains, ip, tag }) =>
    (type === undefined || address.type === type) &&
    (value_contains === undefined || address.value.toLowerCase().includes(value_contains.toLowerCase())) &&
    (ip === undefined || holdsAddress(address, ip)) &&
    (tag === undefined || address.tags.includes(tag)),
  show: (address, { fields }) => (fields ? only(address, fields) : address),
  line: ({ name, type, value, location, tags = [], description }) =>
    joined(name, type, value, location, ...tags.map(tag => `#${tag}`), description),
})
