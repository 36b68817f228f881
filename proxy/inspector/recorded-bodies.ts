/**
 * Bodies for looking at: read from the journal by position, decoded, masked. Promise: never more than 16 MiB of one, and words for
 * everything that is missing from what is shown.
 */
import type { Part, WireEvent } from '../core/event.ts'
import type { Exchange, Frame } from '../core/model.ts'
import type { Masker } from '../core/redact.ts'
import { dataOf } from '../core/sse-data.ts'
import { bytesText } from '../core/words.ts'
import type { Reader } from '../journal/reader.ts'
import { ContentDecoder, codingsOf } from './content-decoder.ts'
import type { Piece, RowIndex } from './row-index.ts'

const MAX_VIEW_BYTES = 16 << 20

export interface ViewedBody {
  /** Masked; the beginning only where `note` says so. */
  readonly bytes: Buffer
  /** Size of the whole decoded body, as far as it is known. */
  readonly totalBytes: number
  readonly note: string | undefined
}

/** Where one recording's bodies come from. */
export interface BodySource {
  readonly index: RowIndex
  readonly reader: Reader
  readonly masker: Masker
}

export function headerOf(headers: readonly (readonly [string, string])[] | undefined, name: string): string {
  const values = (headers ?? []).filter(([given]) => given.toLowerCase() === name).map(([, value]) => value)
  return values.join(',')
}
export const headersOf = (exchange: Exchange, part: Part) => (part === 'request' ? exchange.requestHeaders : exchange.responseHeaders)

/** The recorded bytes of one piece. Throws when its record is gone. */
export function pieceBytes(reader: Reader, piece: Piece): Uint8Array {
  const event = reader.readAt(piece)
  if (event.kind !== 'chunk') throw new Error(`record ${piece.seq} is no chunk`)
  return event.bytes
}

/** The bytes with what is secret in them replaced; bytes that are no text stay as they are. */
export function maskBytes(bytes: Uint8Array, masker: Masker): Buffer {
  const parts: Uint8Array[] = []
  let at = 0
  for (const { start, end, replacement } of masker.edits(bytes)) {
    parts.push(bytes.subarray(at, start), Buffer.from(replacement, 'latin1'))
    at = end
  }
  return Buffer.concat([...parts, bytes.subarray(at)])
}

interface Decoded {
  readonly bytes: Buffer
  /** True when nothing of the body is missing from `bytes`. */
  readonly isWhole: boolean
  readonly notes: readonly string[]
}

/** The first `limit` decoded bytes of one part. */
async function decode(source: BodySource, exchange: Exchange, part: Part, limit: number): Promise<Decoded> {
  const coding = headerOf(headersOf(exchange, part), 'content-encoding')
  const decoder = codingsOf(coding).length > 0 ? new ContentDecoder(coding) : undefined
  const notes: string[] = []
  const out: Uint8Array[] = []
  let size = 0
  let isWhole = true
  try {
    // One byte more than the limit tells whether there is more.
    for (const piece of source.index.pieces(exchange.id, part, 0, limit + 1)) {
      const bytes = pieceBytes(source.reader, piece)
      const parts = decoder ? await decoder.write(bytes) : [bytes]
      for (const each of parts) {
        // The reader's buffer is used again for the next record.
        out.push(decoder ? each : Buffer.from(each))
        size += each.length
      }
      if (bytes.length < piece.size) {
        isWhole = false
        notes.push(`the recording keeps only the first ${piece.start + bytes.length} bytes of this body`)
        break
      }
      if (size > limit || decoder?.trouble) break
    }
  } catch (error) {
    isWhole = false
    notes.push(`a part of this body cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (decoder?.trouble) {
    isWhole = false
    notes.push(`${decoder.trouble}${size > 0 ? '; what was decoded before is shown' : '; shown as it crossed the wire'}`)
  }
  decoder?.close()
  if (size > limit) {
    isWhole = false
    notes.push(`only the first ${bytesText(limit)} can be looked at here, an export holds the rest`)
  }
  if (decoder?.trouble && size === 0) return { bytes: rawBytes(source, exchange, part, limit), isWhole, notes }
  return { bytes: Buffer.concat(out).subarray(0, limit), isWhole, notes }
}

function rawBytes({ index, reader }: BodySource, exchange: Exchange, part: Part, limit: number): Buffer {
  const pieces = index.pieces(exchange.id, part, 0, limit)
  return Buffer.concat(pieces.map(piece => Buffer.from(pieceBytes(reader, piece)))).subarray(0, limit)
}

/** Keeps the body that was looked at last: pages of one body are asked for one after the other. */
export class BodyViewer {
  #last: { key: string; view: ViewedBody } | undefined

  async view(source: BodySource, exchange: Exchange, part: Part): Promise<ViewedBody> {
    const crossed = source.index.bodyBytes(exchange.id, part)
    const key = `${exchange.id} ${part} ${crossed}`
    if (this.#last?.key === key) return this.#last.view
    const { bytes, isWhole, notes } = await decode(source, exchange, part, MAX_VIEW_BYTES)
    const masked = maskBytes(bytes, source.masker)
    const view = {
      bytes: masked,
      totalBytes: isWhole ? masked.length : Math.max(masked.length, crossed),
      note: notes.length > 0 ? notes.join('; ') : undefined,
    }
    this.#last = { key, view }
    return view
  }

  /** The data of one SSE event, masked. */
  async data(source: BodySource, exchange: Exchange, frame: Frame): Promise<ViewedBody> {
    const coding = codingsOf(headerOf(exchange.responseHeaders, 'content-encoding')).length > 0
    const size = Math.min(frame.size, MAX_VIEW_BYTES)
    const block = coding
      ? (await decode(source, exchange, 'response', MAX_DECODE_BYTES)).bytes.subarray(frame.offset, frame.offset + size)
      : range(source, exchange.id, frame.offset, size)
    const text = source.masker.text(dataOf(block))
    const notes = [
      ...(size < frame.size ? [`only the first ${bytesText(size)} can be looked at here, an export holds the rest`] : []),
      ...(block.length < size ? ['a part of this event is not in the recording'] : []),
    ]
    return { bytes: Buffer.from(text), totalBytes: Buffer.byteLength(text), note: notes.length > 0 ? notes.join('; ') : undefined }
  }
}

/** A long compressed stream is decoded from its beginning to reach one event. */
const MAX_DECODE_BYTES = 128 << 20

function range({ index, reader }: BodySource, exchange: number, from: number, size: number): Buffer {
  const parts: Uint8Array[] = []
  for (const piece of index.pieces(exchange, 'response', from, from + size)) {
    const bytes = pieceBytes(reader, piece).subarray(Math.max(0, from - piece.start), from + size - piece.start)
    parts.push(Buffer.from(bytes))
  }
  return Buffer.concat(parts)
}

/** One event of the journal by its number: found from the last mark before it. */
export function recordOf({ index, reader }: BodySource, seq: number): WireEvent | undefined {
  let cursor = index.markBefore(seq)
  if (!cursor) return undefined
  for (;;) {
    const batch = reader.read(cursor, 500)
    const found = batch.events.find(({ event }) => event.seq === seq)
    if (found) return found.event
    const last = batch.events.at(-1)
    if (!batch.more || (last && last.event.seq > seq)) return undefined
    cursor = { seq: 0, ...batch.next }
  }
}
