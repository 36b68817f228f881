/**
 * Gathers what one socket event brings, so that its records go into the journal with one write before its bytes leave.
 * Promise: nothing waits longer than the callback that brought it; the queue runs before the next input is read.
 */
import type { Journal } from '../core/event.ts'

/** Something with bytes to send on. */
export interface Waiting {
  /** Appends what is now known (a message's end); called before the flush. */
  settle(): void
  /** Sends; called after the flush. */
  release(): void
}

export class Turn {
  readonly #journal: Journal
  readonly #run = () => this.run()
  #waiting: Waiting[] = []
  #scheduled = false

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** Callers add themselves once a turn. */
  add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(this.#run)
  }

  run(): void {
    this.#scheduled = false
    const turn = this.#waiting
    this.#waiting = []
    for (let i = 0; i < turn.length; i++) (turn[i] as Waiting).settle()
    this.#journal.flush()
    for (let i = 0; i < turn.length; i++) (turn[i] as Waiting).release()
  }
}
