/**
 * The writer of a recording's segments: queues encoded records and puts them into the file with one write for each flush.
 * Promise: it never throws for the disk's sake; while the disk fails or stalls, the records take a detour (detour.ts).
 */
import type { Draft, GapEvent } from '../core/event.ts'
import {
  CHUNK_OVERHEAD_BYTES,
  END_BYTES,
  encodeChunk,
  encodeChunkHead,
  encodeJson,
  encodeShortEnd,
  isShortEnd,
  jsonForm,
  jsonRecordBytes,
} from './codec.ts'
import { cpuWaitMs } from './cpu-wait.ts'
import { closeQuietly, Detour, type DetourSetting, isGone } from './detour.ts'
import { type Reason, reasonOf } from './disk.ts'
import type { OpenSegment } from './segment.ts'

const SLAB_BYTES = 256 * 1024
/** Chunks from here on are written from where they lie instead of being copied. */
const LARGE_BYTES = 32 * 1024
const PENDING_LIMIT_BYTES = 8 * 1024 * 1024
const CHECK_MS = 2000
const CALM_MS = 250
const LONGEST_CALM_MS = 10_000
/** So many times the limit make a single wait worth a record. */
const LONG_STALLS = 10

export interface WriterSetting extends Omit<DetourSetting, 'onEnd' | 'onTrouble' | 'rolled'> {
  readonly segmentBytes: number
  /** Called when trouble begins, changes or ends. */
  onTrouble(): void
  /** Records a gap behind everything that is queued. */
  onGap(gap: Omit<GapEvent, 'seq' | 'at'>): void
  /** A segment was finished and the next begun. */
  onRoll(): void
}

export class JournalWriter {
  readonly #setting: WriterSetting
  readonly #slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  readonly #rolled: DetourSetting['rolled'] = new Map()
  readonly #watch: NodeJS.Timeout
  #used = 0
  /** What is queued before `#cut` lies in `#pieces`. */
  #cut = 0
  #pieces: Uint8Array[] = []
  #piecesBytes = 0
  #records = 0
  #bodyBytes = 0
  #firstSeq = 0
  #segment: OpenSegment
  #earlierBytes = 0
  #detour: Detour | undefined
  #lastDetourEndedAt = Number.NEGATIVE_INFINITY
  #calmMs = CALM_MS
  #slowInARow = 0
  /** Processor wait of this thread after the last slow write. */
  #waitedBefore: number | undefined
  /** To be recorded once the record that is being queued has its place before it. */
  #gap: Omit<GapEvent, 'seq' | 'at'> | undefined
  #lost = 0
  #isClosing = false

  /** Creates the first segment; throws the system's error when that fails. */
  constructor(setting: WriterSetting) {
    this.#setting = setting
    this.#segment = setting.disk.create(setting.dir, 1, setting.marker, setting.first)
    this.#watch = setInterval(() => void this.#check(), CHECK_MS)
    this.#watch.unref()
  }

  /** Queues a record. A large chunk's bytes must stay as they are until the flush. */
  put(draft: Draft, seq: number, at: number): void {
    if (this.#records === 0) this.#firstSeq = seq
    const { marker } = this.#setting
    if (draft.kind === 'chunk') {
      const length = draft.bytes.length
      const isLarge = length >= LARGE_BYTES
      this.#reserve(isLarge ? CHUNK_OVERHEAD_BYTES : CHUNK_OVERHEAD_BYTES + length, seq)
      if (isLarge) {
        this.#used = encodeChunkHead(this.#slab, this.#used, marker, draft, seq, at)
        this.#addPiece(draft.bytes)
      } else this.#used = encodeChunk(this.#slab, this.#used, marker, draft, seq, at)
      this.#bodyBytes += draft.size
    } else if (isShortEnd(draft)) {
      this.#reserve(END_BYTES, seq)
      this.#used = encodeShortEnd(this.#slab, this.#used, marker, draft, seq, at)
    } else {
      const form = jsonForm(draft)
      const bound = jsonRecordBytes(form)
      if (bound <= SLAB_BYTES) {
        this.#reserve(bound, seq)
        this.#used = encodeJson(this.#slab, this.#used, marker, draft.kind, form, seq, at)
      } else {
        const own = Buffer.allocUnsafe(bound)
        this.#addPiece(own.subarray(0, encodeJson(own, 0, marker, draft.kind, form, seq, at)))
      }
    }
    this.#records++
    if (this.#piecesBytes > PENDING_LIMIT_BYTES) this.#write()
    this.#tellGap()
  }

  #reserve(bytes: number, seq: number): void {
    if (this.#used + bytes <= SLAB_BYTES) return
    this.#write()
    this.#firstSeq = seq
  }

  #addPiece(piece: Uint8Array): void {
    if (this.#used > this.#cut) this.#pieces.push(this.#slab.subarray(this.#cut, this.#used))
    this.#pieces.push(piece)
    this.#piecesBytes += piece.length
    this.#cut = this.#used
  }

  /** Writes everything that is queued. */
  flush(): void {
    this.#write()
    this.#tellGap()
  }

  #tellGap(): void {
    const gap = this.#gap
    this.#gap = undefined
    if (gap) this.#setting.onGap(gap)
  }

  #write(): void {
    if (this.#records === 0) return
    if (this.#detour) {
      this.#detour.take(this.#takePieces(), this.#firstSeq, this.#records, this.#bodyBytes)
      this.#emptied()
      return
    }
    const { disk, stallMs } = this.#setting
    const began = performance.now()
    const total = this.#used + this.#piecesBytes
    let written = 0
    try {
      const { fd } = this.#segment
      if (this.#pieces.length === 0) {
        while (written < total) written += disk.writeSync(fd, this.#slab, written, total - written)
      } else {
        const pieces = this.#takePieces()
        while (written < total) written += disk.writevSync(fd, rest(pieces, written))
      }
    } catch (error) {
      this.#leave(reasonOf(error), (error as Error).message, written)
      return
    }
    this.#segment.size += total
    this.#segment.records += this.#records
    this.#segment.bodyBytes += this.#bodyBytes
    this.#emptied()
    const took = performance.now() - began
    if (took > stallMs) this.#slow(took)
    else if (this.#slowInARow > 0) this.#calm()
    if (this.#detour) return
    if (this.#segment.size >= this.#setting.segmentBytes && !this.#isClosing) this.#roll()
  }

  /**
   * One slow write may be a busy machine that gave our turn to others, and is over: only a second one in a row, less the time for which
   * we waited for a processor, shows a slow disk. Until then the promise holds that what was flushed survives a kill. A long wait is on
   * record all the same, for it delayed traffic.
   */
  #slow(took: number): void {
    const { now, stallMs } = this.#setting
    const words = `a write took ${Math.round(took)} ms`
    const waited = cpuWaitMs()
    const forDisk = took - ((waited ?? 0) - (this.#waitedBefore ?? waited ?? 0))
    this.#waitedBefore = waited
    if (this.#slowInARow > 0 && forDisk > stallMs) this.#leave('stall', words, 0)
    else if (took > LONG_STALLS * stallMs) {
      this.#gap = {
        kind: 'gap',
        reason: 'stall',
        lost: 0,
        lostBytes: 0,
        since: Math.max(0, now() - took),
        detail: `${words}, and traffic waited for it.`,
      }
    }
    this.#slowInARow++
  }

  #calm(): void {
    this.#slowInARow = 0
    this.#waitedBefore = undefined
  }

  /** All queued bytes, in order. */
  #takePieces(): readonly Uint8Array[] {
    if (this.#used > this.#cut) {
      this.#pieces.push(this.#slab.subarray(this.#cut, this.#used))
      this.#cut = this.#used
    }
    return this.#pieces
  }

  #emptied(): void {
    this.#used = 0
    this.#cut = 0
    if (this.#pieces.length > 0) this.#pieces = []
    this.#piecesBytes = 0
    this.#records = 0
    this.#bodyBytes = 0
  }

  #roll(): void {
    const { disk, dir, marker, first } = this.#setting
    try {
      const next = disk.create(dir, this.#segment.number + 1, marker, first)
      this.#rolled.set(this.#segment.number, { records: this.#segment.records, bodyBytes: this.#segment.bodyBytes })
      this.#earlierBytes += this.#segment.size
      closeQuietly(this.#segment.fd)
      this.#segment = next
    } catch (error) {
      this.#leave(reasonOf(error), (error as Error).message, 0)
      return
    }
    this.#setting.onRoll()
  }

  /** Leaves the direct way; what is queued, of which `written` bytes are in the file, goes along. */
  #leave(reason: Reason, words: string, written: number): void {
    const soon = this.#setting.now() - this.#lastDetourEndedAt < LONGEST_CALM_MS
    this.#calmMs = soon ? Math.min(LONGEST_CALM_MS, this.#calmMs * 2) : CALM_MS
    const setting: DetourSetting = { ...this.#setting, rolled: this.#rolled, onEnd: (segment, gap) => this.#return(segment, gap) }
    const detour = new Detour(setting, this.#segment, reason, words, this.#calmMs)
    this.#detour = detour
    if (this.#records > 0) detour.take(this.#takePieces(), this.#firstSeq, this.#records, this.#bodyBytes, true)
    this.#emptied()
    this.#segment.size += written
    detour.start(written)
    this.#setting.onTrouble()
  }

  #return(segment: OpenSegment, gap: Omit<GapEvent, 'seq' | 'at'> | undefined): void {
    if (segment.number !== this.#segment.number) this.#earlierBytes += this.#segment.size
    this.#segment = segment
    this.#lost += this.#detour?.lost ?? 0
    this.#detour = undefined
    this.#lastDetourEndedAt = this.#setting.now()
    this.#calm()
    if (gap) this.#setting.onGap(gap)
    this.#setting.onTrouble()
    this.flush()
  }

  /** Whether the file still has its name: a write to a deleted file succeeds. */
  async #check(): Promise<void> {
    const segment = this.#segment
    if (this.#detour || !(await isGone(segment))) return
    if (!this.#detour && this.#segment === segment) this.#leave('deleted', `${segment.path} is gone`, 0)
  }

  get bytes(): number {
    return this.#earlierBytes + this.#segment.size
  }
  /** Number of the segment that is being written. */
  get segment(): number {
    return this.#segment.number
  }
  get lost(): number {
    return this.#lost + (this.#detour?.lost ?? 0)
  }
  get waiting(): number {
    return this.#detour?.waiting ?? 0
  }
  trouble(): string | undefined {
    return this.#detour?.words()
  }
  /** Earlier segments were removed on purpose: they are no loss. */
  forget(segment: number): void {
    this.#rolled.delete(segment)
  }

  /** Resolves when writing is direct again, or after `ms`. */
  async settle(ms: number): Promise<void> {
    const until = performance.now() + ms
    while (this.#detour && performance.now() < until) await new Promise(resolve => setTimeout(resolve, 10))
  }

  /** Writes what is queued or waits, as far as the disk lets it, and closes the file. */
  close(): void {
    clearInterval(this.#watch)
    this.#isClosing = true
    this.flush()
    if (this.#detour?.finishNow() === false) return
    // Its last record may have begun another detour, which writes to the file: by then the number of a closed one can be somebody else's.
    if (this.#detour === undefined) closeQuietly(this.#segment.fd)
  }
}

/** The pieces without their first `done` bytes. */
function rest(pieces: readonly Uint8Array[], done: number): readonly Uint8Array[] {
  if (done === 0) return pieces
  const left: Uint8Array[] = []
  let skip = done
  for (const piece of pieces) {
    if (skip >= piece.length) skip -= piece.length
    else {
      left.push(skip > 0 ? piece.subarray(skip) : piece)
      skip = 0
    }
  }
  return left
}
