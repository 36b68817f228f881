/**
 * Equal work under way is done once. Promise: everybody who asks for it gets its outcome, each may give up alone, and the work itself
 * is given up when nobody waits for it any more.
 */
interface Flight {
  readonly outcome: Promise<unknown>
  readonly controller: AbortController
  passengers: number
}

export class SharedFlights {
  readonly #open = new Map<string, Flight>()

  get size(): number {
    return this.#open.size
  }

  /** Joins the work of that key or starts it. Rejects with the signal's reason as soon as this caller gives up. */
  async join<T>(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const flight = this.#open.get(key) ?? this.#start(key, start)
    flight.passengers += 1
    try {
      return (await whicheverIsFirst(flight.outcome, signal)) as T
    } finally {
      flight.passengers -= 1
      if (flight.passengers === 0) {
        this.#forget(key, flight)
        flight.controller.abort(signal.reason)
      }
    }
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<unknown>): Flight {
    const controller = new AbortController()
    const outcome = start(controller.signal)
    const flight: Flight = { outcome, controller, passengers: 0 }
    this.#open.set(key, flight)
    // Nobody may be left to hear of a failure.
    outcome.catch(() => {}).finally(() => this.#forget(key, flight))
    return flight
  }

  #forget(key: string, flight: Flight): void {
    if (this.#open.get(key) === flight) this.#open.delete(key)
  }
}

function whicheverIsFirst<T>(outcome: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
