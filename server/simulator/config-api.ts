/**
 * `type=config` of the simulated API. Promise: `get` reads the candidate and `show` the running configuration, each with its own way
 * to say that nothing is there; what changes the candidate is in `config-edit.ts`.
 */
import { writeXml, type XmlNode } from '../panos/xml.ts'
import type { Account } from './accounts.ts'
import { type ApiAnswer, failed, found, noSuchNode, nothingThere, refused, success } from './answer.ts'
import { answerEdit, answerMultiConfig, completions, EDITS } from './config-edit.ts'
import type { Device } from './device.ts'
import { Refusal } from './refusal.ts'
import { type Selection, select } from './select.ts'
import { withTemplate } from './template-view.ts'
import { TRANSFERS } from './transfer.ts'
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

function read(device: Device, action: string, xpath: string): ApiAnswer {
  try {
    if (action === 'complete') return completions(device.candidate, xpath)
    return action === 'get' ? get(select(withTemplate(device.candidate, device.template), xpath)) : show(select(device.running, xpath))
  } catch (error) {
    if (error instanceof XPathError) return failed(6, `Bad XPath: ${error.message}`)
    if (error instanceof Refusal) return failed(error.code, error.message)
    throw error
  }
}

export function answerConfig(device: Device, account: Account, parameters: URLSearchParams, now: number): ApiAnswer {
  const action = parameters.get('action')
  const xpath = parameters.get('xpath')
  if (!action) return refused(400, 'Missing value for parameter "action".')
  const writes = EDITS.includes(action) || TRANSFERS.includes(action) || action === 'multi-config'
  if (!writes && !['get', 'show', 'complete'].includes(action)) return refused(400, `Invalid value "${action}" for parameter "action".`)
  if (writes && !account.writes) return refused(403, 'Type [config] not authorized for user role.')
  if (action === 'multi-config') {
    // It came with 10.2.
    if (device.dialect === '10.1') return refused(400, 'Invalid value "multi-config" for parameter "action".')
    if (!parameters.get('element')) return refused(400, 'Missing value for parameter "element".')
    return answerMultiConfig(device, account.user, parameters, now)
  }
  if (!xpath) return refused(400, 'Missing value for parameter "xpath".')
  return writes ? answerEdit(device, account.user, parameters, now) : read(device, action, xpath)
}
