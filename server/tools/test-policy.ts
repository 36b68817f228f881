/**
 * `test_security_policy_match` and `test_nat_policy_match`: what the device itself says about a flow. Promise: one request; the answer of every
 * release is understood, and the default rules are named when no other matches.
 */
import { z } from 'zod'
import { child, children, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import type { PanosTool } from './panos-tool.ts'

const address = z.string().max(63)
const flow = {
  source_ip: address.describe('IP address that opens the connection.'),
  destination_ip: address.describe('IP address that it goes to, as the firewall sees it before NAT.'),
  destination_port: z.number().int().min(0).max(65_535).describe('Port that it goes to; 0 for protocols without ports.'),
  protocol: z
    .union([z.enum(['tcp', 'udp', 'icmp']), z.number().int().min(0).max(255)])
    .default('tcp')
    .describe('A name or an IP protocol number.'),
  from_zone: z.string().max(63).optional().describe('Zone that it comes from; without it the answer can be of a rule for another zone.'),
  to_zone: z.string().max(63).optional(),
}
const NUMBERS = { tcp: 6, udp: 17, icmp: 1 } as const

interface Flow {
  readonly source_ip: string
  readonly destination_ip: string
  readonly destination_port: number
  readonly protocol: keyof typeof NUMBERS | number
  readonly from_zone?: string | undefined
  readonly to_zone?: string | undefined
}

const tag = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`

const flowXml = (given: Flow): string =>
  tag('from', given.from_zone) +
  tag('to', given.to_zone) +
  tag('source', given.source_ip) +
  tag('destination', given.destination_ip) +
  tag('destination-port', given.destination_port) +
  tag('protocol', typeof given.protocol === 'number' ? given.protocol : NUMBERS[given.protocol])

const words = ({ source_ip, destination_ip, destination_port, protocol, from_zone, to_zone }: Flow): string =>
  `${protocol} ${source_ip}${from_zone ? ` (${from_zone})` : ''} -> ${destination_ip}:${destination_port}${to_zone ? ` (${to_zone})` : ''}`

export const ruleMatch = z.object({
  rule: z.string(),
  action: z.string().optional().describe('Where the release says it; retrieve_security_policies has it otherwise.'),
  index: z.number().int().optional(),
})
type RuleMatch = z.infer<typeof ruleMatch>

/** `<entry name="x"><index/><action/></entry>` of newer releases, `<entry>x</entry>` of older ones (some add `; index: 3`). */
export function readMatches(result: XmlNode | undefined): RuleMatch[] {
  return children(child(result, 'rules') ?? result, 'entry').map(entry => {
    const [action, index] = ['action', 'index'].map(name => textAt(entry, name))
    const rule = entry.attributes.name ?? entry.text.trim().replace(/;\s*index:.*$/, '')
    return { rule, ...(action !== undefined && { action }), ...(index !== undefined && { index: Number(index) }) }
  })
}

const securityInput = z.object({
  ...flow,
  application: z
    .string()
    .max(63)
    .optional()
    .describe('Application, for example ssl; without it rules for single applications count as matching.'),
  source_user: z.string().max(255).optional(),
  show_all: z.boolean().default(false).describe('All rules that match, rather than the first.'),
})

export const testSecurityPolicyMatch: PanosTool<typeof securityInput, RuleMatch> = {
  name: 'test_security_policy_match',
  title: 'Test which security rule a flow meets',
  description:
    'Asks the firewall which security rule a flow meets, and so whether it is allowed. The best first step for "why is this traffic blocked?".',
  toolset: 'policy',
  input: securityInput,
  item: ruleMatch,
  async run(given, { client, signal }) {
    const parts = `${flowXml(given)}${tag('application', given.application)}${tag('source-user', given.source_user)}${given.show_all ? tag('show-all', 'yes') : ''}`
    const { result } = await client().op(`<test><security-policy-match>${parts}</security-policy-match></test>`, signal)
    const items = readMatches(result)
    const [first] = items
    const verdict = first
      ? `meets rule "${first.rule}"${first.action ? ` (${first.action})` : ''}`
      : 'meets no rule: the default rules apply, which allow it within one zone and deny it between zones'
    return {
      scope: 'security policy match, running configuration',
      config: 'running',
      items,
      warnings:
        given.from_zone && given.to_zone
          ? []
          : ['Without both zones the first match may be a rule for other zones; test_route_lookup and show_interfaces tell the zones.'],
      summary: `${words(given)} ${verdict}.`,
      line: match => [match.index === undefined ? '' : `${match.index}.`, match.rule, match.action ?? ''].filter(Boolean).join('  '),
    }
  },
}

const natInput = z.object(flow)

export const testNatPolicyMatch: PanosTool<typeof natInput, RuleMatch> = {
  name: 'test_nat_policy_match',
  title: 'Test which NAT rule a flow meets',
  description: 'Asks the firewall which NAT rule a flow meets. retrieve_nat_policies says what that rule does.',
  toolset: 'policy',
  input: natInput,
  item: ruleMatch,
  async run(given, { client, signal }) {
    const { result } = await client().op(`<test><nat-policy-match>${flowXml(given)}</nat-policy-match></test>`, signal)
    const items = readMatches(result)
    return {
      scope: 'NAT policy match, running configuration',
      config: 'running',
      items,
      warnings: [],
      summary: `${words(given)} ${items[0] ? `meets NAT rule "${items[0].rule}"` : 'meets no NAT rule: addresses stay as they are'}.`,
      line: match => match.rule,
    }
  },
}
