/** `retrieve_address_groups`: address groups, with their addresses where asked for. Promise: opening nested groups costs no request per group. */
import { z } from 'zod'
import { readAddressBook } from './address-book.ts'
import { ADDRESS_GROUPS, type AddressGroup, addressGroup } from './address-group.ts'
import { joined, listing } from './listing.ts'
import type { PanosTool } from './panos-tool.ts'

const extra = {
  contains: z.string().max(63).optional().describe('Only groups that list this member.'),
  resolve: z.boolean().default(false).describe('Also give the addresses in each group, nested and dynamic groups opened.'),
}

const plain = listing({
  ...ADDRESS_GROUPS,
  name: 'retrieve_address_groups',
  title: 'Retrieve address groups',
  description: 'Lists static and dynamic address groups with their members or filter. With resolve, nested groups are opened to addresses.',
  toolset: 'policy',
  item: addressGroup,
  extra,
  keep: (group, input) => input.contains === undefined || group.members.includes(input.contains),
  line: group =>
    joined(
      group.name,
      group.type,
      group.filter ?? (group.members.join(',') || 'empty'),
      group.resolved && `= ${group.resolved.map(({ value }) => value).join(',') || 'nothing'}`,
      group.location,
    ),
})

export const retrieveAddressGroups: PanosTool<typeof plain.input, AddressGroup> = {
  ...plain,
  async run(input, context) {
    const found = await plain.run(input, context)
    const { resolve, config, refresh } = input as unknown as { resolve: boolean; config: 'running' | 'candidate'; refresh: boolean }
    if (!resolve) return found
    const book = await readAddressBook(context, config, refresh)
    const items = found.items.map(group => ({ ...group, resolved: book.open(group).map(({ name, value }) => ({ name, value })) }))
    const warnings = items.some(({ type }) => type === 'dynamic')
      ? [
          'Dynamic groups were opened by the tags of address objects; addresses registered by other means (User-ID, VM monitoring) are not in them.',
        ]
      : []
    return { ...found, items, warnings }
  },
}
