/**
 * The record codec of the journal: wire events to bytes and back.
 * Promise: what was encoded decodes to the same event, and bytes that were torn, flipped or never ours decode to an error value, never to an event.
 *
 * A segment is its header (segment-header.ts) and records:
 *   record   u32 marker  u32 payload length  u32 crc32 of the payload  payload
 *   payload  u8 kind  u8 flags  u48 seq  f64 at, and then
 *     chunk    u32 conn  u32 exchange  u32 size  the bytes as they are (flags bit 0: response)
 *     end      (flags bit 1: one that has nothing to tell but this)  u32 conn  u32 exchange  f64 bytes  u8 sides  u8 how
 *              sides: bit 0 leg server, bit 1 part response, bits 2 and 3 who did it (client, server, proxy)
 *     others   u32 length of the JSON  the event as JSON (UTF-8)  for `end`: the tail's bytes (flags bit 0: there is a tail)
 * Little endian. Segments of format 1 have every `end` as JSON. The marker is random for each recording: traffic cannot forge it, so a
 * reader finds the next whole record after damage.
 */
import { crc32 } from 'node:zlib'
import { checkEvent } from '../core/check-event.ts'
import type { Actor, ChunkEvent, Draft, EndEvent, Ending, EventKind, WireEvent } from '../core/event.ts'

export const RECORD_HEADER_BYTES = 12
/** Kind, flags, seq and time. */
const COMMON_BYTES = 16
export const CHUNK_OVERHEAD_BYTES = RECORD_HEADER_BYTES + COMMON_BYTES + 12
const END_PAYLOAD_BYTES = COMMON_BYTES + 18
export const END_BYTES = RECORD_HEADER_BYTES + END_PAYLOAD_BYTES
/** No record is larger: a length beyond it is damage. */
const MAX_PAYLOAD_BYTES = 0x3fff_ffff

/** Numbers are part of the format: never reuse or change one. */
const NUMBER_OF_KIND: Readonly<Record<EventKind, number>> = {
  recording: 1,
  open: 2,
  request: 3,
  response: 4,
  chunk: 5,
  end: 6,
  close: 7,
  log: 8,
  change: 9,
  gap: 10,
}
/** Their places are part of the format. */
const ACTORS: readonly Actor[] = ['client', 'server', 'proxy']
const ENDINGS: readonly Ending[] = ['complete', 'fin', 'reset', 'timeout', 'refused', 'unresolved', 'tls', 'garbage', 'closed']
const KIND_OF_NUMBER = new Map(Object.entries(NUMBER_OF_KIND).map(([kind, number]) => [number, kind as EventKind]))

function writeCommon(into: Buffer, at: number, kind: EventKind, flags: number, seq: number, time: number): void {
  into[at] = NUMBER_OF_KIND[kind]
  into[at + 1] = flags
  into.writeUIntLE(seq, at + 2, 6)
  into.writeDoubleLE(time, at + 8)
}

/**
 * Writes the record of a chunk without its bytes, for bytes that are written from where they lie.
 * `into` needs CHUNK_OVERHEAD_BYTES from `offset`. Returns the offset after it.
 */
export function encodeChunkHead(
  into: Buffer,
  offset: number,
  marker: number,
  chunk: Omit<ChunkEvent, 'seq' | 'at'>,
  seq: number,
  at: number,
): number {
  const { bytes } = chunk
  const payload = offset + RECORD_HEADER_BYTES
  const end = offset + CHUNK_OVERHEAD_BYTES
  writeCommon(into, payload, 'chunk', chunk.part === 'response' ? 1 : 0, seq, at)
  into.writeUInt32LE(chunk.conn, payload + 16)
  into.writeUInt32LE(chunk.exchange, payload + 20)
  into.writeUInt32LE(chunk.size, payload + 24)
  into.writeUInt32LE(marker, offset)
  into.writeUInt32LE(COMMON_BYTES + 12 + bytes.length, offset + 4)
  into.writeUInt32LE(crc32(bytes, crc32(into.subarray(payload, end))), offset + 8)
  return end
}

/** Writes the whole record of a chunk; `into` must have room. Returns the offset after it. */
export function encodeChunk(
  into: Buffer,
  offset: number,
  marker: number,
  chunk: Omit<ChunkEvent, 'seq' | 'at'>,
  seq: number,
  at: number,
): number {
  const payload = offset + RECORD_HEADER_BYTES
  const body = payload + COMMON_BYTES + 12
  const end = body + chunk.bytes.length
  writeCommon(into, payload, 'chunk', chunk.part === 'response' ? 1 : 0, seq, at)
  into.writeUInt32LE(chunk.conn, payload + 16)
  into.writeUInt32LE(chunk.exchange, payload + 20)
  into.writeUInt32LE(chunk.size, payload + 24)
  into.set(chunk.bytes, body)
  seal(into, offset, end, marker)
  return end
}

type End = Omit<EndEvent, 'seq' | 'at'>

/** Most ends say where, how and after how many bytes; four of them come with each request. */
export function isShortEnd(draft: Draft | WireEvent): draft is Extract<typeof draft, { kind: 'end' }> {
  return (
    draft.kind === 'end' &&
    draft.code === undefined &&
    draft.detail === undefined &&
    draft.trailers === undefined &&
    draft.tail === undefined &&
    draft.sha256 === undefined
  )
}

/** Writes the record of a short end; `into` must have END_BYTES from `offset`. Returns the offset after it. */
export function encodeShortEnd(into: Buffer, offset: number, marker: number, ended: End, seq: number, at: number): number {
  const payload = offset + RECORD_HEADER_BYTES
  writeCommon(into, payload, 'end', 2, seq, at)
  into.writeUInt32LE(ended.conn, payload + 16)
  into.writeUInt32LE(ended.exchange, payload + 20)
  into.writeDoubleLE(ended.bytes, payload + 24)
  into[payload + 32] = (ended.leg === 'server' ? 1 : 0) | (ended.part === 'response' ? 2 : 0) | (ACTORS.indexOf(ended.by) << 2)
  into[payload + 33] = ENDINGS.indexOf(ended.how)
  seal(into, offset, offset + END_BYTES, marker)
  return offset + END_BYTES
}

/** The part of an event that a record holds as JSON, and the bytes that it holds as they are. */
export interface JsonForm {
  readonly json: string
  readonly tail: Uint8Array | undefined
}
export function jsonForm(draft: Exclude<Draft | WireEvent, { kind: 'chunk' }>): JsonForm {
  if (draft.kind !== 'end' || draft.tail === undefined) return { json: JSON.stringify(draft), tail: undefined }
  const { tail, ...rest } = draft
  return { json: JSON.stringify(rest), tail }
}

/** Upper bound of the record's size. */
export function jsonRecordBytes({ json, tail }: JsonForm): number {
  return RECORD_HEADER_BYTES + COMMON_BYTES + 4 + json.length * 3 + (tail?.length ?? 0)
}

/** Writes the record of any event but a chunk; `into` must have `jsonRecordBytes` from `offset`. Returns the offset after it. */
export function encodeJson(into: Buffer, offset: number, marker: number, kind: EventKind, form: JsonForm, seq: number, at: number): number {
  const payload = offset + RECORD_HEADER_BYTES
  const text = payload + COMMON_BYTES + 4
  const length = into.write(form.json, text, 'utf8')
  let end = text + length
  writeCommon(into, payload, kind, form.tail ? 1 : 0, seq, at)
  into.writeUInt32LE(length, text - 4)
  if (form.tail) {
    into.set(form.tail, end)
    end += form.tail.length
  }
  seal(into, offset, end, marker)
  return end
}

function seal(into: Buffer, offset: number, end: number, marker: number): void {
  const payload = offset + RECORD_HEADER_BYTES
  into.writeUInt32LE(marker, offset)
  into.writeUInt32LE(end - payload, offset + 4)
  into.writeUInt32LE(crc32(into.subarray(payload, end)), offset + 8)
}

/** One event as a record of its own. For bulk work write into a slab with the functions above. */
export function encodeEvent(event: WireEvent, marker: number): Buffer {
  if (event.kind === 'chunk') {
    const bytes = Buffer.allocUnsafe(CHUNK_OVERHEAD_BYTES + event.bytes.length)
    encodeChunk(bytes, 0, marker, event, event.seq, event.at)
    return bytes
  }
  if (isShortEnd(event)) {
    const bytes = Buffer.allocUnsafe(END_BYTES)
    encodeShortEnd(bytes, 0, marker, event, event.seq, event.at)
    return bytes
  }
  const form = jsonForm(event)
  const bytes = Buffer.allocUnsafe(jsonRecordBytes(form))
  return bytes.subarray(0, encodeJson(bytes, 0, marker, event.kind, form, event.seq, event.at))
}

/**
 * `event`: a whole record; `end` is the offset after it. `partial`: the buffer ends within the record, `need` bytes from its start are wanted.
 * `bad`: no record of this recording begins here. `unreadable`: an intact record of a vocabulary that this version does not know.
 */
export type Decoded =
  | { readonly state: 'event'; readonly event: WireEvent; readonly end: number }
  | { readonly state: 'partial'; readonly need: number }
  | { readonly state: 'bad'; readonly says: string }
  | { readonly state: 'unreadable'; readonly says: string; readonly seq: number; readonly end: number }

/** Reads the record at `offset`. A chunk's bytes are a view of `from`. */
export function decodeRecord(from: Buffer, offset: number, marker: number): Decoded {
  const room = from.length - offset
  if (room < RECORD_HEADER_BYTES) return { state: 'partial', need: RECORD_HEADER_BYTES }
  if (from.readUInt32LE(offset) !== marker) return { state: 'bad', says: 'no record begins here' }
  const length = from.readUInt32LE(offset + 4)
  if (length < COMMON_BYTES || length > MAX_PAYLOAD_BYTES) return { state: 'bad', says: `a record cannot be ${length} bytes long` }
  const payload = offset + RECORD_HEADER_BYTES
  const end = payload + length
  if (end > from.length) return { state: 'partial', need: end - offset }
  if (crc32(from.subarray(payload, end)) !== from.readUInt32LE(offset + 8)) return { state: 'bad', says: 'the record fails its checksum' }
  return decodePayload(from, payload, end)
}

function decodePayload(from: Buffer, payload: number, end: number): Decoded {
  const number = from[payload] ?? 0
  const flags = from[payload + 1] ?? 0
  const seq = from.readUIntLE(payload + 2, 6)
  const at = from.readDoubleLE(payload + 8)
  const kind = KIND_OF_NUMBER.get(number)
  if (kind === undefined) return { state: 'unreadable', says: `a record of unknown kind ${number}`, seq, end }
  if (kind === 'end' && flags & 2) return decodeShortEnd(from, payload, end, seq, at)
  if (kind !== 'chunk') return decodeJson(from, payload + COMMON_BYTES, end, kind, flags, seq, at)
  if (end - payload < COMMON_BYTES + 12) return { state: 'unreadable', says: 'a chunk record without its head', seq, end }
  const event: ChunkEvent = {
    seq,
    at,
    kind,
    conn: from.readUInt32LE(payload + 16),
    exchange: from.readUInt32LE(payload + 20),
    part: flags & 1 ? 'response' : 'request',
    size: from.readUInt32LE(payload + 24),
    bytes: from.subarray(payload + COMMON_BYTES + 12, end),
  }
  return { state: 'event', event, end }
}

function decodeShortEnd(from: Buffer, payload: number, end: number, seq: number, at: number): Decoded {
  const unreadable = (says: string): Decoded => ({ state: 'unreadable', says, seq, end })
  if (end - payload !== END_PAYLOAD_BYTES) return unreadable('a short end record that is not as long as one')
  const sides = from[payload + 32] ?? 0
  const by = ACTORS[sides >> 2]
  const how = ENDINGS[from[payload + 33] ?? 0]
  const bytes = from.readDoubleLE(payload + 24)
  if (by === undefined || how === undefined || !Number.isSafeInteger(bytes) || bytes < 0) {
    return unreadable('an end record of an ending that this version does not know')
  }
  const event: EndEvent = {
    seq,
    at,
    kind: 'end',
    conn: from.readUInt32LE(payload + 16),
    exchange: from.readUInt32LE(payload + 20),
    leg: sides & 1 ? 'server' : 'client',
    part: sides & 2 ? 'response' : 'request',
    how,
    by,
    bytes,
  }
  return { state: 'event', event, end }
}

function decodeJson(from: Buffer, body: number, end: number, kind: EventKind, flags: number, seq: number, at: number): Decoded {
  const text = body + 4
  const length = end >= text ? from.readUInt32LE(body) : Number.POSITIVE_INFINITY
  if (text + length > end) return { state: 'unreadable', says: `a ${kind} record whose JSON is cut`, seq, end }
  let fields: object
  try {
    fields = JSON.parse(from.toString('utf8', text, text + length))
  } catch {
    return { state: 'unreadable', says: `a ${kind} record whose JSON does not parse`, seq, end }
  }
  const tail = flags & 1 ? { tail: from.subarray(text + length, end) } : {}
  const event = checkEvent({ ...fields, ...tail, seq, at, kind })
  if ('error' in event) return { state: 'unreadable', says: `a ${kind} record in which ${event.error}`, seq, end }
  return { state: 'event', event, end }
}
