/**
 * The way that records take while the disk fails or stalls: a bounded backlog, written off the main thread until writing works again.
 * Promise: it never throws and never blocks the main thread for the disk's sake; what is lost is counted to the record.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, read as readWithCallback } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { GapEvent } from '../core/event.ts'
import { Backlog } from './backlog.ts'
import { decodeRecord, encodeEvent } from './codec.ts'
import { codeOf, type Disk, type Reason, reasonOf, WORDS_OF_REASON } from './disk.ts'
import { takeLock } from './lock.ts'
import { type OpenSegment, segmentName } from './segment.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'

const read = promisify(readWithCallback)
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 2000

export interface DetourSetting {
  readonly dir: string
  readonly marker: number
  /** The encoded `recording` record with which every segment begins. */
  readonly first: Uint8Array
  readonly backlogBytes: number
  readonly stallMs: number
  readonly disk: Disk
  /** Counts of earlier segments of this run: what is lost with them should the folder vanish. */
  readonly rolled: Map<number, { readonly records: number; readonly bodyBytes: number }>
  /** Recording milliseconds. */
  now(): number
  /** `14:03:11`, of recording milliseconds. */
  clock(at: number): string
  onTrouble(): void
  /** Writing works again: the file to go on with, and the gap to record there unless it was recorded on the way. */
  onEnd(segment: OpenSegment, gap: Omit<GapEvent, 'seq' | 'at'> | undefined): void
}

export class Detour {
  readonly since: number
  readonly #setting: DetourSetting
  readonly #backlog: Backlog
  readonly #calmMs: number
  #segment: OpenSegment
  #reason: Reason
  #error: string
  #failures = 0
  #calmSince: number
  #firstLostSeq = 0
  #totalLost = 0
  #taken = 0
  /** Losses that are in no backlog: segments that vanished from the disk. */
  #vanished = { lost: 0, lostBytes: 0 }
  #told = false
  /** A write is under way, or the file is being written anew: nobody else may write. */
  #busy = false
  #over = false
  #wake: (() => void) | undefined

  /** `calmMs`: how long writing must go well before the main thread writes again. */
  constructor(setting: DetourSetting, segment: OpenSegment, reason: Reason, words: string, calmMs: number) {
    this.#setting = setting
    this.#segment = segment
    this.#reason = reason
    this.#error = words
    this.#calmMs = calmMs
    this.#backlog = new Backlog(setting.backlogBytes)
    this.since = setting.now()
    this.#calmSince = this.since
  }

  /** Begins to write; `partly` bytes of the first batch are in the file already. */
  start(partly: number): void {
    const block = this.#backlog.first()
    if (block) block.done = partly
    void this.#run()
  }

  /** Takes records that were flushed together; `urgent` for those that the failing write held. */
  take(pieces: readonly Uint8Array[], firstSeq: number, records: number, bodyBytes: number, urgent = false): void {
    if (this.#backlog.isOpenAgain) this.#tellLoss()
    const before = this.#backlog.lost
    this.#backlog.add(pieces, records, bodyBytes, urgent)
    this.#taken += records
    if (before === 0 && this.#backlog.lost > 0) this.#firstLostSeq = firstSeq
  }

  get waiting(): number {
    return this.#backlog.records
  }
  get lost(): number {
    return this.#totalLost + this.#backlog.lost + this.#vanished.lost
  }

  words(): string {
    const lost = this.lost
    const waiting = this.waiting
    const fate = lost > 0 ? `${lost} records lost` : waiting > 0 ? `${waiting} records wait in memory, none lost` : 'nothing lost'
    return `${WORDS_OF_REASON[this.#reason]} since ${this.#setting.clock(this.since)} (${this.#error}): traffic goes on, ${fate}`
  }

  /** Ends the detour at once: writes what waits from here. Says false when that fails or is for nothing, or a write is under way that cannot be awaited. */
  finishNow(): boolean {
    if (this.#busy) return false
    try {
      // A file without a name takes everything and keeps nothing.
      if (fstatSync(this.#segment.fd).nlink === 0) return false
      if (this.#backlog.lost > 0) this.#tellLoss()
      for (let block = this.#backlog.first(); block; block = this.#backlog.first()) {
        while (block.done < block.used)
          this.#wrote(block, this.#setting.disk.writeSync(this.#segment.fd, block.bytes, block.done, block.used - block.done))
        this.#backlog.shift()
      }
    } catch {
      this.#giveUp()
      return false
    }
    this.#end()
    return true
  }

  /** What waits is lost: puts a gap in its place, where the record that was half written has left room for it. */
  #giveUp(): void {
    this.#over = true
    this.#wake?.()
    const size = this.#segment.size - this.#backlog.rewind()
    const seq = this.#loseAll()
    const { lost, lostBytes } = this.#backlog.takeLost()
    const gap = this.#gap(lost, lostBytes, `The recording ended before they could be written: ${lost} records are lost.`)
    this.#totalLost += lost
    try {
      this.#setting.disk.endSync(this.#segment.fd, size, encodeEvent({ ...gap, seq, at: this.#setting.now() }, this.#setting.marker))
    } catch {
      // No room, or no way to write at all: whoever closes the recording says so.
    }
  }

  /** Counts everything that waits as lost; returns the number of the first lost record. */
  #loseAll(): number {
    let first: number | undefined
    for (let block = this.#backlog.first(); block; block = this.#backlog.first()) {
      for (let at = block.done; at < block.used; ) {
        const record = decodeRecord(block.bytes.subarray(0, block.used), at, this.#setting.marker)
        if (record.state !== 'event') break
        const { event } = record
        at = record.end
        first ??= event.seq
        // A gap that waits tells of records that were lost before: the new one tells of them too.
        const told = event.kind === 'gap' ? event.lost : 0
        this.#totalLost -= told
        this.#backlog.lose(told || 1, event.kind === 'gap' ? event.lostBytes : event.kind === 'chunk' ? event.size : 0)
      }
      this.#backlog.shift()
    }
    return first ?? this.#firstLostSeq
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      try {
        if ((await isGone(this.#segment)) && !this.#over) await this.#restore()
        await this.#drain()
        if (this.#over) return
        this.#failures = 0
        if (this.#isCalm()) return this.#end()
        await this.#sleep(20)
      } catch (error) {
        this.#busy = false
        this.#failed(error)
        await this.#sleep(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1)))
      }
    }
  }

  async #drain(): Promise<void> {
    while (!this.#over) {
      if (this.#backlog.isOpenAgain) this.#tellLoss()
      const block = this.#backlog.first()
      if (block === undefined) return
      if (block.done === block.used) {
        this.#segment.records += block.records
        this.#segment.bodyBytes += block.bodyBytes
        this.#backlog.shift()
        continue
      }
      const began = performance.now()
      this.#busy = true
      const written = await this.#setting.disk.write(this.#segment.fd, block.bytes, block.done, block.used - block.done)
      this.#busy = false
      // Seen from here a write also waits for the main thread's turn, so the limit is wider.
      if (performance.now() - began > 4 * this.#setting.stallMs) this.#calmSince = this.#setting.now()
      this.#wrote(block, written)
    }
  }

  #wrote(block: { done: number }, written: number): void {
    block.done += written
    this.#segment.size += written
  }

  #isCalm(): boolean {
    return this.#backlog.first() === undefined && this.#backlog.lost === 0 && this.#setting.now() - this.#calmSince >= this.#calmMs
  }

  #failed(error: unknown): void {
    this.#failures++
    this.#calmSince = this.#setting.now()
    this.#reason = reasonOf(error)
    this.#error = (error as Error).message
    this.#setting.onTrouble()
    // A full disk has no room for another file either; any other failure may be this file's own.
    if (this.#reason !== 'disk-full' && this.#reason !== 'deleted' && this.#failures > 1) this.#tryNextFile()
  }

  #tryNextFile(): void {
    try {
      const { dir, marker, first, disk, rolled } = this.#setting
      const next = disk.create(dir, this.#segment.number + 1, marker, first)
      rolled.set(this.#segment.number, { records: this.#segment.records, bodyBytes: this.#segment.bodyBytes })
      closeQuietly(this.#segment.fd)
      this.#segment = next
      this.#backlog.rewind()
    } catch {
      // The next round tries both again.
    }
  }

  /** Writes the file anew from the descriptor that still holds it. */
  async #restore(): Promise<void> {
    const { dir, marker, first, disk, rolled } = this.#setting
    const old = this.#segment
    this.#busy = true
    this.#reason = 'deleted'
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    try {
      takeLock(dir)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const next = disk.create(dir, existsSync(join(dir, segmentName(old.number))) ? old.number + 1 : old.number, marker, first)
    const from = SEGMENT_HEADER_BYTES + first.length
    const buffer = Buffer.allocUnsafe(1 << 20)
    for (let at = from; at < old.size; ) {
      const { bytesRead } = await read(old.fd, buffer, 0, Math.min(buffer.length, old.size - at), at)
      if (bytesRead === 0) break
      for (let done = 0; done < bytesRead; ) done += await disk.write(next.fd, buffer, done, bytesRead - done)
      at += bytesRead
      next.size = at
    }
    next.records = old.records
    next.bodyBytes = old.bodyBytes
    closeQuietly(old.fd)
    this.#segment = next
    for (const [number, counts] of rolled) {
      if (existsSync(join(dirname(next.path), segmentName(number)))) continue
      this.#vanished = { lost: this.#vanished.lost + counts.records, lostBytes: this.#vanished.lostBytes + counts.bodyBytes }
      rolled.delete(number)
    }
    this.#busy = false
  }

  /** Puts a gap at the place of the loss, under the number of the first lost record. */
  #tellLoss(): void {
    const { lost, lostBytes } = this.#backlog.takeLost()
    const event: GapEvent = { ...this.#gap(lost, lostBytes), seq: this.#firstLostSeq, at: this.#setting.now() }
    this.#backlog.add([encodeEvent(event, this.#setting.marker)], 1, 0, true)
    this.#totalLost += lost
    this.#told = true
  }

  #gap(lost: number, lostBytes: number, fate = `${lost} records did not fit and are lost.`): Omit<GapEvent, 'seq' | 'at'> {
    const kept = this.#taken - this.#totalLost - lost
    const late = kept > 0 ? ` ${kept} records waited in memory and were written late.` : ''
    const detail = `${WORDS_OF_REASON[this.#reason]} (${this.#error}).${late} ${lost > 0 ? fate : 'None was lost.'}`
    return { kind: 'gap', reason: this.#reason, lost, lostBytes, since: this.since, detail }
  }

  #end(): void {
    this.#over = true
    this.#wake?.()
    const { lost, lostBytes } = this.#vanished
    const gap = this.#told && lost === 0 ? undefined : this.#gap(0, 0)
    this.#setting.onEnd(
      this.#segment,
      lost > 0 && gap ? { ...gap, lost, lostBytes, detail: `${gap.detail} ${lost} older records went with their files.` } : gap,
    )
  }

  #sleep(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      timer.unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** True when the file that is being written has no name any more, or another file bears it. */
export async function isGone(segment: OpenSegment): Promise<boolean> {
  try {
    const found = await stat(segment.path)
    return found.ino !== segment.inode || found.dev !== segment.device
  } catch (error) {
    return reasonOf(error) === 'deleted'
  }
}

export function closeQuietly(fd: number): void {
  try {
    closeSync(fd)
  } catch {
    // Its content was written or told as lost; closing adds nothing.
  }
}
