/** `find_object_by_ip`: objects and groups that an address belongs to. Promise: containment, not text: 10.1.2.3 is found in 10.1.0.0/16, ranges, wildcards and nested groups. */
import { z } from 'zod'
import { readAddressBook } from './address-book.ts'
import { joined } from './listing.ts'
import { configInput, cursorInput, limitInput, type PanosTool, refreshInput } from './panos-tool.ts'
import { holdsAddress, ipInput } from './retrieve-address-objects.ts'

const input = z.object({
  ip: ipInput.describe('IP address or network.'),
  limit: limitInput,
  cursor: cursorInput,
  config: configInput,
  refresh: refreshInput,
})
const item = z.object({
  kind: z.enum(['address', 'address-group']),
  name: z.string(),
  location: z.string(),
  value: z.string().optional(),
  through: z.array(z.string()).describe('Of a group: the members through which it holds the address.'),
})
type Item = z.infer<typeof item>

export const findObjectByIp: PanosTool<typeof input, Item> = {
  name: 'find_object_by_ip',
  title: 'Find objects by IP address',
  description:
    'Lists address objects and groups (nested and dynamic ones opened) that are or contain an IP address or network. FQDN objects are not resolved.',
  toolset: 'policy',
  input,
  item,
  async run({ ip, config, refresh }, context) {
    const book = await readAddressBook(context, config, refresh)
    const addresses = book.addresses.filter(address => holdsAddress(address, ip))
    const groups = book.groups.flatMap((group): Item[] => {
      const through = book.open(group).filter(address => addresses.includes(address))
      return through.length > 0
        ? [{ kind: 'address-group', name: group.name, location: group.location, through: through.map(({ name }) => name) }]
        : []
    })
    const items = [
      ...addresses.map(({ name, location, value }): Item => ({ kind: 'address', name, location, value, through: [] })),
      ...groups,
    ]
    return {
      scope: 'address objects and groups in all locations',
      config,
      items,
      warnings: book.addresses.some(({ type }) => type === 'fqdn')
        ? ['FQDN objects were not resolved; one of them may stand for this address too.']
        : [],
      summary: `${ip} is in ${addresses.length} address objects and ${groups.length} groups on ${context.client().device}.`,
      line: each => joined(each.kind, each.name, each.value, each.through.length > 0 && `through ${each.through.join(',')}`, each.location),
      fetchedAt: book.fetchedAt,
    }
  },
}
