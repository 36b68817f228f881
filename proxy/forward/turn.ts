/**
 * Gathers what one round of the event loop brings, from all connections, so that its records go into the journal with one write
 * before its bytes leave. Promise: nothing waits for more than the sockets that are readable now, nor for more than 256 KiB.
 */
import type { Journal } from '../core/event.ts'
import { passed } from './passed-bytes.ts'

/** Something with bytes to send on. */
export interface Waiting {
  /** Appends what is now known (a message's end); called before the flush. */
  settle(): void
  /** Sends; called after the flush. */
  release(): void
  /** One of these threw, which it never should: it ends as far as it can, and says so in the journal. */
  broke(error: Error): void
}

const ENOUGH_BYTES = 256 * 1024

export class Turn {
  readonly #journal: Journal
  readonly #run = () => this.run()
  #waiting: Waiting[] = []
  #bytes = 0
  #scheduled = false

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** Callers add themselves once a turn. */
  add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#run)
  }

  /** Counts what waits: libuv reads up to 2 MiB of a socket before the round ends. */
  hold(bytes: number): void {
    const before = this.#bytes
    this.#bytes += bytes
    if (before < ENOUGH_BYTES && this.#bytes >= ENOUGH_BYTES) process.nextTick(this.#run)
  }

  run(): void {
    const turn = this.#waiting
    const bytes = this.#bytes
    this.#scheduled = false
    this.#bytes = 0
    if (turn.length === 0) return
    this.#waiting = []
    for (let i = 0; i < turn.length; i++) attempt(turn[i] as Waiting, 'settle')
    this.#journal.flush()
    for (let i = 0; i < turn.length; i++) attempt(turn[i] as Waiting, 'release')
    passed(bytes)
  }
}

/** A fault at one must not stop the others; thrown on, it would end the process. */
function attempt(waiting: Waiting, step: 'settle' | 'release'): void {
  try {
    waiting[step]()
  } catch (error) {
    waiting.broke(error as Error)
  }
}
