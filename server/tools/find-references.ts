/**
 * `find_references`: which rules, groups and zones use an object, through groups too. Promise: each container is read once, not once per object,
 * and the answer says which kinds of places were looked at.
 */
import { z } from 'zod'
import { type AddressBook, readAddressBook } from './address-book.ts'
import { joined, readAll } from './listing.ts'
import { configInput, cursorInput, limitInput, type PanosTool, refreshInput, type ToolContext } from './panos-tool.ts'
import { NAT_RULES } from './retrieve-nat-policies.ts'
import { SECURITY_RULES } from './retrieve-security-policies.ts'
import { ZONES } from './retrieve-security-zones.ts'
import { readRules } from './rules.ts'
import { SERVICE_GROUPS, SERVICES, type ServiceGroup } from './service-object.ts'
import { tagsIn } from './tag-filter.ts'

const input = z.object({
  name: z.string().min(1).max(127).describe('Exact name of an address, address group, service, service group, application, zone or tag.'),
  limit: limitInput,
  cursor: cursorInput,
  config: configInput,
  refresh: refreshInput,
})
const item = z.object({
  kind: z.enum(['address-group', 'service-group', 'security-rule', 'nat-rule', 'address', 'service', 'zone']),
  name: z.string(),
  location: z.string(),
  rulebase: z.string().optional(),
  field: z.string().describe('Where in it the name stands.'),
  through: z.string().optional().describe('The group that stands there in its place and holds it.'),
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

interface References {
  /** What names the object itself: this is what a delete would break. */
  readonly direct: readonly Item[]
  /** Rules that name a group with the object in it. */
  readonly indirect: readonly Item[]
  readonly fetchedAt: number
}

/** Names of the groups that hold an object, however deep: static ones by name, dynamic ones by the tags of addresses of that name. */
function holders(wanted: string, book: AddressBook, services: readonly ServiceGroup[]): string[] {
  const found = new Set<string>()
  for (const group of book.groups)
    if (group.type === 'dynamic' && (tagsIn(group.filter ?? '').includes(wanted) || book.open(group).some(({ name }) => name === wanted)))
      found.add(group.name)
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const { name, members } of [...book.groups, ...services])
      if (members.some(member => member === wanted || found.has(member))) found.add(name)
  }
  found.delete(wanted)
  return [...found]
}

export async function referencesTo(
  context: ToolContext,
  name: string,
  config: 'running' | 'candidate',
  refresh: boolean,
): Promise<References> {
  const everywhere = { config, refresh, location: 'all' }
  const query = { ...everywhere, rulebase: 'effective' as const }
  const [book, services, groups, zones, security, nat] = await Promise.all([
    readAddressBook(context, config, refresh),
    readAll(context, SERVICES, everywhere),
    readAll(context, SERVICE_GROUPS, everywhere),
    readAll(context, ZONES, everywhere),
    readRules(context, SECURITY_RULES, query),
    readRules(context, NAT_RULES, query),
  ])
  const inRules = (wanted: string): Item[] => [
    ...uses('security-rule', wanted, security.items, rule => ({
      source: rule.source,
      destination: rule.destination,
      service: rule.services,
      application: rule.applications,
      from: rule.from,
      to: rule.to,
      tag: rule.tags,
    })),
    ...uses('nat-rule', wanted, nat.items, rule => ({
      source: rule.source,
      destination: rule.destination,
      service: [rule.service],
      from: rule.from,
      to: rule.to,
      tag: rule.tags,
      'source-translation': rule.translatedTo.source,
      'destination-translation': rule.translatedTo.destination,
    })),
  ]
  const inZones = (wanted: string): Item[] =>
    uses('zone', wanted, zones.items, zone => ({
      'user include list': zone.userIncludeList ?? [],
      'user exclude list': zone.userExcludeList ?? [],
    }))
  const direct = [
    ...inRules(name),
    ...uses('address-group', name, book.groups, ({ members, tags, filter }) => ({
      static: members,
      tag: tags,
      dynamic: tagsIn(filter ?? ''),
    })),
    ...uses('service-group', name, groups.items, ({ members, tags }) => ({ members, tag: tags })),
    ...uses('address', name, book.addresses, ({ tags }) => ({ tag: tags })),
    ...uses('service', name, services.items, ({ tags }) => ({ tag: tags })),
    ...inZones(name),
  ]
  const indirect = holders(name, book, groups.items).flatMap(group =>
    [...inRules(group), ...inZones(group)].filter(({ field }) => field !== 'tag').map(each => ({ ...each, through: group })),
  )
  const ages = [book, services, groups, zones, security, nat].map(({ fetchedAt }) => fetchedAt)
  return { direct, indirect, fetchedAt: Math.min(...ages) }
}

export const findReferences: PanosTool<typeof input, Item> = {
  name: 'find_references',
  title: 'Find references to an object',
  description:
    'Lists the rules, groups, zones and objects that name an object, and the rules that reach it through a group: which rules use it, what a change of it would touch, why it cannot be deleted. For an IP address, call find_object_by_ip first.',
  toolset: 'policy',
  input,
  item,
  async run({ name, config, refresh }, context) {
    const { direct, indirect, fetchedAt } = await referencesTo(context, name, config, refresh)
    const items = [...direct, ...indirect]
    const rules = new Set(items.filter(({ kind }) => kind.endsWith('-rule')).map(each => `${each.kind} ${each.location} ${each.name}`)).size
    return {
      scope: 'security and NAT rules, address and service groups, tagged objects and zones in all locations; no other rulebases',
      config,
      items,
      warnings: [],
      summary: `"${name}" is named in ${direct.length} places on ${context.client().device}, and in ${indirect.length} more through groups; ${rules} rules use it (by name alone: an object of the same name elsewhere counts too).`,
      line: each =>
        joined(
          each.kind,
          each.name,
          each.field,
          each.through !== undefined && `through group ${each.through}`,
          each.rulebase,
          each.location,
        ),
      fetchedAt,
    }
  },
}
