/**
 * Waits for the next record of a recording without looking for it again and again. Promise: a watch that the file system does not
 * keep costs time alone: who waits has a limit.
 */
import { type FSWatcher, watch } from 'node:fs'
import { segmentNumber } from '../journal/segment.ts'

export class WriteWatch {
  readonly #dir: string
  #watcher: FSWatcher | undefined
  #rung = false
  #wake: (() => void) | undefined

  /** `dir`: the recording's folder. */
  constructor(dir: string) {
    this.#dir = dir
  }

  /** From now on writing is noticed. Look once more before you wait: what came before was not. */
  arm(): void {
    if (this.#watcher) return
    this.#rung = false
    try {
      this.#watcher = watch(this.#dir, { persistent: false }, (_, name) => {
        if (name === null || segmentNumber(name) !== undefined) this.ring()
      })
      this.#watcher.on('error', () => this.disarm())
    } catch {
      // No more watches to be had, or none on this file system.
    }
  }

  disarm(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }

  /** Ends the waiting, or the next one. */
  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves when something was written since the last waiting, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(resolve => {
        this.#wake = resolve
        timer = setTimeout(resolve, ms)
      })
      clearTimeout(timer)
      this.#wake = undefined
    }
    this.#rung = false
  }
}
