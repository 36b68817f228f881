/** Tracks of the shown sessions, kept between frames. Promise: only a session whose rows changed is read again, and reading never takes more than a fifth of the time. */
import type { Finding } from '../../proxy/core/model.ts'
import type { TimelineData } from '../view.ts'
import { numberedFindings } from './findings.ts'
import { type LogTracks, logTracks } from './mark-logs.ts'
import { type SessionTracks, tracksOf } from './tracks.ts'

/** Cheaper rebuilds need no rest. */
const CHEAP_MS = 4
const REST = 4

export class TrackCache {
  tracks: SessionTracks[] = []
  findings: Finding[] = []
  logs: LogTracks = { lines: { times: [], items: [] }, errors: { times: [], items: [] } }
  readonly #known = new Map<number, { readonly rev: number; readonly tracks: SessionTracks }>()
  readonly #clock: () => number
  #cost = 0
  #builtAt = 0

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** Milliseconds to wait before the next update, so that a long recording that grows fast leaves time for drawing. */
  rest(data: TimelineData): number {
    // Other sessions than before: nothing old is worth showing.
    if (data.sessions.length !== this.tracks.length || data.sessions.some(({ session }) => !this.#known.has(session.id))) return 0
    return this.#cost <= CHEAP_MS ? 0 : Math.max(0, this.#cost * REST - (this.#clock() - this.#builtAt))
  }

  update(data: TimelineData): void {
    const begun = this.#clock()
    this.tracks = data.sessions.map(rows => {
      const known = this.#known.get(rows.session.id)
      if (known && known.rev === rows.rev && known.tracks.session === rows.session) return known.tracks
      const tracks = tracksOf(rows, known?.tracks)
      this.#known.set(rows.session.id, { rev: rows.rev, tracks })
      return tracks
    })
    const shown = new Set(data.sessions.map(rows => rows.session.id))
    for (const id of this.#known.keys()) if (!shown.has(id)) this.#known.delete(id)
    this.logs = logTracks(data.logs)
    this.findings = numberedFindings(data.sessions)
    this.#builtAt = this.#clock()
    this.#cost = this.#builtAt - begun
  }
}
