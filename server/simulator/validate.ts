/**
 * What a device checks when an object or a rule is written. Promise: the kinds of objects that clients write are checked as strictly as a
 * device does (unknown elements, values, references), all other parts of the configuration are taken as they are.
 */
import { isIP, isIPv4 } from 'node:net'
import { child, children, textAt, type XmlNode } from '../panos/xml.ts'
import { eachReference, type Kind, owns, type Scope } from './references.ts'
import { Refusal } from './refusal.ts'
import { parsePath } from './xpath-parser.ts'

const RULE_PARTS = [
  ...['to', 'from', 'source', 'destination', 'source-user', 'category', 'application', 'service', 'source-hip', 'destination-hip'],
  ...['hip-profiles', 'action', 'log-start', 'log-end', 'log-setting', 'profile-setting', 'negate-source', 'negate-destination'],
  ...['disabled', 'rule-type', 'tag', 'group-tag', 'description', 'schedule', 'option', 'qos', 'target', 'icmp-unreachable', 'uuid'],
]
const PARTS: Readonly<Record<string, readonly string[]>> = {
  address: ['ip-netmask', 'ip-range', 'fqdn', 'ip-wildcard', 'description', 'tag', 'disable-override'],
  'address-group': ['static', 'dynamic', 'description', 'tag', 'disable-override'],
  service: ['protocol', 'description', 'tag', 'disable-override'],
  'service-group': ['members', 'tag', 'disable-override'],
  tag: ['color', 'comments', 'disable-override'],
}
const ACTIONS = ['allow', 'deny', 'drop', 'reset-client', 'reset-server', 'reset-both']

function netmask(text: string): boolean {
  const [address = '', prefix, more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more !== undefined) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}
const range = (text: string): boolean => text.split('-').length === 2 && text.split('-').every(part => isIP(part.trim()) !== 0)
const ports = (text: string): boolean =>
  text.split(',').every(part => /^\d{1,5}(-\d{1,5})?$/.test(part.trim()) && part.split('-').every(port => Number(port) <= 65_535))

const VALUES: Readonly<Record<string, (text: string) => boolean>> = {
  'ip-netmask': netmask,
  'ip-range': range,
  'ip-wildcard': text => text.split('/').length === 2 && text.split('/').every(part => isIPv4(part)),
  fqdn: text => /^[A-Za-z0-9_*]([\w-]*[A-Za-z0-9])?(\.[A-Za-z0-9_]([\w-]*[A-Za-z0-9])?)*$/.test(text) && text.length <= 255,
}

const invalid = (container: string, ...lines: readonly string[]): Refusal => new Refusal(12, ...lines, `${container} is invalid`)

function checkName(container: string, name: string): void {
  if (!/^[A-Za-z0-9_][\w .-]*$/.test(name)) throw invalid(container, `${name} is not a valid name`)
  if (name.length > (container === 'tag' ? 127 : 63)) throw invalid(container, `${name} is too long`)
}

function checkValues(container: string, entry: XmlNode, name: string): void {
  for (const part of entry.children) {
    const valid = container === 'address' ? VALUES[part.name] : undefined
    if (valid && !valid(part.text.trim())) throw invalid(container, `${name} -> ${part.name} '${part.text.trim()}' is invalid`)
  }
  const kinds = Object.keys(VALUES).filter(kind => child(entry, kind))
  if (container === 'address' && kinds.length !== 1) throw invalid(container, `${name} -> exactly one value is required`)
  if (container !== 'service') return
  const protocol = child(entry, 'protocol')?.children[0]
  const port = textAt(protocol, 'port')
  if (protocol?.name !== 'tcp' && protocol?.name !== 'udp' && protocol?.name !== 'sctp')
    throw invalid(container, `${name} -> protocol is missing`)
  if (port === undefined || !ports(port))
    throw invalid(container, `${name} -> protocol -> ${protocol.name} -> port '${port ?? ''}' is invalid`)
}

function checkObject(container: string, entry: XmlNode): void {
  const name = entry.attributes.name ?? ''
  checkName(container, name)
  const unknown = entry.children.find(part => !PARTS[container]?.includes(part.name))
  if (unknown) throw invalid(container, `${name} -> ${unknown.name} unexpected here`)
  checkValues(container, entry, name)
}

function checkRule(rule: XmlNode): void {
  const name = rule.attributes.name ?? ''
  checkName('rules', name)
  const unknown = rule.children.find(part => !RULE_PARTS.includes(part.name))
  if (unknown) throw invalid('rules', `${name} -> ${unknown.name} unexpected here`)
  const action = textAt(rule, 'action')
  if (action !== undefined && !ACTIONS.includes(action)) throw invalid('rules', `${name} -> action '${action}' is invalid`)
  const services = children(child(rule, 'service'), 'member').map(member => member.text.trim())
  if (services.includes('application-default') && services.length > 1)
    throw invalid('rules', `${name} -> service 'application-default' cannot be mixed with other services`)
}

const BUILT_IN: Readonly<Record<Kind, (text: string) => boolean>> = {
  address: text => text === 'any' || netmask(text) || range(text) || /^[A-Z]{2}$/.test(text),
  service: text => ['any', 'application-default', 'service-http', 'service-https'].includes(text),
  // The predefined applications are thousands: a name that could be one is taken.
  application: () => true,
  tag: () => false,
  zone: text => text === 'any' || text === 'multicast',
}

/** Every name that a scope's rules and groups use must exist there, in a scope above it, or be built in. */
export function checkReferences(within: Scope, above: readonly Scope[], only: (path: readonly string[]) => boolean): void {
  // Zones of a device group come from templates, which are not looked at here.
  const zonesKnown = !within.label.startsWith('device-group') && within.label !== 'shared'
  eachReference(
    within,
    (kind, text, path) => {
      if (!only(path) || (kind === 'zone' && !zonesKnown) || BUILT_IN[kind](text)) return undefined
      if ([within, ...above].some(scope => owns(scope, kind, text))) return undefined
      // From the container on, as devices name the place: what lies above is left out.
      const place = path.slice(path[1]?.endsWith('rulebase') ? 3 : 1)
      throw new Refusal(12, `${place.join(' -> ')} '${text}' is not a valid reference`, `${place.slice(0, -1).join(' -> ')} is invalid`)
    },
    { admin: '', dirtyId: 0, time: '' },
  )
}

/** Checks the objects or rules of one container. Throws Refusal with code 12. */
export function checkEntries(container: XmlNode, inSecurity: boolean, only: ReadonlySet<string> | undefined): void {
  for (const entry of children(container, 'entry')) {
    if (only && !only.has(entry.attributes.name ?? '')) continue
    if (container.name in PARTS) checkObject(container.name, entry)
    else if (container.name === 'rules' && inSecurity) checkRule(entry)
  }
}

const ONLY_ON_PANORAMA: readonly string[] = ['pre-rulebase', 'post-rulebase']

/** Where an element lies that a firewall does not have. */
const stray = (parent: string, elements: readonly XmlNode[]): string | undefined =>
  elements.reduce<string | undefined>(
    (found, { name, children }) => found ?? (ONLY_ON_PANORAMA.includes(name) ? `${parent} -> ${name}` : stray(name, children)),
    undefined,
  )

/**
 * Refuses to write what the schema of a firewall has no place for: rules before and after its own are a Panorama's. The words are those of devices
 * (PaloAltoNetworks/pan-os-python issue 592; PaloAltoNetworks/pango, errors/panos_test.go). Throws Refusal with code 6 or 12.
 */
export function checkPlace(xpath: string, elements: readonly XmlNode[]): void {
  const steps = parsePath(xpath).steps.map(({ name }) => name)
  if (steps.some(name => ONLY_ON_PANORAMA.includes(name))) throw new Refusal(6, `Could not find schema node for xpath ${xpath}`)
  const parent = steps.at(-1) ?? ''
  const found = stray(parent, elements)
  if (found) throw new Refusal(12, ` ${found} unexpected here`, ` ${parent} is invalid`)
}
