/** `list_locations`: where things can be on this device. Promise: names only; nothing that lies in the places is fetched. */
import { z } from 'zod'
import { joined } from './listing.ts'
import { managedDevices, mapOf, templatesFor } from './locations.ts'
import { cursorInput, limitInput, type PanosTool, refreshInput } from './panos-tool.ts'

const item = z.object({
  name: z.string(),
  kind: z.enum(['shared', 'vsys', 'device-group', 'template', 'managed-device']),
  parent: z.string().optional().describe('Of a device group: the one above it.'),
  serial: z.string().optional(),
  model: z.string().optional(),
  version: z.string().optional(),
  connected: z.boolean().optional(),
})
type Item = z.infer<typeof item>
const input = z.object({ limit: limitInput, cursor: cursorInput, refresh: refreshInput })

export const listLocations: PanosTool<typeof input, Item> = {
  name: 'list_locations',
  title: 'List locations',
  description:
    'Lists the places where objects and rules can be: shared and virtual systems on a firewall; device groups with their parents, templates and managed firewalls on a Panorama. Their names are what location takes in other tools.',
  toolset: 'core',
  input,
  item,
  async run({ refresh }, context) {
    const map = await mapOf(context, refresh)
    const places = map.locations.map(({ name, kind, parent }): Item => ({ name, kind, ...(parent !== undefined && { parent }) }))
    const panorama = map.kind === 'panorama'
    const [templates, devices] = panorama
      ? await Promise.all([templatesFor(context, undefined, refresh), managedDevices(context)])
      : [[], []]
    const items = [
      ...places,
      ...templates.map(({ name }): Item => ({ name, kind: 'template' })),
      ...devices.map(
        ({ hostname, serial, model, version, connected }): Item => ({
          name: hostname || serial,
          kind: 'managed-device',
          serial,
          model,
          version,
          connected,
        }),
      ),
    ]
    return {
      scope: 'locations',
      items,
      warnings: panorama
        ? ['To ask a managed firewall itself (traffic, routes, sessions, its own rules), give its serial number as target.']
        : [],
      summary: `${context.client().device} is a ${map.kind === 'panorama' ? 'Panorama' : 'firewall'} with ${places.length} locations.`,
      line: each =>
        joined(
          each.name,
          each.kind,
          each.parent && `below ${each.parent}`,
          each.serial,
          each.model,
          each.version,
          each.connected === false && 'not connected',
        ),
    }
  },
}
