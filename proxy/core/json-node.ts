/**
 * A value within parsed JSON that knows its path. Promise: asking for what is not there, or is of another type, gives a fault that names the path;
 * only own members are seen.
 */

import { shown } from './shown.ts'

/** Something in a file is not what it must be; the message begins with its path. */
export class HarFault extends Error {}

export class JsonNode {
  readonly value: unknown
  readonly path: string

  constructor(value: unknown, path: string) {
    this.value = value
    this.path = path
  }

  /** A member that may be absent (or null). */
  find(name: string): JsonNode | undefined {
    const members = this.members()
    const value = Object.hasOwn(members, name) ? members[name] : undefined
    return value === undefined || value === null ? undefined : new JsonNode(value, this.path === '' ? name : `${this.path}.${name}`)
  }
  /** A member that must be there. */
  get(name: string): JsonNode {
    const found = this.find(name)
    if (found === undefined) throw new HarFault(`${this.path === '' ? '' : `${this.path}.`}${name} is missing`)
    return found
  }

  members(): Readonly<Record<string, unknown>> {
    if (typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value)) return this.value as Record<string, unknown>
    throw this.#wrong('an object')
  }
  list(): JsonNode[] {
    if (!Array.isArray(this.value)) throw this.#wrong('a list')
    return this.value.map((entry, index) => new JsonNode(entry, `${this.path}[${index}]`))
  }
  text(): string {
    if (typeof this.value === 'string') return this.value
    throw this.#wrong('a text')
  }
  number(): number {
    if (typeof this.value === 'number' && Number.isFinite(this.value)) return this.value
    throw this.#wrong('a number')
  }

  #wrong(wanted: string): HarFault {
    return new HarFault(`${this.path || 'the file'} must be ${wanted}, not ${shown(this.value)}`)
  }
}
