/**
 * What a firewall's own configuration and the templates of its Panorama look like together. Promise: what the firewall says itself stays, what
 * only the template says bears `src="tpl"`; neither tree is changed.
 */
import type { XmlNode } from '../panos/xml.ts'

const isList = (node: XmlNode): boolean => node.children.some(({ name }) => name === 'member')
const same = (one: XmlNode, other: XmlNode): boolean => one.name === other.name && one.attributes.name === other.attributes.name

/** `upper` with what only `lower` has. */
export function overlay(upper: XmlNode, lower: XmlNode, mark: (node: XmlNode) => XmlNode = node => node): XmlNode {
  if (isList(upper) || (upper.children.length === 0 && upper.text.trim() !== '')) return upper
  const own = upper.children.map(node => {
    const below = lower.children.find(each => same(node, each))
    return below ? overlay(node, below, mark) : node
  })
  const more = lower.children.filter(node => !upper.children.some(each => same(node, each))).map(mark)
  return more.length === 0 && own.every((node, index) => node === upper.children[index]) ? upper : { ...upper, children: [...own, ...more] }
}

const fromTemplate = (node: XmlNode): XmlNode => ({
  ...node,
  attributes: { ...node.attributes, src: 'tpl' },
  children: node.children.map(fromTemplate),
})

const views = new WeakMap<XmlNode, { readonly template: XmlNode; readonly view: XmlNode }>()

/** What `action=get` reads on a firewall: `show` does not know what came from a template. */
export function withTemplate(candidate: XmlNode, template: XmlNode | undefined): XmlNode {
  if (!template) return candidate
  const known = views.get(candidate)
  if (known?.template === template) return known.view
  const view = overlay(candidate, template, fromTemplate)
  views.set(candidate, { template, view })
  return view
}
