/**
 * `retrieve_address_objects`: the address objects of the device, shared and per virtual system. Promise: one request for each place that holds any.
 */
import { z } from 'zod'
import { type AddressObject, addressObject, readAddressObject } from './address-object.ts'
import { readEverywhere } from './config-scope.ts'
import { configInput, limitInput, named, nameInput, offsetInput, type PanosTool } from './panos-tool.ts'

const input = z.object({ name_contains: nameInput, offset: offsetInput, limit: limitInput, config: configInput })

export const retrieveAddressObjects: PanosTool<typeof input, AddressObject> = {
  name: 'retrieve_address_objects',
  title: 'Retrieve address objects',
  description: 'Lists the address objects of the firewall with type, value, tags and where they are defined. Works without arguments.',
  input,
  item: addressObject,
  async run({ name_contains, config }, { client, signal }) {
    const { entries, warnings } = await readEverywhere(client(), config, ['address'], { shared: true }, signal)
    const matching = entries
      .map(({ node, location }) => readAddressObject(node, location))
      .filter(address => named(address.name, name_contains))
    return {
      scope: `address objects in shared and all virtual systems, ${config} configuration`,
      items: matching,
      warnings,
      summary: `${matching.length} address objects on ${client().device} (${config} configuration${name_contains ? `, name contains "${name_contains}"` : ''}).`,
      line: address =>
        [address.name, address.type, address.value, address.location, ...address.tags.map(tag => `#${tag}`), address.description ?? '']
          .join('  ')
          .trimEnd(),
    }
  },
}
