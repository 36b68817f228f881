/**
 * Security and NAT rules of a device in the order of evaluation. Promise: on a firewall pushed rules come before and after the local ones,
 * on a Panorama those of parents enclose those of their children; one request for each rulebase that can exist.
 */
import type { ConfigKind } from '../panos/panos-client.ts'
import type { XmlNode } from '../panos/xml.ts'
import { inPushed } from '../panos/xpath.ts'
import { type Entries, type Place, readPlaces } from './entries.ts'
import { type Location, lineage, locationsFor, mapOf } from './locations.ts'
import type { ToolContext } from './panos-tool.ts'
import type { Rulebase } from './security-rule.ts'

export interface RulePlace {
  readonly location: string
  readonly rulebase: Rulebase
  readonly position: number
}

export interface RuleKind<Rule> {
  readonly what: string
  /** Inside a rulebase: `security` or `nat`. */
  readonly section: string
  read(node: XmlNode, place: RulePlace): Rule
}

export interface RuleQuery {
  readonly config: ConfigKind
  readonly refresh: boolean
  readonly location?: string | undefined
  readonly rulebase: 'effective' | Rulebase
}

function place<Rule>(kind: RuleKind<Rule>, location: string, rulebase: Rulebase, xpath: string): Place<Rule> {
  return {
    as: kind.what,
    label: `${rulebase} rules of ${location}`,
    xpath,
    read: (node, index) => kind.read(node, { location, rulebase, position: index + 1 }),
  }
}

function ofVsys<Rule>(kind: RuleKind<Rule>, vsys: Location): Place<Rule>[] {
  const pushed = (rulebase: 'pre' | 'post'): Place<Rule> =>
    place(kind, vsys.name, rulebase, inPushed(vsys.name, `${rulebase}-rulebase`, kind.section, 'rules'))
  return [pushed('pre'), place(kind, vsys.name, 'local', vsys.xpath('rulebase', kind.section, 'rules')), pushed('post')]
}

const ofGroup = <Rule>(kind: RuleKind<Rule>, rulebase: 'pre' | 'post', group: Location): Place<Rule> =>
  place(kind, group.name, rulebase, group.xpath(`${rulebase}-rulebase`, kind.section, 'rules'))

async function placesOf<Rule>(
  context: ToolContext,
  kind: RuleKind<Rule>,
  { location, refresh, rulebase }: RuleQuery,
): Promise<Place<Rule>[]> {
  const map = await mapOf(context, refresh)
  const wanted = await locationsFor(context, location)
  if (map.kind === 'firewall') return wanted.filter(({ kind: place }) => place === 'vsys').flatMap(vsys => ofVsys(kind, vsys))
  const [only] = wanted
  // What a device group's firewalls evaluate begins above the group and ends there.
  const downwards = wanted.length === 1 && only && rulebase === 'effective' ? lineage(map, only.name).toReversed() : wanted
  return [...downwards.map(group => ofGroup(kind, 'pre', group)), ...downwards.toReversed().map(group => ofGroup(kind, 'post', group))]
}

export async function readRules<Rule extends { readonly rulebase: Rulebase }>(
  context: ToolContext,
  kind: RuleKind<Rule>,
  query: RuleQuery,
): Promise<Entries<Rule> & { readonly panorama: boolean }> {
  const places = await placesOf(context, kind, query)
  const chosen = query.rulebase === 'effective' ? places : places.filter(({ label }) => label.startsWith(`${query.rulebase} `))
  const panorama = (await mapOf(context)).kind === 'panorama'
  return { ...(await readPlaces(context, query.config, query.refresh, chosen)), panorama }
}
