/**
 * Whether one security rule takes all that another could match. Promise: "covers" is never said when it is not certain: names that cannot be
 * compared count as different, and a negated or user-bound rule covers only its exact like.
 */
import { contains, type Span } from '../panos/ip-span.ts'
import type { AddressBook } from './address-book.ts'
import type { SecurityRule } from './security-rule.ts'

const isAny = (names: readonly string[]): boolean => names.length === 0 || names.includes('any')
const namesCover = (outer: readonly string[], inner: readonly string[]): boolean =>
  isAny(outer) || (!isAny(inner) && inner.every(name => outer.includes(name)))

interface Cover {
  readonly spans: readonly Span[]
  readonly atoms: ReadonlySet<string>
}

export class RuleCover {
  readonly #book: AddressBook
  readonly #covers = new Map<string, Cover>()

  constructor(book: AddressBook) {
    this.#book = book
  }

  #cover(names: readonly string[], location: string): Cover {
    const key = `${location}\n${names.join('\n')}`
    const known = this.#covers.get(key)
    if (known) return known
    const parts = names.map(name => this.#book.cover(name, location))
    const cover = { spans: parts.flatMap(({ spans }) => spans), atoms: new Set(parts.flatMap(({ atoms }) => atoms)) }
    this.#covers.set(key, cover)
    return cover
  }

  #addresses(outer: SecurityRule, inner: SecurityRule, side: 'source' | 'destination'): boolean {
    if (isAny(outer[side])) return true
    if (isAny(inner[side])) return false
    const [wide, narrow] = [this.#cover(outer[side], outer.location), this.#cover(inner[side], inner.location)]
    // An empty group would be covered by everything; it says nothing.
    if (narrow.spans.length + narrow.atoms.size === 0) return false
    return (
      [...narrow.atoms].every(atom => wide.atoms.has(atom)) && narrow.spans.every(span => wide.spans.some(each => contains(each, span)))
    )
  }

  covers(outer: SecurityRule, inner: SecurityRule): boolean {
    if (outer.disabled || inner.disabled || outer.schedule !== undefined) return false
    if (outer.type !== inner.type && outer.type !== 'universal') return false
    const negated = [outer, inner].some(rule => rule.sourceNegated || rule.destinationNegated)
    if (negated && (outer.sourceNegated !== inner.sourceNegated || outer.destinationNegated !== inner.destinationNegated)) return false
    // A rule for some firewalls leaves the others to those after it.
    if (outer.targets !== undefined && JSON.stringify(outer.targets) !== JSON.stringify(inner.targets)) return false
    if (negated && (outer.source.join() !== inner.source.join() || outer.destination.join() !== inner.destination.join())) return false
    // The standard ports depend on the application: they are the same only when the applications are.
    const services =
      outer.services.includes('application-default') && !isAny(outer.services)
        ? inner.services.join() === outer.services.join() && !isAny(inner.applications)
        : namesCover(outer.services, inner.services)
    return (
      services &&
      namesCover(outer.from, inner.from) &&
      namesCover(outer.to, inner.to) &&
      namesCover(outer.applications, inner.applications) &&
      namesCover(outer.sourceUsers, inner.sourceUsers) &&
      namesCover(outer.categories, inner.categories) &&
      namesCover(outer.sourceHips ?? [], inner.sourceHips ?? []) &&
      namesCover(outer.destinationHips ?? [], inner.destinationHips ?? []) &&
      (negated || (this.#addresses(outer, inner, 'source') && this.#addresses(outer, inner, 'destination')))
    )
  }
}
