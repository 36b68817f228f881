/**
 * How often security rules were met. Promise: one request for all rules of a virtual system, or of a rulebase of a Panorama's place; a rule whose
 * count the device does not say is absent, never zero.
 */
import { child, children, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import type { ToolContext } from './panos-tool.ts'

export interface RuleHits {
  readonly count: number
  /** ISO 8601; absent when it was never met. */
  readonly lastHit?: string
}

interface Counted {
  readonly name: string
  readonly location: string
  readonly rulebase: string
}

const ALL = '<entry name="security"><rules><all></all></rules></entry>'

function command({ location, rulebase }: Counted, panorama: boolean): string {
  const name = escapeXml(location)
  const base = `<${rulebase}-rulebase>${ALL}</${rulebase}-rulebase>`
  const inside = !panorama
    ? `<vsys><vsys-name><entry name="${name}"><rule-base>${ALL}</rule-base></entry></vsys-name></vsys>`
    : location === 'shared'
      ? `<shared>${base}</shared>`
      : `<device-group><entry name="${name}">${base}</entry></device-group>`
  return `<show><rule-hit-count>${inside}</rule-hit-count></show>`
}

/** Every `<rules><entry name="…">` of the answer: where they lie differs between firewalls and Panoramas. */
function ruleEntries(node: XmlNode | undefined): XmlNode[] {
  return (node?.children ?? []).flatMap(each => (each.name === 'rules' ? [...children(each, 'entry')] : ruleEntries(each)))
}

/** A Panorama that counts nothing itself says at least whether a rule is used on any of its firewalls. */
function hitsOf(entry: XmlNode): RuleHits | undefined {
  const text = textAt(entry, 'hit-count') ?? (textAt(entry, 'rule-state') === 'Unused' ? '0' : undefined)
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  const last = Number(textAt(entry, 'last-hit-timestamp') ?? 0)
  return { count: Number(text), ...(last > 0 && { lastHit: new Date(last * 1000).toISOString() }) }
}

async function readHits(context: ToolContext, place: Counted, panorama: boolean, refresh: boolean): Promise<ReadonlyMap<string, RuleHits>> {
  const asked = command(place, panorama)
  const found = await context.snapshots.read(
    `hits ${asked}`,
    { refresh, signal: context.signal, weigh: (map: ReadonlyMap<string, RuleHits>) => map.size },
    async signal => {
      const { result } = await context.client().op(asked, signal)
      return new Map(
        ruleEntries(child(result, 'rule-hit-count')).flatMap(entry => {
          const hits = hitsOf(entry)
          return hits ? [[entry.attributes.name ?? '', hits] as const] : []
        }),
      )
    },
  )
  return found.value
}

/** The rules that were never met since their counter began. */
export async function neverMet<Rule extends Counted>(
  context: ToolContext,
  rules: readonly Rule[],
  panorama: boolean,
  refresh: boolean,
): Promise<Rule[]> {
  // On a firewall one answer has the pushed rules of a virtual system, too.
  const places = Map.groupBy(rules, ({ location, rulebase }) => (panorama ? `${location}\n${rulebase}` : location))
  const lists = await Promise.all(
    [...places.values()].map(async list => {
      const [first] = list
      const hits = first ? await readHits(context, first, panorama, refresh) : new Map<string, RuleHits>()
      return list.filter(({ name }) => hits.get(name)?.count === 0)
    }),
  )
  const never = new Set(lists.flat())
  return rules.filter(rule => never.has(rule))
}
