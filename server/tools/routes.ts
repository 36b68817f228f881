/**
 * `show_routes` and `test_route_lookup`: the routing table, of both routing engines. Promise: the engine is found out by asking, once per call,
 * and its answer (XML of one, JSON inside XML of the other) becomes the same list.
 */
import { z } from 'zod'
import { addressNumber, spanOf } from '../panos/ip-span.ts'
import { PanosError } from '../panos/panos-error.ts'
import { children, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import { cursorInput, limitInput, type PanosTool, type ToolContext } from './panos-tool.ts'

export const route = z.object({
  router: z.string().describe('Virtual router or logical router.'),
  destination: z.string(),
  nexthop: z.string(),
  interface: z.string(),
  protocol: z.string().describe('connected, host, static, bgp, ospf, rip and so on.'),
  metric: z.string(),
  active: z.boolean(),
})
export type Route = z.infer<typeof route>

/** In the order in which flags are looked for: a route has one source. */
const SOURCES: readonly (readonly [RegExp, string])[] = [
  [/\bB\b/, 'bgp'],
  [/\bO[12io]?\b/, 'ospf'],
  [/\bR\b/, 'rip'],
  [/\bS\b/, 'static'],
  [/\bH\b/, 'host'],
  [/\bC\b/, 'connected'],
]

export const readRoutes = (result: XmlNode | undefined): Route[] =>
  children(result, 'entry').map(entry => {
    const flags = textAt(entry, 'flags') ?? ''
    const text = (name: string): string => textAt(entry, name) ?? ''
    return {
      router: text('virtual-router'),
      destination: text('destination'),
      nexthop: text('nexthop'),
      interface: text('interface'),
      protocol: SOURCES.find(([pattern]) => pattern.test(flags))?.[1] ?? 'other',
      metric: text('metric'),
      active: /\bA\b/.test(flags),
    }
  })

type Json = Readonly<Record<string, unknown>>
const fields = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const word = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** The JSON of the advanced routing engine: router, prefix, routes, next hops. */
export function readAdvancedRoutes(text: string): Route[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new PanosError({
      kind: 'device',
      message: 'The device gave a routing table that is not JSON.',
      hint: 'Its PAN-OS release may answer in a form that is not known yet.',
    })
  }
  return Object.entries(fields(parsed)).flatMap(([router, table]) =>
    Object.entries(fields(table)).flatMap(([destination, routes]) =>
      (Array.isArray(routes) ? routes : [routes]).flatMap((each: unknown) => {
        const { protocol, metric, selected, nexthops } = fields(each)
        const hops = Array.isArray(nexthops) && nexthops.length > 0 ? nexthops : [{}]
        return hops.map((hop: unknown) => ({
          router,
          destination,
          nexthop: word(fields(hop).ip),
          interface: word(fields(hop).interfaceName),
          protocol: word(protocol) || 'other',
          metric: word(metric),
          active: selected === true,
        }))
      }),
    ),
  )
}

const isUnknownCommand = (error: unknown): boolean => error instanceof PanosError && error.kind === 'bad-request'

async function advancedRoutes({ client, signal }: ToolContext): Promise<Route[]> {
  const { result } = await client().op('<show><advanced-routing><route></route></advanced-routing></show>', signal)
  return readAdvancedRoutes(textAt(result, 'json') ?? '{}')
}

async function allRoutes(context: ToolContext): Promise<Route[]> {
  const { result } = await context.client().op('<show><routing><route></route></routing></show>', context.signal)
  const routes = readRoutes(result)
  if (routes.length > 0) return routes
  try {
    return await advancedRoutes(context)
  } catch (error) {
    if (isUnknownCommand(error)) return routes
    throw error
  }
}

const showInput = z.object({
  destination: z.string().max(80).optional().describe('Only routes whose network contains this IP address.'),
  router: z.string().max(63).optional(),
  protocol: z.enum(['connected', 'host', 'local', 'static', 'bgp', 'ospf', 'rip', 'other']).optional(),
  limit: limitInput,
  cursor: cursorInput,
})

export const showRoutes: PanosTool<typeof showInput, Route> = {
  name: 'show_routes',
  title: 'Show the routing table',
  description: 'Lists routes of all virtual or logical routers. For where one address leads, test_route_lookup is shorter.',
  toolset: 'network',
  input: showInput,
  item: route,
  async run({ destination, router, protocol }, context) {
    const number = destination === undefined ? undefined : addressNumber(destination)
    const holds = (prefix: string): boolean => {
      const span = spanOf(prefix)
      return (
        span !== undefined &&
        number !== undefined &&
        span.version === (destination?.includes(':') ? 6 : 4) &&
        number >= span.low &&
        number <= span.high
      )
    }
    const routes = await allRoutes(context)
    const items = routes.filter(
      each =>
        (destination === undefined || holds(each.destination)) &&
        (router === undefined || each.router === router) &&
        (protocol === undefined || each.protocol === protocol),
    )
    return {
      scope: 'routing table',
      items,
      warnings: [],
      summary: `${items.length} routes${items.length < routes.length ? ` (of ${routes.length})` : ''} on ${context.client().device}.`,
      line: each =>
        [each.destination, `via ${each.nexthop}`, each.interface, each.protocol, each.active ? '' : 'inactive', each.router]
          .filter(Boolean)
          .join('  '),
    }
  },
}

const lookupInput = z.object({
  destination_ip: z
    .string()
    .max(63)
    .refine(text => addressNumber(text) !== undefined, 'must be an IP address'),
  router: z.string().max(63).default('default').describe('Virtual router or logical router.'),
})
const lookup = z.object({
  destination: z.string(),
  router: z.string(),
  found: z.boolean(),
  nexthop: z.string(),
  interface: z.string(),
  metric: z.string(),
})

export const testRouteLookup: PanosTool<typeof lookupInput, z.infer<typeof lookup>> = {
  name: 'test_route_lookup',
  title: 'Look up the route to an address',
  description:
    'Asks the firewall through which interface and next hop it reaches an address. show_interfaces tells the zone of that interface.',
  toolset: 'network',
  input: lookupInput,
  item: lookup,
  async run({ destination_ip, router }, { client, signal }) {
    const ask = (engine: string, kind: string) =>
      client().op(
        `<test><${engine}><fib-lookup><${kind}>${escapeXml(router)}</${kind}><ip>${escapeXml(destination_ip)}</ip></fib-lookup></${engine}></test>`,
        signal,
      )
    const { result } = await ask('routing', 'virtual-router').catch((error: unknown) => {
      if (isUnknownCommand(error)) return ask('advanced-routing', 'logical-router')
      throw error
    })
    const [way = 'none', via, face, metric] = ['nh', 'ip', 'interface', 'metric'].map(name => textAt(result, name))
    const found = face !== undefined && way !== 'none'
    const item = {
      destination: destination_ip,
      router,
      found,
      nexthop: via ?? (found ? 'directly connected' : ''),
      interface: face ?? '',
      metric: metric ?? '',
    }
    return {
      scope: `route lookup in ${router}`,
      items: [item],
      warnings: [],
      summary: found
        ? `${destination_ip} is reached through ${face}, next hop ${item.nexthop}.`
        : `${router} has no route to ${destination_ip}.`,
      line: () => '',
    }
  },
}
