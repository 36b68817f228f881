/**
 * Follows the server's log file and cuts any byte stream into lines for the journal. Promise: each line appears once, in order, with
 * the time it was seen; a rotated, truncated or late file is followed; a line above 64 KiB is cut and says so; nothing here ever throws.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

const LONGEST_LINE = 64 * 1024
/** How often a file is looked at; also how late a line's time can be. */
const POLL_MS = 50
/** Read at one look: a long log that comes at once must not hold up what is forwarded. */
const AT_ONCE = 1024 * 1024

/** Cuts text that comes in pieces into lines; CR LF and LF both end one. */
export class LineCutter {
  readonly #emit: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''
  /** Characters of the current line that were thrown away. */
  #cut = 0

  constructor(emit: (line: string) => void) {
    this.#emit = emit
  }

  push(bytes: Uint8Array): void {
    const text = this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    const pieces = text.split('\n')
    for (const [index, piece] of pieces.entries()) {
      const room = LONGEST_LINE - this.#rest.length
      this.#rest += piece.slice(0, Math.max(0, room))
      this.#cut += Math.max(0, piece.length - Math.max(0, room))
      if (index < pieces.length - 1) this.#release()
    }
  }

  /** Hands out what has no line end yet. */
  end(): void {
    if (this.#rest !== '' || this.#cut > 0) this.#release()
  }

  #release(): void {
    const line = this.#rest.endsWith('\r') ? this.#rest.slice(0, -1) : this.#rest
    this.#emit(this.#cut > 0 ? `${line} … ${this.#cut} characters cut` : line)
    this.#rest = ''
    this.#cut = 0
  }
}

/** Follows `path` from its present end (from its beginning if it appears later), until `stop()`. */
export class LogFollower {
  readonly #path: string
  readonly #cutter: LineCutter
  readonly #buffer = Buffer.alloc(64 * 1024)
  #file = -1
  #inode = 0
  #offset = 0
  readonly #timer: NodeJS.Timeout

  constructor(path: string, emit: (line: string) => void) {
    this.#path = path
    this.#cutter = new LineCutter(emit)
    if (this.#open()) this.#offset = fstatSync(this.#file).size
    this.#timer = setInterval(() => this.#look(), POLL_MS)
  }

  /** Reads what is there, then lets go of the file. */
  stop(): void {
    clearInterval(this.#timer)
    this.#look(Number.POSITIVE_INFINITY)
    this.#cutter.end()
    this.#close()
  }

  #look(most = AT_ONCE): void {
    try {
      if (this.#file < 0 && !this.#open()) return
      if (!this.#read(most)) return
      const named = statSync(this.#path, { throwIfNoEntry: false })
      // What was written between the read and the rename is read before the old file is let go.
      if ((named && named.ino === this.#inode) || !this.#read(most)) return
      this.#cutter.end()
      this.#close()
      if (this.#open()) this.#read(most)
    } catch {
      this.#close()
    }
  }

  /** Reads up to `most` bytes; true if that was all. */
  #read(most: number): boolean {
    if (fstatSync(this.#file).size < this.#offset) this.#offset = 0
    for (let taken = 0; taken < most; ) {
      const count = readSync(this.#file, this.#buffer, 0, this.#buffer.length, this.#offset)
      if (count === 0) return true
      taken += count
      this.#offset += count
      this.#cutter.push(this.#buffer.subarray(0, count))
    }
    return false
  }

  /** A pipe that stands where a file stood is not waited for, nor read. */
  #open(): boolean {
    try {
      this.#file = openSync(this.#path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
      const found = fstatSync(this.#file)
      if (!found.isFile()) throw new Error('no regular file')
      this.#inode = found.ino
      this.#offset = 0
      return true
    } catch {
      this.#close()
      return false
    }
  }

  #close(): void {
    if (this.#file >= 0) closeSync(this.#file)
    this.#file = -1
  }
}
