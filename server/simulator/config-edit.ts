/**
 * The writing actions of `type=config`. Promise: an edit is checked as a device checks it (names, values, references, what is in use)
 * before anything changes, and several edits in one request happen all or not at all.
 */
import { child, children, escapeXml, parseXml, XmlError, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, answerLines, changed, failed } from './answer.ts'
import { clone, edit, find, lastStep, move, set, type Where } from './change.ts'
import type { Device } from './device.ts'
import type { Mark } from './dirty.ts'
import { deleted, nameAtEnd, renamed, unquoted } from './referenced.ts'
import { above, scopesOf } from './references.ts'
import { Refusal } from './refusal.ts'
import { findAll, pathTo } from './removal.ts'
import { selected, TRANSFERS, transfer } from './transfer.ts'
import { checkEntries, checkPlace, checkReferences } from './validate.ts'
import { XPathError } from './xpath-parser.ts'

/** One edit, from the parameters of a request or from a part of a multi-config. */
export interface Edit {
  readonly action: string
  readonly xpath: string
  readonly elements: readonly XmlNode[]
  /** newname, where, dst, from. */
  readonly given: (name: string) => string | undefined
}

const WHERES: readonly string[] = ['top', 'bottom', 'before', 'after']
/** The container that an edit touches (`…/address`), and the entries in it. */
function touched({ action, xpath, elements, given }: Edit): { container: string; names: ReadonlySet<string> | undefined } {
  if (TRANSFERS.includes(action)) return { container: xpath, names: new Set(selected(elements).map(item => item.name)) }
  const at = lastStep(xpath)
  const name = nameAtEnd(xpath)
  if (name !== undefined)
    return { container: xpath.slice(0, at), names: new Set([action === 'rename' ? (given('newname') ?? name) : name]) }
  const entries = elements.flatMap(element => (element.name === 'entry' ? [element.attributes.name ?? ''] : []))
  if (action === 'clone') return { container: xpath, names: new Set([given('newname') ?? '']) }
  if (entries.length > 0) return { container: xpath, names: new Set(entries) }
  // Something inside an entry: the entry is what is checked.
  const holder = /^(.*\/(?:address|address-group|service|service-group|tag|rules))\/entry\[@name=(?:'([^']*)'|"([^"]*)")\]\//.exec(xpath)
  if (holder?.[1]) return { container: holder[1], names: new Set([holder[2] ?? holder[3] ?? '']) }
  return { container: xpath, names: undefined }
}

/** Checks what an edit has made of the container that it touched. */
function check(root: XmlNode, change: Edit): void {
  const { container, names } = touched(change)
  const trail = find(root, container)
  const node = trail?.[trail.length - 1]
  if (!trail || !node) return
  checkEntries(node, container.includes('/security/'), names)
  const scopes = scopesOf(root)
  const within = scopes.find(scope => unquoted(container).startsWith(`${unquoted(scope.xpath)}/`))
  if (!within) return
  checkReferences(
    within,
    above(root, scopes, within),
    path => path.includes(node.name) && (names === undefined || path.some(step => names.has(step))),
  )
}

function apply(root: XmlNode, change: Edit, mark: Mark): XmlNode {
  const { action, xpath, elements, given } = change
  const need = (name: string): string => {
    const value = given(name)
    if (!value) throw new Refusal(400, `Missing value for parameter "${name}".`)
    return value
  }
  const [element] = elements
  switch (action) {
    case 'set':
      if (!element) throw new Refusal(400, 'Missing value for parameter "element".')
      return set(root, xpath, elements, mark)
    case 'edit':
    case 'override':
      if (!element || elements.length > 1) throw new Refusal(400, 'The parameter "element" takes one element.')
      return edit(root, xpath, element, mark)
    case 'delete':
      return deleted(root, xpath, mark)
    case 'rename':
      return renamed(root, xpath, need('newname'), mark)
    case 'multi-move':
    case 'multi-clone':
      return transfer(root, action, xpath, elements, mark)
    case 'clone':
      return clone(root, xpath, need('from'), need('newname'), mark)
    default: {
      const where = need('where')
      if (!WHERES.includes(where)) throw new Refusal(400, `Invalid value "${where}" for parameter "where".`)
      return move(root, xpath, where as Where, given('dst'), mark)
    }
  }
}

export const EDITS: readonly string[] = ['set', 'edit', 'override', 'delete', 'rename', 'clone', 'move']

/** What the journal names: the entry, where a `set` on its container brings just one. */
function placeOf({ action, xpath, elements }: Edit): string {
  const [only] = elements
  const name = elements.length === 1 && only?.name === 'entry' ? only.attributes.name : undefined
  return action === 'set' && name !== undefined ? `${xpath}/entry[@name='${name}']` : xpath
}

function perform(device: Device, admin: string, change: Edit, now: number): ApiAnswer {
  const { action, xpath, elements } = change
  if (!device.panorama) checkPlace(xpath, elements)
  const going = action === 'delete' ? findAll(device.candidate, xpath) : undefined
  if (going?.length === 0) return answerLines('success', 7, ["Object doesn't exist"], { bare: true })
  const places = going && going.length > 1 ? going.map(pathTo) : [placeOf(change)]
  device.change(admin, action, places, now, (root, mark) => {
    const after = apply(root, change, mark)
    if (action !== 'delete') check(after, change)
    return after
  })
  return changed()
}

function refusedWith(error: unknown): ApiAnswer {
  if (error instanceof XPathError) return failed(6, `Bad XPath: ${error.message}`)
  if (error instanceof XmlError) return failed(18, `Malformed element: ${error.message}`)
  if (error instanceof Refusal) return answerLines('error', error.code, error.lines)
  throw error
}

const elementsOf = (text: string | null): readonly XmlNode[] => (text ? parseXml(`<x>${text}</x>`).children : [])

export function answerEdit(device: Device, admin: string, parameters: URLSearchParams, now: number): ApiAnswer {
  try {
    const change: Edit = {
      action: parameters.get('action') ?? '',
      xpath: parameters.get('xpath') ?? '',
      elements: elementsOf(parameters.get('element')),
      given: name => parameters.get(name) ?? undefined,
    }
    return perform(device, admin, change, now)
  } catch (error) {
    return refusedWith(error)
  }
}

/** `action=multi-config`: one answer per edit; the first that fails undoes all. */
export function answerMultiConfig(device: Device, admin: string, parameters: URLSearchParams, now: number): ApiAnswer {
  const [candidate, pending, deeds] = [device.candidate, device.pending, device.deeds.length]
  const undo = (): void => {
    Object.assign(device, { candidate, pending })
    device.deeds.length = deeds
  }
  const parts: string[] = []
  try {
    const requests = elementsOf(parameters.get('element')).flatMap(root => root.children)
    if (requests.length === 0) throw new Refusal(17, 'A multi-config needs at least one request')
    for (const request of requests) {
      if (!EDITS.includes(request.name)) throw new Refusal(17, `${request.name} is not an action of a multi-config`)
      const change: Edit = {
        action: request.name,
        xpath: request.attributes.xpath ?? '',
        elements: request.children,
        given: name => request.attributes[name],
      }
      const id = request.attributes.id === undefined ? '' : ` id="${escapeXml(request.attributes.id)}"`
      let answer: ApiAnswer
      try {
        answer = perform(device, admin, change, now)
      } catch (error) {
        answer = refusedWith(error)
      }
      parts.push(answer.body.replace('<response ', `<response${id} `))
      const code = child(parseXml(`<x>${answer.body}</x>`), 'response')?.attributes
      if (code?.status === 'success') continue
      undo()
      // The whole has code 13 whatever the part has (pango, multi-config tests).
      return { httpStatus: 200, body: `<response status="error" code="13">${parts.join('')}</response>` }
    }
  } catch (error) {
    undo()
    return refusedWith(error)
  }
  return { httpStatus: 200, body: `<response status="success" code="20">${parts.join('')}</response>` }
}

/** `action=complete`: what could come next below a path. */
export function completions(root: XmlNode, xpath: string): ApiAnswer {
  const trail = find(root, xpath)
  const node = trail?.[trail.length - 1]
  const names = children(node, 'entry').map(entry => entry.attributes.name ?? '')
  const values = names.length > 0 ? names : [...new Set(node?.children.map(item => item.name) ?? [])]
  const found = values.map(value => `<completion value="${escapeXml(value)}"/>`).join('')
  return { httpStatus: 200, body: `<response status="success" code="19"><completions>${found}</completions></response>` }
}
