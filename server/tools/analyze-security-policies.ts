/**
 * `analyze_security_policies`: rules that deserve a look. Promise: what is said of a rule is certain from the configuration that was read; each
 * finding names the rule and, where another one causes it, that one.
 */
import { z } from 'zod'
import { asPanosError } from '../panos/panos-error.ts'
import { readAddressBook } from './address-book.ts'
import { joined } from './listing.ts'
import { configInput, cursorInput, limitInput, locationInput, type PanosTool, refreshInput } from './panos-tool.ts'
import { inPieces } from './pieces.ts'
import { SECURITY_RULES } from './retrieve-security-policies.ts'
import { RuleCover } from './rule-cover.ts'
import { neverMet } from './rule-hits.ts'
import { readRules } from './rules.ts'
import type { SecurityRule } from './security-rule.ts'

const CHECKS = ['any-any', 'shadowed', 'duplicate', 'disabled', 'no-log', 'no-profile', 'unused'] as const
const input = z.object({
  checks: z.array(z.enum(CHECKS)).min(1).optional().describe('Only these checks; all by default.'),
  location: locationInput,
  limit: limitInput,
  cursor: cursorInput,
  config: configInput,
  refresh: refreshInput,
})
const item = z.object({
  check: z.enum(CHECKS),
  rule: z.string(),
  location: z.string(),
  rulebase: z.string(),
  position: z.number().int(),
  by: z.string().optional().describe('The rule that causes it.'),
  says: z.string(),
})
type Item = z.infer<typeof item>

const isAny = (names: readonly string[]): boolean => names.length === 0 || names.includes('any')
const found = (check: Item['check'], rule: SecurityRule, says: string, by?: SecurityRule): Item => ({
  check,
  rule: rule.name,
  location: rule.location,
  rulebase: rule.rulebase,
  position: rule.position,
  ...(by && { by: by.name }),
  says,
})

/** What can be said of a rule by itself. */
function alone(rule: SecurityRule): Item[] {
  if (rule.disabled) return [found('disabled', rule, 'It is disabled: remove it when nobody needs it any more.')]
  const items: Item[] = []
  const allows = rule.action === 'allow'
  const bound = !isAny(rule.sourceUsers) || !isAny(rule.categories) || rule.sourceHips !== undefined || rule.destinationHips !== undefined
  if (allows && !bound && isAny(rule.source) && isAny(rule.destination) && isAny(rule.applications) && isAny(rule.services))
    items.push(found('any-any', rule, 'It allows any application and service from any to any address.'))
  if (!rule.logEnd && !rule.logStart) items.push(found('no-log', rule, 'It writes no traffic log.'))
  if (allows && rule.profileGroup === undefined && rule.profiles.length === 0)
    items.push(found('no-profile', rule, 'It allows traffic without any security profile.'))
  return items
}

/** Nothing means the same as any. */
const listed = (names: readonly string[]): string => (isAny(names) ? 'any' : names.toSorted().join('\n'))

const same = (one: SecurityRule, other: SecurityRule): boolean =>
  (['type', 'action', 'sourceNegated', 'destinationNegated', 'schedule'] as const).every(key => one[key] === other[key]) &&
  (['from', 'to', 'source', 'destination', 'applications', 'services', 'sourceUsers', 'categories'] as const).every(
    key => listed(one[key]) === listed(other[key]),
  ) &&
  (['sourceHips', 'destinationHips', 'targets'] as const).every(key => JSON.stringify(one[key]) === JSON.stringify(other[key]))

/**
 * Rules that an earlier one of the same list makes useless. Each is compared with all before it: millions of pairs in a long list.
 * @param pause waits now and then; it is told how many rules are done
 */
async function hidden(
  rules: readonly SecurityRule[],
  cover: RuleCover,
  pause: (done: number) => Promise<void> | undefined,
): Promise<Item[]> {
  const items: Item[] = []
  for (const [index, rule] of rules.entries()) {
    if (rule.disabled) continue
    let by: SecurityRule | undefined
    for (const earlier of rules) {
      if (earlier === rule || by) break
      // Most pairs are nothing to wait for.
      const wait = pause(index)
      if (wait) await wait
      if (cover.covers(earlier, rule)) by = earlier
    }
    if (!by) continue
    if (same(by, rule)) items.push(found('duplicate', rule, `It is the same as "${by.name}", which comes first.`, by))
    else {
      const opposite = (by.action === 'allow') !== (rule.action === 'allow')
      const differs =
        by.action === rule.action ? '' : ` and it does ${opposite ? 'the opposite' : 'it otherwise'} (${by.action}, not ${rule.action})`
      items.push(found('shadowed', rule, `It is never reached: "${by.name}" takes all that it matches${differs}.`, by))
    }
  }
  return items
}

export const analyzeSecurityPolicies: PanosTool<typeof input, Item> = {
  name: 'analyze_security_policies',
  title: 'Analyse security policies',
  description:
    'Finds security rules that deserve a look: any-any, shadowed by an earlier rule, duplicate, disabled, without log, without profile, never met. Groups and networks are compared by the addresses in them.',
  toolset: 'policy',
  input,
  item,
  async run({ checks = [...CHECKS], location, config, refresh }, context) {
    const query = { config, refresh, location, rulebase: 'effective' as const }
    const [{ items: rules, panorama, fetchedAt }, book] = await Promise.all([
      readRules(context, SECURITY_RULES, query),
      readAddressBook(context, config, refresh),
    ])
    const cover = new RuleCover(book)
    const warnings: string[] = []
    // Each virtual system evaluates its own list; a device group's list is whole only when it alone was asked for.
    const lists = panorama && location === undefined ? [] : [...Map.groupBy(rules, rule => (panorama ? 'all' : rule.location)).values()]
    if (lists.length === 0 && panorama)
      warnings.push('Give a device group as location to find shadowed rules and duplicates on a Panorama.')
    const items = rules.flatMap(alone)
    const piece = inPieces(context.signal)
    let before = 0
    for (const list of lists) {
      const pause = (done: number): Promise<void> | undefined => {
        const wait = piece()
        if (wait) context.progress(before + done, rules.length, 'rules compared')
        return wait
      }
      items.push(...(await hidden(list, cover, pause)))
      before += list.length
    }
    if (checks.includes('unused')) {
      try {
        const enabled = rules.filter(({ disabled }) => !disabled)
        const never = await neverMet(context, enabled, panorama, refresh)
        items.push(...never.map(rule => found('unused', rule, 'It was never met since its counter began.')))
      } catch (error) {
        if (context.signal.aborted) throw error
        warnings.push(`How often rules are met could not be read: ${asPanosError(error).message}`)
      }
    }
    const nameOf = (name: string, { location, rulebase }: { readonly location: string; readonly rulebase: string }): string =>
      [location, rulebase, name].join('\n')
    const places = new Map(rules.map((rule, place) => [nameOf(rule.name, rule), place]))
    const order = (each: Item): number => places.get(nameOf(each.rule, each)) ?? 0
    const chosen = items.filter(({ check }) => checks.includes(check)).sort((one, other) => order(one) - order(other))
    const counts = CHECKS.flatMap(check => {
      const count = chosen.filter(each => each.check === check).length
      return count > 0 ? [`${count} ${check}`] : []
    })
    return {
      scope: `security rules of ${location ?? 'all locations'}`,
      config,
      items: chosen,
      warnings,
      summary: `${rules.length} rules looked at on ${context.client().device}: ${counts.join(', ') || 'nothing to remark'}.`,
      line: each =>
        joined(
          `[${each.check}]`,
          `${each.rulebase === 'local' ? '' : `${each.rulebase} `}${each.position}.`,
          each.rule,
          each.says,
          each.location,
        ),
      fetchedAt,
    }
  },
}
