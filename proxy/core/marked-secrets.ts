/**
 * Secrets of which only the mask is known, because they were masked before they were stored: recognised by length and keyed hash.
 * Promise: only tokens of a length that some mask names are hashed, so that the search stays cheap.
 */
import type { Found } from './secret-values.ts'

const MASK = /\[REDACTED[ +]len=(\d+)[ +]id=([0-9a-f]+)\]/g
const SHORTEST = 8
const MOST_TOKENS = 20_000

export class MarkedSecrets {
  readonly #fingerprint: (value: string) => string
  readonly #idsOfLength = new Map<number, Set<string>>()

  constructor(fingerprint: (value: string) => string) {
    this.#fingerprint = fingerprint
  }

  /** Learns the masks in a text. */
  add(text: string): void {
    for (const [, digits, id = ''] of text.matchAll(MASK)) {
      const length = Number(digits)
      if (length < SHORTEST || length > 4096) continue
      const ids = this.#idsOfLength.get(length) ?? new Set()
      ids.add(id)
      this.#idsOfLength.set(length, ids)
    }
  }

  /** Tokens of the text that one of the masks stands for. */
  find(text: string): Found[] {
    const found: Found[] = []
    if (this.#idsOfLength.size === 0) return found
    let hashed = 0
    for (const pattern of [/[^\s"'&;,<>{}()[\]\\=:]{8,}=*/g, /[^\s"'&;,<>{}()\\]{8,}/g]) {
      for (const { index, 0: token } of text.matchAll(pattern)) {
        const ids = this.#idsOfLength.get(token.length)
        if (ids === undefined || hashed++ > MOST_TOKENS) continue
        if (ids.has(this.#fingerprint(token))) found.push({ start: index, end: index + token.length, value: token, session: false })
      }
    }
    return found
  }
}
