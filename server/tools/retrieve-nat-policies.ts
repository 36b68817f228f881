/** `retrieve_nat_policies`: NAT rules in the order of evaluation. Promise: the service, a plain text in NAT rules, is read as such; every kind of translation is told. */
import { z } from 'zod'
import { child, membersAt, textAt, type XmlNode } from '../panos/xml.ts'
import { joined, many } from './listing.ts'
import { listInputs, named, type PanosTool } from './panos-tool.ts'
import { type RuleKind, type RulePlace, readRules } from './rules.ts'
import { RULEBASES } from './security-rule.ts'

const natRule = z.object({
  position: z.number().int(),
  name: z.string(),
  location: z.string(),
  rulebase: z.enum(RULEBASES),
  disabled: z.boolean(),
  type: z.string().describe('ipv4, nat64 or nptv6.'),
  from: z.array(z.string()),
  to: z.array(z.string()),
  source: z.array(z.string()),
  destination: z.array(z.string()),
  service: z.string(),
  toInterface: z.string().optional(),
  sourceTranslation: z.string().optional().describe('Kind and addresses, in words.'),
  destinationTranslation: z.string().optional(),
  tags: z.array(z.string()),
  description: z.string().optional(),
})
export type NatRule = z.infer<typeof natRule>

/** A rule with what its translations name: a name may hold spaces, so the words for a reader do not tell them. */
interface NatRuleRead extends NatRule {
  readonly translatedTo: { readonly source: readonly string[]; readonly destination: readonly string[] }
}

const leaves = (node: XmlNode): string[] =>
  (node.children.length === 0 ? [node.text.trim()] : node.children.flatMap(leaves)).filter(Boolean)
const words = (node: XmlNode | undefined): string | undefined => node && [node.name, leaves(node).join(' ')].filter(Boolean).join(': ')
/** Addresses and groups that a translation names; the address of an interface may be one. */
const namesIn = (node: XmlNode | undefined): string[] =>
  node?.children.flatMap(part => (part.name === 'translated-address' || part.name === 'ip' ? leaves(part) : namesIn(part))) ?? []

function readNatRule(node: XmlNode, place: RulePlace): NatRuleRead {
  const destination = child(node, 'destination-translation') ?? child(node, 'dynamic-destination-translation')
  const port = textAt(destination, 'translated-port')
  const translated = textAt(destination, 'translated-address')
  const optional = {
    toInterface: textAt(node, 'to-interface'),
    sourceTranslation: words(child(node, 'source-translation')?.children[0]),
    destinationTranslation: translated === undefined ? words(destination) : `${translated}${port === undefined ? '' : ` port ${port}`}`,
    description: textAt(node, 'description'),
  }
  return {
    ...place,
    name: node.attributes.name ?? '',
    disabled: textAt(node, 'disabled') === 'yes',
    type: textAt(node, 'nat-type') ?? 'ipv4',
    from: membersAt(node, 'from'),
    to: membersAt(node, 'to'),
    source: membersAt(node, 'source'),
    destination: membersAt(node, 'destination'),
    service: textAt(node, 'service') ?? 'any',
    tags: membersAt(node, 'tag'),
    translatedTo: { source: namesIn(child(node, 'source-translation')), destination: namesIn(destination) },
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<NatRule>),
  }
}

export const NAT_RULES: RuleKind<NatRuleRead> = { what: 'NAT rules', section: 'nat', read: readNatRule }
const input = z.object(listInputs)

export const retrieveNatPolicies: PanosTool<typeof input, NatRule> = {
  name: 'retrieve_nat_policies',
  title: 'Retrieve NAT policies',
  description: 'Lists NAT rules in the order of evaluation, with source and destination translation.',
  toolset: 'policy',
  input,
  item: natRule,
  async run({ config, refresh, location, name_contains }, context) {
    const { items, fetchedAt } = await readRules(context, NAT_RULES, { config, refresh, location, rulebase: 'effective' })
    const matching = items.filter(rule => named(rule.name, name_contains))
    return {
      scope: `NAT rules of ${location ?? 'all locations'}`,
      config,
      items: matching.map(({ translatedTo: _, ...rule }) => rule),
      warnings: [],
      summary: `${matching.length} NAT rules on ${context.client().device}, ${config} configuration.`,
      line: rule =>
        joined(
          `${rule.position}.`,
          rule.name,
          rule.disabled && '[disabled]',
          `${many(rule.from)} ${many(rule.source)} -> ${many(rule.to)} ${many(rule.destination)}`,
          `service ${rule.service}`,
          rule.sourceTranslation && `source becomes ${rule.sourceTranslation}`,
          rule.destinationTranslation && `destination becomes ${rule.destinationTranslation}`,
          rule.location,
        ),
      fetchedAt,
    }
  },
}
