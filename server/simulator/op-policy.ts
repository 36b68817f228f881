/** Operational commands about policy: which rule a flow meets, and how often rules were met. */
import { child, children, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, failed } from './answer.ts'
import type { Device } from './device.ts'
import type { Flow, Verdict } from './flow.ts'
import { hitCount } from './hit-count.ts'
import { policyOf } from './log-entries.ts'
import type { Operation } from './operational.ts'

function flowOf(node: XmlNode): Flow | ApiAnswer {
  const [source, destination, protocol] = ['source', 'destination', 'protocol'].map(name => textAt(node, name))
  if (source === undefined || destination === undefined || protocol === undefined)
    return failed(17, 'test -> a match needs source, destination and protocol')
  const optional = { from: textAt(node, 'from'), to: textAt(node, 'to'), application: textAt(node, 'application') }
  const port = textAt(node, 'destination-port')
  return {
    source,
    destination,
    protocol: Number(protocol),
    ...(port !== undefined && { port: Number(port) }),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  }
}

/** From 11.1 on a match says index and action; before, it is a bare name. */
const matchXml = (device: Device, { rule, action, index }: Verdict): string =>
  device.dialect === '10.1'
    ? `<entry>${escapeXml(rule)}</entry>`
    : `<entry name="${escapeXml(rule)}"><index>${index}</index><action>${action}</action></entry>`

const securityMatch: Operation = ({ device, node, vsys }) => {
  const flow = flowOf(node)
  if ('body' in flow) return flow
  const policy = policyOf(device, vsys)
  const found = textAt(node, 'show-all') === 'yes' ? policy.all(flow) : [policy.verdict(flow)]
  // Older releases do not name the default rules.
  const named = device.dialect === '10.1' ? found.filter(({ rule }) => !rule.endsWith('zone-default')) : found
  return `<rules>${named.map(match => matchXml(device, match)).join('')}</rules>`
}

const natMatch: Operation = ({ device, node, vsys }) => {
  const flow = flowOf(node)
  if ('body' in flow) return flow
  const systems = children(child(device.running, 'devices', 'entry', 'vsys'), 'entry')
  const system = systems.find(({ attributes }) => attributes.name === vsys)
  const rules = children(child(system, 'rulebase', 'nat', 'rules'), 'entry')
  const has = (rule: XmlNode, part: string, value: string | undefined): boolean => {
    const members = children(child(rule, part), 'member').map(member => member.text)
    return value === undefined || members.includes('any') || members.includes(value)
  }
  const found = rules.find(
    rule =>
      has(rule, 'from', flow.from) &&
      has(rule, 'to', flow.to) &&
      has(rule, 'source', flow.source) &&
      has(rule, 'destination', flow.destination),
  )
  return `<rules>${found ? `<entry>${escapeXml(found.attributes.name ?? '')}</entry>` : ''}</rules>`
}

export const POLICY_OPERATIONS: Readonly<Record<string, Operation>> = {
  'test security-policy-match': securityMatch,
  'test nat-policy-match': natMatch,
  'show rule-hit-count': hitCount,
}
