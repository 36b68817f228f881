/**
 * Reads a recording, live or past, from any position.
 * Promise: damage is told as a gap among the events and never stops the reading; a half-written record of a live recording is simply not yet there.
 *
 * The reader never writes: the torn tail of a recording whose owner died stays in its file and is told as a gap of reason `torn-tail`;
 * that of a recording that was closed, whose owner went on forwarding, as `corrupt`.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { GapEvent, Position, RecordingEvent, WireEvent } from '../core/event.ts'
import { identify } from './identify.ts'
import { readLock } from './lock.ts'
import { listSegments, segmentName } from './segment.ts'
import { SegmentFile } from './segment-file.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'

export interface ReadEvent {
  readonly event: WireEvent
  /** Where it lies, for `readAt`. */
  readonly position: Position
}
export interface Batch {
  readonly events: readonly ReadEvent[]
  /** Give it to the next `read` to go on behind these events. */
  readonly next: Position
  /** False at the end of what is written so far. */
  readonly more: boolean
}
/** `live`: its owner writes. `closed`: it ended in order. `interrupted`: its owner died without closing it. */
export type RecordingState = 'live' | 'closed' | 'interrupted'

const BATCH_BYTES = 4 << 20
const OPEN_FILES = 8
/** Cursor of a segment of which nothing was read. Offsets in files begin behind the header. */
const UNTOUCHED = 0

/**
 * Opens a recording's folder. `reuses`: the bytes of chunks and tails that one `read` gave are good until the next one, which spares
 * a long reading most of its memory's cost. Throws an Error in plain words when it holds no recording, or one of a newer format.
 */
export function openReader(dir: string, { reuses = false }: { readonly reuses?: boolean } = {}): Reader {
  return new Reader(dir, reuses)
}

export class Reader {
  readonly dir: string
  readonly recording: RecordingEvent
  readonly #marker: number
  readonly #reuses: boolean
  #files: SegmentFile[] = []
  /** The last event before a cursor, for telling how many records damage took. */
  #last = { segment: 0, offset: 0, seq: 0, at: 0 }

  constructor(dir: string, reuses: boolean) {
    this.dir = dir
    this.#reuses = reuses
    const { marker, recording } = identify(dir)
    this.#marker = marker
    this.recording = recording
  }

  /** Up to `limit` events (and about 4 MiB, and at most a few gaps more) from a cursor; null begins at the start. Chunk bytes are views of shared buffers. */
  read(after: Position | null, limit: number): Batch {
    for (const file of this.#files) file.forget()
    const events: ReadEvent[] = []
    let cursor: Position = after ?? { segment: 0, offset: UNTOUCHED }
    if (after === null) {
      const first = this.#segmentFrom(0) ?? 0
      events.push({ event: this.recording, position: { segment: first, offset: SEGMENT_HEADER_BYTES } })
      this.#last = { segment: first, offset: UNTOUCHED, seq: 1, at: 0 }
      cursor = { segment: first, offset: UNTOUCHED }
    }
    for (let bytes = 0; events.length < limit && bytes < BATCH_BYTES; ) {
      const next = this.#step(cursor, events)
      if (next === undefined) return { events, next: cursor, more: false }
      if (next.segment === cursor.segment) bytes += next.offset - cursor.offset
      cursor = next
    }
    return { events, next: cursor, more: true }
  }

  /** The event at a position that `read` gave. Throws an Error in plain words when nothing readable is there any more. */
  readAt(position: Position): WireEvent {
    const events: ReadEvent[] = []
    if (position.offset === SEGMENT_HEADER_BYTES) return this.recording
    if (this.#segmentFrom(position.segment) === position.segment) this.#step(position, events)
    const found = events[0]
    if (found) return found.event
    throw new Error(
      `${join(this.dir, segmentName(position.segment))} holds no record at byte ${position.offset}: the file was removed or cut.`,
    )
  }

  state(): RecordingState {
    const { state } = readLock(this.dir)
    // A folder that was deleted is made anew by whoever records there: nothing says that it is closed.
    if (state === 'free' && this.#segments().length === 0) return 'live'
    return state === 'held' ? 'live' : state === 'stale' ? 'interrupted' : 'closed'
  }

  /** Bytes of all segments. */
  bytes(): number {
    const sizeOf = (number: number) => statSync(join(this.dir, segmentName(number)), { throwIfNoEntry: false })?.size ?? 0
    return this.#segments().reduce((sum, number) => sum + sizeOf(number), 0)
  }

  close(): void {
    for (const file of this.#files) file.close()
    this.#files = []
  }

  /** Reads one record from the cursor, or moves on to where the next may be. Returns the new cursor; undefined at the end. */
  #step(cursor: Position, events: ReadEvent[]): Position | undefined {
    const file = this.#file(cursor.segment)
    if (file === undefined) return this.#enterNext(cursor)
    const offset = cursor.offset === UNTOUCHED ? this.#skipHead(file) : cursor.offset
    const position = { segment: file.number, offset }
    const found = file.record(offset, this.#marker)
    if (found.state === 'event') {
      if (cursor.offset === UNTOUCHED) this.#tellMissing(file.number, found.event, events)
      events.push({ event: found.event, position })
      return this.#passed(file.number, found.end, found.event)
    }
    if (found.state === 'unreadable') {
      const gap = this.#gap(position, 'corrupt', 1, 0, `${where(position)}: ${found.says} was skipped.`)
      events.push({ event: { ...gap, seq: found.seq }, position })
      return this.#passed(file.number, found.end, { seq: found.seq, at: gap.at })
    }
    return this.#stepOverDamage(file, offset, events)
  }

  #stepOverDamage(file: SegmentFile, offset: number, events: ReadEvent[]): Position | undefined {
    const position = { segment: file.number, offset }
    const whole = file.nextRecord(offset + 1, this.#marker)
    if (whole !== undefined) {
      // The writer may have completed this record, and begun others, between the two looks.
      const again = file.record(offset, this.#marker).state
      if (again === 'event' || again === 'unreadable') return position
      const next = file.record(whole, this.#marker)
      const seq = next.state === 'event' ? next.event.seq : next.state === 'unreadable' ? next.seq : 0
      const last = this.#lastBefore(position)
      const lost = Math.max(0, seq - last.seq - 1)
      const says = `${where(position)}: ${whole - offset} bytes are damaged.`
      if (lost > 0) events.push({ event: this.#gap(position, 'corrupt', lost, whole - offset, says), position })
      return this.#passed(file.number, whole, { seq: last.seq + lost, at: last.at })
    }
    if (this.#segmentFrom(file.number + 1) !== undefined) {
      // Its owner went on to the next file; what it wrote here before is all there now.
      const isWhole = file.record(offset, this.#marker).state
      if (isWhole === 'event' || isWhole === 'unreadable') return position
      return this.#enterNext(position)
    }
    const left = file.size() - offset
    // The writer puts a new file in the place of one that was deleted under it.
    if (left <= 0 && !file.isCurrent()) this.#drop(file)
    const owner = left <= 0 ? 'live' : this.state()
    if (owner === 'live') return undefined
    const state = file.record(offset, this.#marker).state
    if (state === 'event') return position
    const says = `${where(position)}: the last record is cut after ${left} bytes,`
    const gap =
      owner === 'interrupted'
        ? this.#gap(position, 'torn-tail', 1, left, `${says} as when the recorder is killed while it writes. It had not been forwarded.`)
        : this.#gap(position, 'corrupt', 1, left, `${says} as when the disk fails until the recording ends. More may be missing behind it.`)
    events.push({ event: gap, position })
    const { seq, at } = this.#lastBefore(position)
    return this.#passed(file.number, offset + left, { seq: seq + 1, at })
  }

  #enterNext(cursor: Position): Position | undefined {
    const next = this.#segmentFrom(cursor.segment + 1)
    if (next === undefined) return undefined
    const { seq, at } = this.#lastBefore(cursor)
    this.#last = { segment: next, offset: UNTOUCHED, seq, at }
    return { segment: next, offset: UNTOUCHED }
  }

  /** Offset behind the `recording` event with which each segment begins. */
  #skipHead(file: SegmentFile): number {
    const head = file.record(SEGMENT_HEADER_BYTES, this.#marker)
    return head.state === 'event' && head.event.kind === 'recording' ? head.end : SEGMENT_HEADER_BYTES
  }

  /** Tells records that should have come before the first of a segment: in files that were removed, or in a torn end. */
  #tellMissing(segment: number, first: WireEvent, events: ReadEvent[]): void {
    const position = { segment, offset: UNTOUCHED }
    const { seq } = this.#lastBefore(position)
    const lost = first.seq - seq - 1
    if (seq === 0 || lost <= 0) return
    const says = `${lost} records before ${segmentName(segment)} are missing: their file was removed, or its end was cut.`
    const gap = this.#gap(position, 'deleted', lost, 0, says)
    events.push({ event: { ...gap, at: first.at }, position })
  }

  #gap(position: Position, reason: GapEvent['reason'], lost: number, lostBytes: number, detail: string): GapEvent {
    const { seq, at } = this.#lastBefore(position)
    return { seq: seq + 1, at, kind: 'gap', reason, lost, lostBytes, since: at, detail }
  }

  #passed(segment: number, offset: number, { seq, at }: { readonly seq: number; readonly at: number }): Position {
    this.#last = { segment, offset, seq, at }
    return { segment, offset }
  }

  /** Number and time of the last event before a cursor; read anew when we did not just come from there. */
  #lastBefore({ segment, offset }: Position): { seq: number; at: number } {
    if (this.#last.segment === segment && this.#last.offset === offset) return this.#last
    let last = { seq: 0, at: 0 }
    const before = offset <= SEGMENT_HEADER_BYTES ? this.#segments().findLast(number => number < segment) : segment
    const file = before === undefined ? undefined : this.#file(before)
    if (file === undefined) return { seq: 1, at: 0 }
    const end = before === segment ? offset : file.size()
    for (let at = SEGMENT_HEADER_BYTES; at < end; ) {
      const found = file.record(at, this.#marker)
      if (found.state === 'event') last = found.event
      const next = found.state === 'event' || found.state === 'unreadable' ? found.end : file.nextRecord(at + 1, this.#marker)
      if (next === undefined) break
      at = next
    }
    this.#last = { segment, offset, seq: last.seq, at: last.at }
    return last
  }

  #file(number: number): SegmentFile | undefined {
    const open = this.#files.find(file => file.number === number)
    if (open) return open
    try {
      const file = new SegmentFile(join(this.dir, segmentName(number)), number, this.#reuses)
      if (this.#files.length >= OPEN_FILES) this.#files.shift()?.close()
      this.#files.push(file)
      return file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  #drop(file: SegmentFile): void {
    this.#files = this.#files.filter(other => other !== file)
    file.close()
  }

  /** Number of the first segment from `number` on. */
  #segmentFrom(number: number): number | undefined {
    return this.#segments().find(found => found >= number)
  }
  #segments(): number[] {
    try {
      return listSegments(this.dir)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }
}

function where({ segment, offset }: Position): string {
  return `${segmentName(segment)} from byte ${offset}`
}
