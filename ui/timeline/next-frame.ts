/** When the next frame is drawn. Promise: causes that fall together cost one frame, and without a cause there is none. */
export class NextFrame {
  readonly #draw: () => void
  #request = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #due = 0
  #stopped = false

  constructor(draw: () => void) {
    this.#draw = draw
  }

  /** With the browser's next frame. */
  soon(): void {
    if (this.#stopped || this.#request !== 0) return
    this.#request = requestAnimationFrame(() => {
      this.#request = 0
      this.#draw()
    })
  }

  /** `cause` comes in `ms`, unless an earlier one is due already. */
  later(ms: number, cause: () => void): void {
    const due = performance.now() + ms
    if (this.#timer !== undefined && this.#due <= due) return
    clearTimeout(this.#timer)
    this.#due = due
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      cause()
    }, ms)
  }

  stop(): void {
    this.#stopped = true
    cancelAnimationFrame(this.#request)
    clearTimeout(this.#timer)
  }
}
