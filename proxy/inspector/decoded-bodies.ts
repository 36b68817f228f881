/**
 * Decoded body bytes of what is passing, ahead of the fold. Promise: the fold stays a plain function of events; decoding, which Node
 * offers only asynchronously, has already happened when it asks.
 */
import type { Part, RawHeader, WireEvent } from '../core/event.ts'
import { ContentDecoder, codingsOf } from './content-decoder.ts'

const NONE: readonly Uint8Array[] = []

function contentEncoding(headers: readonly RawHeader[]): string {
  let value = ''
  for (const [name, text] of headers)
    if (name.length === 16 && name.toLowerCase() === 'content-encoding') value += value ? `,${text}` : text
  return value
}

export class DecodedBodies {
  readonly #decoders = new Map<string, ContentDecoder>()
  #current: readonly Uint8Array[] = NONE

  /** Decoders that are open, to prove the bound. */
  get size(): number {
    return this.#decoders.size
  }

  /** True when `prepare` has nothing to wait for. */
  isPlain(event: WireEvent): boolean {
    if (event.kind === 'request' || event.kind === 'response') return contentEncoding(event.headers) === ''
    return this.#decoders.size === 0
  }

  /** To be awaited before the event goes to the fold, unless it `isPlain`. */
  async prepare(event: WireEvent): Promise<void> {
    this.#current = NONE
    if (event.kind === 'request' || event.kind === 'response') {
      const value = contentEncoding(event.headers)
      if (codingsOf(value).length > 0) this.#decoders.set(`${event.exchange} ${event.kind}`, new ContentDecoder(value))
    } else if (event.kind === 'chunk') {
      const decoder = this.#decoders.get(`${event.exchange} ${event.part}`)
      if (decoder) this.#current = await decoder.write(event.bytes)
    } else if (event.kind === 'end' && event.leg === (event.part === 'request' ? 'client' : 'server')) {
      this.#drop(event.exchange, event.part)
    }
  }

  #drop(exchange: number, part: Part): void {
    const key = `${exchange} ${part}`
    this.#decoders.get(key)?.close()
    this.#decoders.delete(key)
  }

  /** Whether the body comes through a decoder. */
  has(exchange: number, part: Part): boolean {
    return this.#decoders.size > 0 && this.#decoders.has(`${exchange} ${part}`)
  }

  /** Decoded bytes of the chunk that was prepared last. */
  get current(): readonly Uint8Array[] {
    return this.#current
  }

  /** What the fold asks for: it hands in the chunk that was just prepared and gets its decoded bytes. */
  readonly inflate = (): { push(bytes: Uint8Array): Uint8Array[]; end(): Uint8Array[] } => ({
    push: () => [...this.#current],
    end: () => [],
  })

  close(): void {
    for (const decoder of this.#decoders.values()) decoder.close()
    this.#decoders.clear()
  }
}
