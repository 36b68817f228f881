/** Operational commands about policy: which rule a flow meets, and how often rules were met. */
import { child, children, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, failed } from './answer.ts'
import type { Device } from './device.ts'
import type { Flow, Verdict } from './flow.ts'
import { logsUntil, policyOf } from './log-entries.ts'
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

const securityMatch: Operation = ({ device, node }) => {
  const flow = flowOf(node)
  if ('body' in flow) return flow
  const policy = policyOf(device.running)
  const found = textAt(node, 'show-all') === 'yes' ? policy.all(flow) : [policy.verdict(flow)]
  // Older releases do not name the default rules.
  const named = device.dialect === '10.1' ? found.filter(({ rule }) => !rule.endsWith('zone-default')) : found
  return `<rules>${named.map(match => matchXml(device, match)).join('')}</rules>`
}

const natMatch: Operation = ({ device, node }) => {
  const flow = flowOf(node)
  if ('body' in flow) return flow
  const rules = children(child(device.running, 'devices', 'entry', 'vsys', 'entry', 'rulebase', 'nat', 'rules'), 'entry')
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

const hitCount: Operation = ({ device, now }) => {
  const hits = new Map<string, { count: number; last: number }>()
  for (const entry of logsUntil(device, 'traffic', now)) {
    const rule = entry.rule ?? ''
    const at = Date.parse(`${(entry.receive_time ?? '').replaceAll('/', '-').replace(' ', 'T')}Z`) / 1000
    hits.set(rule, { count: (hits.get(rule)?.count ?? 0) + 1, last: at })
  }
  const born = Math.floor(device.bootedAt / 1000) - 86_400
  const entries = policyOf(device.running).rules.map(rule => {
    const name = rule.attributes.name ?? ''
    const { count, last } = hits.get(name) ?? { count: 0, last: 0 }
    return (
      `<entry name="${escapeXml(name)}"><latest>yes</latest><hit-count>${count}</hit-count><last-hit-timestamp>${last}</last-hit-timestamp>` +
      `<last-reset-timestamp>0</last-reset-timestamp><first-hit-timestamp>${count > 0 ? born : 0}</first-hit-timestamp>` +
      `<rule-creation-timestamp>${born}</rule-creation-timestamp><rule-modification-timestamp>${born}</rule-modification-timestamp></entry>`
    )
  })
  return `<rule-hit-count><vsys><entry name="vsys1"><rule-base><entry name="security"><rules>${entries.join('')}</rules></entry></rule-base></entry></vsys></rule-hit-count>`
}

export const POLICY_OPERATIONS: Readonly<Record<string, Operation>> = {
  'test security-policy-match': securityMatch,
  'test nat-policy-match': natMatch,
  'show rule-hit-count': hitCount,
}
