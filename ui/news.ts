/** Sentences for those who listen to the page. Promise: at most one saying in five seconds, never one per event. */
const QUIET_MS = 5000
const GATHER_MS = 200
const SAID = 3

export class News {
  /** Where the sentences go: the page's live region. */
  onSay: (text: string) => void = () => {}
  #waiting: string[] = []
  #saidAt = Number.NEGATIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  tell(...sentences: readonly string[]): void {
    if (sentences.length === 0) return
    this.#waiting.push(...sentences)
    this.#timer ??= setTimeout(() => this.#say(), Math.max(GATHER_MS, this.#saidAt + QUIET_MS - performance.now()))
  }

  #say(): void {
    this.#timer = undefined
    this.#saidAt = performance.now()
    const all = this.#waiting.splice(0)
    this.onSay(all.length > SAID ? `${all.slice(0, SAID - 1).join(' ')} And ${all.length - SAID + 1} more.` : all.join(' '))
  }
}
