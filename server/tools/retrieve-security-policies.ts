/**
 * `retrieve_security_policies`: security rules in the order of evaluation, those pushed by Panorama included.
 * Promise: three requests per virtual system, two per device group; nothing that changes what a rule matches is left out.
 */
import { z } from 'zod'
import { spanOf } from '../panos/ip-span.ts'
import { type AddressBook, readAddressBook } from './address-book.ts'
import { joined, many } from './listing.ts'
import { listInputs, named, type PanosTool } from './panos-tool.ts'
import { neverMet } from './rule-hits.ts'
import { type RuleKind, readRules } from './rules.ts'
import { readSecurityRule, type SecurityRule, securityRule } from './security-rule.ts'

export const SECURITY_RULES: RuleKind<SecurityRule> = { what: 'security rules', section: 'security', read: readSecurityRule }

const input = z.object({
  ...listInputs,
  rulebase: z
    .enum(['effective', 'local', 'pre', 'post'])
    .default('effective')
    .describe('"effective" is all that is evaluated, in order; "pre" and "post" are what Panorama gives, "local" is the firewall\'s own.'),
  zone: z.string().max(63).optional().describe('Only rules from or to this zone ("any" counts).'),
  address: z
    .string()
    .max(80)
    .optional()
    .describe('Only rules whose source or destination names this object, or covers this IP address or network.'),
  application: z.string().max(63).optional().describe('Only rules for this application ("any" counts).'),
  action: z.enum(['allow', 'deny', 'drop', 'reset-client', 'reset-server', 'reset-both']).optional(),
  disabled: z.boolean().optional().describe('true: only disabled rules; false: only enabled ones.'),
  include_disabled: z.boolean().default(true).describe('Whether disabled rules are listed too.'),
  unused: z
    .boolean()
    .default(false)
    .describe('Only rules that were never met since their counter began; on a Panorama, on none of its firewalls.'),
})
type Input = z.infer<typeof input>

const lists = (names: readonly string[], wanted: string): boolean => names.includes(wanted) || names.includes('any') || names.length === 0

function about(rule: SecurityRule, wanted: string, book: AddressBook | undefined): boolean {
  const span = spanOf(wanted)
  const side = (names: readonly string[], negated: boolean): boolean => {
    if (names.includes(wanted)) return true
    if (!span || !book) return false
    const inside = names.includes('any') || names.length === 0 || names.some(name => book.covers(name, rule.location, span, wanted))
    return inside !== negated
  }
  return side(rule.source, rule.sourceNegated) || side(rule.destination, rule.destinationNegated)
}

function keep(rule: SecurityRule, given: Input, book: AddressBook | undefined): boolean {
  const { zone, address, application, action, disabled } = given
  return (
    named(rule.name, given.name_contains) &&
    (given.include_disabled || !rule.disabled) &&
    (disabled === undefined || rule.disabled === disabled) &&
    (action === undefined || rule.action === action) &&
    (zone === undefined || lists(rule.from, zone) || lists(rule.to, zone)) &&
    (application === undefined || lists(rule.applications, application)) &&
    (address === undefined || about(rule, address, book))
  )
}

/** What else has to fit, where something has to. */
function restrictions({ sourceUsers, categories, sourceHips, destinationHips, schedule, targets }: SecurityRule): (string | false)[] {
  const list = (what: string, names: readonly string[] = []): string | false =>
    names.length > 0 && !names.includes('any') && `${what} ${names.join(',')}`
  return [
    list('user', sourceUsers),
    list('category', categories),
    list('source HIP', sourceHips),
    list('destination HIP', destinationHips),
    schedule !== undefined && `schedule ${schedule}`,
    targets !== undefined && `${targets.negated ? 'not on' : 'only on'} firewalls ${[...targets.devices, ...targets.tags].join(',')}`,
  ]
}

const ruleLine = (rule: SecurityRule): string =>
  joined(
    `${rule.rulebase === 'local' ? '' : `${rule.rulebase} `}${rule.position}.`,
    rule.name,
    `[${rule.action}${rule.disabled ? ', disabled' : ''}]`,
    `${many(rule.from)} ${many(rule.source, rule.sourceNegated)} -> ${many(rule.to)} ${many(rule.destination, rule.destinationNegated)}`,
    `app ${many(rule.applications)}`,
    `service ${many(rule.services)}`,
    ...restrictions(rule),
    rule.hits !== undefined && `hits ${rule.hits}`,
    rule.location,
  )

export const retrieveSecurityPolicies: PanosTool<typeof input, SecurityRule> = {
  name: 'retrieve_security_policies',
  title: 'Retrieve security policies',
  description:
    'Lists security rules in the order of evaluation, with what they match and what they do; on a firewall including what Panorama pushed, on a Panorama per device group. Works without arguments. To know which rule a given flow meets, use test_security_policy_match.',
  toolset: 'core',
  input,
  item: securityRule,
  async run(given, context) {
    const { config, refresh, location, rulebase, unused, address } = given
    const { items, fetchedAt, panorama } = await readRules(context, SECURITY_RULES, { config, refresh, location, rulebase })
    const book = address !== undefined && spanOf(address) ? await readAddressBook(context, config, refresh) : undefined
    const filtered = items.filter(rule => keep(rule, given, book))
    const matching = unused ? (await neverMet(context, filtered, panorama, refresh)).map(rule => ({ ...rule, hits: 0 })) : filtered
    const place = location ?? 'all locations'
    return {
      scope: `${rulebase} security rules of ${place}`,
      config,
      items: matching,
      warnings: [],
      summary: `${matching.length} security rules${matching.length < items.length ? ` (of ${items.length})` : ''} on ${context.client().device}, ${place}, ${config} configuration. What no rule matches meets the default rules: allowed within a zone, denied between zones.`,
      line: ruleLine,
      fetchedAt,
    }
  },
}
