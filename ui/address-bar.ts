/** The browser's address and history. Promise: what is looked at stands in the address; Back undoes steps, not every zoom; the token never stands there. */
import { type Address, isStep, parse, write } from './address.ts'

/** Browsers allow few changes per second, and a pan makes many. */
const SETTLE_MS = 300

export class AddressBar {
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `moved`: someone went back or forward, or wrote another address. */
  constructor(moved: (address: Address) => void, signal: AbortSignal) {
    const read = () => {
      clearTimeout(this.#timer)
      moved(parse(location.hash))
    }
    window.addEventListener('popstate', read, { signal })
    window.addEventListener('hashchange', read, { signal })
  }

  read = (): Address => parse(location.hash)

  show(before: Address, now: Address): void {
    clearTimeout(this.#timer)
    const fragment = write(now)
    const url = `${location.pathname}${location.search}${fragment && `#${fragment}`}`
    if (isStep(before, now)) {
      // What waited to be written belongs to the step before this one.
      history.replaceState(null, '', urlOf(before))
      history.pushState(null, '', url)
    } else this.#timer = setTimeout(() => history.replaceState(null, '', url), SETTLE_MS)
  }
}

const urlOf = (address: Address): string => {
  const fragment = write(address)
  return `${location.pathname}${location.search}${fragment && `#${fragment}`}`
}
