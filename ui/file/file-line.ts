/** The page's line to a recording in its own file. Promise: all rows come at once, and the line is never lost. */
import type { AnyRow } from '../../proxy/core/model.ts'
import type { ConnectionHandlers, Line } from '../connection.ts'
import { plainJson } from '../plain-text.ts'
import type { FileRecorder } from './file-recorder.ts'

/** As rows from a recorder: no text in them turns the direction of another. */
const plain = (rows: readonly AnyRow[]): readonly AnyRow[] => plainJson(JSON.stringify(rows))

export class FileLine implements Line {
  readonly #recorder: FileRecorder
  readonly #to: ConnectionHandlers
  readonly #given = new Set<number>()

  constructor(recorder: FileRecorder, handlers: ConnectionHandlers) {
    this.#recorder = recorder
    this.#to = handlers
  }

  start(): void {
    void this.#open()
  }
  async #open(): Promise<void> {
    this.#to.state(await this.#recorder.state())
    await this.#recorder.rows(0, [], rows => this.#to.rows(plain(rows)))
    this.#to.link({ phase: 'live' })
  }

  watch(sessions: readonly number[]): void {
    const fresh = sessions.filter(id => !this.#given.has(id))
    if (fresh.length === 0) return
    for (const id of fresh) this.#given.add(id)
    void this.#recorder.rows(0, fresh, rows => this.#to.rows(plain(rows))).then(() => this.#to.filled(fresh))
  }
  forget(session: number): void {
    this.#given.delete(session)
  }
  retryNow(): void {}
  stop(): void {}
}
