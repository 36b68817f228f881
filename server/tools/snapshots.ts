/**
 * What was read from the device, kept for a moment and shared by all calls. Promise: a page and the next one are cut from the same list;
 * what is kept is bounded in time and in number of items; equal reads under way are one.
 */
import { randomBytes } from 'node:crypto'
import { PanosError } from '../panos/panos-error.ts'
import { SharedFlights } from '../panos/shared-flights.ts'

export interface Snapshot<T> {
  readonly value: T
  /** Milliseconds since the epoch: when the device had answered. */
  readonly fetchedAt: number
}

/** A list that pages are cut from. */
export interface Paged {
  /** Whose cursors lead to it. */
  readonly tool: string
  /** What was asked for, as text. */
  readonly question: string
  readonly items: readonly unknown[]
  /** What the tool is given back. */
  readonly list: object
}

interface Kept {
  readonly snapshot: Snapshot<unknown>
  readonly weight: number
  readonly until: number
}

export interface SnapshotOptions {
  /** How long a read serves other calls; 30 s by default. */
  readonly ttlMs?: number
  /** How long a page's successor can be asked for; 10 min by default. */
  readonly pagesMs?: number
  /** Items in all that are kept. */
  readonly capacity?: number
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
}

/** What is kept for one device. */
export type DeviceSnapshots = Pick<Snapshots, 'read' | 'pages' | 'listOf' | 'forget' | 'of'>

export class Snapshots {
  readonly #ttlMs: number
  readonly #pagesMs: number
  readonly #capacity: number
  readonly #clock: () => number
  readonly #flights = new SharedFlights()
  /** How often something was changed: what was read across a change is not kept. */
  #changes = 0
  /** In the order of last use. */
  readonly #kept = new Map<string, Kept>()

  constructor(options: SnapshotOptions = {}) {
    this.#ttlMs = options.ttlMs ?? 30_000
    this.#pagesMs = options.pagesMs ?? 600_000
    this.#capacity = options.capacity ?? 400_000
    this.#clock = options.clock ?? Date.now
  }

  /** The part for a firewall behind this Panorama: nothing of one device is ever taken for another's. */
  of(serial: string): DeviceSnapshots {
    return {
      read: (key, options, load) => this.read(`${serial} ${key}`, options, load),
      pages: paged => this.pages(paged, serial),
      listOf: (id, tool, part) => this.listOf(id, tool, part, serial),
      forget: () => this.forget(),
      of: other => this.of(other),
    }
  }

  /** Forgets all reads: something was changed. Lists that pages are cut from stay. */
  forget(): void {
    this.#changes += 1
    for (const key of this.#kept.keys()) if (key.startsWith('read ')) this.#kept.delete(key)
  }

  /**
   * The value of a key, read now or a moment ago.
   * @param weigh items in the value
   */
  async read<T>(
    key: string,
    options: { readonly refresh: boolean; readonly signal: AbortSignal; weigh(value: T): number },
    load: (signal: AbortSignal) => Promise<T>,
  ): Promise<Snapshot<T>> {
    const name = `read ${key}`
    const known = options.refresh ? undefined : this.#find(name)
    if (known) return known.snapshot as Snapshot<T>
    const changes = this.#changes
    return this.#flights.join(`${changes} ${name}`, options.signal, async signal => {
      const value = await load(signal)
      const snapshot: Snapshot<T> = { value, fetchedAt: this.#clock() }
      if (changes !== this.#changes) return snapshot
      this.#keep(name, { snapshot, weight: options.weigh(value), until: this.#clock() + this.#ttlMs })
      return snapshot
    })
  }

  /** Keeps a list for its pages; gives the name that a cursor begins with. */
  pages(paged: Paged, serial = ''): string {
    const prefix = `page ${serial} `
    const id = this.#equal(prefix, paged) ?? randomBytes(9).toString('base64url')
    this.#keep(prefix + id, {
      snapshot: { value: paged, fetchedAt: this.#clock() },
      weight: paged.items.length,
      until: this.#clock() + this.#pagesMs,
    })
    return id
  }

  /** The list that the same question to the same snapshot left: many who ask it do not push each other's lists out. */
  #equal(prefix: string, { tool, question, items }: Paged): string | undefined {
    for (const [name, { snapshot }] of this.#kept) {
      if (!name.startsWith(prefix)) continue
      const kept = snapshot.value as Paged
      const equal = kept.tool === tool && kept.question === question && kept.items.length === items.length
      if (equal && kept.items.every((item, index) => item === items[index])) return name.slice(prefix.length)
    }
    return undefined
  }

  /**
   * The list that a cursor belongs to. Throws PanosError when it is not kept any more, or is another tool's.
   * @param part what a list of the wanted kind has
   */
  listOf(id: string, tool: string, part: string, serial = ''): object {
    const paged = this.#find(`page ${serial} ${id}`)?.snapshot.value as Paged | undefined
    if (paged && paged.tool !== tool)
      throw new PanosError({
        kind: 'bad-request',
        message: `This cursor was given by ${paged.tool}, not by ${tool}.`,
        hint: `Give it to ${paged.tool}, or call ${tool} without a cursor.`,
      })
    if (paged && part in paged.list) return paged.list
    throw new PanosError({
      kind: 'bad-request',
      message: 'This cursor is not known: it is wrong, or the list that it pages through is no longer kept.',
      hint: 'Call the tool again without a cursor; a cursor goes with the target that it was given for.',
    })
  }

  #find(name: string): Kept | undefined {
    const kept = this.#kept.get(name)
    if (!kept) return undefined
    this.#kept.delete(name)
    if (kept.until <= this.#clock()) return undefined
    this.#kept.set(name, kept)
    return kept
  }

  #keep(name: string, kept: Kept): void {
    this.#kept.delete(name)
    this.#kept.set(name, kept)
    const now = this.#clock()
    let total = 0
    for (const [each, { weight, until }] of this.#kept) {
      if (until > now) total += weight + 1
      else this.#kept.delete(each)
    }
    for (const [oldest, { weight }] of this.#kept) {
      if (total <= this.#capacity || oldest === name) break
      this.#kept.delete(oldest)
      total -= weight + 1
    }
  }
}
