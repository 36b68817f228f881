/**
 * One segment file, open for reading: records at offsets, and the next whole record after damage.
 * Promise: a record is read in one piece however large, and nothing beyond the file's present end is trusted.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { type Decoded, decodeRecord, RECORD_HEADER_BYTES } from './codec.ts'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts'

const WINDOW_BYTES = 1 << 20
/** Read at a jump: what lies behind one record may not be wanted. */
const JUMP_BYTES = 1 << 16
/** Buffers that are kept to be written again: a little more than one batch of a reader takes. */
const SPARE = 6

const NOTHING = Buffer.alloc(0)

export class SegmentFile {
  readonly number: number
  readonly path: string
  readonly #fd: number
  readonly #reuses: boolean
  /** The bytes that were read last; chunks that were handed out are views of it. */
  #window: Buffer = NOTHING
  #start = 0
  /** Where the window lies, if it may be written again once all that was handed out of it is forgotten. */
  #slab: Buffer | undefined
  #retired: Buffer[] = []
  #spare: Buffer[] = []

  /** `reuses`: what is handed out is good until `forget` is called, else for ever. Throws the system's error. */
  constructor(path: string, number: number, reuses = false) {
    this.path = path
    this.number = number
    this.#reuses = reuses
    this.#fd = openSync(path, 'r')
  }

  /** Nobody looks any more at what was handed out. */
  forget(): void {
    if (this.#retired.length === 0) return
    this.#spare.push(...this.#retired.splice(0).slice(0, SPARE - this.#spare.length))
  }

  size(): number {
    return fstatSync(this.#fd).size
  }

  /** False when the path has come to name another file. */
  isCurrent(): boolean {
    const named = statSync(this.path, { throwIfNoEntry: false })
    return named === undefined || named.ino === fstatSync(this.#fd).ino
  }

  header(): ReturnType<typeof decodeSegmentHeader> {
    return decodeSegmentHeader(this.#read(0, SEGMENT_HEADER_BYTES))
  }

  /** The four bytes with which the first record begins: the marker, should the header be damaged. */
  markerOfFirstRecord(): number | undefined {
    const bytes = this.#read(SEGMENT_HEADER_BYTES, 4)
    return bytes.length === 4 ? bytes.readUInt32LE() : undefined
  }

  /** The record at `offset`; ends are offsets in the file. */
  record(offset: number, marker: number): Decoded {
    const end = this.#start + this.#window.length
    const isInside = offset >= this.#start && offset + RECORD_HEADER_BYTES <= end
    const span = isInside || (offset <= end && offset > this.#start) ? WINDOW_BYTES : JUMP_BYTES
    if (!isInside) this.#load(offset, span)
    let found = decodeRecord(this.#window, offset - this.#start, marker)
    if (found.state === 'partial') {
      this.#load(offset, Math.min(Math.max(found.need, span), this.size() - offset))
      found = decodeRecord(this.#window, 0, marker)
    }
    // A record that is being written may look different the next time.
    if (found.state === 'partial' || found.state === 'bad') this.#drop()
    return found.state === 'event' || found.state === 'unreadable' ? { ...found, end: found.end + this.#start } : found
  }

  /** Offset of the next whole record from `offset` on; undefined when there is none. */
  nextRecord(offset: number, marker: number): number | undefined {
    const wanted = Buffer.alloc(4)
    wanted.writeUInt32LE(marker)
    for (let at = offset; ; ) {
      const bytes = this.#read(at, WINDOW_BYTES)
      for (let found = bytes.indexOf(wanted); found >= 0; found = bytes.indexOf(wanted, found + 1)) {
        const { state } = this.record(at + found, marker)
        if (state === 'event' || state === 'unreadable') return at + found
      }
      if (bytes.length < WINDOW_BYTES) return undefined
      at += bytes.length - 3
    }
  }

  close(): void {
    closeSync(this.#fd)
    this.#drop()
    this.#retired = []
    this.#spare = []
  }

  #drop(): void {
    if (this.#slab) this.#retired.push(this.#slab)
    this.#slab = undefined
    this.#window = NOTHING
  }

  #load(offset: number, length: number): void {
    this.#drop()
    this.#start = offset
    if (this.#reuses && length <= WINDOW_BYTES) this.#slab = this.#spare.pop() ?? Buffer.allocUnsafeSlow(WINDOW_BYTES)
    this.#window = this.#read(offset, length, this.#slab)
  }

  #read(offset: number, length: number, into?: Buffer): Buffer {
    const room = Math.max(0, Math.min(length, this.size() - offset))
    const bytes = into ?? Buffer.allocUnsafeSlow(room)
    let done = 0
    while (done < room) {
      const read = readSync(this.#fd, bytes, done, room - done, offset + done)
      if (read === 0) break
      done += read
    }
    return done === bytes.length ? bytes : bytes.subarray(0, done)
  }
}
