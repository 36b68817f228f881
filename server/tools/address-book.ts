/**
 * Names of addresses and groups, and what they stand for. Promise: a name means the object that is nearest to where it is used; groups are
 * opened however deep they are nested, each object of theirs is named once, and a group inside itself ends the opening.
 */
import { isIP } from 'node:net'
import { contains, type Span, spanOf, wildcardHolds } from '../panos/ip-span.ts'
import type { ConfigKind } from '../panos/panos-client.ts'
import { ADDRESS_GROUPS, type AddressGroup } from './address-group.ts'
import type { AddressObject } from './address-object.ts'
import { readAll } from './listing.ts'
import { type Map as Locations, lineage, mapOf } from './locations.ts'
import type { ToolContext } from './panos-tool.ts'
import { ADDRESSES } from './retrieve-address-objects.ts'
import { parseTagFilter } from './tag-filter.ts'

type Index<T> = ReadonlyMap<string, T>
const keyOf = (location: string, name: string): string => `${location}\n${name}`
const index = <T extends { readonly location: string; readonly name: string }>(items: readonly T[]): Index<T> =>
  new Map(items.map(item => [keyOf(item.location, item.name), item]))

export class AddressBook {
  readonly addresses: readonly AddressObject[]
  readonly groups: readonly AddressGroup[]
  readonly fetchedAt: number
  readonly #map: Locations
  readonly #addressIndex: Index<AddressObject>
  readonly #groupIndex: Index<AddressGroup>
  readonly #opened = new Map<AddressGroup, readonly AddressObject[]>()

  constructor(map: Locations, addresses: readonly AddressObject[], groups: readonly AddressGroup[], fetchedAt: number) {
    this.#map = map
    this.addresses = addresses
    this.groups = groups
    this.fetchedAt = fetchedAt
    this.#addressIndex = index(addresses)
    this.#groupIndex = index(groups)
  }

  #nearest<T>(known: Index<T>, name: string, location: string): T | undefined {
    for (const place of lineage(this.#map, location)) {
      const found = known.get(keyOf(place.name, name))
      if (found) return found
    }
    return undefined
  }

  /** The addresses that a group holds, nested groups opened. */
  open(group: AddressGroup): readonly AddressObject[] {
    const known = this.#opened.get(group)
    if (known) return known
    const found = new Set<AddressObject>()
    // Several groups may hold the same one, which is looked into once.
    const groups = new Set([group])
    for (const each of groups) {
      for (const member of this.#members(each)) {
        if ('members' in member) groups.add(member)
        else found.add(member)
      }
    }
    const opened = [...found]
    this.#opened.set(group, opened)
    return opened
  }

  #members(group: AddressGroup): (AddressObject | AddressGroup)[] {
    if (group.type === 'dynamic') {
      const test = parseTagFilter(group.filter ?? '')
      const places = new Set(lineage(this.#map, group.location).map(({ name }) => name))
      return test ? this.addresses.filter(address => places.has(address.location) && test(address.tags)) : []
    }
    return group.members.flatMap(
      name => this.#nearest(this.#addressIndex, name, group.location) ?? this.#nearest(this.#groupIndex, name, group.location) ?? [],
    )
  }

  /** The objects that a name in a rule stands for. */
  objects(name: string, location: string): readonly AddressObject[] {
    const address = this.#nearest(this.#addressIndex, name, location)
    const group = address ? undefined : this.#nearest(this.#groupIndex, name, location)
    if (address) return [address]
    if (group) return this.open(group)
    const literal = isIP(name.split(/[/-]/)[0] ?? '') !== 0
    return literal ? [{ name, location, type: name.includes('-') ? 'ip-range' : 'ip-netmask', value: name, tags: [] }] : []
  }

  /** What a name covers: spans of addresses, and what has none (FQDNs, wildcards, unknown names) by its own text. */
  cover(name: string, location: string): { readonly spans: readonly Span[]; readonly atoms: readonly string[] } {
    const objects = this.objects(name, location)
    const spans = objects.flatMap(({ value, type }) => (type === 'fqdn' || type === 'ip-wildcard' ? [] : (spanOf(value) ?? [])))
    const atoms = objects.filter(({ value, type }) => type === 'fqdn' || type === 'ip-wildcard' || !spanOf(value)).map(({ value }) => value)
    return { spans, atoms: objects.length === 0 ? [...atoms, name] : atoms }
  }

  /** Whether a name in a rule covers an address or network. */
  covers(name: string, location: string, wanted: Span, text: string): boolean {
    return this.objects(name, location).some(({ type, value }) => {
      const span = type === 'fqdn' ? undefined : spanOf(value)
      return type === 'ip-wildcard' ? wildcardHolds(value, text) : span !== undefined && contains(span, wanted)
    })
  }
}

export async function readAddressBook(context: ToolContext, config: ConfigKind, refresh: boolean): Promise<AddressBook> {
  const everywhere = { config, location: 'all', refresh }
  const [map, addresses, groups] = await Promise.all([
    mapOf(context, refresh),
    readAll(context, ADDRESSES, everywhere),
    readAll(context, ADDRESS_GROUPS, everywhere),
  ])
  return new AddressBook(map, addresses.items, groups.items, Math.min(addresses.fetchedAt, groups.fetchedAt))
}
