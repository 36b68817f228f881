/**
 * `retrieve_security_policies`: the security rules of every virtual system in the order of evaluation, those pushed by Panorama included.
 * Promise: three requests per virtual system; a pushed rulebase that cannot be read is a warning, the local one an error.
 */
import { z } from 'zod'
import type { ConfigKind, PanosClient } from '../panos/panos-client.ts'
import { asPanosError } from '../panos/panos-error.ts'
import type { XmlNode } from '../panos/xml.ts'
import { inPushed, inVsys } from '../panos/xpath.ts'
import { listVsys, NO_VSYS, readEntries } from './config-scope.ts'
import { configInput, limitInput, named, nameInput, offsetInput, type PanosTool } from './panos-tool.ts'
import { RULEBASES, type Rulebase, readSecurityRule, type SecurityRule, securityRule } from './security-rule.ts'

const input = z.object({
  name_contains: nameInput,
  include_disabled: z.boolean().default(true).describe('Whether disabled rules are listed too.'),
  offset: offsetInput,
  limit: limitInput,
  config: configInput,
})

const xpathOf = (vsys: string, rulebase: Rulebase): string =>
  rulebase === 'local' ? inVsys(vsys, 'rulebase', 'security', 'rules') : inPushed(vsys, `${rulebase}-rulebase`, 'security', 'rules')

async function readRulebase(client: PanosClient, config: ConfigKind, vsys: string, rulebase: Rulebase, signal: AbortSignal) {
  const warnings: string[] = []
  let nodes: readonly XmlNode[] = []
  try {
    nodes = await readEntries(client, config, xpathOf(vsys, rulebase), signal)
  } catch (error) {
    if (rulebase === 'local' || signal.aborted) throw error
    warnings.push(`The ${rulebase} rules that Panorama may have pushed to ${vsys} could not be read: ${asPanosError(error).message}`)
  }
  return { rules: nodes.map((node, index) => readSecurityRule(node, { location: vsys, rulebase, position: index + 1 })), warnings }
}

const many = (names: readonly string[], negated = false): string => `${negated ? 'not ' : ''}${names.join(',') || 'any'}`

const line = (rule: SecurityRule): string =>
  [
    `${rule.rulebase === 'local' ? '' : `${rule.rulebase} `}${rule.position}.`,
    rule.name,
    `[${rule.action}${rule.disabled ? ', disabled' : ''}]`,
    `${many(rule.from)} ${many(rule.source, rule.sourceNegated)} -> ${many(rule.to)} ${many(rule.destination, rule.destinationNegated)}`,
    `app ${many(rule.applications)}`,
    `service ${many(rule.services)}`,
    rule.location,
  ].join('  ')

export const retrieveSecurityPolicies: PanosTool<typeof input, SecurityRule> = {
  name: 'retrieve_security_policies',
  title: 'Retrieve security policies',
  description:
    'Lists the security rules of the firewall in the order of evaluation, with what they match and what they do. Works without arguments.',
  input,
  item: securityRule,
  async run({ name_contains, include_disabled, config }, { client, signal }) {
    const systems = await listVsys(client(), signal)
    const read = systems.flatMap(vsys => RULEBASES.map(rulebase => readRulebase(client(), config, vsys, rulebase, signal)))
    const rulebases = await Promise.all(read)
    const matching = rulebases
      .flatMap(({ rules }) => rules)
      .filter(rule => named(rule.name, name_contains) && (include_disabled || !rule.disabled))
    return {
      scope: `security rules of all virtual systems, pushed ones included, ${config} configuration`,
      items: matching,
      warnings: [...(systems.length === 0 ? [NO_VSYS] : []), ...rulebases.flatMap(({ warnings }) => warnings)],
      summary: `${matching.length} security rules on ${client().device} (${config} configuration${name_contains ? `, name contains "${name_contains}"` : ''}).`,
      line,
    }
  },
}
