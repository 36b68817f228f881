/**
 * A tool that lists one kind of object from everywhere it can lie. Promise: what differs between such tools is what the object is and which
 * filters it has; reading, filtering by name and place, and paging are the same.
 */
import { z } from 'zod'
import type { XmlNode } from '../panos/xml.ts'
import { type Entries, readPlaces } from './entries.ts'
import { type Location, locationsFor, mapOf, templatesFor } from './locations.ts'
import { type Finding, listInputs, named, type PanosTool, type ToolContext, type Toolset } from './panos-tool.ts'

interface Named {
  readonly name: string
}

export interface Kind<Item extends Named> {
  /** In the plural, for sentences. */
  readonly what: string
  /** Path inside a location. */
  readonly container: readonly string[]
  /** Zones: not in shared, and in the templates of a Panorama. */
  readonly inTemplates?: boolean
  read(node: XmlNode, location: string): Item
}

interface Listing<Shown extends Named, Item extends Shown, Extra extends z.ZodRawShape> extends Kind<Item> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly toolset: Toolset
  readonly item: z.ZodType<Shown>
  readonly extra: Extra
  /** Whether an item passes the tool's own filters. */
  keep?(item: Item, input: z.infer<z.ZodObject<Extra>>): boolean
  /** What of an item is returned; all of it where absent. */
  show?(item: Item, input: z.infer<z.ZodObject<Extra>>): Shown
  line(item: Shown): string
}

export async function placesOf<Item extends Named>(context: ToolContext, kind: Kind<Item>, wanted: string | undefined, refresh: boolean) {
  const panorama = kind.inTemplates && (await mapOf(context, refresh)).kind === 'panorama'
  const locations = panorama ? await templatesFor(context, wanted, refresh) : await locationsFor(context, wanted, refresh)
  const holding = locations.filter(({ kind: place }) => !kind.inTemplates || place !== 'shared')
  return holding.map((location: Location) => ({
    as: kind.what,
    label: location.name,
    xpath: location.xpath(...kind.container),
    read: (node: XmlNode) => kind.read(node, location.name),
  }))
}

/** All objects of a kind, in one place or everywhere. */
export async function readAll<Item extends Named>(
  context: ToolContext,
  kind: Kind<Item>,
  {
    config,
    location,
    refresh,
  }: { readonly config: 'running' | 'candidate'; readonly location?: string | undefined; readonly refresh: boolean },
): Promise<Entries<Item>> {
  return readPlaces(context, config, refresh, await placesOf(context, kind, location, refresh))
}

const listBase = z.object(listInputs)
type Base = z.infer<typeof listBase>

export function listing<Shown extends Named, Item extends Shown, Extra extends z.ZodRawShape>(
  spec: Listing<Shown, Item, Extra>,
): PanosTool<z.ZodObject<typeof listInputs & Extra>, Shown> {
  const { name, title, description, toolset, item, extra, what } = spec
  return {
    name,
    title,
    description,
    toolset,
    item,
    input: z.object({ ...listInputs, ...extra }) as z.ZodObject<typeof listInputs & Extra>,
    async run(given, context): Promise<Finding<Shown>> {
      const input = given as Base & z.infer<z.ZodObject<Extra>>
      const { items, fetchedAt } = await readAll(context, spec, input)
      const matching = items.filter(each => named(each.name, input.name_contains) && (spec.keep?.(each, input) ?? true))
      const place = input.location ?? context.client().vsys ?? 'all locations'
      const filtered = matching.length < items.length ? ` (of ${items.length})` : ''
      return {
        scope: `${what} in ${place}`,
        config: input.config,
        items: matching.map(each => spec.show?.(each, input) ?? each),
        warnings: [],
        summary: `${matching.length} ${what}${filtered} on ${context.client().device}, ${place}, ${input.config} configuration.`,
        line: spec.line,
        fetchedAt,
      }
    },
  }
}

export const many = (names: readonly string[], negated = false): string => `${negated ? 'not ' : ''}${names.join(',') || 'any'}`

/** The parts of a line that have something to say. */
export const joined = (...parts: readonly (string | undefined | false)[]): string => parts.filter(Boolean).join('  ')
