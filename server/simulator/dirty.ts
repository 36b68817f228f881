/**
 * The marks that a candidate configuration bears where it was edited: `admin`, `dirtyId` and `time` on each changed node. Promise: trees are
 * never changed in place, and washing a tree costs what was edited, not what is there.
 */
import type { XmlNode } from '../panos/xml.ts'

export interface Mark {
  readonly admin: string
  readonly dirtyId: number
  /** As a device writes it: `2026/11/20 06:12:44`. */
  readonly time: string
}

const MARKS = ['admin', 'dirtyId', 'time']
/** Every node that is not shared with the running configuration: those on the way to a change, too. */
const fresh = new WeakSet<XmlNode>()

/** A copy with other children; it bears no mark of its own. */
export function withChildren(node: XmlNode, children: XmlNode[]): XmlNode {
  const copy = { ...node, children }
  fresh.add(copy)
  return copy
}

/** A copy that bears the mark; its children are shared. */
export function marked(node: XmlNode, mark: Mark): XmlNode {
  const copy = { ...node, attributes: { ...node.attributes, admin: mark.admin, dirtyId: String(mark.dirtyId), time: mark.time } }
  fresh.add(copy)
  return copy
}

/** A copy of a whole subtree in which every node bears the mark. */
export function markedDeep(node: XmlNode, mark: Mark): XmlNode {
  const copy = marked(node, mark)
  copy.children = node.children.map(child => markedDeep(child, mark))
  return copy
}

/** The tree without marks; subtrees that nobody edited stay the same objects. */
export function washed(node: XmlNode): XmlNode {
  if (!fresh.has(node)) return node
  const attributes = Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !MARKS.includes(name)))
  return { name: node.name, attributes, children: node.children.map(washed), text: node.text }
}
