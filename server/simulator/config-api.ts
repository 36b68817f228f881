/**
 * `type=config` of the simulated API. Promise: `get` reads the candidate and `show` the running configuration, each with its own way
 * to say that nothing is there.
 */
import { writeXml, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, failed, found, noSuchNode, nothingThere, refused, success } from './answer.ts'
import type { Device } from './device.ts'
import { type Selection, select } from './select.ts'
import { XPathError } from './xpath-parser.ts'

/** `entry/@name` gives bare entries; clients list names this way without fetching whole subtrees. */
const bare = (node: XmlNode, attribute: string): string =>
  writeXml({ name: node.name, attributes: { [attribute]: node.attributes[attribute] ?? '' }, children: [], text: '' })

function get(selection: Selection): ApiAnswer {
  // A text selects nothing with `get`, unlike with `show`.
  if (selection.kind === 'text' || selection.nodes.length === 0) return nothingThere()
  const { nodes } = selection
  return found(nodes.length, nodes.map(node => (selection.kind === 'attribute' ? bare(node, selection.name) : writeXml(node))).join(''))
}

function show(selection: Selection): ApiAnswer {
  const [node] = selection.nodes
  // Attributes are not for `show`, and an expression must match exactly one node.
  if (selection.kind === 'attribute' || !node || selection.nodes.length > 1) return noSuchNode()
  return success(selection.kind === 'text' ? writeXml({ ...node, name: 'x', attributes: {}, children: [] }).slice(3, -4) : writeXml(node))
}

const WRITING = ['set', 'edit', 'delete', 'rename', 'clone', 'move', 'override', 'multi-move', 'multi-clone', 'multi-config', 'complete']

export function answerConfig(device: Device, parameters: URLSearchParams): ApiAnswer {
  const action = parameters.get('action')
  const xpath = parameters.get('xpath')
  if (!action) return refused(400, 'Missing value for parameter "action".')
  if (WRITING.includes(action)) return failed(17, `This simulator is read-only: action "${action}" is not available.`)
  if (action !== 'get' && action !== 'show') return refused(400, `Invalid value "${action}" for parameter "action".`)
  if (!xpath) return refused(400, 'Missing value for parameter "xpath".')
  try {
    return action === 'get' ? get(select(device.candidate, xpath)) : show(select(device.running, xpath))
  } catch (error) {
    if (error instanceof XPathError) return failed(6, `Bad XPath: ${error.message}`)
    throw error
  }
}
