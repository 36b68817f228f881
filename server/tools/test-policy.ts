/**
 * `test_security_policy_match` and `test_nat_policy_match`: what the device itself says about a flow. Promise: one request where both zones are
 * given; zones that are not are found by route and named; the answer of every release is understood, default rules included.
 */
import { z } from 'zod'
import { addressNumber } from '../panos/ip-span.ts'
import { child, children, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import type { PanosTool, ToolContext } from './panos-tool.ts'
import { zoneOf } from './route-lookup.ts'

const address = z
  .string()
  .max(63)
  .refine(
    text => addressNumber(text) !== undefined,
    'must be an IP address; find_object_by_ip and retrieve_address_objects tell those of objects',
  )
const flow = {
  source_ip: address.describe('IP address that opens the connection.'),
  destination_ip: address.describe('IP address that it goes to, as the firewall sees it before NAT.'),
  destination_port: z.number().int().min(0).max(65_535).describe('Port that it goes to; 0 for protocols without ports.'),
  protocol: z
    .union([z.enum(['tcp', 'udp', 'icmp']), z.number().int().min(0).max(255)])
    .default('tcp')
    .describe('A name or an IP protocol number.'),
  from_zone: z.string().max(63).optional().describe('Zone that it comes from; found by route where it is not given.'),
  to_zone: z
    .string()
    .max(63)
    .optional()
    .describe('Zone that it goes to, of the translated address with destination NAT; found by route where it is not given.'),
  vsys: z.string().max(63).optional().describe('Virtual system; that of the source where it is not given.'),
}
const NUMBERS = { tcp: 6, udp: 17, icmp: 1 } as const

interface Flow {
  readonly source_ip: string
  readonly destination_ip: string
  readonly destination_port: number
  readonly protocol: keyof typeof NUMBERS | number
  readonly from_zone?: string | undefined
  readonly to_zone?: string | undefined
  readonly vsys?: string | undefined
}

interface Zoned<Given> {
  readonly given: Given
  readonly vsys: string | undefined
  readonly warnings: readonly string[]
}

/**
 * The flow with both its zones. Naive questions name addresses alone, and the device then takes the first rule of any zone: a wrong answer that
 * looks right.
 */
async function zoned<Given extends Flow>(context: ToolContext, given: Given): Promise<Zoned<Given>> {
  if (given.from_zone !== undefined && given.to_zone !== undefined) return { given, vsys: given.vsys, warnings: [] }
  const wanted = given.vsys ?? context.client().vsys
  const from = given.from_zone === undefined ? await zoneOf(context, given.source_ip, wanted) : undefined
  // Where the source is, there the rules are asked: the way out is looked for in the same virtual system.
  const vsys = wanted ?? (from?.vsys || undefined)
  const to = given.to_zone === undefined ? await zoneOf(context, given.destination_ip, vsys) : undefined
  const whole = { ...given, from_zone: given.from_zone ?? from?.zone, to_zone: given.to_zone ?? to?.zone }
  const open = [whole.from_zone === undefined && 'from_zone', whole.to_zone === undefined && 'to_zone'].filter(Boolean)
  const routed = [from, to].flatMap(found => (found ? `${found.zone} (${found.interface})` : []))
  return {
    given: whole,
    vsys,
    warnings: [
      ...(routed.length > 0
        ? [`Found by route: ${routed.join(' to ')}. With destination NAT give to_zone: that of the translated address.`]
        : []),
      ...(open.length > 0
        ? [
            `${open.join(' and ')} could not be found by route (no route, or several virtual systems have one: give vsys): the first match may be a rule for other zones.`,
          ]
        : []),
    ],
  }
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

const ruleMatch = z.object({
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
    'Asks the firewall which security rule a flow meets, and so whether it is allowed now. The first step for "why is this traffic blocked?"; query_logs says what happened in the past.',
  toolset: 'policy',
  input: securityInput,
  item: ruleMatch,
  async run(input, context) {
    const { given, vsys, warnings } = await zoned(context, input)
    const parts = `${flowXml(given)}${tag('application', given.application)}${tag('source-user', given.source_user)}${given.show_all ? tag('show-all', 'yes') : ''}`
    const { result } = await context
      .client()
      .op(`<test><security-policy-match>${parts}</security-policy-match></test>`, context.signal, vsys)
    const items = readMatches(result)
    const [first] = items
    const verdict = first
      ? `meets rule "${first.rule}"${first.action ? ` (${first.action})` : ''}`
      : 'meets no rule: the default rules apply, which allow it within one zone and deny it between zones'
    return {
      scope: 'security policy match, running configuration',
      config: 'running',
      items,
      warnings,
      summary: `${words(given)} ${verdict}.`,
      line: match => [match.index === undefined ? '' : `${match.index}.`, match.rule, match.action ?? ''].filter(Boolean).join('  '),
    }
  },
}

const natInput = z.object(flow)

export const testNatPolicyMatch: PanosTool<typeof natInput, RuleMatch> = {
  name: 'test_nat_policy_match',
  title: 'Test which NAT rule a flow meets',
  description: 'Asks the firewall which NAT rule translates a flow. retrieve_nat_policies says what that rule does.',
  toolset: 'policy',
  input: natInput,
  item: ruleMatch,
  async run(input, context) {
    const { given, vsys, warnings } = await zoned(context, input)
    const { result } = await context
      .client()
      .op(`<test><nat-policy-match>${flowXml(given)}</nat-policy-match></test>`, context.signal, vsys)
    const items = readMatches(result)
    return {
      scope: 'NAT policy match, running configuration',
      config: 'running',
      items,
      warnings,
      summary: `${words(given)} ${items[0] ? `meets NAT rule "${items[0].rule}"` : 'meets no NAT rule: addresses stay as they are'}.`,
      line: match => match.rule,
    }
  },
}
