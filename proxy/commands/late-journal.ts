/**
 * The journal before the recording exists: listeners are opened first, since the recording says where they listen. Promise: what comes
 * meanwhile waits, and stands in the recording in its order, under the numbers that were told.
 */
import type { Draft, Journal } from '../core/event.ts'
import type { Recording } from '../journal/recording.ts'

/** Number of the first event behind that of the recording itself. */
const FIRST_SEQ = 2

export class LateJournal implements Journal {
  #recording: Recording | undefined
  readonly #early: Draft[] = []

  /** `recording` holds nothing yet. */
  begin(recording: Recording): void {
    this.#recording = recording
    for (const draft of this.#early.splice(0)) recording.append(draft)
    recording.flush()
  }

  append(draft: Draft): number {
    return this.#recording?.append(draft) ?? this.#early.push(draft) - 1 + FIRST_SEQ
  }

  flush(): void {
    this.#recording?.flush()
  }

  now(): number {
    return this.#recording?.now() ?? 0
  }
}
