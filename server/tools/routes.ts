/**
 * `show_routes` and `test_route_lookup`: the routing table, of both routing engines. Promise: the engine is found out by asking, once per call,
 * and its answer (XML of one, JSON inside XML of the other) becomes the same list.
 */
import { z } from 'zod'
import { addressNumber, spanOf } from '../panos/ip-span.ts'
import { PanosError } from '../panos/panos-error.ts'
import { children, textAt, type XmlNode } from '../panos/xml.ts'
import { cursorInput, limitInput, type PanosTool, type ToolContext } from './panos-tool.ts'
import { isUnknownCommand, type Way, waysTo } from './route-lookup.ts'

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

async function advancedRoutes({ client, signal }: ToolContext): Promise<Route[]> {
  const { result } = await client().op('<show><advanced-routing><route></route></advanced-routing></show>', signal)
  return readAdvancedRoutes(textAt(result, 'json') ?? '{}')
}

/** An engine that does not run has no routes, or its command is refused. */
async function allRoutes(context: ToolContext): Promise<Route[]> {
  let legacy: Route[] | undefined
  try {
    legacy = readRoutes((await context.client().op('<show><routing><route></route></routing></show>', context.signal)).result)
    if (legacy.length > 0) return legacy
  } catch (error) {
    if (!isUnknownCommand(error)) throw error
  }
  try {
    return await advancedRoutes(context)
  } catch (error) {
    if (legacy && isUnknownCommand(error)) return legacy
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
  description: 'Lists routes of all virtual or logical routers. For one address, test_route_lookup is shorter and says the zone.',
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
  router: z.string().max(63).optional().describe('Virtual router or logical router; all that have interfaces by default.'),
})
const lookup = z.object({
  destination: z.string(),
  router: z.string(),
  found: z.boolean(),
  nexthop: z.string(),
  interface: z.string(),
  zone: z.string(),
  vsys: z.string(),
  metric: z.string(),
})

const wayLine = ({ found, destination, router, ...way }: Way): string =>
  found
    ? `${destination} lies behind ${way.interface}, ${way.zone === '' ? 'which is in no zone' : `zone ${way.zone}`}, ${way.nexthop.includes(' ') ? way.nexthop : `next hop ${way.nexthop}`} (router ${router}).`
    : `Router ${router} has no route to ${destination}.`

export const testRouteLookup: PanosTool<typeof lookupInput, Way> = {
  name: 'test_route_lookup',
  title: 'Look up the route and zone of an address',
  description:
    'Says in which zone an IP address is and through which interface and next hop the firewall reaches it. For what an address is called, use find_object_by_ip.',
  toolset: 'network',
  input: lookupInput,
  item: lookup,
  async run({ destination_ip, router }, context) {
    const items = await waysTo(context, destination_ip, router)
    const [only, ...others] = items
    return {
      scope: `route lookup in ${items.map(way => way.router).join(', ')}`,
      items,
      warnings: [],
      summary: only && others.length === 0 ? wayLine(only) : `${items.length} routers were asked about ${destination_ip}.`,
      line: others.length === 0 ? () => '' : wayLine,
    }
  },
}
