/**
 * XPath over the configuration tree, as far as PAN-OS clients use it. Promise: an expression is either evaluated as XPath 1.0 says or refused
 * with XPathError; nothing is half understood.
 *
 * Supported: absolute paths of child (`/`) and descendant (`//`) steps, `*`, predicates of `@attribute='v'`, `text()='v'`, `name='v'` joined by
 * `or`/`and` with parentheses, `contains()`/`starts-with()` of those, `local-name()`, `concat()` of texts, positions (`[2]`, `[last()]`), a last step `@attribute` or `text()`, and unions (`a|b`) of such paths.
 */
import type { XmlNode } from '../panos/xml.ts'
import { type Path, type Predicate, parseUnion, type Step, type Term, XPathError } from './xpath-parser.ts'

export type Selection =
  | { readonly kind: 'nodes'; readonly nodes: readonly XmlNode[] }
  | { readonly kind: 'attribute'; readonly name: string; readonly nodes: readonly XmlNode[] }
  | { readonly kind: 'text'; readonly nodes: readonly XmlNode[] }

function stringOf(node: XmlNode): string {
  return node.text + node.children.map(stringOf).join('')
}

/** The strings that a term stands for: several, when it names a child that occurs several times. */
function valuesOf(term: Term, node: XmlNode): readonly string[] {
  if (term.kind === 'attribute') {
    const value = node.attributes[term.name]
    return value === undefined ? [] : [value]
  }
  if (term.kind === 'node-name') return [node.name]
  if (term.kind === 'text') return node.text === '' ? [] : [node.text]
  return node.children.filter(child => child.name === term.name).map(stringOf)
}

function holds(predicate: Predicate, node: XmlNode, position: number, last: number): boolean {
  switch (predicate.kind) {
    case 'position':
      return position === predicate.at
    case 'last':
      return position === last
    case 'or':
      return predicate.of.some(part => holds(part, node, position, last))
    case 'and':
      return predicate.of.every(part => holds(part, node, position, last))
    case 'exists':
      return predicate.term.kind === 'text' ? node.text !== '' : valuesOf(predicate.term, node).length > 0
    case 'equals':
      return valuesOf(predicate.term, node).includes(predicate.value)
    case 'differs':
      return valuesOf(predicate.term, node).some(value => value !== predicate.value)
    case 'contains':
      return (valuesOf(predicate.term, node)[0] ?? '').includes(predicate.value)
    case 'starts-with':
      return (valuesOf(predicate.term, node)[0] ?? '').startsWith(predicate.value)
  }
}

export function matchingChildren(parent: XmlNode, step: Step): XmlNode[] {
  let found = parent.children.filter(node => step.name === '*' || node.name === step.name)
  for (const predicate of step.predicates) {
    const last = found.length
    found = found.filter((node, index) => holds(predicate, node, index + 1, last))
  }
  return found
}

function* withDescendants(node: XmlNode): Generator<XmlNode> {
  yield node
  for (const child of node.children) yield* withDescendants(child)
}

/** Those that were found below some nodes, once each, as they come in the document. */
function inOrder(nodes: readonly XmlNode[], found: Set<XmlNode>): XmlNode[] {
  const order: XmlNode[] = []
  for (const node of nodes) for (const candidate of withDescendants(node)) if (found.delete(candidate)) order.push(candidate)
  return order
}

/** `a//b` is `a/descendant-or-self::node()/b`: nodes come once each, in document order. */
function advance(nodes: readonly XmlNode[], step: Step): readonly XmlNode[] {
  if (!step.descendant) return nodes.flatMap(node => matchingChildren(node, step))
  const found = new Set<XmlNode>()
  for (const node of nodes) for (const parent of withDescendants(node)) for (const match of matchingChildren(parent, step)) found.add(match)
  if (nodes.length < 2 && found.size < 2) return [...found]
  return inOrder(nodes, found)
}

function along(root: XmlNode, { steps, end }: Path): Selection {
  let nodes: readonly XmlNode[] = [{ name: '', attributes: {}, children: [root], text: '' }]
  for (const step of steps) nodes = advance(nodes, step)
  if (end === undefined) return { kind: 'nodes', nodes }
  if (end.kind === 'text') return { kind: 'text', nodes: nodes.filter(node => node.text !== '') }
  return { kind: 'attribute', name: end.name, nodes: nodes.filter(node => node.attributes[end.name] !== undefined) }
}

/** Evaluates an absolute path or a union of them; `root` is the document element (`config`). Throws XPathError. */
export function select(root: XmlNode, xpath: string): Selection {
  const [first, ...more] = parseUnion(xpath).map(path => along(root, path))
  if (!first || more.length === 0) return first ?? { kind: 'nodes', nodes: [] }
  const what = ({ kind, ...rest }: Selection): string => ('name' in rest ? `@${rest.name}` : kind)
  if (more.some(other => what(other) !== what(first))) throw new XPathError('a union must select nodes, texts or one attribute throughout')
  return { ...first, nodes: inOrder([root], new Set([first, ...more].flatMap(({ nodes }) => nodes))) }
}
