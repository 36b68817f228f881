/**
 * Records that wait in memory while the disk fails or stalls, in order and bounded.
 * Promise: what does not fit is counted exactly, and no record is let in behind a lost one before the loss is told.
 */
import { RECORD_HEADER_BYTES } from './codec.ts'

const BLOCK_BYTES = 256 * 1024

/** Encoded records one after another; it grows at `used` while `done` follows. */
export interface Block {
  readonly bytes: Buffer
  used: number
  /** Bytes of it that are in the file. */
  done: number
  records: number
  bodyBytes: number
}

export class Backlog {
  readonly #limit: number
  readonly #blocks: Block[] = []
  #bytes = 0
  #records = 0
  #lost = 0
  #lostBytes = 0

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }
  get records(): number {
    return this.#records
  }
  get lost(): number {
    return this.#lost
  }
  /** True when a loss can be told and records be taken again: half of the room is free. Few long gaps instead of many short ones. */
  get isOpenAgain(): boolean {
    return this.#lost > 0 && this.#bytes * 2 <= this.#limit
  }

  /** Takes whole records, or counts them as lost. The pieces are copied. `urgent` records (gaps) are taken even beyond the limit. */
  add(pieces: readonly Uint8Array[], records: number, bodyBytes: number, urgent = false): void {
    let total = 0
    for (const piece of pieces) total += piece.length
    if (!urgent && (this.#lost > 0 || this.#bytes + total > this.#limit)) {
      this.lose(records, bodyBytes)
      return
    }
    const block = this.#blockFor(total)
    for (const piece of pieces) {
      block.bytes.set(piece, block.used)
      block.used += piece.length
    }
    block.records += records
    block.bodyBytes += bodyBytes
    this.#records += records
    this.#bytes += total
  }

  lose(records: number, bodyBytes: number): void {
    this.#lost += records
    this.#lostBytes += bodyBytes
  }

  first(): Block | undefined {
    return this.#blocks[0]
  }
  /** Removes the first block, which is written. */
  shift(): void {
    const block = this.#blocks.shift()
    if (block === undefined) return
    this.#bytes -= block.used
    this.#records -= block.records
  }

  /** Sets the first block back to the beginning of the record that was half written: a new file begins with a whole one. Returns by how many bytes. */
  rewind(): number {
    const block = this.#blocks[0]
    if (block === undefined) return 0
    let at = 0
    for (;;) {
      const next = at + RECORD_HEADER_BYTES + (at + 8 <= block.used ? block.bytes.readUInt32LE(at + 4) : 0)
      if (next > block.done) break
      at = next
    }
    const half = block.done - at
    block.done = at
    return half
  }

  /** Gives the counts of what was lost and forgets them. */
  takeLost(): { lost: number; lostBytes: number } {
    const counts = { lost: this.#lost, lostBytes: this.#lostBytes }
    this.#lost = 0
    this.#lostBytes = 0
    return counts
  }

  #blockFor(total: number): Block {
    const last = this.#blocks.at(-1)
    if (last && last.used + total <= last.bytes.length) return last
    const block = { bytes: Buffer.allocUnsafe(Math.max(BLOCK_BYTES, total)), used: 0, done: 0, records: 0, bodyBytes: 0 }
    this.#blocks.push(block)
    return block
  }
}
