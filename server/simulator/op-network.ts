/** Operational commands about the network: routes, where an address leads, sessions. */
import { addressNumber, spanOf } from '../panos/ip-span.ts'
import { child, children, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import { failed } from './answer.ts'
import type { Device } from './device.ts'
import { logsUntil } from './log-entries.ts'
import type { LogEntry } from './log-filter.ts'
import type { Operation } from './operational.ts'
import { select } from './select.ts'

interface Route {
  readonly destination: string
  readonly nexthop: string
  readonly metric: string
  readonly flags: string
  readonly interface: string
}

const LEGEND =
  'flags: A:active, ?:loose, C:connect, H:host, S:static, ~:internal, R:rip, O:ospf, B:bgp, Oi:ospf intra-area, Oo:ospf inter-area, O1:ospf ext-type-1, O2:ospf ext-type-2, E:ecmp, M:multicast'

const network = (address: string): string => {
  const span = spanOf(address)
  if (!span) return address
  const parts = [24n, 16n, 8n, 0n].map(shift => (span.low >> shift) & 255n)
  return `${parts.join('.')}/${address.split('/')[1] ?? 32}`
}

function routes(device: Device): Route[] {
  const ports = select(device.running, '/config/devices/entry/network/interface/ethernet/entry').nodes
  const statics = select(device.running, '/config/devices/entry/network/virtual-router/entry/routing-table/ip/static-route/entry').nodes
  const connected = ports.flatMap((port): Route[] => {
    const address = child(port, 'layer3', 'ip', 'entry')?.attributes.name
    const name = port.attributes.name ?? ''
    if (address === undefined) return []
    const [own = ''] = address.split('/')
    return [
      { destination: network(address), nexthop: own, metric: '0', flags: 'A C', interface: name },
      { destination: `${own}/32`, nexthop: '0.0.0.0', metric: '0', flags: 'A H', interface: '' },
    ]
  })
  const leading = (nexthop: string): string =>
    connected.find(route => {
      const [span, number] = [spanOf(route.destination), addressNumber(nexthop)]
      return route.interface !== '' && span !== undefined && number !== undefined && number >= span.low && number <= span.high
    })?.interface ?? ''
  return [
    ...statics.map(node => {
      const nexthop = textAt(node, 'nexthop', 'ip-address') ?? '0.0.0.0'
      return {
        destination: textAt(node, 'destination') ?? '',
        nexthop,
        metric: textAt(node, 'metric') ?? '10',
        flags: 'A S',
        interface: leading(nexthop),
      }
    }),
    ...connected,
  ]
}

const showRoutes: Operation = ({ device }) => {
  if (device.dialect === '11.2') return `<flags>${escapeXml(LEGEND)}</flags>`
  const entries = routes(device).map(
    route =>
      `<entry><virtual-router>default</virtual-router><destination>${route.destination}</destination><nexthop>${route.nexthop}</nexthop><metric>${route.metric}</metric>` +
      `<flags>${route.flags.padEnd(6)}</flags><age/><interface>${route.interface}</interface><route-table>unicast</route-table></entry>`,
  )
  return `<flags>${escapeXml(LEGEND)}</flags>${entries.join('')}`
}

/** With advanced routing the payload is JSON inside XML, keyed by logical router and prefix. */
const showAdvancedRoutes: Operation = ({ device }) => {
  if (device.dialect !== '11.2') return failed(17, 'show -> advanced-routing is unexpected')
  const table: Record<string, object[]> = {}
  for (const route of routes(device)) {
    const protocol = route.flags.endsWith('S') ? 'static' : route.flags.endsWith('C') ? 'connected' : 'local'
    const hop = { fib: true, ip: route.nexthop, interfaceName: route.interface, active: true }
    table[route.destination] = [
      {
        prefix: route.destination,
        protocol,
        selected: true,
        distance: 10,
        metric: Number(route.metric),
        installed: true,
        uptime: '3d00h12m',
        nexthops: [hop],
      },
    ]
  }
  return `<json>${escapeXml(JSON.stringify({ default: table }))}</json>`
}

const fibLookup: Operation = ({ device, node }) => {
  const ip = textAt(node, 'ip')
  const number = ip === undefined ? undefined : addressNumber(ip)
  if (number === undefined) return failed(17, 'test -> routing -> fib-lookup -> ip is invalid')
  const width = (route: Route): number => Number(route.destination.split('/')[1] ?? 32)
  const [best] = routes(device)
    .filter(route => {
      const span = spanOf(route.destination)
      return span !== undefined && route.interface !== '' && number >= span.low && number <= span.high
    })
    .sort((one, other) => width(other) - width(one))
  if (!best) return '<nh>none</nh>'
  const via = best.flags.endsWith('S') ? `<nh>ip</nh><src>${best.nexthop}</src><ip>${best.nexthop}</ip>` : '<nh>interface</nh>'
  return `${via}<metric>${best.metric}</metric><interface>${best.interface}</interface><dp>dp0</dp>`
}

function session(entry: LogEntry): string {
  const fields: readonly (readonly [string, string])[] = [
    ['idx', entry.sessionid ?? ''],
    ['vsys', 'vsys1'],
    ['vsys-idx', '1'],
    ['application', entry.app ?? ''],
    ['state', 'ACTIVE'],
    ['type', 'FLOW'],
    ['source', entry.src ?? ''],
    ['sport', entry.sport ?? ''],
    ['dst', entry.dst ?? ''],
    ['dport', entry.dport ?? ''],
    ['xsource', entry.src ?? ''],
    ['xsport', entry.sport ?? ''],
    ['xdst', entry.dst ?? ''],
    ['xdport', entry.dport ?? ''],
    ['proto', entry.proto === 'udp' ? '17' : '6'],
    ['from', entry.from ?? ''],
    ['to', entry.to ?? ''],
    ['nat', 'False'],
    ['srcnat', 'False'],
    ['dstnat', 'False'],
    ['proxy', 'False'],
    ['decrypt-mirror', 'False'],
    ['security-rule', entry.rule ?? ''],
    ['ingress', entry.inbound_if ?? ''],
    ['egress', entry.outbound_if ?? ''],
    ['flags', ''],
    ['start-time', entry.start ?? ''],
    ['total-byte-count', entry.bytes ?? ''],
  ]
  return `<entry>${fields.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`).join('')}</entry>`
}

const FILTERS: Readonly<Record<string, string>> = {
  source: 'src',
  destination: 'dst',
  application: 'app',
  rule: 'rule',
  from: 'from',
  to: 'to',
  'destination-port': 'dport',
  'source-port': 'sport',
}

const showSessions: Operation = ({ device, node, now }) => {
  const wanted = children(node, 'filter').flatMap((filter: XmlNode) => filter.children)
  const unknown = wanted.find(part => !(part.name in FILTERS))
  if (unknown) return failed(17, `show -> session -> all -> filter -> ${unknown.name} is unexpected`)
  return logsUntil(device, 'traffic', now)
    .slice(-200)
    .filter(entry => entry.action === 'allow' && wanted.every(part => entry[FILTERS[part.name] ?? ''] === part.text.trim()))
    .map(session)
    .join('')
}

export const NETWORK_OPERATIONS: Readonly<Record<string, Operation>> = {
  'show routing route': showRoutes,
  'show advanced-routing route': showAdvancedRoutes,
  'test routing fib-lookup': fibLookup,
  'test advanced-routing fib-lookup': fibLookup,
  'show session all': showSessions,
}
