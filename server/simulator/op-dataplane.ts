/** Operational commands about the data plane: neighbours and counters. Promise: who is a neighbour is who had traffic of late, as the traffic log says. */
import { addressNumber, spanOf } from '../panos/ip-span.ts'
import { child, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import { failed } from './answer.ts'
import type { Device } from './device.ts'
import { logsUntil } from './log-entries.ts'
import type { Operation } from './operational.ts'
import { select } from './select.ts'
import { secondsOf } from './time.ts'

const ARP_SECONDS = 1800
const GATEWAY_AGE = 30

interface Neighbour {
  readonly ip: string
  readonly port: string
  /** Seconds since it was heard. */
  readonly age: number
}

/** Hosts that had traffic while an entry lives, and gateways of routes; by the interfaces whose networks they are in, the newest word of each. */
function neighbours(device: Device, now: number): Neighbour[] {
  const at = (xpath: string): readonly XmlNode[] => select(device.running, xpath).nodes
  const ports = at('/config/devices/entry/network/interface/ethernet/entry').flatMap(port => {
    const own = child(port, 'layer3', 'ip', 'entry')?.attributes.name
    const span = own === undefined ? undefined : spanOf(own)
    return own !== undefined && span ? [{ name: port.attributes.name ?? '', own: own.split('/')[0], span }] : []
  })
  const gateways = at('/config/devices/entry/network/virtual-router/entry/routing-table/ip/static-route/entry/nexthop/ip-address')
  const seconds = Math.floor(now / 1000)
  const heard = logsUntil(device, 'traffic', now)
    .map(entry => ({ entry, age: seconds - secondsOf(entry.receive_time ?? '') }))
    .filter(({ entry, age }) => age < ARP_SECONDS && entry.action === 'allow')
    .flatMap(({ entry, age }) => [entry.src ?? '', entry.dst ?? ''].map(ip => ({ ip, age })))
  const ages = new Map([...gateways.map(({ text }) => ({ ip: text.trim(), age: GATEWAY_AGE })), ...heard].map(({ ip, age }) => [ip, age]))
  return ports.flatMap(({ name, own, span }) =>
    [...ages].flatMap(([ip, age]) => {
      const number = addressNumber(ip)
      return ip !== own && number !== undefined && number >= span.low && number <= span.high ? [{ ip, port: name, age }] : []
    }),
  )
}

/** A locally administered address that follows from the IPv4 address, so that no two hosts share one. */
const macOf = (ip: string): string => ['02', '00', ...ip.split('.').map(part => Number(part).toString(16).padStart(2, '0'))].join(':')

/** Of all interfaces, or of one by its name. */
const showArp: Operation = ({ device, node, now }) => {
  const wanted = node.attributes.name ?? 'all'
  const found = neighbours(device, now).filter(({ port }) => wanted === 'all' || port === wanted)
  const entries = found.map(
    ({ ip, port, age }) =>
      `<entry><status>  c  </status><ip>${ip}</ip><mac>${macOf(ip)}</mac><ttl>${ARP_SECONDS - age}</ttl><interface>${escapeXml(port)}</interface><port>${escapeXml(port)}</port></entry>`,
  )
  return `<max>2500</max><total>${found.length}</total><timeout>${ARP_SECONDS}</timeout><dp>dp0</dp><entries>${entries.join('')}</entries>`
}

/** Four of the hundreds that devices have; `rate` is each second's. Numbers differ by release. */
const COUNTERS = [
  { name: 'pkt_recv', rate: 2214, severity: 'info', category: 'packet', aspect: 'pktproc', desc: 'Packets received', id: 17 },
  { name: 'pkt_sent', rate: 2171, severity: 'info', category: 'packet', aspect: 'pktproc', desc: 'Packets transmitted', id: 24 },
  { name: 'session_allocated', rate: 41, severity: 'info', category: 'session', aspect: 'resource', desc: 'Sessions allocated', id: 99 },
  {
    name: 'flow_policy_deny',
    rate: 3,
    severity: 'drop',
    category: 'flow',
    aspect: 'session',
    desc: 'Session setup: denied by policy',
    id: 587,
  },
] as const
const FILTERS = ['severity', 'category', 'aspect'] as const

/** All, one by its `name`, or those that a `filter` lets through. */
const showCounters: Operation = ({ device, node, now }) => {
  const seconds = Math.floor((now - device.bootedAt) / 1000)
  const filter = child(node, 'filter')
  const unknown = filter?.children.find(({ name }) => !FILTERS.some(known => known === name))
  if (unknown) return failed(17, `show -> counter -> global -> filter -> ${escapeXml(unknown.name)} is unexpected`)
  const name = textAt(node, 'name')
  const found = COUNTERS.filter(
    counter =>
      (name === undefined || counter.name === name) && FILTERS.every(part => (textAt(filter, part) ?? counter[part]) === counter[part]),
  )
  const entries = found.map(
    ({ name: called, rate, severity, category, aspect, desc, id }) =>
      `<entry><category>${category}</category><name>${called}</name><value>${rate * seconds}</value><rate>${rate}</rate><aspect>${aspect}</aspect>` +
      `<desc>${desc}</desc><id>${id}</id><severity>${severity}</severity></entry>`,
  )
  return `<global><t>${seconds}</t><counters>${entries.join('')}</counters></global><dp>dp0</dp>`
}

export const DATAPLANE_OPERATIONS: Readonly<Record<string, Operation>> = {
  'show arp all': showArp,
  // `<entry name="…"/>`, as some clients write it.
  'show arp entry': showArp,
  'show counter global': showCounters,
}
