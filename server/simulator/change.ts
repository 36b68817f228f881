/**
 * The verbs that edit a configuration tree. Promise: each takes a tree and gives another one, sharing all that did not change; what the
 * verb cannot do is a Refusal with the device's code, and then nothing has changed.
 */
import type { XmlNode } from '../panos/xml.ts'
import { type Mark, marked, markedDeep, withChildren } from './dirty.ts'
import { Refusal } from './refusal.ts'
import { matchingChildren } from './select.ts'
import { type Path, type Predicate, parsePath, type Step } from './xpath-parser.ts'

/** From the document element to the node. */
export type Trail = readonly [XmlNode, ...XmlNode[]]

/** Of such siblings only one can be there: setting one takes the others away. */
const CHOICES: readonly (readonly string[])[] = [
  ['ip-netmask', 'ip-range', 'fqdn', 'ip-wildcard'],
  ['static', 'dynamic'],
  ['tcp', 'udp', 'sctp'],
  ['tap', 'virtual-wire', 'layer2', 'layer3', 'external'],
  ['group', 'profiles'],
]

export const last = (trail: Trail): XmlNode => trail[trail.length - 1] ?? trail[0]

/** The steps of an expression that a change may name: a whole path of nodes. */
export function steps(xpath: string): readonly Step[] {
  const path: Path = parsePath(xpath)
  if (path.end !== undefined || path.steps.some(step => step.descendant))
    throw new Refusal(6, 'Bad XPath: a change names one node by its whole path')
  return path.steps
}

const nameIn = (predicates: readonly Predicate[]): string | undefined => {
  const [only] = predicates
  return predicates.length === 1 && only?.kind === 'equals' && only.term.kind === 'attribute' && only.term.name === 'name'
    ? only.value
    : undefined
}

/** What the one node of a step is called, where it can be made from the expression alone. */
function shell(step: Step): XmlNode {
  const name = nameIn(step.predicates)
  const [only] = step.predicates
  if (step.name === '*' || (step.predicates.length > 0 && name === undefined && only?.kind !== 'equals'))
    throw new Refusal(6, `Bad XPath: ${step.name} does not name one node`)
  const text = name === undefined && only?.kind === 'equals' && only.term.kind === 'text' ? only.value : ''
  return { name: step.name, attributes: name === undefined ? {} : { name }, children: [], text }
}

/** The nodes from the root to what an expression names, as far as they are there. */
function walk(root: XmlNode, path: readonly Step[]): { trail: XmlNode[]; missing: readonly Step[] } {
  let parent: XmlNode = { name: '', attributes: {}, children: [root], text: '' }
  const trail: XmlNode[] = []
  for (const [index, step] of path.entries()) {
    const found = matchingChildren(parent, step)
    if (found.length > 1) throw new Refusal(8, `${step.name} is not unique`)
    const [node] = found
    if (!node) return { trail, missing: path.slice(index) }
    trail.push(node)
    parent = node
  }
  return { trail, missing: [] }
}

export function find(root: XmlNode, xpath: string): Trail | undefined {
  const { trail, missing } = walk(root, steps(xpath))
  const [first, ...rest] = trail
  return missing.length === 0 && first ? [first, ...rest] : undefined
}

function need(root: XmlNode, xpath: string): Trail {
  const trail = find(root, xpath)
  if (!trail) throw new Refusal(7, 'Object not present')
  return trail
}

/** The root of a tree in which the last node of the trail is another one. */
function swap(trail: Trail, replacement: XmlNode, mark: Mark): XmlNode {
  let [below, above] = [last(trail), replacement]
  for (let index = trail.length - 2; index >= 0; index -= 1) {
    const parent = trail[index] ?? trail[0]
    const at = parent.children.indexOf(below)
    const copy = withChildren(parent, [...parent.children.slice(0, at), above, ...parent.children.slice(at + 1)])
    // The container that holds the change bears the mark too; what lies above it does not.
    above = index === trail.length - 2 ? marked(copy, mark) : copy
    below = parent
  }
  return above
}

const sameNode = (one: XmlNode, other: XmlNode): boolean =>
  one.name === other.name && (one.name === 'member' ? one.text.trim() === other.text.trim() : one.attributes.name === other.attributes.name)

function merge(into: XmlNode, what: readonly XmlNode[], mark: Mark): XmlNode {
  const children = [...into.children]
  let changed = false
  for (const item of what) {
    const at = children.findIndex(child => sameNode(child, item))
    const found = children[at]
    if (found === undefined) {
      const rivals = CHOICES.find(choice => choice.includes(item.name)) ?? []
      const kept = children.filter(child => !rivals.includes(child.name))
      children.splice(0, children.length, ...kept, markedDeep(item, mark))
      changed = true
      continue
    }
    const text = item.children.length === 0 && item.text.trim() !== '' ? item.text : found.text
    const merged = merge(text === found.text ? found : marked({ ...found, text }, mark), item.children, mark)
    changed ||= merged !== found
    children[at] = merged
  }
  return changed ? marked(withChildren(into, children), mark) : into
}

/** Adds to what is there, making the way to it. */
export function set(root: XmlNode, xpath: string, elements: readonly XmlNode[], mark: Mark): XmlNode {
  const { trail, missing } = walk(root, steps(xpath))
  const [first, ...rest] = trail
  if (!first) throw new Refusal(6, 'Bad XPath: the configuration begins with /config')
  let addition: XmlNode | undefined
  for (const step of [...missing].reverse()) {
    const node = shell(step)
    node.children = addition ? [addition] : [...elements]
    addition = node
  }
  const end = last([first, ...rest])
  const merged = merge(end, addition ? [addition] : elements, mark)
  return merged === end ? root : swap([first, ...rest], merged, mark)
}

/** Puts an element in the place of a node; where there is none yet, it is made. */
export function edit(root: XmlNode, xpath: string, element: XmlNode, mark: Mark): XmlNode {
  const path = steps(xpath)
  const step = path[path.length - 1]
  const name = step && nameIn(step.predicates)
  if (!step || step.name !== element.name || (name !== undefined && element.attributes.name !== name))
    throw new Refusal(12, `edit: the element <${element.name}> is not the node that the xpath names`)
  const trail = find(root, xpath)
  if (trail) return swap(trail, markedDeep(element, mark), mark)
  const parent = xpath.slice(0, lastStep(xpath))
  return set(root, parent, [element], mark)
}

/** Where the last step of an expression begins; slashes in quotes and brackets are not steps. */
export function lastStep(xpath: string): number {
  let [at, quote, depth] = [0, '', 0]
  for (const [index, letter] of [...xpath].entries()) {
    if (quote !== '') quote = letter === quote ? '' : quote
    else if (letter === "'" || letter === '"') quote = letter
    else if (letter === '[') depth += 1
    else if (letter === ']') depth -= 1
    else if (letter === '/' && depth === 0) at = index
  }
  return [...xpath].slice(0, at).join('').length
}

function freeName(trail: Trail, name: string): void {
  const parent = trail[trail.length - 2]
  if (parent?.children.some(child => child.attributes.name === name)) throw new Refusal(8, `${name} is already in use`)
}

export function rename(root: XmlNode, xpath: string, name: string, mark: Mark): XmlNode {
  const trail = need(root, xpath)
  freeName(trail, name)
  const node = last(trail)
  return swap(trail, marked({ ...node, attributes: { ...node.attributes, name } }, mark), mark)
}

export type Where = 'top' | 'bottom' | 'before' | 'after'

export function move(root: XmlNode, xpath: string, where: Where, destination: string | undefined, mark: Mark): XmlNode {
  const trail = need(root, xpath)
  const [node, parent] = [last(trail), trail[trail.length - 2]]
  if (!parent) throw new Refusal(14, 'Operation not possible')
  const others = parent.children.filter(child => child !== node)
  const pivot = others.findIndex(child => child.attributes.name === destination)
  if ((where === 'before' || where === 'after') && pivot < 0) throw new Refusal(13, `${destination} is not there to move to`)
  const at = where === 'top' ? 0 : where === 'bottom' ? others.length : where === 'before' ? pivot : pivot + 1
  if (parent.children[at] === node) throw new Refusal(14, `${node.attributes.name} is there already`)
  const [top, ...rest] = trail.slice(0, -1)
  const children = [...others.slice(0, at), marked(node, mark), ...others.slice(at)]
  return swap([top ?? trail[0], ...rest], marked(withChildren(parent, children), mark), mark)
}

/** `xpath` is the container that gets the copy, `from` the node that is copied. */
export function clone(root: XmlNode, xpath: string, from: string, name: string, mark: Mark): XmlNode {
  const source = last(need(root, from))
  const { uuid: _, ...attributes } = source.attributes
  if (find(root, `${xpath}/${source.name}[@name="${name}"]`)) throw new Refusal(8, `${name} is already in use`)
  return set(root, xpath, [{ ...source, attributes: { ...attributes, name } }], mark)
}
