/**
 * What a device knows of users and of registered addresses: logins, tags, groups, as `type=user-id` messages bring them. Promise: of a message
 * with good and bad entries the good ones are taken, and the answer names each bad one; what has timed out is not there any more.
 *
 * Answers as recorded: success in `result/uid-response`, failures in `msg/line/uid-response/payload/*\/entry/@message` with "Delete mapping failed"
 * (lithnet/ad-fw-user-id-agent, UserMappingUpdate), "… already exists, ignore" and "ip … does not exist, ignore unreg" (pan-os-python,
 * panos/userid.py; minemeld's dag pusher). The words for an address that is none are the simulator's own.
 */
import { isIP } from 'node:net'
import { child, children, escapeXml, parseXml, textAt, XmlError, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, failed, refused } from './answer.ts'

interface Mapping {
  readonly user: string
  /** Milliseconds since the epoch. */
  readonly until: number
}
/** Tags, each with the moment when it times out; Infinity for none. */
type Tags = Map<string, number>

/** Of one virtual system. */
export class UserBook {
  readonly mappings = new Map<string, Mapping>()
  readonly registered = new Map<string, Tags>()
  readonly userTags = new Map<string, Tags>()
  readonly groups = new Map<string, readonly string[]>()
  /** Goes up with every change of tags. */
  version = 0

  /** Forgets what has timed out. */
  settle(now: number): void {
    for (const [ip, { until }] of this.mappings) if (until <= now) this.mappings.delete(ip)
    for (const book of [this.registered, this.userTags]) {
      for (const [key, tags] of book) {
        for (const [tag, until] of tags) if (until <= now && tags.delete(tag)) this.version += 1
        if (tags.size === 0) book.delete(key)
      }
    }
  }

  /** Addresses whose tags fit. */
  addressesWith(test: (tags: readonly string[]) => boolean): string[] {
    return [...this.registered].filter(([, tags]) => test([...tags.keys()])).map(([ip]) => ip)
  }
}

/** Vendor documentation: mappings time out after 45 minutes unless they say otherwise. */
const DEFAULT_LOGIN_MINUTES = 45

/** What is wrong with an entry, in the device's words; undefined when it was taken. */
type Take = (book: UserBook, entry: XmlNode, now: number) => string | undefined

const login: Take = (book, { attributes: { name = '', ip = '', timeout } }, now) => {
  if (name === '' || isIP(ip) === 0) return 'Invalid user name or IP address'
  const minutes = timeout === undefined ? DEFAULT_LOGIN_MINUTES : Number(timeout)
  book.mappings.set(ip, { user: name.toLowerCase(), until: minutes > 0 ? now + minutes * 60_000 : Number.POSITIVE_INFINITY })
  return undefined
}
const logout: Take = (book, { attributes: { ip = '' } }) => (book.mappings.delete(ip) ? undefined : 'Delete mapping failed')

const membersOf = (entry: XmlNode): readonly XmlNode[] => children(child(entry, 'tag'), 'member')

function tagged(pick: (book: UserBook) => Map<string, Tags>, attribute: string, valid: (key: string) => boolean): Take {
  return (book, entry, now) => {
    const key = entry.attributes[attribute] ?? ''
    if (!valid(key)) return `Invalid ${attribute} ${key}`
    const tags = pick(book).get(key) ?? new Map<string, number>()
    let known: string | undefined
    for (const member of membersOf(entry)) {
      const tag = member.text.trim()
      if (tags.has(tag)) known ??= tag
      const seconds = Number(member.attributes.timeout ?? entry.attributes.timeout ?? 0)
      tags.set(tag, seconds > 0 ? now + seconds * 1000 : Number.POSITIVE_INFINITY)
    }
    pick(book).set(key, tags)
    book.version += 1
    return known === undefined ? undefined : `tag ${known} already exists, ignore`
  }
}

function untagged(pick: (book: UserBook) => Map<string, Tags>, attribute: string): Take {
  return (book, entry) => {
    const key = entry.attributes[attribute] ?? ''
    const tags = pick(book).get(key)
    if (!tags) return `${attribute} ${key} does not exist, ignore unreg`
    const names = membersOf(entry).map(member => member.text.trim())
    // Without tags all of them go.
    const unknown = names.find(name => !tags.has(name))
    for (const name of names.length > 0 ? names : [...tags.keys()]) tags.delete(name)
    if (tags.size === 0) pick(book).delete(key)
    book.version += 1
    return unknown === undefined ? undefined : `tag ${unknown} does not exist, ignore unreg`
  }
}

const group: Take = (book, entry) => {
  book.groups.set(
    entry.attributes.name ?? '',
    children(child(entry, 'members'), 'entry').map(member => member.attributes.name ?? ''),
  )
  return undefined
}

const TAKES: Readonly<Record<string, Take>> = {
  login,
  logout,
  register: tagged(
    book => book.registered,
    'ip',
    ip => isIP(ip.split(/[/-]/)[0] ?? '') !== 0,
  ),
  unregister: untagged(book => book.registered, 'ip'),
  'register-user': tagged(
    book => book.userTags,
    'user',
    user => user !== '',
  ),
  'unregister-user': untagged(book => book.userTags, 'user'),
  groups: group,
}

const attributesOf = (node: XmlNode): string =>
  Object.entries(node.attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('')

/** `type=user-id`: a `<uid-message>` in `cmd`, or as an uploaded file. */
export function answerUserId(book: UserBook, parameters: URLSearchParams, file: string | undefined, now: number): ApiAnswer {
  const text = parameters.get('cmd') ?? file
  if (!text) return refused(400, 'Missing value for parameter "cmd".')
  let message: XmlNode
  try {
    message = parseXml(text)
  } catch (error) {
    if (error instanceof XmlError) return failed(18, `Malformed message: ${error.message}`)
    throw error
  }
  const payload = child(message, 'payload')
  if (message.name !== 'uid-message' || !payload) return failed(17, 'A user-id request takes a uid-message with a payload')
  const parts = payload.children.map(part => ({
    name: part.name,
    faults: children(part, 'entry').flatMap(entry => {
      const fault = TAKES[part.name]?.(book, entry, now)
      return fault === undefined ? [] : `<entry${attributesOf(entry)} message="${escapeXml(fault)}"/>`
    }),
  }))
  const unknown = parts.find(({ name }) => !Object.hasOwn(TAKES, name))
  if (unknown) return failed(17, `${unknown.name} is not a part of a uid-message that this simulator takes`)
  const inside = parts.map(({ name, faults }) => `<${name}>${faults.join('')}</${name}>`).join('')
  const response = `<uid-response><version>${escapeXml(textAt(message, 'version') ?? '2.0')}</version><payload>${inside}</payload></uid-response>`
  return parts.some(({ faults }) => faults.length > 0)
    ? { httpStatus: 200, body: `<response status="error"><msg><line>${response}</line></msg></response>` }
    : { httpStatus: 200, body: `<response status="success"><result>${response}</result></response>` }
}
