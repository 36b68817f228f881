/**
 * Where on a device objects can lie: `shared`, the virtual systems of a firewall, the device groups and templates of a Panorama.
 * Promise: finding out costs one request on a firewall and two on a Panorama, whatever is in there, and is remembered for a while.
 */
import { PanosError } from '../panos/panos-error.ts'
import { child, children, textAt, type XmlNode } from '../panos/xml.ts'
import { inDeviceGroup, inShared, inTemplate, inVsys, templateNames, templateVsysNames, vsysNames } from '../panos/xpath.ts'
import type { ToolContext } from './panos-tool.ts'

export interface Location {
  readonly name: string
  readonly kind: 'shared' | 'vsys' | 'device-group' | 'template'
  /** Of a device group below another. */
  readonly parent?: string
  /** XPath of something inside it. */
  xpath(...path: readonly string[]): string
}

export interface Map {
  readonly kind: 'firewall' | 'panorama'
  /** `shared` first. */
  readonly locations: readonly Location[]
}

const shared: Location = { name: 'shared', kind: 'shared', xpath: inShared }

const namesIn = (result: XmlNode | undefined): string[] =>
  children(result, 'entry')
    .map(entry => entry.attributes.name ?? '')
    .filter(name => name !== '')

function groupsBelow(node: XmlNode | undefined, parent: string | undefined): Location[] {
  return children(node, 'dg').flatMap(dg => {
    const name = dg.attributes.name ?? ''
    const own: Location = {
      name,
      kind: 'device-group',
      ...(parent !== undefined && { parent }),
      xpath: (...path) => inDeviceGroup(name, ...path),
    }
    return [own, ...groupsBelow(dg, name)]
  })
}

async function look(context: ToolContext, signal: AbortSignal): Promise<Map> {
  const client = context.client()
  // Listed from the candidate: only `get` can list names, and it also knows what a template added.
  const systems = namesIn((await client.read('candidate', vsysNames, signal)).result)
  if (systems.length > 0) {
    return {
      kind: 'firewall',
      locations: [shared, ...systems.map((name): Location => ({ name, kind: 'vsys', xpath: (...path) => inVsys(name, ...path) }))],
    }
  }
  const { result } = await client.op('<show><dg-hierarchy></dg-hierarchy></show>', signal)
  return { kind: 'panorama', locations: [shared, ...groupsBelow(child(result, 'dg-hierarchy'), undefined)] }
}

export async function mapOf(context: ToolContext, refresh = false): Promise<Map> {
  const { signal } = context
  const found = await context.snapshots.read('locations', { refresh, signal, weigh: (map: Map) => map.locations.length }, shared =>
    look(context, shared),
  )
  return found.value
}

const unknown = (message: string, known: readonly Location[]): PanosError =>
  new PanosError({
    kind: 'bad-request',
    message,
    hint: `Use one of: ${known
      .slice(0, 40)
      .map(({ name }) => name)
      .join(', ')}${known.length > 40 ? ', …' : ''}.`,
  })
const noLocation = (wanted: string): string => `There is no location "${wanted}" on this device.`

/**
 * The locations that a tool is asked about: one, or all. PANOS_VSYS stands for a location that was not given. Throws PanosError for what is not
 * there: an empty answer would look as if nothing were configured.
 */
export async function locationsFor(context: ToolContext, wanted: string | undefined, refresh = false): Promise<readonly Location[]> {
  const { kind, locations } = await mapOf(context, refresh)
  const { vsys } = context.client()
  const name = wanted ?? vsys
  if (name === undefined || name === 'all') return locations
  const found = locations.filter(each => each.name === name)
  // On a Panorama PANOS_VSYS may be meant for the firewalls behind it.
  if (found.length === 0 && (wanted !== undefined || kind === 'firewall'))
    throw unknown(name === vsys ? `PANOS_VSYS names "${name}", which is not on this device.` : noLocation(name), locations)
  return wanted === undefined ? locations.filter(each => each.kind === 'shared' || found.includes(each)) : found
}

/** A location and those whose objects it sees, nearest first. */
export function lineage(map: Map, name: string): Location[] {
  const found: Location[] = []
  for (let next: string | undefined = name; next !== undefined; ) {
    const location: Location | undefined = map.locations.find(each => each.name === next && each.kind !== 'shared')
    if (!location || found.includes(location)) break
    found.push(location)
    next = location.parent
  }
  return [...found, shared]
}

/** Templates of a Panorama, each with its virtual systems: that is where zones and networks are. */
export async function templatesFor(context: ToolContext, wanted: string | undefined, refresh = false): Promise<readonly Location[]> {
  const { signal } = context
  const found = await context.snapshots.read(
    'templates',
    { refresh, signal, weigh: (list: readonly Location[]) => list.length },
    async within => {
      const client = context.client()
      const templates = namesIn((await client.read('candidate', templateNames, within)).result)
      const lists = await Promise.all(
        templates.map(async template => {
          const systems = namesIn((await client.read('candidate', templateVsysNames(template), within)).result)
          return systems.map(
            (vsys): Location => ({
              name: `${template}/${vsys}`,
              kind: 'template',
              xpath: (...path) => inTemplate(template, vsys, ...path),
            }),
          )
        }),
      )
      return lists.flat()
    },
  )
  const matching = found.value.filter(
    ({ name }) => wanted === undefined || wanted === 'all' || name === wanted || name.startsWith(`${wanted}/`),
  )
  if (matching.length === 0 && wanted !== undefined && wanted !== 'all') throw unknown(noLocation(wanted), found.value)
  return matching
}

/** Firewalls that a Panorama manages, by serial number. */
export async function managedDevices(context: ToolContext) {
  const { result } = await context.client().op('<show><devices><all></all></devices></show>', context.signal)
  return children(child(result, 'devices'), 'entry').map(entry => ({
    serial: textAt(entry, 'serial') ?? entry.attributes.name ?? '',
    hostname: textAt(entry, 'hostname') ?? '',
    model: textAt(entry, 'model') ?? '',
    version: textAt(entry, 'sw-version') ?? '',
    connected: textAt(entry, 'connected') === 'yes',
  }))
}
