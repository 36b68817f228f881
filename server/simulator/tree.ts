/**
 * Building blocks of a configuration tree. Promise: the nodes have the shapes that PAN-OS uses (`entry` with a name, lists of `member`), nothing else.
 */
import type { XmlNode } from '../panos/xml.ts'

type Content = string | XmlNode | undefined | readonly (XmlNode | undefined)[]

/** An element; undefined contents are left out. */
export function el(name: string, ...contents: readonly Content[]): XmlNode {
  const node: XmlNode = { name, attributes: {}, children: [], text: '' }
  for (const content of contents.flat()) {
    if (typeof content === 'string') node.text += content
    else if (content) node.children.push(content)
  }
  return node
}

export function entry(name: string, ...contents: readonly Content[]): XmlNode {
  const node = el('entry', ...contents)
  node.attributes.name = name
  return node
}

/** `<name><member>…</member>…</name>` */
export const list = (name: string, members: readonly string[]): XmlNode =>
  el(
    name,
    members.map(member => el('member', member)),
  )

/** Like `list`, but absent when there is nothing to say. */
export const optionalList = (name: string, members: readonly string[]): XmlNode | undefined =>
  members.length > 0 ? list(name, members) : undefined
