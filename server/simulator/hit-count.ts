/**
 * `show rule-hit-count`, on firewalls for any virtual system and rulebase, on a Panorama for shared and device groups. Promise: counts are those of
 * the traffic log; a Panorama sums up the firewalls that its rules were pushed to.
 *
 * The commands and the places of the answers are those that pan-os-python sends and reads (panos/policies.py, RulebaseHitCount).
 */
import { child, children, escapeXml, membersAt, type XmlNode } from '../panos/xml.ts'
import { failed } from './answer.ts'
import type { Device } from './device.ts'
import { logsUntil, policyOf } from './log-entries.ts'
import type { Operation } from './operational.ts'
import { deviceGroups, firewallsBelow } from './panorama.ts'
import { secondsOf } from './time.ts'

interface Hits {
  count: number
  /** Seconds since the epoch; 0 for never. */
  first: number
  last: number
}

function hitsOn(device: Device, vsys: string, now: number): Map<string, Hits> {
  const hits = new Map<string, Hits>()
  for (const { rule = '', vsys: system, receive_time = '' } of logsUntil(device, 'traffic', now)) {
    if (system !== vsys) continue
    const at = secondsOf(receive_time)
    const known = hits.get(rule) ?? { count: 0, first: at, last: at }
    hits.set(rule, { count: known.count + 1, first: known.first, last: at })
  }
  return hits
}

const NEVER: Hits = { count: 0, first: 0, last: 0 }

function entryOf(name: string, { count, first, last }: Hits, born: number): string {
  const fields = [
    ['latest', 'yes'],
    ['hit-count', count],
    ['last-hit-timestamp', last],
    ['last-reset-timestamp', 0],
    ['first-hit-timestamp', first],
    ['rule-creation-timestamp', born],
    ['rule-modification-timestamp', born],
  ]
  return `<entry name="${escapeXml(name)}">${fields.map(([field, value]) => `<${field}>${value}</${field}>`).join('')}</entry>`
}

/** `<rules><all/></rules>`, or `<rules><list><member>name</member></list></rules>`. */
const wanted = (rulebase: XmlNode, name: string): boolean =>
  child(rulebase, 'rules', 'all') !== undefined || membersAt(rulebase, 'rules', 'list').includes(name)

const ruleBase = (style: string, entries: readonly string[]): string =>
  `<rule-base><entry name="${escapeXml(style)}"><rules>${entries.join('')}</rules></entry></rule-base>`

function ofFirewall(device: Device, node: XmlNode, now: number): string {
  const born = Math.floor(device.bootedAt / 1000) - 86_400
  const systems = children(child(node, 'vsys', 'vsys-name'), 'entry').map(asked => {
    const vsys = asked.attributes.name ?? ''
    const hits = hitsOn(device, vsys, now)
    const bases = children(child(asked, 'rule-base'), 'entry').map(rulebase => {
      const style = rulebase.attributes.name ?? ''
      const system = children(child(device.running, 'devices', 'entry', 'vsys'), 'entry').find(({ attributes }) => attributes.name === vsys)
      const rules = style === 'security' ? policyOf(device, vsys).rules : children(child(system, 'rulebase', style, 'rules'), 'entry')
      const names = rules.map(({ attributes }) => attributes.name ?? '').filter(name => wanted(rulebase, name))
      // Only security rules are named in the traffic log.
      return ruleBase(
        style,
        names.map(name => entryOf(name, (style === 'security' && hits.get(name)) || NEVER, born)),
      )
    })
    return `<entry name="${escapeXml(vsys)}">${bases.join('')}</entry>`
  })
  return `<rule-hit-count><vsys>${systems.join('')}</vsys></rule-hit-count>`
}

/** What the firewalls below a place met, summed up by rule. */
function summed(firewalls: readonly Device[], now: number): Map<string, Hits> {
  const total = new Map<string, Hits>()
  for (const firewall of firewalls) {
    for (const [rule, { count, first, last }] of hitsOn(firewall, 'vsys1', now)) {
      const known = total.get(rule)
      total.set(
        rule,
        known
          ? { count: known.count + count, first: Math.min(known.first, first), last: Math.max(known.last, last) }
          : { count, first, last },
      )
    }
  }
  return total
}

function ofPlace(device: Device, holder: XmlNode | undefined, node: XmlNode, firewalls: readonly Device[], now: number): string {
  const born = Math.floor(device.bootedAt / 1000) - 86_400
  const hits = summed(firewalls, now)
  return ['pre-rulebase', 'post-rulebase']
    .flatMap(base => children(child(node, base), 'entry').map(rulebase => ({ base, rulebase })))
    .map(({ base, rulebase }) => {
      const style = rulebase.attributes.name ?? ''
      const names = children(child(holder, base, style, 'rules'), 'entry').map(({ attributes }) => attributes.name ?? '')
      return ruleBase(
        style,
        names.filter(name => wanted(rulebase, name)).map(name => entryOf(name, hits.get(name) ?? NEVER, born)),
      )
    })
    .join('')
}

function ofPanorama(device: Device, node: XmlNode, now: number): string {
  const shared = child(node, 'shared')
  const everywhere = shared
    ? `<shared>${ofPlace(device, child(device.running, 'shared'), shared, [...device.managed.values()], now)}</shared>`
    : ''
  const groups = children(child(node, 'device-group'), 'entry').map(asked => {
    const name = asked.attributes.name ?? ''
    const holder = deviceGroups(device.running).find(({ attributes }) => attributes.name === name)
    return `<entry name="${escapeXml(name)}">${ofPlace(device, holder, asked, firewallsBelow(device, name), now)}</entry>`
  })
  return `<rule-hit-count>${everywhere}${groups.length > 0 ? `<device-group>${groups.join('')}</device-group>` : ''}</rule-hit-count>`
}

export const hitCount: Operation = ({ device, node, now }) => {
  const place = ['vsys', 'shared', 'device-group'].find(name => child(node, name))
  if (place === undefined || (place === 'vsys') === device.panorama) return failed(17, 'show -> rule-hit-count is incomplete')
  return device.panorama ? ofPanorama(device, node, now) : ofFirewall(device, node, now)
}
