/**
 * Header lists as they stand on the wire. Promise: what may cross a proxy crosses with its order, case and duplicates;
 * only what describes one connection (RFC 9110 section 7.6.1) is taken out or stated anew.
 *
 * A flat list is `[name, value, name, value, …]`, as node gives it in `rawHeaders`: values are latin1 text, one character per byte.
 */
import type { RawHeader } from './event.ts'

export type FlatHeaders = readonly string[]

export function pairsOf(flat: FlatHeaders): RawHeader[] {
  const pairs: RawHeader[] = new Array(flat.length >> 1)
  for (let i = 0, n = 0; i < flat.length; i += 2) pairs[n++] = [flat[i] as string, flat[i + 1] as string]
  return pairs
}

/** First value of a header. `name` in lower case. */
export function headerOf(flat: FlatHeaders, name: string): string | undefined {
  for (let i = 0; i < flat.length; i += 2) {
    const found = flat[i] as string
    if (found.length === name.length && found.toLowerCase() === name) return flat[i + 1]
  }
  return undefined
}

/** All values of a header, in order. `name` in lower case. */
export function headersOf(flat: FlatHeaders, name: string): string[] {
  const values: string[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const found = flat[i] as string
    if (found.length === name.length && found.toLowerCase() === name) values.push(flat[i + 1] as string)
  }
  return values
}

/** A head ready to leave: its text, and those of its fields that decide framing. */
export interface OutgoingHead {
  /** All fields, each `Name: value\r\n`. */
  readonly lines: string
  /** Flat list: the Content-Length or Transfer-Encoding that leaves. */
  readonly framing: readonly string[]
}

export interface RequestHeadChoices {
  /** The client speaks HTTP/1.0: its connection ends after the answer unless it asks for more. */
  readonly http10: boolean
  /** Other values for some fields, by their names in lower case. */
  readonly replace?: ReadonlyMap<string, string>
  /** Fields added at the end: [name, value, …]. */
  readonly append?: FlatHeaders
}

/** The request head that leaves for the server. */
export function requestHead(flat: FlatHeaders, choices: RequestHeadChoices): OutgoingHead {
  const framing: string[] = []
  let lines = ''
  let stated = false
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    let value = flat[i + 1] as string
    const role = roleOf(name)
    if (role === 'drop' || (role === 'trailer' && !isChunked(flat))) continue
    if (role === 'connection') {
      value = connectionOptions(value)
      if (value === '') continue
      stated = true
    }
    if (role === 'framing') framing.push(name, value)
    lines += `${name}: ${choices.replace?.get(name.toLowerCase()) ?? value}\r\n`
  }
  if (choices.http10 && !stated) lines += 'Connection: close\r\n'
  const append = choices.append ?? []
  for (let i = 0; i < append.length; i += 2) lines += `${append[i]}: ${append[i + 1]}\r\n`
  return { lines, framing }
}

export interface ResponseHeadChoices {
  /** The client speaks HTTP/1.0: no chunks for it, and its connection ends after the answer unless it asked for more (`keeps`). */
  readonly http10: boolean
  readonly keeps?: boolean
  readonly status: number
  /** Replaces the value of Content-Length, where a body had to be changed. */
  readonly length?: number
}

/** The response head that leaves for the client. */
export function responseHead(flat: FlatHeaders, choices: ResponseHeadChoices): OutgoingHead {
  const framing: string[] = []
  const bodiless = choices.status === 204 || choices.status === 304
  let lines = ''
  let closes = false
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    let value = flat[i + 1] as string
    const role = roleOf(name)
    if (role === 'drop') continue
    if (role === 'trailer' && (choices.http10 || bodiless || !isChunked(flat))) continue
    if (role === 'connection') {
      value = connectionOptions(value)
      closes ||= /close/i.test(value)
      if (value === '' || choices.http10) continue
    } else if (role === 'framing') {
      if (name.length === 17) {
        if (choices.http10 || bodiless) continue
      } else if (choices.length !== undefined) value = String(choices.length)
      framing.push(name, value)
    }
    lines += `${name}: ${value}\r\n`
  }
  // Without a length the end of the connection is the end of the body.
  if (choices.http10 && choices.keeps && !closes && (bodiless || framing.length > 0)) lines += 'Connection: keep-alive\r\n'
  return { lines, framing }
}

/** True where HTTP/1.0's way to ask for more than one answer was used. */
export const asksToKeep = (flat: FlatHeaders): boolean =>
  headersOf(flat, 'connection').some(value => connectionOptions(value).toLowerCase().includes('keep-alive'))

/** True where Transfer-Encoding names chunked. */
export function isChunked(flat: FlatHeaders): boolean {
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    if (name.length === 17 && roleOf(name) === 'framing' && (flat[i + 1] as string).toLowerCase().includes('chunked')) return true
  }
  return false
}

type Role = 'keep' | 'drop' | 'connection' | 'framing' | 'trailer'

/**
 * Connections are mirrored one to one, so Connection: close, keep-alive and Keep-Alive stay true on the other leg and are stated
 * again; everything else of the standard set is taken out. Fields that Connection nominates beyond it are end to end for us:
 * `Connection: Mcp-Session-Id` must not make a session disappear.
 */
function roleOf(name: string): Role {
  switch (name.length) {
    case 2:
      return name.toLowerCase() === 'te' ? 'drop' : 'keep'
    case 7: {
      const lower = name.toLowerCase()
      return lower === 'trailer' ? 'trailer' : lower === 'upgrade' ? 'drop' : 'keep'
    }
    case 10:
      return name.toLowerCase() === 'connection' ? 'connection' : 'keep'
    case 14:
      return name.toLowerCase() === 'content-length' ? 'framing' : 'keep'
    case 16:
      return name.toLowerCase() === 'proxy-connection' ? 'drop' : 'keep'
    case 17:
      return name.toLowerCase() === 'transfer-encoding' ? 'framing' : 'keep'
    case 18:
      return name.toLowerCase() === 'proxy-authenticate' ? 'drop' : 'keep'
    case 19:
      return name.toLowerCase() === 'proxy-authorization' ? 'drop' : 'keep'
    default:
      return 'keep'
  }
}

/** `close` and `keep-alive` out of a Connection value, in their own spelling. */
function connectionOptions(value: string): string {
  if (value === 'keep-alive' || value === 'close') return value
  return value
    .split(',')
    .map(option => option.trim())
    .filter(option => option.length === 5 || option.length === 10)
    .filter(option => ['close', 'keep-alive'].includes(option.toLowerCase()))
    .join(', ')
}
