/**
 * The response envelope of the XML API. Promise: what the device reports as an error becomes a PanosError with the device's own words;
 * "object not present" (code 7) is an empty success, never an error.
 */
import { PanosError, type PanosErrorKind } from './panos-error.ts'
import { child, children, parseXml, XmlError, type XmlNode } from './xml.ts'

export interface PanosAnswer {
  /** `<result>`, absent when the envelope has none. */
  readonly result: XmlNode | undefined
  readonly code: string | undefined
  /** The device says that nothing is there (code 7). */
  readonly empty: boolean
  /** Words that came with a success, such as "command succeeded". */
  readonly message: string
}

/** All text below a node: PAN-OS nests `<line>` in `<line>` and splits sentences into CDATA parts. */
function wordsIn(node: XmlNode): string {
  return [node.text, ...node.children.map(wordsIn)]
    .map(part => part.trim())
    .filter(part => part !== '')
    .join(' ')
}

/** Where PAN-OS puts messages, in the order that clients in use have found reliable. */
const MESSAGE_PATHS = [['msg'], ['result', 'msg'], ['result', 'job', 'details'], ['result', 'response', 'msg']] as const

function messageOf(response: XmlNode): string {
  for (const path of MESSAGE_PATHS) {
    const node = child(response, ...path)
    if (!node) continue
    const lines = children(node, 'line')
    const words = lines.length > 0 ? lines.map(wordsIn).filter(Boolean).join('; ') : wordsIn(node)
    if (words !== '') return words
  }
  return ''
}

interface Meaning {
  readonly kind: PanosErrorKind
  readonly hint: string
  readonly retryable?: boolean
}

const AUTHENTICATION: Meaning = {
  kind: 'authentication',
  hint: 'Check PANOS_API_KEY: a key dies when its user is deleted, the password changes or its lifetime ends. Make a new one with type=keygen.',
}
const AUTHORIZATION: Meaning = {
  kind: 'authorization',
  hint: "Give the administrator's role the XML API area that the message names (Configuration and Operational Requests for these tools).",
}
const MALFORMED: Meaning = {
  kind: 'bad-request',
  hint: 'The device does not know this request: its PAN-OS version is too old or too new for it, or it is a Panorama, which passes no traffic itself: give target then, the serial number of a firewall (list_locations names them).',
}
const INTERNAL: Meaning = {
  kind: 'device',
  hint: 'The device reports an internal error. Try again; if it stays, look at its system log.',
  retryable: true,
}

/** Codes of the vendor's "API error codes" page. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '400': MALFORMED,
  '403': AUTHENTICATION,
  '16': AUTHENTICATION,
  '1': MALFORMED,
  '6': MALFORMED,
  '17': MALFORMED,
  '18': MALFORMED,
  '2': INTERNAL,
  '3': INTERNAL,
  '4': INTERNAL,
  '5': INTERNAL,
  '11': INTERNAL,
  '21': INTERNAL,
  '8': { kind: 'conflict', hint: 'The name is taken. Choose another, or update the object that has it.' },
  '10': { kind: 'in-use', hint: 'Something refers to it: the message says what. Change that first (find_references lists all).' },
  '12': { kind: 'invalid', hint: 'The device does not accept these values; the message says which.' },
  '14': { kind: 'conflict', hint: 'The operation is not possible where things are now.' },
  '22': { kind: 'unavailable', hint: "The device's session timed out. Try again in a moment.", retryable: true },
}

/** Conditions that devices report in words alone. */
const BUSY =
  /another (?:commit|sync)|a commit is (?:in progress|pending)|is currently locked|while an install is in progress|configuration is locked by|other administrators? (?:are|is) holding|failed to synchronize/i
const OCCUPIED: Meaning = {
  kind: 'busy',
  hint: 'Another administrator or job is at work (show_jobs, show_pending_changes tell). Try again when it is done.',
  retryable: true,
}

const NOT_CONNECTED: Meaning = {
  kind: 'unreachable',
  hint: 'list_locations names the firewalls of this Panorama and says which are connected.',
  retryable: true,
}
/** A log job is deleted when its entries were fetched. */
const FORGOTTEN: Meaning = {
  kind: 'absent',
  hint: 'The device has forgotten this log query: it was fetched already, or too long ago. Call query_logs again.',
}

function meaningOf(code: string | undefined, status: string, message: string, httpStatus: number): Meaning {
  if (/not authorized for user role/i.test(message)) return AUTHORIZATION
  if (/no such query job/i.test(message)) return FORGOTTEN
  if (/ not connected/i.test(message)) return NOT_CONNECTED
  if (/no such node/i.test(message)) return { kind: 'absent', hint: 'Nothing is configured at this place.' }
  if (BUSY.test(message)) return OCCUPIED
  const known = MEANINGS[code ?? '']
  if (known) return known
  if (status === 'unauth' || httpStatus === 401 || httpStatus === 403) return AUTHENTICATION
  if (httpStatus >= 500)
    return { kind: 'unavailable', hint: 'The management plane is restarting or overloaded. Try again later.', retryable: true }
  return { kind: 'device', hint: "The message is the device's own; its documentation explains it." }
}

function notPanos(httpStatus: number, detail: string): PanosError {
  if (httpStatus >= 500) {
    return new PanosError({
      kind: 'unavailable',
      message: `The device answered HTTP ${httpStatus} without an API response.`,
      hint: 'The management plane is restarting or overloaded. Try again later.',
      httpStatus,
      retryable: true,
    })
  }
  return new PanosError({
    kind: 'not-panos',
    message: `HTTP ${httpStatus}, but not an answer of the PAN-OS XML API: ${detail}.`,
    hint: 'Check that PANOS_HOSTNAME names the management interface of a firewall or Panorama, and that nothing in between answers for it.',
    httpStatus,
  })
}

/** An envelope that begins and does not end: the management plane stopped in the middle of it. */
const isCut = (body: string): boolean =>
  /^\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?<response(?:[\s>]|$)/.test(body) && !/<\/response\s*>\s*$/.test(body.slice(-100))

const withTexts = (node: XmlNode, change: (text: string) => string): XmlNode => ({
  name: change(node.name),
  attributes: Object.fromEntries(Object.entries(node.attributes).map(([name, value]) => [name, change(value)])),
  children: node.children.map(part => withTexts(part, change)),
  text: change(node.text),
})

/** Reads one response body. `mask` takes secrets out of every text in it, once it is decoded. Throws PanosError for everything but a success. */
export function parseAnswer(body: string, httpStatus: number, mask = (text: string): string => text): PanosAnswer {
  let response: XmlNode
  try {
    response = withTexts(parseXml(body), mask)
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    if (isCut(body))
      throw new PanosError({
        kind: 'unavailable',
        message: 'The answer of the device ended too early.',
        hint: 'The management plane is restarting or overloaded. Try again in a moment; for a very large answer, ask for a smaller part.',
        httpStatus,
        retryable: true,
      })
    throw notPanos(httpStatus, mask(error.message))
  }
  if (response.name !== 'response') throw notPanos(httpStatus, `the root element is <${response.name}>`)
  const status = response.attributes.status ?? ''
  const code = response.attributes.code || undefined
  const message = messageOf(response)
  if (status === 'success' && httpStatus < 400) {
    return { result: child(response, 'result'), code, empty: code === '7', message }
  }
  if (code === '7') return { result: undefined, code, empty: true, message }
  const { kind, hint, retryable = false } = meaningOf(code, status, message, httpStatus)
  throw new PanosError({
    kind,
    hint,
    retryable,
    httpStatus,
    message: message || `The device answered with status "${status || 'unknown'}" and no message.`,
    ...(code !== undefined && { panosCode: code }),
  })
}
