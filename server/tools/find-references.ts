/**
 * `find_references`: which groups and rules use an object. Promise: everything that can refer to it is looked at in every place, and each
 * container is read once, not once per object.
 */
import { z } from 'zod'
import { ADDRESS_GROUPS } from './address-group.ts'
import { joined, readAll } from './listing.ts'
import { configInput, cursorInput, limitInput, type PanosTool, refreshInput, type ToolContext } from './panos-tool.ts'
import { NAT_RULES } from './retrieve-nat-policies.ts'
import { SECURITY_RULES } from './retrieve-security-policies.ts'
import { readRules } from './rules.ts'
import { SERVICE_GROUPS } from './service-object.ts'

const input = z.object({
  name: z.string().min(1).max(127).describe('Exact name of an address, address group, service, service group, application, zone or tag.'),
  limit: limitInput,
  cursor: cursorInput,
  config: configInput,
  refresh: refreshInput,
})
const item = z.object({
  kind: z.enum(['address-group', 'service-group', 'security-rule', 'nat-rule']),
  name: z.string(),
  location: z.string(),
  rulebase: z.string().optional(),
  field: z.string().describe('Where in it the name stands.'),
})
type Item = z.infer<typeof item>

type Fields = Readonly<Record<string, readonly string[]>>
interface User {
  readonly name: string
  readonly location: string
  readonly rulebase?: string
}

const uses = <T extends User>(kind: Item['kind'], wanted: string, users: readonly T[], fields: (user: T) => Fields): Item[] =>
  users.flatMap(user =>
    Object.entries(fields(user))
      .filter(([, names]) => names.includes(wanted))
      .map(([field]) => ({
        kind,
        name: user.name,
        location: user.location,
        ...(user.rulebase !== undefined && { rulebase: user.rulebase }),
        field,
      })),
  )

export async function referencesTo(
  context: ToolContext,
  name: string,
  config: 'running' | 'candidate',
  refresh: boolean,
): Promise<{ items: Item[]; fetchedAt: number }> {
  const everywhere = { config, refresh, location: 'all' }
  const query = { ...everywhere, rulebase: 'effective' as const }
  const [groups, services, security, nat] = await Promise.all([
    readAll(context, ADDRESS_GROUPS, everywhere),
    readAll(context, SERVICE_GROUPS, everywhere),
    readRules(context, SECURITY_RULES, query),
    readRules(context, NAT_RULES, query),
  ])
  const items = [
    ...uses('address-group', name, groups.items, ({ members, tags, filter }) => ({
      static: members,
      tag: tags,
      dynamic: filter?.includes(`'${name}'`) ? [name] : [],
    })),
    ...uses('service-group', name, services.items, ({ members, tags }) => ({ members, tag: tags })),
    ...uses('security-rule', name, security.items, rule => ({
      source: rule.source,
      destination: rule.destination,
      service: rule.services,
      application: rule.applications,
      from: rule.from,
      to: rule.to,
      tag: rule.tags,
    })),
    ...uses('nat-rule', name, nat.items, rule => ({
      source: rule.source,
      destination: rule.destination,
      service: [rule.service],
      from: rule.from,
      to: rule.to,
      tag: rule.tags,
      'source-translation': (rule.sourceTranslation ?? '').split(/[ :]+/),
      'destination-translation': (rule.destinationTranslation ?? '').split(/[ :]+/),
    })),
  ]
  return { items, fetchedAt: Math.min(groups.fetchedAt, services.fetchedAt, security.fetchedAt, nat.fetchedAt) }
}

export const findReferences: PanosTool<typeof input, Item> = {
  name: 'find_references',
  title: 'Find references to an object',
  description: 'Lists the groups and rules that name an object: what a change of it would touch, and why it cannot be deleted.',
  toolset: 'policy',
  input,
  item,
  async run({ name, config, refresh }, context) {
    const { items, fetchedAt } = await referencesTo(context, name, config, refresh)
    return {
      scope: 'address and service groups, security and NAT rules in all locations',
      config,
      items,
      warnings: [],
      summary: `"${name}" is named in ${items.length} places on ${context.client().device} (by name alone: an object of the same name elsewhere counts too).`,
      line: each => joined(each.kind, each.name, each.field, each.rulebase, each.location),
      fetchedAt,
    }
  },
}
