/**
 * A security rule as PAN-OS writes it and as the tools give it. Promise: nothing that changes what a rule matches is left out:
 * disabled, negated, users, categories and the order count.
 */
import { z } from 'zod'
import { child, children, membersAt, textAt, type XmlNode } from '../panos/xml.ts'

export const RULEBASES = ['pre', 'local', 'post'] as const

export const securityRule = z.object({
  position: z.number().int().describe('Place within its rulebase and virtual system, from 1.'),
  name: z.string(),
  uuid: z.string().optional(),
  location: z.string().describe('The virtual system that it applies to.'),
  rulebase: z.enum(RULEBASES).describe('"pre" and "post" were pushed by Panorama and are evaluated before and after "local".'),
  type: z.string().describe('universal, intrazone or interzone.'),
  disabled: z.boolean(),
  action: z.string(),
  from: z.array(z.string()),
  to: z.array(z.string()),
  source: z.array(z.string()),
  sourceNegated: z.boolean(),
  sourceUsers: z.array(z.string()),
  destination: z.array(z.string()),
  destinationNegated: z.boolean(),
  applications: z.array(z.string()),
  services: z.array(z.string()),
  categories: z.array(z.string()),
  sourceHips: z.array(z.string()).optional().describe('HIP profiles that the source must have; absent for any.'),
  destinationHips: z.array(z.string()).optional(),
  targets: z
    .object({ devices: z.array(z.string()), tags: z.array(z.string()), negated: z.boolean() })
    .optional()
    .describe(
      'On a Panorama: the only firewalls (serial numbers, or tags) that get the rule, or with negated all but those; absent for all.',
    ),
  profileGroup: z.string().optional(),
  profiles: z.array(z.string()).describe('Security profiles that are set one by one, as kind:name.'),
  logStart: z.boolean(),
  logEnd: z.boolean(),
  logSetting: z.string().optional(),
  schedule: z.string().optional(),
  tags: z.array(z.string()),
  description: z.string().optional(),
  hits: z.number().optional().describe('How often it was met, where that was asked for.'),
})
export type SecurityRule = z.infer<typeof securityRule>
export type Rulebase = SecurityRule['rulebase']

const yes = (node: XmlNode, name: string): boolean => textAt(node, name) === 'yes'

/** Names of a list that restricts; undefined for any. */
function only(node: XmlNode, ...names: readonly string[]): string[] | undefined {
  const found = names.flatMap(name => membersAt(node, name)).filter(name => name !== 'any')
  return found.length > 0 ? found : undefined
}

function targetsOf(node: XmlNode): SecurityRule['targets'] {
  const target = child(node, 'target')
  const devices = children(child(target, 'devices'), 'entry').map(({ attributes }) => attributes.name ?? '')
  const tags = membersAt(target, 'tags')
  return target && devices.length + tags.length > 0 ? { devices, tags, negated: yes(target, 'negate') } : undefined
}

export function readSecurityRule(node: XmlNode, place: { location: string; rulebase: Rulebase; position: number }): SecurityRule {
  const optional = {
    uuid: node.attributes.uuid,
    profileGroup: membersAt(node, 'profile-setting', 'group')[0],
    logSetting: textAt(node, 'log-setting'),
    schedule: textAt(node, 'schedule'),
    description: textAt(node, 'description'),
    // Before 10.0 there was one list, for the source.
    sourceHips: only(node, 'source-hip', 'hip-profiles'),
    destinationHips: only(node, 'destination-hip'),
    targets: targetsOf(node),
  }
  const profiles = child(node, 'profile-setting', 'profiles')?.children ?? []
  return {
    ...place,
    name: node.attributes.name ?? '',
    type: textAt(node, 'rule-type') ?? 'universal',
    disabled: yes(node, 'disabled'),
    action: textAt(node, 'action') ?? 'none',
    from: membersAt(node, 'from'),
    to: membersAt(node, 'to'),
    source: membersAt(node, 'source'),
    sourceNegated: yes(node, 'negate-source'),
    sourceUsers: membersAt(node, 'source-user'),
    destination: membersAt(node, 'destination'),
    destinationNegated: yes(node, 'negate-destination'),
    applications: membersAt(node, 'application'),
    services: membersAt(node, 'service'),
    categories: membersAt(node, 'category'),
    profiles: profiles.flatMap(profile => children(profile, 'member').map(member => `${profile.name}:${member.text.trim()}`)),
    logStart: yes(node, 'log-start'),
    // The device logs at the end of a session unless it is told not to.
    logEnd: textAt(node, 'log-end') !== 'no',
    tags: membersAt(node, 'tag'),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  }
}
