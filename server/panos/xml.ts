/**
 * XML of the PAN-OS API as a tree in document order. Promise: every value stays text (no number, no date is guessed), one entry and
 * many are the same shape, attributes never get in the way of text, and no entity but the predefined five and character references is expanded.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'

export interface XmlNode {
  name: string
  attributes: Record<string, string>
  /** Child elements only, in order. */
  children: XmlNode[]
  /** All character data directly inside, CDATA included, joined in order and not trimmed. */
  text: string
}

export class XmlError extends Error {
  override readonly name = 'XmlError'
}

/** One item of fast-xml-parser's ordered form: `{ tag: [items], ':@': { attribute: value } }`. */
type Ordered = Record<string, unknown>
const TEXT = '#text'
const CDATA = '#cdata'
const ATTRIBUTES = ':@'

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // Off: a document's own entities are never expanded. The predefined ones are decoded below.
  processEntities: false,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  ignoreDeclaration: true,
  ignorePiTags: true,
})

const PREDEFINED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function character(code: number, reference: string): string {
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : reference
}

/** Decodes the five predefined entities and character references once; anything else stays as it is written. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (decimal !== undefined) return character(Number.parseInt(decimal, 10), whole)
      if (hex !== undefined) return character(Number.parseInt(hex, 16), whole)
      return PREDEFINED[name ?? ''] ?? whole
    },
  )
}

/** Makes text safe inside an element or a quoted attribute, line ends included. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, found => `&#${found.charCodeAt(0)};`)
}

function attributesOf(item: Ordered): Record<string, string> {
  const raw = item[ATTRIBUTES]
  const attributes: Record<string, string> = {}
  if (typeof raw !== 'object' || raw === null) return attributes
  for (const [name, value] of Object.entries(raw)) attributes[name] = decodeEntities(String(value))
  return attributes
}

function textOf(items: unknown): string {
  if (!Array.isArray(items)) return ''
  return items.map((item: Ordered) => String(item[TEXT] ?? '')).join('')
}

function nodeOf(name: string, item: Ordered): XmlNode {
  const node: XmlNode = { name, attributes: attributesOf(item), children: [], text: '' }
  const items = item[name]
  if (!Array.isArray(items)) return node
  for (const child of items as Ordered[]) {
    if (TEXT in child) node.text += decodeEntities(String(child[TEXT]))
    else if (CDATA in child) node.text += textOf(child[CDATA])
    else {
      const tag = tagOf(child)
      if (tag !== undefined) node.children.push(nodeOf(tag, child))
    }
  }
  return node
}

const tagOf = (item: Ordered): string | undefined => Object.keys(item).find(key => key !== ATTRIBUTES)

/** The document's root element. Throws XmlError for anything that is not one well-formed document, or that brings its own DTD. */
export function parseXml(text: string): XmlNode {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  if (/^[^<]*(?:<(?:\?[^>]*|!--[\s\S]*?--)>\s*)*<!DOCTYPE/i.test(source.slice(0, 4096))) {
    throw new XmlError('the document brings a DOCTYPE, which PAN-OS never sends')
  }
  const verdict = XMLValidator.validate(source)
  if (verdict !== true) throw new XmlError(`${verdict.err.msg} (line ${verdict.err.line})`)
  let items: Ordered[]
  try {
    items = parser.parse(source) as Ordered[]
  } catch (error) {
    throw new XmlError(error instanceof Error ? error.message : String(error))
  }
  const roots = items.filter(item => !(TEXT in item) && !(CDATA in item))
  const [root] = roots
  const tag = root && tagOf(root)
  if (!root || tag === undefined || roots.length > 1) throw new XmlError(`expected one root element, found ${roots.length}`)
  return nodeOf(tag, root)
}

export function child(node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  let found = node
  for (const name of path) found = found?.children.find(candidate => candidate.name === name)
  return found
}

export const children = (node: XmlNode | undefined, name: string): readonly XmlNode[] =>
  node?.children.filter(candidate => candidate.name === name) ?? []

/** The trimmed text at a path, or undefined when the element is absent or empty. */
export function textAt(node: XmlNode | undefined, ...path: readonly string[]): string | undefined {
  const text = child(node, ...path)?.text.trim()
  return text === '' ? undefined : text
}

/** Texts of the `<member>` children at a path, in order. */
export const membersAt = (node: XmlNode | undefined, ...path: readonly string[]): string[] =>
  children(child(node, ...path), 'member').map(member => member.text.trim())

/** Writes a tree without adding white space. */
export function writeXml(node: XmlNode): string {
  const attributes = Object.entries(node.attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('')
  if (node.children.length === 0 && node.text === '') return `<${node.name}${attributes}/>`
  return `<${node.name}${attributes}>${escapeText(node.text)}${node.children.map(writeXml).join('')}</${node.name}>`
}

const escapeText = (text: string): string => text.replace(/[&<>\r]/g, found => (found === '\r' ? '&#13;' : `&${NAMES[found] ?? ''};`))
const NAMES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt' }
