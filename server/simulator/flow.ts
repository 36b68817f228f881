/**
 * What the policy of a simulated device does with a flow. Promise: rules are evaluated as PAN-OS does, top to bottom in the order pushed
 * before, local, pushed after, with groups, ranges and negations resolved; the two default rules end every list.
 */
import { isIPv4 } from 'node:net'
import { addressNumber, type Span, spanOf } from '../panos/ip-span.ts'
import { child, children, membersAt, textAt, type XmlNode } from '../panos/xml.ts'
import { parseTagFilter } from '../tools/tag-filter.ts'

export interface Flow {
  readonly from?: string
  readonly to?: string
  readonly source?: string
  readonly destination?: string
  readonly port?: number
  /** IP protocol number. */
  readonly protocol?: number
  readonly application?: string
}

export interface Verdict {
  readonly rule: string
  readonly action: string
  /** Place in the list, from 1. */
  readonly index: number
}

const nameOf = (node: XmlNode): string => node.attributes.name ?? ''
const entriesAt = (node: XmlNode | undefined, ...path: readonly string[]): readonly XmlNode[] => children(child(node, ...path), 'entry')

/** Applications of the generated rules, with the ports that `application-default` means. */
export const APPLICATION_PORTS: Readonly<Record<string, readonly string[]>> = {
  ssl: ['tcp/443'],
  'web-browsing': ['tcp/80'],
  dns: ['udp/53', 'tcp/53'],
  ntp: ['udp/123'],
  ssh: ['tcp/22'],
  'ms-sql-db': ['tcp/1433'],
  smtp: ['tcp/25'],
  syslog: ['udp/514'],
}

const ports = (text: string, port: number): boolean =>
  text.split(',').some(part => {
    const [low = 0, high = low] = part.split('-').map(Number)
    return port >= low && port <= high
  })

export class PolicyView {
  readonly #vsys: XmlNode | undefined
  readonly #shared: XmlNode | undefined
  readonly #rules: readonly XmlNode[]
  readonly #spans = new Map<string, readonly Span[] | undefined>()

  /** Registered addresses whose tags fit. */
  readonly #registered: (test: (tags: readonly string[]) => boolean) => readonly string[]

  constructor(root: XmlNode, vsys = 'vsys1', registered: (test: (tags: readonly string[]) => boolean) => readonly string[] = () => []) {
    this.#registered = registered
    this.#shared = child(root, 'shared')
    this.#vsys = entriesAt(root, 'devices', 'entry', 'vsys').find(node => nameOf(node) === vsys)
    const pushed = entriesAt(root, 'panorama', 'vsys').find(node => nameOf(node) === vsys)
    this.#rules = [
      ...entriesAt(pushed, 'pre-rulebase', 'security', 'rules'),
      ...entriesAt(this.#vsys, 'rulebase', 'security', 'rules'),
      ...entriesAt(pushed, 'post-rulebase', 'security', 'rules'),
    ]
  }

  get rules(): readonly XmlNode[] {
    return this.#rules
  }

  #object(container: string, name: string): XmlNode | undefined {
    for (const scope of [this.#vsys, this.#shared]) {
      const found = entriesAt(scope, container).find(node => nameOf(node) === name)
      if (found) return found
    }
    return undefined
  }

  /** The addresses that a name stands for; undefined for all. */
  #addresses(name: string, depth = 0): readonly Span[] | undefined {
    if (name === 'any') return undefined
    if (this.#spans.has(name)) return this.#spans.get(name)
    const address = this.#object('address', name)
    const group = address ? undefined : this.#object('address-group', name)
    const value = address ? ['ip-netmask', 'ip-range'].map(kind => textAt(address, kind)).find(Boolean) : name
    const own = value === undefined ? [] : [spanOf(value)].filter(span => span !== undefined)
    const members = group ? [...membersAt(group, 'static'), ...this.#tagged(group)] : []
    const spans = group && depth < 8 ? members.flatMap(member => this.#addresses(member, depth + 1) ?? []) : own
    this.#spans.set(name, spans)
    return spans
  }

  /** What a dynamic group holds: address objects by name, registered addresses by themselves. */
  #tagged(group: XmlNode): readonly string[] {
    const test = parseTagFilter(textAt(group, 'dynamic', 'filter') ?? '')
    if (!test) return []
    const objects = [this.#vsys, this.#shared].flatMap(scope => entriesAt(scope, 'address'))
    return [...objects.filter(node => test(membersAt(node, 'tag'))).map(nameOf), ...this.#registered(test)]
  }

  #holds(rule: XmlNode, side: 'source' | 'destination', address: string | undefined): boolean {
    if (address === undefined) return true
    const number = addressNumber(address)
    if (number === undefined) return false
    const version = isIPv4(address) ? 4 : 6
    const names = membersAt(rule, side)
    const inside =
      names.length === 0 ||
      names.some(name => {
        const spans = this.#addresses(name)
        return spans === undefined || spans.some(span => span.version === version && number >= span.low && number <= span.high)
      })
    return inside !== (textAt(rule, `negate-${side}`) === 'yes')
  }

  /** An address that a rule's side names, where it names one of version 4. */
  sample(rule: XmlNode, side: 'source' | 'destination'): string | undefined {
    if (textAt(rule, `negate-${side}`) === 'yes') return undefined
    for (const name of membersAt(rule, side)) {
      const span = this.#addresses(name)?.find(({ version }) => version === 4)
      if (!span) continue
      // Not the address of the network itself.
      const inside = span.low + (span.high - span.low > 20n ? 17n : 0n)
      return [24n, 16n, 8n, 0n].map(shift => (inside >> shift) & 255n).join('.')
    }
    return undefined
  }

  #serves(rule: XmlNode, flow: Flow): boolean {
    const services = membersAt(rule, 'service')
    if (flow.port === undefined || services.length === 0 || services.includes('any')) return true
    const { port } = flow
    const protocol = flow.protocol === 17 ? 'udp' : 'tcp'
    return services.some(name => {
      if (name === 'application-default') {
        const known = membersAt(rule, 'application').flatMap(application => APPLICATION_PORTS[application] ?? [])
        return known.length === 0 || known.includes(`${protocol}/${port}`)
      }
      if (name === 'service-http') return protocol === 'tcp' && (port === 80 || port === 8080)
      if (name === 'service-https') return protocol === 'tcp' && port === 443
      const group = this.#object('service-group', name)
      const single = group ? membersAt(group, 'members') : [name]
      return single.some(member => ports(textAt(this.#object('service', member), 'protocol', protocol, 'port') ?? '', port))
    })
  }

  #matches(rule: XmlNode, flow: Flow): boolean {
    const listed = (part: string, value: string | undefined): boolean => {
      const members = membersAt(rule, part)
      return value === undefined || members.length === 0 || members.includes('any') || members.includes(value)
    }
    return (
      textAt(rule, 'disabled') !== 'yes' &&
      listed('from', flow.from) &&
      listed('to', flow.to) &&
      listed('application', flow.application) &&
      this.#holds(rule, 'source', flow.source) &&
      this.#holds(rule, 'destination', flow.destination) &&
      this.#serves(rule, flow)
    )
  }

  /** The first rule that matches. */
  verdict(flow: Flow): Verdict {
    const at = this.#rules.findIndex(rule => this.#matches(rule, flow))
    const rule = this.#rules[at]
    if (rule) return { rule: nameOf(rule), action: textAt(rule, 'action') ?? 'deny', index: at + 1 }
    const same = flow.from !== undefined && flow.from === flow.to
    return {
      rule: same ? 'intrazone-default' : 'interzone-default',
      action: same ? 'allow' : 'deny',
      index: this.#rules.length + (same ? 1 : 2),
    }
  }

  all(flow: Flow): Verdict[] {
    return this.#rules.flatMap((rule, at) =>
      this.#matches(rule, flow) ? [{ rule: nameOf(rule), action: textAt(rule, 'action') ?? 'deny', index: at + 1 }] : [],
    )
  }
}
