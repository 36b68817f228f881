/**
 * Splits a text/event-stream body into frames. Promise: lossless and linear. Every byte belongs to exactly one frame or to
 * the rest, in order, however the stream was cut; nothing is normalised, and memory is bounded by `keepBytes` per open event.
 *
 * A frame is a block of lines and the blank line that ends it (WHATWG HTML, 9.2.6 "Interpreting an event stream"). Blank lines
 * before a block belong to it. Where a block's blank line is a CR at the end of a chunk, the frame waits for the next byte
 * (CR or CRLF?), except in a stream whose lines end in lone CRs, where it is complete at once.
 */
import { SseFields } from './sse-fields.ts'

const LF = 10
const CR = 13

/** Takes the data of an event that grew beyond `keepBytes`, from its first byte on. */
export interface DataSink {
  push(bytes: Uint8Array): void
}

export interface SseFrame {
  /** Position in the stream, in bytes. */
  readonly offset: number
  readonly size: number
  /** `event`: has data. `comment`: only comments. `retry`: only other fields. `unfinished`: the stream ended in it. */
  readonly kind: 'event' | 'comment' | 'retry' | 'unfinished'
  /** Value of the last `event` field; empty when there was none. */
  readonly event: string
  /** Value of the last `id` field of this block (one with NUL is ignored). */
  readonly id?: string
  readonly retry?: number
  /** Comment lines, joined by LF; the beginning if they are long. */
  readonly comment: string
  /** Data lines joined by LF: all of them, or the beginning once the event passed `keepBytes`. */
  readonly data: Uint8Array
  readonly dataBytes: number
  /** The sink that took the data of an event beyond `keepBytes`. */
  readonly overflow?: DataSink
  /** Number of `data` lines. */
  readonly dataLines: number
  /** A line of the stream so far ended in a CR alone. */
  readonly loneCr: boolean
  /** An `id` field held NUL and was ignored. */
  readonly nulId: boolean
}

export interface SseOptions {
  /** Data bytes kept of one event; beyond it only a beginning of 64 KiB. */
  readonly keepBytes?: number
  readonly overflow?: () => DataSink
}

export class SseSplitter {
  readonly #fields: SseFields
  /** Absolute position of the next byte to come. */
  #position = 0
  #frameStart = 0
  // How lines ended.
  #afterCr = false
  #held = false
  #lastEnd: 'lf' | 'crlf' | 'cr' = 'lf'
  #loneCr = false

  constructor(options: SseOptions = {}) {
    this.#fields = new SseFields(options)
  }

  /** Where the part begins that belongs to no complete frame yet. */
  get restOffset(): number {
    return this.#frameStart
  }

  push(bytes: Uint8Array): SseFrame[] {
    const frames: SseFrame[] = []
    if (bytes.length === 0) return frames
    const base = this.#position
    let at = this.#afterChunk(bytes, base, frames)
    // Next terminators of either kind; looked up again only once passed, so that a chunk is searched once.
    let lf = bytes.indexOf(LF, at)
    let cr = bytes.indexOf(CR, at)
    while (at < bytes.length) {
      if (lf !== -1 && lf < at) lf = bytes.indexOf(LF, at)
      if (cr !== -1 && cr < at) cr = bytes.indexOf(CR, at)
      const end = lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr)
      if (end === -1) {
        this.#fields.feed(bytes.subarray(at), false)
        break
      }
      this.#fields.feed(bytes.subarray(at, end), true)
      at = this.#terminate(bytes, base, end, frames)
    }
    this.#position = base + bytes.length
    this.#fields.own()
    return frames
  }

  /** Tells that no byte follows; gives the last frame: complete if only the kind of its last line end was open, else unfinished. */
  end(): SseFrame | undefined {
    if (this.#held) return this.#emit(this.#position)
    this.#fields.finish()
    return this.#fields.some ? this.#emit(this.#position, true) : undefined
  }

  /** Settles a CR at the end of the last chunk. Returns where this chunk's own lines begin. */
  #afterChunk(bytes: Uint8Array, base: number, frames: SseFrame[]): number {
    if (!this.#afterCr) return 0
    this.#afterCr = false
    const skip = bytes[0] === LF ? 1 : 0
    this.#lastEnd = skip === 1 ? 'crlf' : 'cr'
    if (skip === 0) this.#loneCr = true
    if (this.#held) frames.push(this.#emit(base + skip))
    return skip
  }

  /** A line has ended at `end`, which holds CR or LF. Returns where the next line begins. */
  #terminate(bytes: Uint8Array, base: number, end: number, frames: SseFrame[]): number {
    const closes = this.#fields.endLine()
    if (bytes[end] === LF) {
      this.#lastEnd = 'lf'
      if (closes) frames.push(this.#emit(base + end + 1))
      return end + 1
    }
    if (closes && this.#lastEnd === 'cr') {
      frames.push(this.#emit(base + end + 1))
      if (end + 1 === bytes.length) {
        this.#afterCr = true
        return end + 1
      }
      const pair = bytes[end + 1] === LF
      this.#lastEnd = pair ? 'crlf' : 'cr'
      return pair ? end + 2 : end + 1
    }
    if (end + 1 === bytes.length) {
      this.#afterCr = true
      this.#held = closes
      return end + 1
    }
    const next = bytes[end + 1] === LF ? end + 2 : end + 1
    this.#lastEnd = next === end + 2 ? 'crlf' : 'cr'
    if (next === end + 1) this.#loneCr = true
    if (closes) frames.push(this.#emit(base + next))
    return next
  }

  #emit(end: number, unfinished = false): SseFrame {
    const place = { offset: this.#frameStart, size: end - this.#frameStart, loneCr: this.#loneCr }
    this.#frameStart = end
    this.#held = false
    return this.#fields.close(place, unfinished)
  }
}
