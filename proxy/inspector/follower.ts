/**
 * Follows one recording: journal in, rows out. Promise: all that it knows comes from the journal by offset, so starting again gives
 * the same rows; what it keeps in memory is bounded by what is open.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { GapEvent, Position, WireEvent } from '../core/event.ts'
import type { RecordingInfo } from '../core/feed.ts'
import { Fold } from '../core/fold.ts'
import { type Exchange, ID_SPACE } from '../core/model.ts'
import { createMasker, type Masker } from '../core/redact.ts'
import { recordingFingerprint } from '../journal/fingerprint.ts'
import { openReader, type Reader } from '../journal/reader.ts'
import { listSegments, segmentName } from '../journal/segment.ts'
import { DecodedBodies } from './decoded-bodies.ts'
import { maskRow } from './masked-rows.ts'
import type { Source } from './messages.ts'
import { IndexError, openIndex } from './open-index.ts'
import { type ExchangeRecord, type IndexBatch, type Mark, positionText, type RowIndex } from './row-index.ts'
import { SearchTexts } from './search-texts.ts'
import { type RuleFailure, SessionJudge } from './session-judge.ts'

/** Counts every change of any row of any recording. */
export interface RevCounter {
  value: number
}

const BATCH_EVENTS = 2000
const JUDGE_MS = 250
const STATE_LOOK_MS = 2000
/** Records between two marks of where in the journal a number lies. */
const MARK_EVERY = 500

export class Follower {
  readonly index: RowIndex
  readonly reader: Reader
  /** Masks what is shown of this recording; knows the marks that stand in its heads. */
  readonly masker: Masker
  readonly number: number
  /** Added to the index's revisions: it may be older than this run. */
  readonly revBase: number
  /** Streams that are open now. */
  readonly openStreams = new Set<number>()
  isLive: boolean
  /** All that is in the journal has been folded. */
  isCurrent = false
  trouble: string | undefined
  events = 0
  /** Number of the last record that was folded. */
  lastSeq = 0

  readonly #file: string | undefined
  /** Where the index may go on; it is tried once. */
  #elsewhere: string | undefined
  readonly #revs: RevCounter
  readonly #fold: Fold
  readonly #bodies = new DecodedBodies()
  readonly #texts = new SearchTexts()
  readonly #judge: SessionJudge
  #cursor: Position | null = null
  #lastAt = 0
  /** Recording milliseconds less those of our monotonic clock: the recorder’s is monotonic too, and stands still while the machine sleeps. */
  #ahead: number
  #gap: GapEvent | undefined
  #marked = Number.NEGATIVE_INFINITY
  #marks: Mark[] = []
  #records: ExchangeRecord[] = []
  #judgedAt = 0
  #lookedAt = 0
  #isDone = false
  /** A batch that could not be written yet. */
  #pending: { readonly batch: IndexBatch; readonly isEnd: boolean } | undefined
  readonly #waiting: (() => void)[] = []

  /** Opens the recording in `source.dir`. Throws in plain words when there is none, or none that can be read. */
  constructor(source: Source, number: number, revs: RevCounter, scratch: string) {
    this.number = number
    this.#file = source.file
    // Whoever keeps bytes of a batch copies them (core/sse-fields.ts, core/body.ts, search-texts.ts).
    this.reader = openReader(source.dir, { reuses: true })
    this.masker = createMasker({ fingerprint: recordingFingerprint(source.dir) })
    this.isLive = source.live || this.reader.state() === 'live'
    this.#revs = revs
    this.#fold = new Fold({
      recording: number,
      inflate: this.#bodies.inflate,
      nextRev: () => ++revs.value,
      mask: text => this.masker.text(text),
    })
    this.#judge = new SessionJudge(this.#fold, number * ID_SPACE)
    this.#ahead = Date.now() - this.reader.recording.startedAt - performance.now()
    const { index, elsewhere, isComplete, findings } = openIndex(this.reader, number, this.isLive, scratch)
    this.index = index
    this.#elsewhere = elsewhere
    if (isComplete) {
      this.revBase = revs.value
      revs.value += index.maxRev()
      this.#restore()
      return
    }
    this.revBase = 0
    for (const finding of findings) this.#judge.remember(finding)
  }

  #restore(): void {
    this.#isDone = true
    this.isCurrent = true
    this.events = Number(this.index.meta('events') ?? 0)
    this.lastSeq = Number(this.index.meta('lastSeq') ?? 0)
    this.#lastAt = Number(this.index.meta('lastAt') ?? 0)
    const gap = this.index.meta('gap')
    if (gap) this.#gap = JSON.parse(gap) as GapEvent
  }

  /**
   * Reads, folds and stores what is there, one batch at most. Resolves with the number of events.
   * Throws an IndexError when the index cannot be written; nothing is lost then, the next step writes it.
   */
  async step(): Promise<number> {
    if (this.#pending) this.#write(this.#pending.batch, this.#pending.isEnd)
    if (this.#isDone) {
      this.#resolve()
      return 0
    }
    const batch = this.reader.read(this.#cursor, BATCH_EVENTS)
    for (const { event, position } of batch.events) {
      if (!this.#bodies.isPlain(event)) await this.#bodies.prepare(event)
      this.#note(event, position)
      this.#texts.push(event, event.kind === 'chunk' ? this.#decoded(event) : [])
      this.#fold.push(event, position)
    }
    this.#cursor = batch.next
    // What was just written shows the recorder’s clock: the wall’s may have been set, or have gone on while the machine slept.
    if (this.isCurrent && !batch.more && batch.events.length > 0) this.#ahead = this.#lastAt - performance.now()
    this.isCurrent = !batch.more
    if (this.isCurrent && this.isLive) this.#fold.tick(this.now())
    this.#judge.note()
    const isEnd = this.isCurrent && this.#hasEnded()
    // One that turns out to be closed has its end before it: the next step comes to it.
    const isWanted = this.#waiting.length > 0 && batch.events.length === 0 && this.isLive
    const isDue = isEnd || isWanted || performance.now() - this.#judgedAt >= JUDGE_MS
    if (batch.events.length > 0 || isDue) this.#store(isDue, isEnd)
    if (isWanted || this.#isDone) this.#resolve()
    return batch.events.length
  }

  /** Resolves when all that is in the journal now has been folded, judged and stored; its end too, if it is closed. Somebody else goes on calling `step`. */
  caughtUp(): Promise<void> {
    return this.#isDone ? Promise.resolve() : new Promise(resolve => this.#waiting.push(resolve))
  }

  /** For those without a loop of their own: steps until all that is in the journal now is folded, judged and stored. */
  async readAll(): Promise<void> {
    let isCaughtUp = this.#isDone
    this.caughtUp().then(() => {
      isCaughtUp = true
    })
    while (!isCaughtUp) await this.step()
  }

  /** Rows from this revision on are not stored yet. */
  get unstoredFrom(): number {
    return this.#pending?.batch.rows.reduce((low, { rev }) => Math.min(low, rev), Number.POSITIVE_INFINITY) ?? Number.POSITIVE_INFINITY
  }

  /** Rules that failed on a session. */
  get failures(): readonly RuleFailure[] {
    return this.#judge.failures
  }

  /** Objects in memory beside the fold's, to prove the bound. */
  sizes(): { readonly texts: number; readonly decoders: number; readonly streams: number } {
    return { texts: this.#texts.size, decoders: this.#bodies.size, streams: this.openStreams.size }
  }

  #resolve(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Nothing more can come. */
  get isDone(): boolean {
    return this.#isDone
  }

  #decoded(event: WireEvent & { kind: 'chunk' }): readonly Uint8Array[] {
    return this.#bodies.has(event.exchange, event.part) ? this.#bodies.current : [event.bytes]
  }

  #note(event: WireEvent, position: Position): void {
    this.events += 1
    this.lastSeq = Math.max(this.lastSeq, event.seq)
    if ('exchange' in event && event.exchange > 0 && event.kind !== 'chunk') {
      this.#records.push({ seq: event.seq, number: event.exchange, ...position })
    }
    if (event.seq >= this.#marked + MARK_EVERY) {
      this.#marked = event.seq
      this.#marks.push({ seq: event.seq, ...position })
    }
    if (event.at > this.#lastAt) this.#lastAt = event.at
    if (event.kind === 'gap') this.#gap = event
  }

  /** True once: when a recording's last event has been read and nobody writes it any more. */
  #hasEnded(): boolean {
    if (!this.isLive) return true
    const now = performance.now()
    if (this.#waiting.length === 0 && now - this.#lookedAt < STATE_LOOK_MS) return false
    this.#lookedAt = now
    if (this.reader.state() === 'live') return false
    // Its owner may have written between our last read and its end: read once more.
    this.isLive = false
    return false
  }

  /** Recording milliseconds now; for a past recording its last event's time. */
  now(): number {
    return this.isLive ? Math.max(this.#lastAt, performance.now() + this.#ahead) : this.#lastAt
  }

  #store(withJudgement: boolean, isEnd: boolean): void {
    if (isEnd) this.#fold.finish()
    const found = isEnd
      ? this.#judge.judgeLast(this.now())
      : withJudgement
        ? this.#judge.judgeDue(this.now(), performance.now(), this.isLive && this.isCurrent && this.#waiting.length === 0)
        : []
    if (withJudgement) this.#judgedAt = performance.now()
    const { masked } = this.reader.recording.options
    const rows = masked ? this.#fold.takeRows() : this.#fold.takeRows().map(row => maskRow(row, this.masker))
    const texts = this.#texts.take(rows)
    const slices = this.#fold.takeSlices()
    for (const row of rows) if (row.t === 'exchange') this.#watchStream(row)
    for (const finding of found) rows.push({ ...finding, rev: ++this.#revs.value })
    if (rows.length + texts.length + slices.length + this.#records.length === 0 && !isEnd) return
    const meta: Record<string, string> = {
      cursor: positionText(this.#cursor),
      events: `${this.events}`,
      lastSeq: `${this.lastSeq}`,
      lastAt: `${this.#lastAt}`,
      gap: this.#gap ? JSON.stringify(this.#gap) : '',
    }
    if (isEnd) Object.assign(meta, { complete: '1', bytes: `${this.reader.bytes()}` })
    const marks = this.#marks
    const records = this.#records
    this.#marks = []
    this.#records = []
    this.#write({ rows, slices, texts, records, marks, meta }, isEnd)
  }

  #write(batch: IndexBatch, isEnd: boolean): void {
    this.#pending = { batch, isEnd }
    try {
      this.index.write(batch)
    } catch (error) {
      this.#writeElsewhere(batch, error)
    }
    this.#pending = undefined
    if (isEnd) this.#isDone = true
  }

  /** A past recording can be shown though its disk is full. A live one waits for room, as its recorder does. */
  #writeElsewhere(batch: IndexBatch, failure: unknown): void {
    const path = this.#elsewhere
    if (path === undefined || this.isLive) throw new IndexError(failure)
    this.#elsewhere = undefined
    try {
      this.index.moveTo(path)
      this.index.write(batch)
    } catch (error) {
      throw new IndexError(error)
    }
  }

  #watchStream({ id, body, clientEnd, serverEnd }: Exchange): void {
    if ((body === 'stream' || body === 'sse') && !(clientEnd && serverEnd)) this.openStreams.add(id)
    else this.openStreams.delete(id)
  }

  info(): RecordingInfo {
    const { recording } = this.reader
    const bytes = this.reader.bytes()
    return {
      index: this.number,
      id: recording.id,
      startedAt: recording.startedAt,
      live: this.isLive,
      ...(recording.imported === undefined ? {} : { imported: recording.imported }),
      ...(this.#file === undefined ? {} : { file: this.#file }),
      product: recording.product,
      upstreams: recording.upstreams,
      options: recording.options,
      bytes,
      events: this.events,
      behind: this.#behind(bytes),
      lastAt: this.#lastAt,
      now: this.now(),
      ...(this.#gap === undefined ? {} : { gap: this.#gap }),
      ...(this.trouble === undefined ? {} : { trouble: this.trouble }),
    }
  }

  /** Records not yet folded: as many as would fill the bytes not yet read. */
  #behind(bytes: number): number {
    if (this.isCurrent) return 0
    const { segment, offset } = this.#cursor ?? { segment: 0, offset: 0 }
    const before = listSegments(this.reader.dir).filter(number => number < segment)
    const sizes = before.map(number => statSync(join(this.reader.dir, segmentName(number)), { throwIfNoEntry: false })?.size ?? 0)
    const read = offset + sizes.reduce((sum, size) => sum + size, 0)
    return Math.max(1, Math.round((this.events / Math.max(1, read)) * (bytes - read)))
  }

  close(): void {
    this.#resolve()
    this.#bodies.close()
    this.reader.close()
    // One that could not be finished would only take room from a full disk.
    if (this.#pending) this.index.discard()
    else this.index.close()
  }
}
