/**
 * Reads containers of entries (`<address>`, `<rules>`) from several places. Promise: one request per place, never one per entry; what is
 * kept for other calls is the small parsed form, not the XML.
 */
import type { ConfigKind } from '../panos/panos-client.ts'
import { children, type XmlNode } from '../panos/xml.ts'
import type { ToolContext } from './panos-tool.ts'

export interface Place<Item> {
  /** Tells one parsed form from another of the same nodes. */
  readonly as: string
  readonly label: string
  readonly xpath: string
  read(node: XmlNode, index: number): Item
}

export interface Entries<Item> {
  readonly items: readonly Item[]
  /** Milliseconds since the epoch: of the oldest part. */
  readonly fetchedAt: number
}

/** The entries of one container, whose element is the result's only child. */
async function readPlace<Item>(context: ToolContext, config: ConfigKind, refresh: boolean, place: Place<Item>): Promise<Entries<Item>> {
  const { signal } = context
  const key = `${config} ${place.as} ${place.xpath}`
  const found = await context.snapshots.read(key, { refresh, signal, weigh: (items: readonly Item[]) => items.length }, async within => {
    const { result } = await context.client().read(config, place.xpath, within)
    return (result?.children ?? []).flatMap(container => children(container, 'entry')).map((node, index) => place.read(node, index))
  })
  return { items: found.value, fetchedAt: found.fetchedAt }
}

/** The entries of all places, in their order. */
export async function readPlaces<Item>(
  context: ToolContext,
  config: ConfigKind,
  refresh: boolean,
  places: readonly Place<Item>[],
): Promise<Entries<Item>> {
  let done = 0
  const parts = await Promise.all(
    places.map(async place => {
      const part = await readPlace(context, config, refresh, place)
      done += 1
      context.progress(done, places.length, `${place.label} read`)
      return part
    }),
  )
  return { items: parts.flatMap(({ items }) => items), fetchedAt: Math.min(Date.now(), ...parts.map(({ fetchedAt }) => fetchedAt)) }
}
