/**
 * Which rules, groups and objects refer to which names. Promise: one walk over the places where PAN-OS keeps references serves both
 * to find them (a delete that would break them) and to rewrite them (a rename).
 */
import { children, type XmlNode } from '../panos/xml.ts'
import { type Mark, marked, withChildren } from './dirty.ts'
import { lineage } from './lineage.ts'

/** What a reference can point to; addresses and their groups share one space of names, as services do. */
export type Kind = 'address' | 'service' | 'application' | 'tag' | 'zone'

export const KIND_OF_CONTAINER: Readonly<Record<string, Kind>> = {
  address: 'address',
  'address-group': 'address',
  'external-list': 'address',
  service: 'service',
  'service-group': 'service',
  application: 'application',
  'application-group': 'application',
  tag: 'tag',
  zone: 'zone',
}

/** `shared`, a virtual system or a device group. */
export interface Scope {
  /** `vsys -> vsys1`, as the device names it in messages. */
  readonly label: string
  readonly name: string
  readonly xpath: string
  readonly node: XmlNode
}

const DEVICE = "/config/devices/entry[@name='localhost.localdomain']"

export function scopesOf(root: XmlNode): Scope[] {
  const found: Scope[] = []
  const [shared] = children(root, 'shared')
  if (shared) found.push({ label: 'shared', name: 'shared', xpath: '/config/shared', node: shared })
  for (const device of children(root, 'devices').flatMap(node => children(node, 'entry'))) {
    for (const kind of ['vsys', 'device-group']) {
      for (const node of children(device, kind).flatMap(holder => children(holder, 'entry'))) {
        const name = node.attributes.name ?? ''
        found.push({ label: `${kind} -> ${name}`, name, xpath: `${DEVICE}/${kind}/entry[@name="${name}"]`, node })
      }
    }
  }
  return found
}

/** Gives the new text of a reference, or undefined to leave it. `path` is in the device's words: `rulebase -> security -> rules -> x -> source`. */
export type Visit = (kind: Kind, text: string, path: readonly string[]) => string | undefined
type Walk = (node: XmlNode, path: readonly string[], visit: Visit, mark: Mark) => XmlNode

/** A copy with each child walked, or the node itself when none of them changed. */
function through(node: XmlNode, step: (child: XmlNode) => XmlNode): XmlNode {
  let changed = false
  const walked = node.children.map(child => {
    const other = step(child)
    changed ||= other !== child
    return other
  })
  return changed ? withChildren(node, walked) : node
}

const slot =
  (kind: Kind): Walk =>
  (node, path, visit, mark) => {
    const one = (leaf: XmlNode): XmlNode => {
      const text = leaf.children.length === 0 ? leaf.text.trim() : ''
      const other = text === '' ? undefined : visit(kind, text, path)
      return other === undefined ? leaf : marked({ ...leaf, text: other }, mark)
    }
    // In NAT rules the service is a text, elsewhere a list of members.
    return node.children.length === 0 ? one(node) : through(node, one)
  }

const named =
  (walks: Readonly<Record<string, Walk>>): Walk =>
  (node, path, visit, mark) =>
    through(node, child => {
      const walk = Object.hasOwn(walks, child.name) ? walks[child.name] : undefined
      return walk ? walk(child, [...path, child.name], visit, mark) : child
    })

const entries =
  (walk: Walk): Walk =>
  (node, path, visit, mark) =>
    through(node, child => (child.name === 'entry' ? walk(child, [...path, child.attributes.name ?? ''], visit, mark) : child))

/** `translated-address` at any depth: the kinds of translation of a NAT rule, and their fallbacks, each have their own. */
const translation: Walk = (node, path, visit, mark) =>
  through(node, child => (child.name === 'translated-address' ? slot('address') : translation)(child, [...path, child.name], visit, mark))

const tagged = entries(named({ tag: slot('tag') }))
const rule = named({
  source: slot('address'),
  destination: slot('address'),
  'source-translation': translation,
  'destination-translation': translation,
  'dynamic-destination-translation': translation,
  service: slot('service'),
  application: slot('application'),
  from: slot('zone'),
  to: slot('zone'),
  tag: slot('tag'),
})
const rulebase: Walk = (node, path, visit, mark) =>
  through(node, kind => named({ rules: entries(rule) })(kind, [...path, kind.name], visit, mark))

const scope = named({
  rulebase,
  'pre-rulebase': rulebase,
  'post-rulebase': rulebase,
  'address-group': entries(named({ static: slot('address'), tag: slot('tag') })),
  'service-group': entries(named({ members: slot('service'), tag: slot('tag') })),
  'application-group': entries(named({ members: slot('application') })),
  address: tagged,
  service: tagged,
  zone: entries(named({ 'user-acl': named({ 'include-list': slot('address'), 'exclude-list': slot('address') }) })),
})

/** Walks all references inside one scope. */
export const eachReference = (within: Scope, visit: Visit, mark: Mark): XmlNode => scope(within.node, [within.label], visit, mark)

const NO_MARK: Mark = { admin: '', dirtyId: 0, time: '' }

/** Has an object of that kind and name of its own. */
export function owns(within: Scope, kind: Kind, name: string): boolean {
  return within.node.children.some(
    container => KIND_OF_CONTAINER[container.name] === kind && container.children.some(entry => entry.attributes.name === name),
  )
}

const GROUP = 'device-group -> '

/** The scopes whose objects a scope sees besides its own, nearest first: for a device group those above it, for all of them shared. */
export function above(root: XmlNode, scopes: readonly Scope[], within: Scope): Scope[] {
  const groups = within.label.startsWith(GROUP) ? lineage(root, within.name).toReversed().slice(1) : []
  const labels = [...groups.map(name => `${GROUP}${name}`), ...(within.label === 'shared' ? [] : ['shared'])]
  return labels.flatMap(label => scopes.filter(scope => scope.label === label))
}

/** Scopes in which a name means the object that `owner` holds, or would hold: itself, and what lies below it and sees no nearer one. */
export function reached(root: XmlNode, owner: string, kind: Kind, name: string): Scope[] {
  const scopes = scopesOf(root)
  return scopes.filter(within => {
    const seen = [within, ...above(root, scopes, within)]
    const at = seen.findIndex(({ label }) => label === owner)
    return at >= 0 && !seen.slice(0, at).some(scope => owns(scope, kind, name))
  })
}

/** An object that a scope held. */
export interface Gone {
  /** The label of the scope. */
  readonly owner: string
  readonly kind: Kind
  readonly name: string
}

/** What referred to objects that are gone and now means nothing: paths in the device's words, by the names of the objects. */
export function orphans(root: XmlNode, gone: readonly Gone[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  if (gone.length === 0) return found
  const byName = Map.groupBy(gone, ({ kind, name }) => `${kind} ${name}`)
  const scopes = scopesOf(root)
  for (const within of scopes) {
    const seen = [within, ...above(root, scopes, within)]
    eachReference(
      within,
      (kind, text, path) => {
        const meant = byName.get(`${kind} ${text}`)?.some(({ owner }) => seen.some(({ label }) => label === owner))
        // Where one of the same name lies above, the name goes on meaning something.
        if (meant && !seen.some(scope => owns(scope, kind, text))) found.set(text, [...(found.get(text) ?? []), path.join(' -> ')])
        return undefined
      },
      NO_MARK,
    )
  }
  return found
}
