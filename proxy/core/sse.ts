/**
 * Splits a text/event-stream body into frames. Promise: lossless and linear. Every byte belongs to exactly one frame or to
 * the rest, in order, however the stream was cut; nothing is normalised, and memory is bounded by `keepBytes` per open event.
 *
 * A frame is a block of lines and the blank line that ends it (WHATWG HTML, 9.2.6 "Interpreting an event stream"). Blank lines
 * before a block belong to it. Where a block's blank line is a CR at the end of a chunk, the frame waits for the next byte
 * (CR or CRLF?), except in a stream whose lines end in lone CRs, where it is complete at once.
 */

const LF = 10
const CR = 13
const COLON = 58
const SPACE = 32
const NEWLINE = Uint8Array.of(LF)
/** Enough to tell every field name (with a BOM before it) and the byte after its colon. */
const HEAD_BYTES = 16
const TEXT_BYTES = 4096
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

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

type Mode = 'start' | 'data' | 'event' | 'id' | 'retry' | 'comment' | 'skip'

export class SseSplitter {
  readonly #keepBytes: number
  readonly #overflow: (() => DataSink) | undefined
  /** Absolute position of the next byte to come. */
  #position = 0
  #frameStart = 0
  #firstLine = true
  // The line being read.
  #mode: Mode = 'start'
  #head: Uint8Array = new Uint8Array(0)
  #lineBytes = 0
  #text: Uint8Array[] = []
  #textBytes = 0
  // How lines ended.
  #afterCr = false
  #held = false
  #lastEnd: 'lf' | 'crlf' | 'cr' = 'lf'
  #loneCr = false
  #nulId = false
  // The frame being read.
  #content = false
  #event = ''
  #id: string | undefined
  #retry: number | undefined
  #comment = ''
  #comments = 0
  #dataLines = 0
  #data: Uint8Array[] = []
  #dataBytes = 0
  /** How many pieces, from the first, are copies of our own. */
  #ownData = 0
  #ownText = 0
  #sink: DataSink | undefined

  constructor(options: SseOptions = {}) {
    this.#keepBytes = options.keepBytes ?? 16 * 1024 * 1024
    this.#overflow = options.overflow
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
        this.#feed(bytes.subarray(at), false)
        break
      }
      this.#feed(bytes.subarray(at, end), true)
      at = this.#terminate(bytes, base, end, frames)
    }
    this.#position = base + bytes.length
    this.#own()
    return frames
  }

  /** Tells that no byte follows; gives the last frame: complete if only the kind of its last line end was open, else unfinished. */
  end(): SseFrame | undefined {
    if (this.#held) return this.#emit(this.#position)
    if (this.#mode !== 'start' || this.#head.length > 0) this.#feed(new Uint8Array(0), true)
    return this.#content ? this.#emit(this.#position, true) : undefined
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
    const closes = this.#lineBytes === 0 && this.#content
    this.#lineBytes = 0
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

  /** Takes a part of a line; `last` when the line ends with it. */
  #feed(part: Uint8Array, last: boolean): void {
    let bytes = part
    if (this.#mode === 'start') {
      if (this.#head.length > 0) bytes = concat([this.#head, part])
      if (!last && bytes.length < HEAD_BYTES) {
        this.#head = bytes === part ? copyOf(bytes) : bytes
        return
      }
      this.#head = EMPTY
      if (this.#firstLine) {
        this.#firstLine = false
        if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3)
      }
      this.#lineBytes = bytes.length
      if (bytes.length === 0) return
      this.#content = true
      bytes = this.#field(bytes)
    }
    if (this.#mode === 'data') this.#take(bytes)
    else if (this.#mode !== 'skip' && this.#textBytes < TEXT_BYTES && bytes.length > 0) {
      this.#text.push(bytes.subarray(0, TEXT_BYTES - this.#textBytes))
      this.#textBytes += bytes.length
    }
    if (last) this.#finishLine()
  }

  /** Reads the field's name, sets the mode, and gives the value's bytes. */
  #field(bytes: Uint8Array): Uint8Array {
    const head = bytes.length > HEAD_BYTES ? bytes.subarray(0, HEAD_BYTES) : bytes
    const colon = head.indexOf(COLON)
    const name = colon === -1 ? (bytes.length > HEAD_BYTES ? '' : ascii(head)) : ascii(head.subarray(0, colon))
    this.#mode = colon === 0 ? 'comment' : (MODES.get(name) ?? 'skip')
    if (this.#mode === 'data') {
      if (this.#dataLines++ > 0) this.#take(NEWLINE)
    } else if (this.#mode === 'comment' && this.#comments++ > 0 && this.#comment.length < TEXT_BYTES) this.#comment += '\n'
    if (colon === -1) return EMPTY
    return bytes.subarray(colon + (bytes[colon + 1] === SPACE ? 2 : 1))
  }

  #finishLine(): void {
    const mode = this.#mode
    this.#mode = 'start'
    if (mode === 'data' || mode === 'skip') return
    const text = this.#text.length === 0 ? '' : decoder.decode(this.#text.length === 1 ? this.#text[0] : concat(this.#text))
    this.#text = []
    this.#textBytes = 0
    this.#ownText = 0
    if (mode === 'event') this.#event = text
    else if (mode === 'id') {
      if (!text.includes('\0')) this.#id = text
      else this.#nulId = true
    } else if (mode === 'retry') {
      if (/^[0-9]+$/.test(text)) this.#retry = Number(text)
    } else if (this.#comment.length < TEXT_BYTES) this.#comment += text
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#dataBytes += bytes.length
    if (this.#sink) this.#sink.push(bytes)
    else if (this.#dataBytes <= this.#keepBytes) this.#data.push(bytes)
    else this.#spill(bytes)
  }

  /** The event has become too large to keep: hand everything to a sink and keep a beginning. */
  #spill(bytes: Uint8Array): void {
    const kept = concat([...this.#data, bytes])
    this.#sink = this.#overflow?.() ?? { push: () => {} }
    this.#sink.push(kept)
    this.#data = [kept.slice(0, Math.min(65_536, this.#keepBytes))]
  }

  #emit(end: number, unfinished = false): SseFrame {
    const only = this.#data.length === 1 ? this.#data[0] : undefined
    const frame: SseFrame = {
      offset: this.#frameStart,
      size: end - this.#frameStart,
      kind: unfinished ? 'unfinished' : this.#dataLines > 0 ? 'event' : this.#comments > 0 && this.#id === undefined ? 'comment' : 'retry',
      event: this.#event,
      comment: this.#comment,
      data: only ?? concat(this.#data),
      dataBytes: this.#dataBytes,
      dataLines: this.#dataLines,
      loneCr: this.#loneCr,
      nulId: this.#nulId,
      ...(this.#id !== undefined && { id: this.#id }),
      ...(this.#retry !== undefined && { retry: this.#retry }),
      ...(this.#sink && { overflow: this.#sink }),
    }
    this.#frameStart = end
    this.#held = false
    this.#content = false
    this.#event = ''
    this.#id = undefined
    this.#nulId = false
    this.#retry = undefined
    this.#comment = ''
    this.#comments = 0
    this.#dataLines = 0
    this.#data = []
    this.#dataBytes = 0
    this.#ownData = 0
    this.#sink = undefined
    return frame
  }

  /** Copies what an open frame took from this chunk, so that it does not keep the reader's whole buffer alive. */
  #own(): void {
    for (; this.#ownData < this.#data.length; this.#ownData++) this.#data[this.#ownData] = copyOf(this.#data[this.#ownData] as Uint8Array)
    for (; this.#ownText < this.#text.length; this.#ownText++) this.#text[this.#ownText] = copyOf(this.#text[this.#ownText] as Uint8Array)
  }
}

const EMPTY = new Uint8Array(0)
const MODES = new Map<string, Mode>([
  ['data', 'data'],
  ['event', 'event'],
  ['id', 'id'],
  ['retry', 'retry'],
])

function ascii(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** In memory of its own. `slice` would not do: that of a Node Buffer is a view. */
export const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

/** The parts as one array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.length
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
