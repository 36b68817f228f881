/** The tree of a Panorama's device groups. Promise: who lies above whom is what the read-only part of the configuration says. */
import { child, children, textAt, type XmlNode } from '../panos/xml.ts'

export function parentOf(root: XmlNode, group: string): string | undefined {
  const known = children(child(root, 'readonly', 'devices', 'entry', 'device-group'), 'entry').find(node => node.attributes.name === group)
  return textAt(known, 'parent-dg')
}

/** Ancestors of a device group from the topmost down, itself last. */
export function lineage(root: XmlNode, group: string): string[] {
  const parent = parentOf(root, group)
  return [...(parent === undefined ? [] : lineage(root, parent)), group]
}
