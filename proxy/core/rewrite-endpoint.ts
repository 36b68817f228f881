/**
 * Rewrites the absolute URL in the first event of a stream, if that is an `endpoint` event (MCP 2024-11-05, HTTP+SSE). Promise: bytes
 * are held back only while the first event could still be one: not before its `data` line, not beyond 8 KiB, not when its URL is relative.
 */
import { concat } from './bytes.ts'
import { ABSOLUTE, type BodyRewriter, type Origins, type Rewritten, reorigin } from './reorigin.ts'

const HOLD_BYTES = 8 * 1024
const NONE: readonly Uint8Array[] = []
const CR = 13
const LF = 10
const COLON = 58

export class EndpointRewriter implements BodyRewriter {
  readonly #origins: Origins
  #held: Uint8Array = new Uint8Array(0)
  #done = false
  /** State of the scan: start of the current line in `held`, and whether a CR ended the line before it. */
  #line = 0
  #afterCr = false
  #first = true
  /** Inside a line that cannot matter, whose beginning has left already. */
  #skipping = false
  #event: string | undefined
  #url: { from: number; to: number } | undefined
  #changes: Rewritten[] = []

  constructor(origins: Origins) {
    this.#origins = origins
  }

  push(bytes: Uint8Array): readonly Uint8Array[] {
    if (this.#done) return [bytes]
    this.#held = this.#held.length === 0 ? bytes : concat([this.#held, bytes])
    this.#scan()
    if (this.#done) return this.#release(this.#held.length)
    if (this.#held.length > HOLD_BYTES) {
      this.#done = true
      return this.#release(this.#held.length)
    }
    return this.#release(this.#url ? Math.min(this.#url.from, this.#line) : this.#line)
  }

  finish(): readonly Uint8Array[] {
    this.#done = true
    return this.#release(this.#held.length)
  }

  takeChanges(): readonly Rewritten[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  #release(count: number): readonly Uint8Array[] {
    if (count === 0) return NONE
    const out = this.#held.subarray(0, count)
    // What stays is copied: a held view would keep a whole receive buffer alive.
    this.#held = this.#held.slice(count)
    this.#line -= count
    if (this.#url) this.#url = { from: this.#url.from - count, to: this.#url.to - count }
    return [out]
  }

  #scan(): void {
    while (!this.#done) {
      const held = this.#held
      if (this.#afterCr && this.#line < held.length) {
        if (held[this.#line] === LF) this.#line++
        this.#afterCr = false
      }
      let end = this.#line
      while (end < held.length && held[end] !== CR && held[end] !== LF) end++
      const whole = end < held.length
      if (!this.#skipping) this.#read(this.#line, end, whole)
      if (this.#done) return
      if (!whole) {
        if (this.#skipping) this.#line = end
        return
      }
      this.#afterCr = held[end] === CR
      this.#line = end + 1
      this.#skipping = false
    }
  }

  /** One line, or the part of it that has come. */
  #read(from: number, end: number, whole: boolean): void {
    const held = this.#held
    if (end - from > HOLD_BYTES) {
      this.#done = true
      return
    }
    let start = from
    if (this.#first) {
      const bom = [0xef, 0xbb, 0xbf]
      const same = bom.filter((byte, i) => held[from + i] === byte).length
      if (same > 0 && end - from < 3 && !whole) return
      if (same === 3) start += 3
      if (whole) this.#first = false
    }
    if (whole && start === end) {
      // A block without data is no event (a comment, a retry): the next one is the first.
      if (this.#url) this.#done = true
      this.#event = undefined
      return
    }
    const colon = held.indexOf(COLON, start)
    const named = colon >= 0 && colon < end
    const field = latin1(held, start, named ? colon : end)
    if (!named && !whole) {
      if (!'event'.startsWith(field) && !'data'.startsWith(field)) this.#skip()
      return
    }
    if (field !== 'event' && field !== 'data') {
      if (!whole) this.#skip()
      return
    }
    let value = named ? colon + 1 : end
    if (held[value] === 32 && value < end) value++
    if (field === 'event') this.#readEvent(latin1(held, value, end), whole)
    else this.#readData(value, end, whole)
  }

  #skip(): void {
    this.#skipping = true
    this.#first = false
  }

  #readEvent(name: string, whole: boolean): void {
    if (!whole) {
      if (!'endpoint'.startsWith(name)) this.#done = true
      return
    }
    this.#event = name
    if (name !== 'endpoint') this.#done = true
    else this.#decide()
  }

  #readData(from: number, end: number, whole: boolean): void {
    if (this.#url) return
    const text = latin1(this.#held, from, end)
    if (!/^(h(t(t(p(s?(:(\/(\/.*)?)?)?)?)?)?)?|\/(\/.*)?)?$/i.test(text) || (whole && !ABSOLUTE.test(text))) {
      this.#done = true
      return
    }
    // The origin is known once something follows the authority.
    const known = whole || /^(https?:)?\/\/[^/?#\\]*[/?#\\]/i.test(text)
    if (!known) return
    if (reorigin(text, this.#origins) === undefined) this.#done = true
    else if (whole) {
      this.#url = { from, to: end }
      this.#decide()
    }
  }

  /** Replaces the URL once it is known that the event is an endpoint event. */
  #decide(): void {
    if (this.#event !== 'endpoint' || !this.#url) return
    const { from, to } = this.#url
    const original = latin1(this.#held, from, to)
    const replacement = reorigin(original, this.#origins) as string
    this.#changes.push({ original, replacement })
    this.#held = concat([this.#held.subarray(0, from), bytesOf(replacement), this.#held.subarray(to)])
    this.#url = undefined
    this.#done = true
  }
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] as number)
  return text
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, char => char.charCodeAt(0))
}
