/**
 * Where on a device objects can lie: `shared` and each virtual system. Promise: reading one kind of object costs one request per place,
 * never one per object, and a place that cannot be read is an error or a warning, not silence.
 */
import type { ConfigKind, PanosClient } from '../panos/panos-client.ts'
import { children, type XmlNode } from '../panos/xml.ts'
import { inShared, inVsys, vsysNames } from '../panos/xpath.ts'

/** Names of the virtual systems. Listed from the candidate: only `get` can list names, and it also knows what a template added. */
export async function listVsys(client: PanosClient, signal: AbortSignal): Promise<string[]> {
  const { result } = await client.read('candidate', vsysNames, signal)
  return children(result, 'entry')
    .map(entry => entry.attributes.name ?? '')
    .filter(name => name !== '')
}

/** The entries of a container such as `<address>`, whose element is the result's only child. */
export async function readEntries(
  client: PanosClient,
  config: ConfigKind,
  xpath: string,
  signal: AbortSignal,
): Promise<readonly XmlNode[]> {
  const { result } = await client.read(config, xpath, signal)
  return result?.children.flatMap(container => children(container, 'entry')) ?? []
}

export interface Located {
  /** `shared` or the name of a virtual system. */
  readonly location: string
  readonly node: XmlNode
}

export const NO_VSYS =
  'The device has no virtual systems, as a Panorama does: only what is shared was read. Device groups and templates are not read by this tool.'

/** The entries of one container in `shared` (where asked for) and in every virtual system, in that order. */
export async function readEverywhere(
  client: PanosClient,
  config: ConfigKind,
  container: readonly string[],
  options: { readonly shared: boolean },
  signal: AbortSignal,
): Promise<{ entries: Located[]; warnings: string[] }> {
  const systems = await listVsys(client, signal)
  const places = [
    ...(options.shared ? [{ location: 'shared', xpath: inShared(...container) }] : []),
    ...systems.map(name => ({ location: name, xpath: inVsys(name, ...container) })),
  ]
  const found = await Promise.all(
    places.map(async ({ location, xpath }) => (await readEntries(client, config, xpath, signal)).map(node => ({ location, node }))),
  )
  return { entries: found.flat(), warnings: systems.length === 0 ? [NO_VSYS] : [] }
}
