/**
 * Makes wire events fit to be given away: heads and texts masked, bodies masked across the cuts between their chunks.
 * Promise: a secret that two chunks share is found; where a body holds none, its chunks are the same bytes as before.
 *
 * Events pass twice: `study` all of them, then `sanitise` each. Between the passes only the places that change are kept.
 * A body that is encoded (gzip and the like) or binary cannot be looked into: its bytes are left out, its sizes stay.
 */
import { binaryToBytes, bytesToBinary } from './base64.ts'
import { concat } from './bytes.ts'
import type { ChunkEvent, Part, RawHeader, WireEvent } from './event.ts'
import { maskEvent } from './mask-event.ts'
import type { Edit, Masker } from './redact.ts'

/** A stream of events is looked into whenever it pauses between two of them and this much has come. */
const STREAM_BYTES = 256 * 1024

export interface Sanitised {
  readonly event: WireEvent
  /** For a chunk: what became of its bytes. */
  readonly body?: 'masked' | 'left-out'
}

interface OpenBody {
  chunks: ChunkEvent[]
  bytes: number
  readonly isStream: boolean
}

export class Sanitiser {
  readonly #masker: Masker
  readonly #open = new Map<number, OpenBody>()
  readonly #edits = new Map<number, readonly Edit[]>()
  readonly #opaque = new Set<number>()
  readonly #streams = new Set<number>()

  constructor(masker: Masker) {
    this.#masker = masker
  }

  /** Learns secrets from an event whose body is of no further interest. */
  learn(event: WireEvent): void {
    this.study(event)
    if (event.kind !== 'chunk') maskEvent(event, this.#masker)
    this.#edits.clear()
  }

  /** First pass: every event, in order. */
  study(event: WireEvent): void {
    if (event.kind === 'request' || event.kind === 'response') this.#studyHead(event.exchange, event.kind, event.headers)
    if (event.kind === 'chunk') this.#studyChunk(event)
    if (event.kind === 'end') this.#close(keyOf(event.exchange, event.part))
  }

  /** Ends the first pass. */
  studied(): void {
    for (const key of [...this.#open.keys()]) this.#close(key)
  }

  /** Second pass. */
  sanitise(event: WireEvent): Sanitised {
    if (event.kind === 'end' && event.tail) {
      const { tail, ...rest } = event
      return { event: maskEvent(rest, this.#masker) }
    }
    if (event.kind !== 'chunk') return { event: maskEvent(event, this.#masker) }
    if (this.#opaque.has(keyOf(event.exchange, event.part)) && event.bytes.length > 0)
      return { event: { ...event, bytes: new Uint8Array(0) }, body: 'left-out' }
    const edits = this.#edits.get(event.seq)
    if (edits === undefined) return { event }
    const bytes = applyToBytes(event.bytes, edits)
    // Readers take a size beyond the bytes for a body that was cut: what was cut here is only length.
    return { event: { ...event, bytes, size: event.size - event.bytes.length + bytes.length }, body: 'masked' }
  }

  #studyHead(exchange: number, part: Part, headers: readonly RawHeader[]): void {
    this.#masker.headers(headers)
    for (const [name, value] of headers) {
      const lower = name.toLowerCase()
      if (lower === 'content-encoding' && value.trim().toLowerCase() !== 'identity' && value.trim() !== '')
        this.#opaque.add(keyOf(exchange, part))
      if (lower === 'content-type' && /^\s*text\/event-stream/i.test(value)) this.#streams.add(keyOf(exchange, part))
    }
  }

  #studyChunk(chunk: ChunkEvent): void {
    const key = keyOf(chunk.exchange, chunk.part)
    if (chunk.bytes.length === 0 || this.#opaque.has(key)) return
    let body = this.#open.get(key)
    if (body === undefined) {
      body = { chunks: [], bytes: 0, isStream: this.#streams.has(key) }
      this.#open.set(key, body)
    }
    body.chunks.push(chunk)
    body.bytes += chunk.bytes.length
    if (body.isStream && body.bytes >= STREAM_BYTES && endsBetweenEvents(chunk.bytes)) this.#close(key)
  }

  #close(key: number): void {
    const body = this.#open.get(key)
    if (body === undefined) return
    this.#open.delete(key)
    const edits = editsOfChunks(
      body.chunks.map(({ bytes }) => bytes),
      this.#masker,
    )
    if (edits === 'binary') this.#opaque.add(key)
    body.chunks.forEach(({ seq }, index) => {
      const own = Array.isArray(edits) ? edits[index] : undefined
      if (own && own.length > 0) this.#edits.set(seq, own)
    })
  }
}

function keyOf(exchange: number, part: Part): number {
  return exchange * 2 + (part === 'response' ? 1 : 0)
}

function endsBetweenEvents(bytes: Uint8Array): boolean {
  const end = bytesToBinary(bytes.subarray(-4))
  return /(?:\n\n|\r\n\r\n|\r\r)$/.test(end)
}

const strict = new TextDecoder('utf-8', { fatal: true })

/**
 * What to replace in each piece of a body, so that no secret stays however it was cut; a mask stands in the piece where the secret began.
 * Undefined when there is nothing to replace, `binary` for a body that is no text.
 */
function editsOfChunks(chunks: readonly Uint8Array[], masker: Masker): Edit[][] | 'binary' | undefined {
  const whole = concat(chunks)
  if (!isText(whole)) return 'binary'
  const edits = masker.edits(whole)
  if (edits.length === 0) return undefined
  let next = 0
  let start = 0
  return chunks.map(chunk => {
    const end = start + chunk.length
    const own: Edit[] = []
    for (let edit = edits[next]; edit && edit.start < end; edit = edits[next]) {
      const replacement = edit.start >= start ? edit.replacement : ''
      own.push({ start: Math.max(edit.start, start) - start, end: Math.min(edit.end, end) - start, replacement })
      // The rest of the secret is in the chunks that follow.
      if (edit.end > end) break
      next++
    }
    start = end
    return own
  })
}

function applyToBytes(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const pieces: Uint8Array[] = []
  let done = 0
  for (const { start, end, replacement } of edits) {
    pieces.push(bytes.subarray(done, start), binaryToBytes(replacement))
    done = end
  }
  return concat([...pieces, bytes.subarray(done)])
}

/** A recording may have cut a body within a character: up to three bytes at its end are forgiven. */
function isText(bytes: Uint8Array): boolean {
  for (let cut = 0; cut <= 3 && cut <= bytes.length; cut++) {
    try {
      strict.decode(bytes.subarray(0, bytes.length - cut))
      return true
    } catch {
      // Try with one byte less.
    }
  }
  return false
}
