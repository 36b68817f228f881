/**
 * Tools that create, update and delete objects and rules. Promise: a create never overwrites, an update changes only what was given, a delete
 * says first what would be lost; all of them work on the candidate alone.
 */
import { z } from 'zod'
import { entry } from '../panos/xpath.ts'
import { referencesTo } from './find-references.ts'
import type { PanosTool } from './panos-tool.ts'
import {
  CHANGES,
  CREATES,
  candidateEntry,
  carryOut,
  members,
  missing,
  nameIn,
  tag,
  taken,
  targetInputs,
  targetOf,
  type Written,
  withParts,
  written,
} from './write-tool.ts'

type Parts = Readonly<Record<string, string | undefined>>
type Given = Readonly<Record<string, unknown>>

interface Writable {
  /** For names of tools: `address_object`. */
  readonly tool: string
  /** For sentences. */
  readonly what: string
  readonly container: readonly string[]
  /** What it can be made of; optional in updates. */
  readonly fields: z.ZodRawShape
  /** Fields without which none can be created. */
  readonly required: readonly string[]
  /** The parts of the entry that the given fields make. */
  parts(given: Given): Parts
  /** Parts that others replace: another type of address, for one. */
  readonly exclusive?: readonly string[]
  /** Parts that a new one gets where nothing was given. */
  readonly defaults?: Parts
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
  parts: ({ type, value, description, tags }) => ({
    ...(type !== undefined && value !== undefined && { [String(type)]: tag(String(type), String(value)) }),
    description: words('description', description),
    tag: list('tag', tags),
  }),
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
  parts: given => ({
    static: list('static', given.members),
    dynamic: when(given.filter, (filter: string) => `<dynamic>${tag('filter', filter)}</dynamic>`),
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
  parts: ({ protocol, port, description, tags }) => ({
    protocol:
      protocol === undefined || port === undefined
        ? undefined
        : `<protocol><${protocol}>${tag('port', String(port))}</${protocol}></protocol>`,
    description: words('description', description),
    tag: list('tag', tags),
  }),
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
  container: ['rulebase', 'security', 'rules'],
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

export const rulebaseInput = z.enum(['pre', 'post']).default('pre').describe('On a Panorama: before or after the rules of the firewalls.')

/** Rules of a Panorama are in one of two rulebases. */
export function pathOf(container: readonly string[], kind: string, given: Given): readonly string[] {
  const [first = '', ...rest] = container
  return first === 'rulebase' && kind !== 'vsys' ? [`${given.rulebase ?? 'pre'}-rulebase`, ...rest] : container
}

const optionalFields = (fields: z.ZodRawShape): z.ZodRawShape =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, (field as z.ZodType).optional()]))

function inputOf(kind: Writable, required: readonly string[]): z.ZodObject {
  const fields = Object.fromEntries(
    Object.entries(kind.fields).map(([name, field]) => [name, required.includes(name) ? field : (field as z.ZodType).optional()]),
  )
  const rulebase = kind.container[0] === 'rulebase' ? { rulebase: rulebaseInput } : {}
  return z.object({ name: nameIn, ...fields, ...rulebase, ...targetInputs })
}

type WriteTool = PanosTool<z.ZodObject, Written>

/** Parts without those that have nothing to say. */
const given = (parts: Parts): Parts => Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined))

export function createTool(kind: Writable): WriteTool {
  return {
    name: `create_${kind.tool}`,
    title: `Create: ${kind.what.toLowerCase()}`,
    description: `Creates one ${kind.what.toLowerCase()} in the candidate configuration; fails when the name is taken. Nothing takes effect before a commit. Use dry_run first.`,
    toolset: 'write',
    annotations: CREATES,
    input: inputOf(kind, kind.required),
    item: written,
    async run(input, context) {
      const { name, location: wanted, dry_run: dryRun } = input as { name: string; location?: string; dry_run: boolean }
      const location = await targetOf(context, wanted)
      const container = location.xpath(...pathOf(kind.container, location.kind, input))
      const xpath = `${container}/${entry(name)}`
      if (await candidateEntry(context, xpath)) throw taken(kind.what, name, location.name)
      const element = withParts(undefined, name, { ...kind.defaults, ...given(kind.parts(input)) })
      const edit = { action: 'set', xpath: container, element } as const
      const says = `${kind.what} "${name}" created`
      return carryOut(
        context,
        { name, location: location.name, xpath, before: undefined, edit, afterXpath: xpath, expected: element, says },
        dryRun,
      )
    },
  }
}

export function updateTool(kind: Writable): WriteTool {
  const fields = optionalFields(kind.fields)
  return {
    name: `update_${kind.tool}`,
    title: `Update: ${kind.what.toLowerCase()}`,
    description: `Changes the given fields of one ${kind.what.toLowerCase()} in the candidate configuration; what is not given stays, an empty text or list takes a field away. Nothing takes effect before a commit.`,
    toolset: 'write',
    annotations: CHANGES,
    input: inputOf({ ...kind, fields }, []),
    item: written,
    async run(input, context) {
      const { name, location: wanted, dry_run: dryRun } = input as { name: string; location?: string; dry_run: boolean }
      const location = await targetOf(context, wanted)
      const xpath = `${location.xpath(...pathOf(kind.container, location.kind, input))}/${entry(name)}`
      const before = await candidateEntry(context, xpath)
      if (!before) throw missing(kind.what.toLowerCase(), name, location.name)
      // A value alone keeps its type.
      const type = kind.exclusive?.find(each => before.children.some(part => part.name === each))
      const filled = kind === ADDRESS && input.type === undefined ? { ...input, type } : kind === SERVICE ? serviceOf(before, input) : input
      const parts = given(kind.parts(filled))
      const gone = kind.exclusive?.some(part => parts[part]) ? kind.exclusive : []
      const element = withParts(before, name, parts, gone)
      const edit = { action: 'edit', xpath, element } as const
      return carryOut(
        context,
        {
          name,
          location: location.name,
          xpath,
          before,
          edit,
          afterXpath: xpath,
          expected: element,
          says: `${kind.what} "${name}" changed`,
        },
        dryRun,
      )
    },
  }
}

/** Protocol and port belong together: the one that was not given is as it was. */
function serviceOf(
  before: {
    readonly children: readonly {
      readonly name: string
      readonly children: readonly { name: string; children: readonly { name: string; text: string }[] }[]
    }[]
  },
  input: Given,
): Given {
  if (input.protocol === undefined && input.port === undefined) return input
  const protocol = before.children.find(part => part.name === 'protocol')?.children[0]
  const port = protocol?.children.find(part => part.name === 'port')?.text.trim()
  return { ...input, protocol: input.protocol ?? protocol?.name, port: input.port ?? port }
}

export function deleteTool(kind: Writable): WriteTool {
  return {
    name: `delete_${kind.tool}`,
    title: `Delete: ${kind.what.toLowerCase()}`,
    description: `Deletes one ${kind.what.toLowerCase()} from the candidate configuration. The device refuses when something refers to it. Nothing takes effect before a commit. Use dry_run first.`,
    toolset: 'write',
    annotations: CHANGES,
    input: inputOf({ ...kind, fields: {} }, []),
    item: written,
    async run(input, context) {
      const { name, location: wanted, dry_run: dryRun } = input as { name: string; location?: string; dry_run: boolean }
      const location = await targetOf(context, wanted)
      const xpath = `${location.xpath(...pathOf(kind.container, location.kind, input))}/${entry(name)}`
      const before = await candidateEntry(context, xpath)
      if (!before) throw missing(kind.what.toLowerCase(), name, location.name)
      const users = dryRun && kind !== SECURITY_RULE ? (await referencesTo(context, name, 'candidate', true)).items : []
      const warnings = users.map(
        user => `${user.kind} "${user.name}" (${user.location}) refers to it in ${user.field}: the device would refuse.`,
      )
      const edit = { action: 'delete', xpath } as const
      return carryOut(
        context,
        { name, location: location.name, xpath, before, edit, expected: undefined, says: `${kind.what} "${name}" deleted`, warnings },
        dryRun,
      )
    },
  }
}

export const RULES_PATH = SECURITY_RULE.container
