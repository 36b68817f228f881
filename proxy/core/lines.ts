/**
 * The JSON lines format: one wire event per line, keys in a fixed order, `seq`, `at` and `kind` first.
 * Promise: lossless. An event written and read again is the same event; a line that is none is told with column and words.
 *
 * Bytes stand as `text` where they are UTF-8, else as `base64`; an `end` event's tail likewise as `tailText` or `tailBase64`.
 * A chunk's `size` is left out where it is the number of its bytes.
 */
import { base64ToBytes, bytesToBase64 } from './base64.ts'
import { checkEvent, FIELDS_OF_KIND } from './check-event.ts'
import type { WireEvent } from './event.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** One line, without its line feed. `marks` are further members, behind the event's own; readers ignore them. */
export function eventToLine(event: WireEvent, marks: Readonly<Record<string, unknown>> = {}): string {
  const line: Record<string, unknown> = { seq: event.seq, at: event.at, kind: event.kind }
  const fields = event as unknown as Record<string, unknown>
  for (const name of FIELDS_OF_KIND[event.kind]) {
    const value = fields[name]
    if (value === undefined) continue
    if (name === 'bytes' && event.kind === 'chunk') writeBytes(line, 'text', 'base64', event.bytes)
    else if (name === 'tail' && event.kind === 'end' && event.tail) writeBytes(line, 'tailText', 'tailBase64', event.tail)
    else if (name === 'size' && event.kind === 'chunk' && event.size === event.bytes.length) continue
    else line[name] = value
  }
  return JSON.stringify({ ...line, ...marks })
}

/** What is wrong with a line: `column` (from 1) where JSON breaks off, 1 for an event that is wrong as a whole. */
export interface LineError {
  readonly error: string
  readonly line: number
  readonly column: number
}

/** Reads one line; `line` is its number in the file, for the error's sake. */
export function lineToEvent(text: string, line = 1): WireEvent | LineError {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const { says, column } = explainJson(error as Error, text)
    return { error: `line ${line}, column ${column}: ${says}`, line, column }
  }
  const event = lineValueToEvent(value)
  if (!('error' in event)) return event
  return { error: `line ${line}: ${event.error}`, line, column: 1 }
}

/** The same for a line that is parsed already; `bytes` are those of a chunk, when they come from elsewhere. */
export function lineValueToEvent(value: unknown, body?: Uint8Array): WireEvent | { readonly error: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return checkEvent(value)
  const fields = { ...value } as Record<string, unknown>
  if (fields.kind === 'chunk') {
    const bytes = body ?? readBytes(fields, 'text', 'base64')
    if (typeof bytes === 'string') return { error: bytes }
    fields.bytes = bytes ?? new Uint8Array(0)
    fields.size ??= bytes?.length ?? 0
  } else if (fields.kind === 'end') {
    const tail = readBytes(fields, 'tailText', 'tailBase64')
    if (typeof tail === 'string') return { error: tail }
    if (tail) fields.tail = tail
  }
  return checkEvent(fields)
}

function writeBytes(line: Record<string, unknown>, textName: string, base64Name: string, bytes: Uint8Array): void {
  try {
    line[textName] = decoder.decode(bytes)
  } catch {
    line[base64Name] = bytesToBase64(bytes)
  }
}

/** Bytes, undefined when neither member is there, or words. */
function readBytes(fields: Readonly<Record<string, unknown>>, textName: string, base64Name: string): Uint8Array | undefined | string {
  const text = fields[textName]
  const base64 = fields[base64Name]
  if (text !== undefined && base64 !== undefined) return `${textName} and ${base64Name} exclude each other`
  if (text !== undefined) return typeof text === 'string' ? encoder.encode(text) : `${textName} must be a text`
  if (base64 === undefined) return undefined
  return (typeof base64 === 'string' ? base64ToBytes(base64) : undefined) ?? `${base64Name} must be base64`
}

function explainJson(error: Error, text: string): { says: string; column: number } {
  const position = /position (\d+)/.exec(error.message)?.[1]
  const column = position === undefined ? text.length + 1 : Number(position) + 1
  const found =
    column > text.trimEnd().length ? 'the line ends too early' : `unexpected ${JSON.stringify(text.slice(column - 1, column + 11))}`
  return { says: `this is no JSON: ${found}`, column }
}
