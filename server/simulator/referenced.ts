/**
 * Deletes and renames that mind what refers to the object. Promise: what is in use is not deleted, and a rename takes the references with it.
 */
import type { XmlNode } from '../panos/xml.ts'
import { find, lastStep, remove, rename } from './change.ts'
import { type Mark, withChildren } from './dirty.ts'
import { above, eachReference, KIND_OF_CONTAINER, owns, reached, referencesTo, scopesOf } from './references.ts'
import { Refusal } from './refusal.ts'

const NAME_AT_END = /\[@name=(?:'([^']*)'|"([^"]*)")\]$/

export const unquoted = (xpath: string): string => xpath.replaceAll('"', "'")
export const nameAtEnd = (xpath: string): string | undefined => {
  const found = NAME_AT_END.exec(xpath.trim())
  return found?.[1] ?? found?.[2]
}

export function deleted(root: XmlNode, xpath: string, mark: Mark): XmlNode {
  const name = nameAtEnd(xpath)
  const container = xpath.slice(0, lastStep(xpath))
  const kind = KIND_OF_CONTAINER[container.slice(container.lastIndexOf('/') + 1)]
  const owner = scopesOf(root).find(scope => unquoted(container).startsWith(`${unquoted(scope.xpath)}/`))
  if (name !== undefined && kind && owner) {
    const scopes = scopesOf(root)
    // Where one of the same name lies above, the name goes on meaning something.
    const elsewhere = above(root, scopes, owner).some(scope => owns(scope, kind, name))
    const users = elsewhere ? [] : referencesTo(root, owner.label, kind, name)
    if (users.length > 0) throw new Refusal(10, ` ${name} cannot be deleted because of references from:`, ...users.map(user => ` ${user}`))
  }
  return remove(root, xpath, mark) ?? root
}

/** A rename takes the references with it. */
export function renamed(root: XmlNode, xpath: string, to: string, mark: Mark): XmlNode {
  const from = nameAtEnd(xpath)
  const container = xpath.slice(0, lastStep(xpath))
  const kind = KIND_OF_CONTAINER[container.slice(container.lastIndexOf('/') + 1)]
  const owner = scopesOf(root).find(scope => unquoted(container).startsWith(`${unquoted(scope.xpath)}/`))
  const users = from !== undefined && kind && owner ? reached(root, owner.label, kind, from) : []
  let tree = root
  for (const within of users) {
    const node = eachReference(within, (what, text) => (what === kind && text === from ? to : undefined), mark)
    if (node !== within.node) tree = replaceScope(tree, within.xpath, node)
  }
  return rename(tree, xpath, to, mark)
}

/** Puts a scope's rewritten node back without marking the scope itself. */
function replaceScope(root: XmlNode, xpath: string, node: XmlNode): XmlNode {
  const trail = find(root, xpath)
  let [below, above] = [trail?.[trail.length - 1], node]
  for (const parent of (trail ?? []).slice(0, -1).reverse()) {
    const rest = parent.children.map(item => (item === below ? above : item))
    above = withChildren(parent, rest)
    below = parent
  }
  return above
}
