/** The kinds of objects that can be written, and what each is made of. Promise: a kind is data: its fields as a tool takes them and its entry's parts as XML. */
import { z } from 'zod'
import { child, textAt, writeXml, type XmlNode } from '../panos/xml.ts'
import { RULES_PATH } from './rulebase-path.ts'
import { members, tag } from './write-tool.ts'

export type Parts = Readonly<Record<string, string | undefined>>
export type Given = Readonly<Record<string, unknown>>

export interface Writable {
  /** For names of tools: `address_object`. */
  readonly tool: string
  /** For sentences. */
  readonly what: string
  readonly container: readonly string[]
  /** What it can be made of; optional in updates. */
  readonly fields: z.ZodRawShape
  /** Fields without which none can be created. */
  readonly required: readonly string[]
  /** The parts of the entry that the given fields make. In an update, what a part says beyond the given fields is taken from the entry before. */
  parts(given: Given, before?: XmlNode): Parts
  /** Parts that others replace: another type of address, for one. */
  readonly exclusive?: readonly string[]
  /** Said when a change of exclusive parts would not leave exactly one; absent where the fields see to it. */
  readonly exactlyOne?: string
  /** Parts that a new one gets where nothing was given. */
  readonly defaults?: Parts
  /** Nothing refers to it by its name. */
  readonly unreferenced?: true
}

const text = z.string().max(1023)
const names = z.array(z.string().min(1).max(127)).max(2500)
const when = (value: unknown, make: (value: never) => string): string | undefined =>
  value === undefined ? undefined : make(value as never)
/** An empty list or text takes the part away. */
const list = (name: string, value: unknown): string | undefined =>
  when(value, (given: readonly string[]) => (given.length > 0 ? members(name, given) : ''))
const words = (name: string, value: unknown): string | undefined => when(value, (given: string) => (given === '' ? '' : tag(name, given)))

const TYPES = ['ip-netmask', 'ip-range', 'fqdn', 'ip-wildcard'] as const

const ADDRESS: Writable = {
  tool: 'address_object',
  what: 'Address object',
  container: ['address'],
  fields: {
    type: z.enum(TYPES).describe('Kind of value.'),
    value: z.string().min(1).max(255).describe('192.0.2.0/24, 192.0.2.1-192.0.2.9, www.example.net, or address/wildcard mask.'),
    description: text,
    tags: names,
  },
  required: ['type', 'value'],
  exclusive: TYPES,
  parts: (given, before) => ({
    ...addressPart(given, before),
    description: words('description', given.description),
    tag: list('tag', given.tags),
  }),
}

function addressPart(given: Given, before: XmlNode | undefined): Parts {
  if (given.type === undefined && given.value === undefined) return {}
  const known = TYPES.find(each => child(before, each))
  const type = given.type ?? known
  const value = given.value ?? (known && textAt(before, known))
  return type === undefined || value === undefined ? {} : { [String(type)]: tag(String(type), String(value)) }
}

const ADDRESS_GROUP: Writable = {
  tool: 'address_group',
  what: 'Address group',
  container: ['address-group'],
  fields: {
    members: names.describe('Addresses and groups of a static group.'),
    filter: z.string().max(2047).describe("Of a dynamic group, in place of members: 'prod' and 'web'."),
    description: text,
    tags: names,
  },
  required: [],
  exclusive: ['static', 'dynamic'],
  exactlyOne: 'An address group needs either members or a filter.',
  parts: given => ({
    static: list('static', given.members),
    dynamic: when(given.filter, (filter: string) => (filter.trim() === '' ? '' : `<dynamic>${tag('filter', filter)}</dynamic>`)),
    description: words('description', given.description),
    tag: list('tag', given.tags),
  }),
}

const SERVICE: Writable = {
  tool: 'service',
  what: 'Service',
  container: ['service'],
  fields: {
    protocol: z.enum(['tcp', 'udp', 'sctp']),
    port: z.string().min(1).max(1023).describe('8443, 3000-3010 or a list of those.'),
    description: text,
    tags: names,
  },
  required: ['protocol', 'port'],
  parts: (given, before) => ({
    protocol: protocolPart(given, child(before, 'protocol')?.children[0]),
    description: words('description', given.description),
    tag: list('tag', given.tags),
  }),
}

/** Source ports stay whatever changes; timeouts that override the application's are those of a protocol and stay with it. */
function protocolPart(given: Given, before: XmlNode | undefined): string | undefined {
  if (given.protocol === undefined && given.port === undefined) return undefined
  const protocol = given.protocol ?? before?.name
  const port = given.port ?? textAt(before, 'port')
  if (protocol === undefined || port === undefined) return undefined
  const kept = (before?.children ?? []).filter(({ name }) => name !== 'port' && (name !== 'override' || protocol === before?.name))
  return `<protocol><${protocol}>${tag('port', String(port))}${kept.map(writeXml).join('')}</${protocol}></protocol>`
}

const TAG: Writable = {
  tool: 'tag',
  what: 'Tag',
  container: ['tag'],
  fields: {
    color: z
      .string()
      .regex(/^color\d{1,2}$/, 'color1 to color42')
      .describe('color1 to color42.'),
    comments: text,
  },
  required: [],
  parts: ({ color, comments }) => ({ color: words('color', color), comments: words('comments', comments) }),
}

const ANY: Parts = Object.fromEntries(
  ['from', 'to', 'source', 'destination', 'source-user', 'category', 'application'].map(part => [part, members(part, ['any'])]),
)

const SECURITY_RULE: Writable = {
  tool: 'security_rule',
  what: 'Security rule',
  container: RULES_PATH,
  unreferenced: true,
  fields: {
    from: names.describe('Source zones.'),
    to: names.describe('Destination zones.'),
    source: names.describe('Source addresses, groups or IP addresses.'),
    destination: names,
    application: names,
    service: names.describe('Services; application-default alone, or others.'),
    action: z.enum(['allow', 'deny', 'drop', 'reset-client', 'reset-server', 'reset-both']),
    log_setting: z.string().max(63),
    profile_group: z.string().max(63),
    description: text,
    tags: names,
  },
  required: ['from', 'to', 'action'],
  defaults: { ...ANY, service: members('service', ['application-default']) },
  parts: given => ({
    ...Object.fromEntries(['from', 'to', 'source', 'destination', 'application', 'service'].map(part => [part, list(part, given[part])])),
    action: words('action', given.action),
    'log-setting': words('log-setting', given.log_setting),
    'profile-setting': when(given.profile_group, (group: string) =>
      group === '' ? '' : `<profile-setting>${members('group', [group])}</profile-setting>`,
    ),
    description: words('description', given.description),
    tag: list('tag', given.tags),
  }),
}

export const KINDS = [ADDRESS, ADDRESS_GROUP, SERVICE, TAG, SECURITY_RULE]
