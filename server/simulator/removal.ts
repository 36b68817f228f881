/**
 * Taking nodes out of a configuration tree. Promise: a delete is of all that its expression names, as one change; the tree that it is given stays as it is.
 */
import type { XmlNode } from '../panos/xml.ts'
import { last, steps, type Trail } from './change.ts'
import { type Mark, marked, withChildren } from './dirty.ts'
import { Refusal } from './refusal.ts'
import { matchingChildren } from './select.ts'

/** All that an expression names: a delete takes several entries at once, as `entry[@name='a' or @name='b']`. */
export function findAll(root: XmlNode, xpath: string): readonly Trail[] {
  const [first, ...rest] = steps(xpath)
  const tops = first ? matchingChildren({ name: '', attributes: {}, children: [root], text: '' }, first) : []
  return rest.reduce<readonly Trail[]>(
    (trails, step) => trails.flatMap(trail => matchingChildren(last(trail), step).map((node): Trail => [...trail, node])),
    tops.map((node): Trail => [node]),
  )
}

/** The expression that names the last node of a trail alone. */
export function pathTo(trail: Trail): string {
  const quoted = (text: string): string => (text.includes("'") ? `"${text}"` : `'${text}'`)
  return trail
    .map(({ name, attributes, text }) => {
      const key = name === 'entry' ? `[@name=${quoted(attributes.name ?? '')}]` : name === 'member' ? `[text()=${quoted(text)}]` : ''
      return `/${name}${key}`
    })
    .join('')
}

/** The tree without the last nodes of the trails. */
export function remove(root: XmlNode, trails: readonly Trail[], mark: Mark): XmlNode {
  const going = new Set(trails.map(last))
  const above = new Set(trails.flatMap(trail => trail.slice(0, -1)))
  if (going.has(root)) throw new Refusal(15, 'The whole configuration cannot be deleted')
  const without = (node: XmlNode): XmlNode => {
    if (!above.has(node)) return node
    const children = node.children.filter(child => !going.has(child)).map(without)
    const copy = withChildren(node, children)
    return children.length < node.children.length ? marked(copy, mark) : copy
  }
  return without(root)
}
