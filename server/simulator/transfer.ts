/**
 * `multi-move` and `multi-clone`: several entries go from their containers to the same kind of container elsewhere (shared, a virtual
 * system, a device group). Promise: all of them or none; what would be referred to from where it is not seen any more stays where it is.
 * The request is that of the PAN-OS XML API guide ("Multi-Move and Multi-Clone"); the wording of refusals is the simulator's own.
 */
import { children, membersAt, textAt, type XmlNode } from '../panos/xml.ts'
import { find, lastStep, set } from './change.ts'
import type { Mark } from './dirty.ts'
import { KIND_OF_CONTAINER, orphans, type Scope, scopesOf } from './references.ts'
import { Refusal } from './refusal.ts'
import { findAll, remove } from './removal.ts'

export const TRANSFERS: readonly string[] = ['multi-move', 'multi-clone']

interface Item {
  /** The container that it comes from. */
  readonly source: string
  readonly name: string
}

/** `<selected-list><source xpath="…"><member>name</member></source></selected-list>`: what is to go. */
export const selected = (elements: readonly XmlNode[]): Item[] =>
  elements
    .filter(element => element.name === 'selected-list')
    .flatMap(list => children(list, 'source'))
    .flatMap(source => membersAt(source).map(name => ({ source: source.attributes.xpath ?? '', name })))

const quoted = (name: string): string => (name.includes('"') ? `'${name}'` : `"${name}"`)
const pathOf = (container: string, name: string): string => `${container}/entry[@name=${quoted(name)}]`
const kindOf = (container: string): string => container.slice(lastStep(container) + 1)
const plain = (xpath: string): string => xpath.replaceAll('"', "'")

function scopeOf(root: XmlNode, xpath: string): Scope {
  const scope = scopesOf(root).find(each => plain(xpath).startsWith(`${plain(each.xpath)}/`))
  if (!scope) throw new Refusal(7, `${xpath} is in no virtual system, device group or shared`)
  return scope
}

function put(root: XmlNode, action: string, xpath: string, { source, name }: Item, mark: Mark): XmlNode {
  if (kindOf(source) !== kindOf(xpath)) throw new Refusal(12, `${name} cannot go from ${kindOf(source)} to ${kindOf(xpath)}`)
  if (scopeOf(root, source).label === scopeOf(root, xpath).label && kindOf(xpath) !== 'rules')
    throw new Refusal(14, `${name} is there already`)
  const node = find(root, pathOf(source, name))?.at(-1)
  if (!node) throw new Refusal(7, `${name} is not in ${source}`)
  if (find(root, pathOf(xpath, name))) throw new Refusal(8, `${name} is already in use`)
  // A copied rule is another rule.
  const { uuid: _, ...attributes } = node.attributes
  const copy = action === 'multi-move' ? node : { ...node, attributes }
  return set(root, xpath, [copy], mark)
}

/** Refuses what is still referred to from where it was and not seen from there any more. */
function checkLeft(root: XmlNode, { source, name }: Item): void {
  const kind = KIND_OF_CONTAINER[kindOf(source)]
  const users = kind && orphans(root, [{ owner: scopeOf(root, source).label, kind, name }]).get(name)
  if (users) throw new Refusal(10, ` ${name} cannot be moved because of references from:`, ...users.map(user => ` ${user}`))
}

/** Throws Refusal: for the first thing that is wrong, or for all of them where `<all-errors>yes</all-errors>` asks for that. */
export function transfer(root: XmlNode, action: string, xpath: string, elements: readonly XmlNode[], mark: Mark): XmlNode {
  const items = selected(elements)
  if (items.length === 0) throw new Refusal(400, 'The parameter "element" needs a selected-list with a source and its members.')
  const all = textAt({ name: '', attributes: {}, children: [...elements], text: '' }, 'all-errors') === 'yes'
  const refusals: Refusal[] = []
  const trying = (tree: XmlNode, step: (tree: XmlNode) => XmlNode): XmlNode => {
    try {
      return step(tree)
    } catch (error) {
      if (!all || !(error instanceof Refusal)) throw error
      refusals.push(error)
      return tree
    }
  }
  let tree = items.reduce((now, item) => trying(now, before => put(before, action, xpath, item, mark)), root)
  if (action === 'multi-move') {
    for (const { source, name } of items) tree = remove(tree, findAll(tree, pathOf(source, name)), mark)
    for (const item of items) {
      trying(tree, before => {
        if (find(root, pathOf(item.source, item.name))) checkLeft(before, item)
        return before
      })
    }
  }
  const [first] = refusals
  if (first) throw new Refusal(first.code, ...refusals.flatMap(({ lines }) => lines))
  return tree
}
