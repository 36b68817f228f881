/**
 * The logs of a simulated device. Promise: entry number `n` of a kind is the same whenever it is asked for; traffic entries say what the
 * policy that was running then did with the flow.
 */
import { membersAt, textAt, type XmlNode } from '../panos/xml.ts'
import { SITES } from './address-plan.ts'
import { config, withDeeds } from './config-log.ts'
import type { Device } from './device.ts'
import { Dice } from './dice.ts'
import { APPLICATION_PORTS, PolicyView } from './flow.ts'
import type { LogEntry } from './log-filter.ts'
import { head, type LogType } from './log-head.ts'
import { INTERFACES } from './rulebase.ts'
import { stamp } from './time.ts'

/** Between two entries of a kind. */
const LOG_INTERVAL_MS = 180_000

const NETWORKS = new Map(SITES.map(site => [site.zone, site.network]))
const ZONES: readonly [string, ...string[]] = ['users', 'servers', 'dmz', 'management', 'partners', 'untrust']
const PORTS = Object.entries(APPLICATION_PORTS).map(([application, [port = 'tcp/443']]) => [application, port] as const)

const NOTHING: XmlNode = { name: '', attributes: {}, children: [], text: '' }

const hostIn = (zone: string, dice: Dice): string => {
  const network = NETWORKS.get(zone)
  return network === undefined ? `198.51.100.${1 + dice.below(250)}` : `10.${network}.${dice.below(2)}.${1 + dice.below(120)}`
}

function flow(device: Device, view: PolicyView, dice: Dice): Record<string, string> {
  // Most traffic is what some rule was written for; the rest is whatever comes along.
  const allowing = view.rules.filter(rule => textAt(rule, 'action') === 'allow' && textAt(rule, 'disabled') !== 'yes')
  const meant = allowing.length > 0 && dice.chance(0.75) ? allowing[dice.below(allowing.length)] : undefined
  const zone = (part: string): string | undefined => membersAt(meant ?? NOTHING, part).find(name => name !== 'any')
  const from = zone('from') ?? dice.pick(ZONES.filter(name => name !== 'untrust') as [string, ...string[]])
  const to = zone('to') ?? dice.pick(ZONES.filter(name => name !== from) as [string, ...string[]])
  const wanted = membersAt(meant ?? NOTHING, 'application')
  const known = PORTS.filter(([name]) => wanted.includes(name))
  const [application, service] = dice.pick((known.length > 0 ? known : PORTS) as [(typeof PORTS)[number], ...typeof PORTS])
  const [protocol = 'tcp', port = '443'] = service.split('/')
  const [source, destination] = [
    (meant && view.sample(meant, 'source')) ?? hostIn(from, dice),
    (meant && view.sample(meant, 'destination')) ?? hostIn(to, dice),
  ]
  const asked = { from, to, source, destination, port: Number(port), protocol: protocol === 'udp' ? 17 : 6, application }
  const { rule, action } = view.verdict(asked)
  return {
    src: source,
    dst: destination,
    rule,
    srcloc: '10.0.0.0-10.255.255.255',
    dstloc: to === 'untrust' ? 'United States' : '10.0.0.0-10.255.255.255',
    app: action === 'allow' ? application : 'not-applicable',
    vsys: 'vsys1',
    from,
    to,
    inbound_if: INTERFACES[from] ?? '',
    outbound_if: INTERFACES[to] ?? '',
    logset: 'default',
    sessionid: action === 'allow' ? String(1000 + dice.below(200_000)) : '0',
    repeatcnt: '1',
    sport: String(32_768 + dice.below(28_000)),
    dport: port,
    natsport: '0',
    natdport: '0',
    flags: '0x19',
    proto: protocol,
    action,
    device_name: device.hostname,
    vsys_id: '1',
  }
}

function traffic(device: Device, view: PolicyView, number: number, at: number): LogEntry {
  const dice = new Dice(device.seed * 65_537 + number)
  const seen = flow(device, view, dice)
  const allowed = seen.action === 'allow'
  const [sent, received] = allowed ? [200 + dice.below(20_000), 200 + dice.below(400_000)] : [74, 0]
  return {
    ...head(device, 'traffic', number, at, allowed ? 'end' : 'drop'),
    ...seen,
    bytes: String(sent + received),
    bytes_sent: String(sent),
    bytes_received: String(received),
    packets: String(allowed ? 4 + dice.below(400) : 1),
    start: stamp(at - 15_000),
    elapsed: allowed ? String(dice.below(120)) : '0',
    category: 'any',
    session_end_reason: allowed ? dice.pick(['tcp-fin', 'aged-out', 'tcp-rst-from-client']) : 'policy-deny',
    action_source: 'from-policy',
  }
}

const THREATS = [
  ['User Login Brute Force Attempt', '40015', 'high'],
  ['Suspicious TLS Evasion Found', '14978', 'informational'],
  ['Generic HTTP Cross Site Scripting Attempt', '31476', 'medium'],
] as const

function threat(device: Device, view: PolicyView, number: number, at: number): LogEntry {
  const dice = new Dice(device.seed * 65_539 + number)
  const [name, id, severity] = dice.pick(THREATS as unknown as [(typeof THREATS)[number]])
  return {
    ...head(device, 'threat', number, at, 'vulnerability'),
    ...flow(device, view, dice),
    action: severity === 'high' ? 'reset-both' : 'alert',
    // From 11.2 on the field holds the name, and the number is in `tid`.
    threatid: device.dialect === '11.2' ? name : `${name}(${id})`,
    tid: id,
    category: 'brute-force',
    severity,
    direction: 'client-to-server',
  }
}

function url(device: Device, view: PolicyView, number: number, at: number): LogEntry {
  const dice = new Dice(device.seed * 65_543 + number)
  const category = dice.pick(['business-and-economy', 'computer-and-internet-info', 'social-networking', 'unknown'])
  return {
    ...head(device, 'url', number, at, 'url'),
    ...flow(device, view, dice),
    action: category === 'unknown' ? 'block-url' : 'alert',
    misc: `www-${dice.below(40)}.example.net/`,
    category,
    severity: 'informational',
    direction: 'client-to-server',
  }
}

function system(device: Device, number: number, at: number): LogEntry {
  const dice = new Dice(device.seed * 65_551 + number)
  const [eventid, severity, opaque] = dice.pick([
    ['general', 'informational', 'User admin logged in via Web from 192.0.2.100 using https'],
    ['syslog-conn-status', 'high', "Syslog connection failed to server['siem']"],
    ['upgrade-content-success', 'informational', 'Installed content package: panupv2-all-contents-8912-9045'],
    ['link-change', 'critical', 'Port ethernet1/6: Down 1Gb/s-full duplex'],
  ])
  return {
    ...head(device, 'system', number, at, 'general'),
    vsys_id: '0',
    device_name: device.hostname,
    eventid: eventid ?? '',
    fmt: '0',
    id: '0',
    module: 'general',
    severity: severity ?? '',
    opaque: opaque ?? '',
  }
}

const cache = new WeakMap<Device, Map<LogType, LogEntry[]>>()
const views = new WeakMap<XmlNode, Map<string, PolicyView>>()

/** The policy that a device enforces in a virtual system; made once for each configuration and set of registered addresses. */
export function policyOf(device: Device, vsys = 'vsys1'): PolicyView {
  const known = views.get(device.running) ?? new Map<string, PolicyView>()
  views.set(device.running, known)
  const users = device.users(vsys)
  const key = `${vsys} ${users.version}`
  const view = known.get(key) ?? new PolicyView(device.running, vsys, test => users.addressesWith(test))
  known.set(key, view)
  return view
}

/** All entries of a kind that exist at a moment, oldest first. */
export function logsUntil(device: Device, kind: LogType, now: number): readonly LogEntry[] {
  const kinds = cache.get(device) ?? new Map<LogType, LogEntry[]>()
  cache.set(device, kinds)
  const entries = kinds.get(kind) ?? []
  kinds.set(kind, entries)
  const view = policyOf(device)
  for (let number = entries.length; device.bootedAt + (number + 1) * LOG_INTERVAL_MS <= now; number += 1) {
    const at = device.bootedAt + (number + 1) * LOG_INTERVAL_MS
    if (kind === 'traffic') entries.push(traffic(device, view, number, at))
    else if (kind === 'threat') entries.push(threat(device, view, number, at))
    else if (kind === 'url') entries.push(url(device, view, number, at))
    else entries.push(kind === 'system' ? system(device, number, at) : config(device, number, at))
  }
  return kind === 'config' ? withDeeds(device, entries) : entries
}
