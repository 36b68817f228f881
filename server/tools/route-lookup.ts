/**
 * Where an address lies, as the firewall routes: interface, next hop, zone. Promise: the routers are those that the interfaces name, and what
 * cannot be told for certain is left open rather than guessed.
 */
import { PanosError } from '../panos/panos-error.ts'
import { escapeXml, textAt } from '../panos/xml.ts'
import type { ToolContext } from './panos-tool.ts'
import { type Interface, readInterfaces } from './show-interfaces.ts'

export interface Way {
  readonly destination: string
  readonly router: string
  readonly found: boolean
  /** "directly connected" where there is none. */
  readonly nexthop: string
  readonly interface: string
  /** Of the interface; empty where it has none. */
  readonly zone: string
  /** The virtual system of the interface, for example vsys1; empty where it has none. */
  readonly vsys: string
  readonly metric: string
}

export const isUnknownCommand = (error: unknown): boolean => error instanceof PanosError && error.kind === 'bad-request'

async function interfacesOf(context: ToolContext): Promise<readonly Interface[]> {
  const { signal } = context
  const found = await context.snapshots.read(
    'interfaces',
    { refresh: false, signal, weigh: (faces: readonly Interface[]) => faces.length },
    async shared => readInterfaces((await context.client().op('<show><interface>all</interface></show>', shared)).result),
  )
  return found.value
}

/** `vr:default` is the virtual router default; the advanced engine has logical routers. */
const routersOf = (faces: readonly Interface[]): string[] => [
  ...new Set(faces.flatMap(({ forwarding }) => /^[vl]r:(.+)$/.exec(forwarding)?.[1] ?? [])),
]

async function ask({ client, signal }: ToolContext, router: string, ip: string) {
  const look = (engine: string, kind: string) =>
    client().op(
      `<test><${engine}><fib-lookup><${kind}>${escapeXml(router)}</${kind}><ip>${escapeXml(ip)}</ip></fib-lookup></${engine}></test>`,
      signal,
    )
  return look('routing', 'virtual-router').catch((error: unknown) => {
    if (isUnknownCommand(error)) return look('advanced-routing', 'logical-router')
    throw error
  })
}

/** One way for each router that is asked: the given one, or all that interfaces belong to. */
export async function waysTo(context: ToolContext, ip: string, router?: string): Promise<Way[]> {
  const faces = await interfacesOf(context)
  const known = routersOf(faces)
  const routers = router !== undefined ? [router] : known.length > 0 ? known : ['default']
  return Promise.all(
    routers.map(async name => {
      const { result } = await ask(context, name, ip)
      const [way = 'none', via, face, metric] = ['nh', 'ip', 'interface', 'metric'].map(part => textAt(result, part))
      const found = face !== undefined && way !== 'none'
      const at = faces.find(each => each.name === face)
      return {
        destination: ip,
        router: name,
        found,
        nexthop: via ?? (found ? 'directly connected' : ''),
        interface: face ?? '',
        zone: at?.zone ?? '',
        vsys: /^\d+$/.test(at?.vsys ?? '') && at?.vsys !== '0' ? `vsys${at?.vsys}` : (at?.vsys ?? ''),
        metric: metric ?? '',
      }
    }),
  )
}

export interface ZoneFound {
  readonly zone: string
  readonly vsys: string
  readonly interface: string
}

/**
 * The zone of an address in a virtual system, or in the only one whose routers know it. Undefined when several do and their zones or virtual
 * systems differ, or when the device does not say.
 */
export async function zoneOf(context: ToolContext, ip: string, vsys: string | undefined): Promise<ZoneFound | undefined> {
  try {
    const ways = (await waysTo(context, ip)).filter(each => each.found && (vsys === undefined || each.vsys === '' || each.vsys === vsys))
    const [first] = ways
    if (!first || first.zone === '' || ways.some(each => each.zone !== first.zone || each.vsys !== first.vsys)) return undefined
    return { zone: first.zone, vsys: first.vsys, interface: first.interface }
  } catch (error) {
    context.signal.throwIfAborted()
    // Without the right to look up routes the question itself can still be asked.
    if (error instanceof PanosError) return undefined
    throw error
  }
}
