/**
 * Folds and judges one recording whole, without index or server. Promise: the same sessions and findings as the dashboard shows,
 * in memory bounded by what is open, the sessions and the findings.
 */
import type { GapEvent, RecordingEvent, WireEvent } from '../core/event.ts'
import { Fold } from '../core/fold.ts'
import type { Finding, Session } from '../core/model.ts'
import { createMasker } from '../core/redact.ts'
import { createFingerprint, recordingFingerprint } from '../journal/fingerprint.ts'
import { openReader } from '../journal/reader.ts'
import type { Source } from '../journal/store.ts'
import { DecodedBodies } from './decoded-bodies.ts'
import { eventsOf } from './event-source.ts'
import { type RuleFailure, SessionJudge } from './session-judge.ts'

export interface Loaded {
  /** Absent for events that came without their recording's first one. */
  readonly recording: RecordingEvent | undefined
  /** In the order in which they began. */
  readonly sessions: readonly Session[]
  /** In the order of their moments. */
  readonly findings: readonly Finding[]
  readonly failures: readonly RuleFailure[]
  readonly events: number
  readonly exchanges: number
  /** Calls that their client cancelled, whatever became of them. */
  readonly cancelled: number
  readonly lastAt: number
  /** Records that the recording should hold and does not, with the words for each loss. */
  readonly missing: { readonly records: number; readonly says: readonly string[] }
  /** Somebody records into it now. */
  readonly isLive: boolean
}

/**
 * Reads all of it. Throws an Error that names the file and what is wrong with it.
 * @param wallClock milliseconds since the epoch: one that is still recorded is judged as it stands now
 */
export async function loadRecording(source: Source, wallClock = Date.now): Promise<Loaded> {
  const loader = new Loader(source)
  try {
    for await (const list of eventsOf(source)) {
      for (const { event } of list) await loader.push(event)
      loader.settle()
    }
    return loader.finish(wallClock())
  } finally {
    loader.close()
  }
}

function isLive(source: Source): boolean {
  if (source.kind !== 'recording') return false
  const reader = openReader(source.dir)
  const state = reader.state()
  reader.close()
  return state === 'live'
}

class Loader {
  readonly #isLive: boolean
  readonly #bodies = new DecodedBodies()
  readonly #fold: Fold
  readonly #judge: SessionJudge
  readonly #sessions = new Map<number, Session>()
  readonly #findings = new Map<number, Finding>()
  readonly #cancelled = new Set<number>()
  readonly #gaps: GapEvent[] = []
  #recording: RecordingEvent | undefined
  #events = 0
  #exchanges = 0
  #lastAt = 0

  constructor(source: Source) {
    this.#isLive = isLive(source)
    const fingerprint = source.kind === 'recording' ? recordingFingerprint(source.dir) : createFingerprint()
    const masker = createMasker({ fingerprint })
    this.#fold = new Fold({ recording: 0, inflate: this.#bodies.inflate, mask: text => masker.text(text) })
    this.#judge = new SessionJudge(this.#fold, 0)
  }

  async push(event: WireEvent): Promise<void> {
    this.#events += 1
    this.#lastAt = Math.max(this.#lastAt, event.at)
    if (event.kind === 'recording') this.#recording ??= event
    else if (event.kind === 'request') this.#exchanges += 1
    else if (event.kind === 'gap' && (event.lost > 0 || event.lostBytes > 0)) this.#gaps.push(event)
    if (!this.#bodies.isPlain(event)) await this.#bodies.prepare(event)
    this.#fold.push(event)
  }

  /** Between two lists of events: takes what the fold has, so that it need not keep it. */
  settle(): void {
    this.#take(this.#judge.judgeDue(this.#lastAt, 0))
  }

  #take(findings: readonly Finding[]): void {
    for (const finding of findings) {
      if (finding.gone) this.#findings.delete(finding.id)
      else this.#findings.set(finding.id, finding)
    }
    for (const row of this.#fold.takeRows()) {
      if (row.t === 'session') this.#sessions.set(row.id, row)
      else if (row.t === 'call' && row.from === 'client' && row.cancelled) this.#cancelled.add(row.id)
    }
    this.#fold.takeSlices()
  }

  finish(wallNow: number): Loaded {
    const now = this.#isLive ? Math.max(this.#lastAt, wallNow - (this.#recording?.startedAt ?? wallNow)) : this.#lastAt
    if (this.#isLive) this.#fold.tick(now)
    else this.#fold.finish()
    this.#take(this.#judge.judgeLast(now))
    return {
      recording: this.#recording,
      sessions: [...this.#sessions.values()].sort((a, b) => a.startedAt - b.startedAt || a.id - b.id),
      findings: [...this.#findings.values()].sort((a, b) => a.at - b.at || a.id - b.id),
      failures: this.#judge.failures,
      events: this.#events,
      exchanges: this.#exchanges,
      cancelled: this.#cancelled.size,
      lastAt: this.#lastAt,
      missing: { records: this.#gaps.reduce((sum, { lost }) => sum + lost, 0), says: this.#gaps.map(({ detail }) => detail) },
      isLive: this.#isLive,
    }
  }

  close(): void {
    this.#bodies.close()
  }
}
