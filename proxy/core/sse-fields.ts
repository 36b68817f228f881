/**
 * Reads the fields of lines, and gathers them until their block is closed. Promise: a line may come in any number of parts, and what is
 * kept of it is a copy by the time its chunk is over.
 */
import { concat, copyOf } from './bytes.ts'
import type { DataSink, SseFrame, SseOptions } from './sse.ts'

const COLON = 58
const SPACE = 32
const NEWLINE = Uint8Array.of(10)
const EMPTY = new Uint8Array(0)
/** Enough to tell every field name (with a BOM before it) and the byte after its colon. */
const HEAD_BYTES = 16
const TEXT_BYTES = 4096
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

type Mode = 'start' | 'data' | 'event' | 'id' | 'retry' | 'comment' | 'skip'
const MODES = new Map<string, Mode>([
  ['data', 'data'],
  ['event', 'event'],
  ['id', 'id'],
  ['retry', 'retry'],
])

export class SseFields {
  readonly #keepBytes: number
  readonly #overflow: (() => DataSink) | undefined
  #firstLine = true
  // The line being read.
  #mode: Mode = 'start'
  #head: Uint8Array = EMPTY
  #lineBytes = 0
  #text: Uint8Array[] = []
  #textBytes = 0
  // The block being read.
  #content = false
  #event = ''
  #id: string | undefined
  #nulId = false
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

  constructor({ keepBytes = 16 * 1024 * 1024, overflow }: SseOptions) {
    this.#keepBytes = keepBytes
    this.#overflow = overflow
  }

  /** Something of a block has come. */
  get some(): boolean {
    return this.#content
  }

  /** A line's end has come. Returns whether the line was blank and closes a block. */
  endLine(): boolean {
    const closes = this.#lineBytes === 0 && this.#content
    this.#lineBytes = 0
    return closes
  }

  /** No byte follows: takes what has come of a line as the whole. */
  finish(): void {
    if (this.#mode !== 'start' || this.#head.length > 0) this.feed(EMPTY, true)
  }

  /** Takes a part of a line; `last` when the line ends with it. */
  feed(part: Uint8Array, last: boolean): void {
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

  /** Gives the block as a frame, and begins the next. */
  close(place: Pick<SseFrame, 'offset' | 'size' | 'loneCr'>, unfinished: boolean): SseFrame {
    const only = this.#data.length === 1 ? this.#data[0] : undefined
    const frame: SseFrame = {
      ...place,
      kind: unfinished ? 'unfinished' : this.#dataLines > 0 ? 'event' : this.#comments > 0 && this.#id === undefined ? 'comment' : 'retry',
      event: this.#event,
      comment: this.#comment,
      data: only ?? concat(this.#data),
      dataBytes: this.#dataBytes,
      dataLines: this.#dataLines,
      nulId: this.#nulId,
      ...(this.#id !== undefined && { id: this.#id }),
      ...(this.#retry !== undefined && { retry: this.#retry }),
      ...(this.#sink && { overflow: this.#sink }),
    }
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
  own(): void {
    for (; this.#ownData < this.#data.length; this.#ownData++) this.#data[this.#ownData] = copyOf(this.#data[this.#ownData] as Uint8Array)
    for (; this.#ownText < this.#text.length; this.#ownText++) this.#text[this.#ownText] = copyOf(this.#text[this.#ownText] as Uint8Array)
  }
}

function ascii(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
