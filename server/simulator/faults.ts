/**
 * What can go wrong with the simulated device on request. Promise: a fault is off until it is asked for, and one with a count is off again
 * after so many requests.
 */
export const FAULTS = ['cut', 'truncate', 'bad-gateway', 'session-timeout', 'internal-error', 'hang'] as const
export type Fault = (typeof FAULTS)[number]

export class Faults {
  readonly #left = new Map<Fault, number>()

  /** `count` requests are affected; without it all, until it is cleared. */
  set(fault: Fault, count = Number.POSITIVE_INFINITY): void {
    if (count > 0) this.#left.set(fault, count)
    else this.#left.delete(fault)
  }

  clear(): void {
    this.#left.clear()
  }

  /** The fault of the next request, if there is one; counts it. */
  take(): Fault | undefined {
    for (const [fault, left] of this.#left) {
      this.set(fault, left - 1)
      return fault
    }
    return undefined
  }

  /** What is switched on, with the number of requests left (null for all). */
  active(): Readonly<Record<string, number | null>> {
    return Object.fromEntries([...this.#left].map(([fault, left]) => [fault, Number.isFinite(left) ? left : null]))
  }
}

/** `cut` or `cut:3`. */
export function readFault(text: string): { fault: Fault; count?: number } | undefined {
  const [name = '', count, more] = text.split(':')
  const fault = FAULTS.find(known => known === name)
  if (!fault || more !== undefined || (count !== undefined && !/^\d{1,6}$/.test(count))) return undefined
  return { fault, ...(count !== undefined && { count: Number(count) }) }
}
