/** `retrieve_applications`: custom and predefined applications. Promise: the thousands of predefined ones are asked for by name, never fetched whole. */
import { z } from 'zod'
import { inPredefined, nameContains } from '../panos/xpath.ts'
import { joined, readAll } from './listing.ts'
import { configInput, cursorInput, limitInput, locationInput, named, type PanosTool, refreshInput } from './panos-tool.ts'
import { type Application, application, readApplication } from './service-object.ts'

const input = z.object({
  name_contains: z
    .string()
    .min(2)
    .max(63)
    .optional()
    .describe(
      'Only applications whose name contains this text. Without it only custom applications are listed: the predefined are thousands.',
    ),
  location: locationInput,
  limit: limitInput,
  cursor: cursorInput,
  config: configInput,
  refresh: refreshInput,
})

export const retrieveApplications: PanosTool<typeof input, Application> = {
  name: 'retrieve_applications',
  title: 'Retrieve applications',
  description:
    'Lists applications with category, risk and standard ports: those defined on the device and, when a part of the name is given, predefined ones too.',
  toolset: 'policy',
  input,
  item: application,
  async run({ name_contains, location, config, refresh }, context) {
    const custom = await readAll(
      context,
      { what: 'custom applications', container: ['application'], read: readApplication },
      { config, location, refresh },
    )
    const own = custom.items.filter(({ name }) => named(name, name_contains))
    // Many can match, which only `get` gives; predefined content is the same in both configurations.
    const predefined =
      name_contains === undefined || location !== undefined
        ? []
        : (
            await context.snapshots.read(
              `predefined ${name_contains}`,
              { refresh, signal: context.signal, weigh: (list: readonly Application[]) => list.length },
              async signal => {
                const { result } = await context
                  .client()
                  .read('candidate', inPredefined('application', nameContains(name_contains.toLowerCase())), signal)
                return (result?.children ?? []).map(node => readApplication(node, 'predefined'))
              },
            )
          ).value
    const items = [...own, ...predefined]
    return {
      scope: 'applications',
      config,
      items,
      warnings: name_contains === undefined ? ['Only custom applications are listed; give name_contains to find predefined ones.'] : [],
      summary: `${items.length} applications${name_contains ? ` whose name contains "${name_contains}"` : ''} on ${context.client().device}.`,
      line: found => joined(found.name, found.category, found.risk && `risk ${found.risk}`, found.ports.join(','), found.location),
      fetchedAt: custom.fetchedAt,
    }
  },
}
