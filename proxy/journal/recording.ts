/**
 * One recording: the folder of one run, with its lock, its clock and its writer. This is the journal as the main thread sees it.
 * Promise: `append` and `flush` never throw for the disk's sake, and after `flush` the records lie in the page cache, where `kill -9` cannot reach them.
 *
 * Folder (0700): `000001.sgj` and on (0600), each beginning with the `recording` event; `lock` while its owner writes.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Draft, GapEvent, Journal, RecordingEvent, RecordingOptions, Upstream } from '../core/event.ts'
import { maskEvent } from '../core/mask-event.ts'
import { createMasker } from '../core/redact.ts'
import { maskDraft } from './at-rest.ts'
import { encodeEvent } from './codec.ts'
import { type Disk, realDisk, reasonOf, WORDS_OF_REASON } from './disk.ts'
import { recordingFingerprint } from './fingerprint.ts'
import { LOCK_PULSE_MS, pulseLock, releaseLock, takeLock } from './lock.ts'
import { dropOldSegments, prune, type Retention } from './retention.ts'
import { JournalWriter } from './writer.ts'

export interface RecordingSetting {
  readonly upstreams: readonly Upstream[]
  readonly options: RecordingOptions
  /** Name and version of the program that records. */
  readonly product: string
  readonly imported?: string
  /** Default: the moment, and four random digits. */
  readonly id?: string
  /** Size at which a new segment begins; default 64 MiB. */
  readonly segmentBytes?: number
  /** Room for records in memory while the disk fails or stalls; default 32 MiB. */
  readonly backlogBytes?: number
  /** Two writes in a row that take longer send the records on a detour; default 50 ms. */
  readonly stallMs?: number
  /** What is kept of earlier recordings and of this one; default 7 days and 1 GiB, false keeps all. */
  readonly retention?: Retention | false
  /** Called with words when writing fails or stalls, when the trouble changes, and with undefined when it is over. */
  readonly onTrouble?: (words: string | undefined) => void
  readonly disk?: Disk
}

export interface Recording extends Journal {
  readonly id: string
  readonly dir: string
  /** Words for console and page while writing fails or stalls. */
  trouble(): string | undefined
  /** Bytes in files; events appended; records lost; records that wait in memory. */
  stats(): { readonly bytes: number; readonly events: number; readonly lost: number; readonly waiting: number }
  /** Resolves when no record waits in memory any more, or after `ms`. */
  settle(ms: number): Promise<void>
  /** Writes what is queued, releases the lock. Later appends are ignored; what waits still then is as good as lost. */
  close(): void
}

/**
 * What nobody flushes waits so long for company. The ends of a message fall due just before the next one comes: alone they would cost
 * a write of their own on each trip.
 */
const LATE_MS = 4

const DEFAULT_RETENTION: Retention = { maxAgeMs: 7 * 24 * 3600 * 1000, maxBytes: 1024 ** 3 }

/** Makes a folder under `<dataDir>/recordings` and begins to record there. Throws an Error that says what to do when that cannot be. */
export function createRecording(dataDir: string, setting: RecordingSetting): Recording {
  const startedAt = Date.now()
  const id = setting.id ?? recordingId(startedAt)
  const dir = join(dataDir, 'recordings', id)
  const event: RecordingEvent = {
    seq: 1,
    at: 0,
    kind: 'recording',
    version: 1,
    id,
    startedAt,
    product: setting.product,
    pid: process.pid,
    upstreams: setting.upstreams,
    options: setting.options,
    ...(setting.imported === undefined ? {} : { imported: setting.imported }),
  }
  claim(dataDir, dir)
  try {
    return new FolderRecording(dataDir, dir, event, setting)
  } catch (error) {
    releaseLock(dir)
    throw explain(error, dir)
  }
}

/** Folder names sort by time: `20260131T140311Z-7f3a91`. */
function recordingId(startedAt: number): string {
  return `${new Date(startedAt).toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`
}

function claim(dataDir: string, dir: string): void {
  try {
    makeFolders(join(dataDir, 'recordings'))
    mkdirSync(dir, { mode: 0o700 })
    takeLock(dir)
  } catch (error) {
    throw explain(error, dir)
  }
}

/** Step by step: `recursive` never returns where a file system denies that its own folder exists (/proc). */
function makeFolders(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(path) !== path) makeFolders(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    // Another run may have made it meanwhile.
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR' })
  }
}

function explain(error: unknown, dir: string): Error {
  const { code, message } = error as NodeJS.ErrnoException
  const why =
    code === 'EEXIST' ? 'it exists already' : code === 'ENOTDIR' ? 'a part of this path is a file' : WORDS_OF_REASON[reasonOf(error)]
  return new Error(`Cannot record into ${dir}: ${why} (${message}). Name another folder with --data DIR.`, { cause: error })
}

class FolderRecording implements Recording {
  readonly id: string
  readonly dir: string
  readonly #writer: JournalWriter
  readonly #mask: ((draft: Draft) => Draft) | undefined
  readonly #zero = performance.now()
  readonly #pulse: NodeJS.Timeout
  readonly #late: NodeJS.Timeout
  readonly #onExit = () => this.close()
  #seq = 1
  #scheduled = false
  #closed = false

  constructor(dataDir: string, dir: string, event: RecordingEvent, setting: RecordingSetting) {
    this.id = event.id
    this.dir = dir
    const marker = randomBytes(4).readUInt32LE()
    const masker = setting.options.masked ? createMasker({ fingerprint: recordingFingerprint(dir, true) }) : undefined
    this.#mask = masker && (draft => maskDraft(draft, masker))
    const retention = setting.retention ?? DEFAULT_RETENTION
    const tidy = async () => {
      if (retention === false) return
      await prune(dataDir, retention)
      for (const number of await dropOldSegments(dir, this.#writer.segment, retention.maxBytes)) this.#writer.forget(number)
    }
    this.#writer = new JournalWriter({
      dir,
      marker,
      first: encodeEvent(masker ? maskEvent(event, masker) : event, marker),
      segmentBytes: setting.segmentBytes ?? 64 * 1024 * 1024,
      backlogBytes: setting.backlogBytes ?? 32 * 1024 * 1024,
      stallMs: setting.stallMs ?? 50,
      disk: setting.disk ?? realDisk,
      now: () => this.now(),
      clock: at => new Date(event.startedAt + at).toTimeString().slice(0, 8),
      onTrouble: () => setting.onTrouble?.(this.trouble()),
      onGap: (gap: Omit<GapEvent, 'seq' | 'at'>) => void this.append(gap),
      onRoll: () => void tidy(),
    })
    this.#pulse = setInterval(() => pulseLock(dir), LOCK_PULSE_MS)
    this.#pulse.unref()
    this.#late = setTimeout(() => this.#flushLate(), LATE_MS)
    this.#late.unref()
    process.once('exit', this.#onExit)
    void tidy()
  }

  now(): number {
    return Math.round((performance.now() - this.#zero) * 1000) / 1000
  }

  append(draft: Draft): number {
    const seq = ++this.#seq
    if (this.#closed) return seq
    const kept = this.#mask && draft.kind !== 'chunk' ? this.#mask(draft) : draft
    this.#writer.put(kept, seq, draft.at ?? this.now())
    if (!this.#scheduled) {
      this.#scheduled = true
      this.#late.refresh()
    }
    return seq
  }
  #flushLate(): void {
    this.#scheduled = false
    this.flush()
  }

  flush(): void {
    if (!this.#closed) this.#writer.flush()
  }

  trouble(): string | undefined {
    return this.#writer.trouble()
  }
  stats(): { bytes: number; events: number; lost: number; waiting: number } {
    return { bytes: this.#writer.bytes, events: this.#seq, lost: this.#writer.lost, waiting: this.#writer.waiting }
  }
  settle(ms: number): Promise<void> {
    this.flush()
    return this.#writer.settle(ms)
  }

  close(): void {
    if (this.#closed) return
    this.#writer.close()
    this.#closed = true
    clearInterval(this.#pulse)
    clearTimeout(this.#late)
    process.removeListener('exit', this.#onExit)
    releaseLock(this.dir)
  }
}
