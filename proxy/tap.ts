/**
 * Copies what passes into wire events. Promise: observation never delays, reorders or alters a byte, and nothing here reads a body.
 *
 * A body beyond the cap keeps its head; of the rest it keeps the last 64 KiB, its true length and the SHA-256 of all of it. The hash
 * runs along from the first chunk, but only where the body could pass the cap: a known shorter Content-Length costs nothing.
 */
import { createHash, type Hash } from 'node:crypto'
import type { Actor, Ending, Journal, Leg, Part } from './core/event.ts'
import { type FlatHeaders, pairsOf } from './core/headers.ts'

export const TAIL_BYTES = 64 * 1024
const NOTHING = new Uint8Array(0)

/** The ends of one exchange: each part ends once on each leg. */
export interface Ended {
  readonly how: Ending
  readonly by: Actor
  readonly bytes: number
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly trailers?: FlatHeaders | undefined
}

/** One body, as it comes from the peer that sends it. */
export class BodyTap {
  readonly #journal: Journal
  readonly #conn: number
  readonly #exchange: number
  readonly #part: Part
  readonly #cap: number
  #hash: Hash | undefined
  #tail: Buffer | undefined
  #tailBytes = 0
  /** Bytes that came so far. */
  total = 0

  /** `expected`: the Content-Length, where there is one. */
  constructor(journal: Journal, conn: number, exchange: number, part: Part, cap: number, expected: number | undefined) {
    this.#journal = journal
    this.#conn = conn
    this.#exchange = exchange
    this.#part = part
    this.#cap = cap
    if (expected === undefined || expected > cap) this.#hash = createHash('sha256')
  }

  take(bytes: Uint8Array): void {
    const before = this.total
    this.total = before + bytes.length
    this.#hash?.update(bytes)
    let kept = bytes
    if (this.total > this.#cap) {
      const room = Math.max(0, this.#cap - before)
      kept = room === 0 ? NOTHING : bytes.subarray(0, room)
      this.#keepTail(bytes.subarray(room))
    }
    this.#journal.append({ kind: 'chunk', conn: this.#conn, exchange: this.#exchange, part: this.#part, size: bytes.length, bytes: kept })
  }

  /** What an end says of a body beyond the cap. */
  rest(): { tail?: Uint8Array; sha256?: string } {
    if (!this.#tail || !this.#hash) return {}
    const sha256 = this.#hash.digest('hex')
    this.#hash = undefined
    return { tail: this.#tail.subarray(0, this.#tailBytes), sha256 }
  }

  #keepTail(bytes: Uint8Array): void {
    this.#tail ??= Buffer.allocUnsafeSlow(TAIL_BYTES)
    const fresh = bytes.length > TAIL_BYTES ? bytes.subarray(bytes.length - TAIL_BYTES) : bytes
    const stay = Math.min(this.#tailBytes, TAIL_BYTES - fresh.length)
    this.#tail.copyWithin(0, this.#tailBytes - stay, this.#tailBytes)
    this.#tail.set(fresh, stay)
    this.#tailBytes = stay + fresh.length
  }
}

export function recordEnd(journal: Journal, conn: number, exchange: number, leg: Leg, part: Part, ended: Ended, body?: BodyTap): void {
  const { how, by, bytes, code, detail, trailers } = ended
  journal.append({
    kind: 'end',
    conn,
    exchange,
    leg,
    part,
    how,
    by,
    bytes,
    ...(code === undefined ? undefined : { code }),
    ...(detail === undefined ? undefined : { detail }),
    ...(trailers === undefined || trailers.length === 0 ? undefined : { trailers: pairsOf(trailers) }),
    ...body?.rest(),
  })
}
