/** When an upstream could not be reached, and when it was back. Promise: a few spans for each upstream, the newest. */
import type { OpenEvent, ResponseEvent } from './event.ts'
import type { Exchange } from './model.ts'
import { endingText } from './words.ts'

/** From the first request that could not reach the upstream to the next connection that it took, or its next answer. */
export interface Outage {
  readonly from: number
  /** The head by which the proxy said so. */
  readonly seq: number
  readonly count: number
  /** When the upstream was back; absent while it is not. */
  readonly to?: number
  readonly backSeq?: number
  /** It had answered before. */
  readonly wasUp: boolean
  /** In the proxy's words. */
  readonly says: string
}

const KEPT = 20
const UNREACHED = new Set(['refused', 'unresolved', 'timeout', 'tls'])

export class Outages {
  readonly #byUpstream = new Map<string, { up: boolean; outages: Outage[] }>()

  /** A response head has come, from the server or made by the proxy because no server answered. */
  saw({ upstream, serverEnd }: Pick<Exchange, 'upstream' | 'serverEnd'>, { at, seq, by }: ResponseEvent): void {
    const known = this.#byUpstream.get(upstream) ?? { up: false, outages: [] }
    this.#byUpstream.set(upstream, known)
    if (by === 'server') {
      this.reached({ upstream, at, seq })
      known.up = true
    } else if (serverEnd && UNREACHED.has(serverEnd.how)) {
      const open = this.#open(upstream)
      if (open) known.outages.splice(-1, 1, { ...open, count: open.count + 1 })
      else {
        known.outages.push({ from: at, seq, count: 1, wasUp: known.up, says: serverEnd.detail ?? endingText(serverEnd.how) })
        if (known.outages.length > KEPT) known.outages.shift()
      }
    }
  }

  hasAnswered(upstream: string): boolean {
    return this.#byUpstream.get(upstream)?.up === true
  }

  /** It has taken a connection. Whether it answers there is another question. */
  reached({ upstream, at, seq }: Pick<OpenEvent, 'upstream' | 'at' | 'seq'>): void {
    const open = this.#open(upstream)
    if (open) this.#byUpstream.get(upstream)?.outages.splice(-1, 1, { ...open, to: at, backSeq: seq })
  }

  /** The one that has no end yet. */
  #open(upstream: string): Outage | undefined {
    const last = this.#byUpstream.get(upstream)?.outages.at(-1)
    return last?.to === undefined ? last : undefined
  }

  of(upstream: string): readonly Outage[] {
    return this.#byUpstream.get(upstream)?.outages ?? []
  }
}
