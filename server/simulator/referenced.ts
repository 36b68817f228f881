/**
 * Deletes and renames that mind what refers to the object. Promise: what is in use is not deleted, and a rename takes the references with it.
 */
import type { XmlNode } from '../panos/xml.ts'
import { find, lastStep, rename } from './change.ts'
import { type Mark, withChildren } from './dirty.ts'
import { eachReference, type Gone, KIND_OF_CONTAINER, orphans, reached, scopesOf } from './references.ts'
import { Refusal } from './refusal.ts'
import { findAll, remove } from './removal.ts'

const NAME_AT_END = /\[@name=(?:'([^']*)'|"([^"]*)")\]$/

export const unquoted = (xpath: string): string => xpath.replaceAll('"', "'")
export const nameAtEnd = (xpath: string): string | undefined => {
  const found = NAME_AT_END.exec(xpath.trim())
  return found?.[1] ?? found?.[2]
}

/** Deletes all that an expression names, or nothing of it. Throws Refusal with code 10 where a reference would mean nothing any more. */
export function deleted(root: XmlNode, xpath: string, mark: Mark): XmlNode {
  const trails = findAll(root, xpath)
  const after = remove(root, trails, mark)
  const scopes = scopesOf(root)
  const gone = trails.flatMap((trail): Gone[] => {
    const [holder, container, object] = trail.slice(-3)
    const owner = scopes.find(({ node }) => node === holder)
    const kind = KIND_OF_CONTAINER[container?.name ?? '']
    const name = object?.attributes.name
    return owner && kind && name !== undefined ? [{ owner: owner.label, kind, name }] : []
  })
  const lines = [...orphans(after, gone)].flatMap(([name, users]) => [
    ` ${name} cannot be deleted because of references from:`,
    ...users.map(user => ` ${user}`),
  ])
  if (lines.length > 0) throw new Refusal(10, ...lines)
  return after
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
