/**
 * Tells whether a value from outside (a file, an import) is a wire event.
 * Promise: what passes has every field of its kind with the right type and nothing else; what does not is named by field.
 */
import type { EventKind, WireEvent } from './event.ts'
import { shown } from './shown.ts'

/** Says what is wrong with the value, or nothing. */
type Check = (value: unknown) => string | undefined

/** The compiler demands a check for every field of every kind. */
type Fields<E> = { readonly [F in Exclude<keyof E, 'kind' | 'seq' | 'at'>]-?: Check }
type Table = { readonly [K in EventKind]: Fields<Extract<WireEvent, { kind: K }>> }

const text: Check = value => (typeof value === 'string' ? undefined : 'a text')
const truth: Check = value => (typeof value === 'boolean' ? undefined : 'true or false')
const number: Check = value => (typeof value === 'number' && Number.isFinite(value) ? undefined : 'a number')
/** Half of what a Date can hold (ms): a moment of the wall clock is the recording's begin and the event's time together. */
const FARTHEST = 8.64e15 / 2
const time: Check = value =>
  number(value) !== undefined
    ? 'a number of milliseconds'
    : Math.abs(value as number) <= FARTHEST
      ? undefined
      : `a number of milliseconds within ${FARTHEST}`
const uint32: Check = value => (isWhole(value) && value <= 0xffff_ffff ? undefined : 'a whole number from 0 to 4294967295')
const count: Check = value => (isWhole(value) ? undefined : 'a whole number from 0')
const bytes: Check = value => (value instanceof Uint8Array ? undefined : 'bytes')
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const oneOf =
  (...words: readonly (string | number)[]): Check =>
  value =>
    words.includes(value as string) ? undefined : `one of ${words.map(word => JSON.stringify(word)).join(', ')}`
const maybe =
  (check: Check): Check =>
  value =>
    value === undefined ? undefined : check(value)
const listOf =
  (check: Check): Check =>
  value => {
    if (!Array.isArray(value)) return 'a list'
    const wrong = value.findIndex(entry => check(entry) !== undefined)
    return wrong < 0 ? undefined : `a list whose entry ${wrong} is ${check(value[wrong])}`
  }
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  value => {
    if (typeof value !== 'object' || value === null) return 'an object'
    for (const [name, check] of Object.entries(fields)) {
      const wrong = check(own(value, name))
      if (wrong) return `an object whose ${name} is ${wrong}`
    }
    return undefined
  }

const header: Check = value =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'string'
    ? undefined
    : 'a [name, value] pair of texts'
const headers = listOf(header)
const endpoint = shape({ address: text, port: count })
const leg = oneOf('client', 'server')
const part = oneOf('request', 'response')
const actor = oneOf('client', 'server', 'proxy')
const ending = oneOf('complete', 'fin', 'reset', 'timeout', 'refused', 'unresolved', 'tls', 'garbage', 'closed')
const onExchange = { conn: uint32, exchange: uint32 }

const TABLE: Table = {
  recording: {
    version: oneOf(1),
    id: text,
    startedAt: time,
    product: text,
    pid: count,
    upstreams: listOf(shape({ name: text, url: text, listen: endpoint })),
    options: shape({ hostHeader: oneOf('preserve', 'upstream'), forwarded: truth, linger: number, bodyCap: number, masked: truth }),
    imported: maybe(text),
  },
  open: {
    conn: uint32,
    leg,
    upstream: text,
    local: endpoint,
    remote: endpoint,
    took: maybe(number),
    tls: maybe(shape({ protocol: text, cipher: text, verified: truth, subject: maybe(text) })),
  },
  request: { ...onExchange, upstream: text, method: text, target: text, http: text, headers },
  response: { ...onExchange, by: oneOf('server', 'proxy'), status: count, reason: text, http: text, headers },
  chunk: { ...onExchange, part, size: uint32, bytes },
  end: {
    ...onExchange,
    leg,
    part,
    how: ending,
    by: actor,
    bytes: count,
    code: maybe(text),
    detail: maybe(text),
    trailers: maybe(headers),
    tail: maybe(bytes),
    sha256: maybe(text),
  },
  close: { conn: uint32, leg, how: ending, by: actor, code: maybe(text), detail: maybe(text), received: count, sent: count },
  log: { upstream: text, source: oneOf('file', 'stdout', 'stderr', 'process'), text },
  change: {
    ...onExchange,
    what: oneOf(
      'host',
      'forwarded',
      'accept-encoding',
      'endpoint',
      'location',
      'resource-metadata',
      'linger-begin',
      'linger-end',
      'rejected',
      'drain',
    ),
    original: text,
    replacement: text,
  },
  gap: {
    reason: oneOf('disk-full', 'read-only', 'io-error', 'deleted', 'stall', 'torn-tail', 'corrupt'),
    lost: count,
    lostBytes: count,
    since: time,
    detail: text,
  },
}

/** Field names of each kind in the order of the vocabulary. */
export const FIELDS_OF_KIND: Readonly<Record<EventKind, readonly string[]>> = Object.fromEntries(
  Object.entries(TABLE).map(([kind, fields]) => [kind, Object.keys(fields)]),
) as unknown as Record<EventKind, readonly string[]>

function own(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}

/** The event, rebuilt from its known fields; or `error` in words, with the field's name. */
export function checkEvent(value: unknown): WireEvent | { readonly error: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { error: 'an event is a JSON object' }
  const kind = own(value, 'kind')
  if (typeof kind !== 'string' || !Object.hasOwn(TABLE, kind))
    return { error: `unknown kind ${shown(kind)}: known are ${Object.keys(TABLE).join(', ')}` }
  const seq = own(value, 'seq')
  if (!isWhole(seq) || seq < 1 || seq >= 2 ** 48) return { error: `seq must be a whole number from 1, not ${shown(seq)}` }
  const at = own(value, 'at')
  const untimely = time(at)
  if (untimely) return { error: `at must be ${untimely}, not ${shown(at)}` }
  const event: Record<string, unknown> = { seq, at, kind }
  for (const [name, check] of Object.entries<Check>(TABLE[kind as EventKind])) {
    const field = own(value, name)
    const wrong = check(field)
    if (wrong) return { error: `${name} of a ${kind} event must be ${wrong}` }
    if (field !== undefined) event[name] = field
  }
  return event as unknown as WireEvent
}
