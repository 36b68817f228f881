/**
 * Reads the body of one part of an exchange as it comes: SSE frames, JSON-RPC messages, or the beginning of a text.
 * Promise: bounded memory for any body, and it says when it can no longer see (`blind`), instead of guessing.
 */

import { concat, copyOf } from './bytes.ts'
import type { RpcBody } from './jsonrpc.ts'
import { PARSE_BYTES, readRpc } from './jsonrpc.ts'
import { RpcScanner } from './rpc-scan.ts'
import { type SseFrame, SseSplitter } from './sse.ts'

export interface Inflater {
  push(bytes: Uint8Array): Uint8Array[]
  end(): Uint8Array[]
}
/** Gives a decoder for a Content-Encoding (`gzip`, `deflate`, `br`, `zstd`), or undefined for one it does not know. */
export type Inflate = (encoding: string) => Inflater | undefined

const TEXT_BYTES = 4096
const HASHED_BYTES = 65_536
const decoder = new TextDecoder('utf-8')

export interface BodyOptions {
  readonly mode: 'sse' | 'json' | 'text'
  /** Value of Content-Encoding; empty for none. */
  readonly encoding: string
  readonly inflate?: Inflate | undefined
}

export class BodyReader {
  readonly mode: BodyOptions['mode']
  /** Some bytes are missing or cannot be decoded: what was not found may still have been there. */
  blind = false
  /** FNV-1a over the first 64 KiB of raw bytes, to tell whether two requests carried the same body. */
  hash = 0x811c9dc5
  readonly #inflater: Inflater | undefined
  readonly #splitter: SseSplitter | undefined
  #pieces: Uint8Array[] = []
  #kept = 0
  #hashed = 0
  #scanner: RpcScanner | undefined
  #ended = false

  constructor({ mode, encoding, inflate }: BodyOptions) {
    this.mode = mode
    const coded = encoding !== '' && encoding !== 'identity'
    if (coded) this.#inflater = inflate?.(encoding)
    if (coded && !this.#inflater) this.blind = true
    if (mode === 'sse') this.#splitter = new SseSplitter({ keepBytes: PARSE_BYTES, overflow: () => new RpcScanner() })
  }

  /** `size` is what crossed; fewer `bytes` mean that the recording kept no more. */
  push(bytes: Uint8Array, size: number): SseFrame[] {
    if (this.blind) return []
    if (this.mode === 'json' && this.#hashed < HASHED_BYTES) this.#digest(bytes)
    const frames = this.#decoded(bytes)
    if (bytes.length < size) this.blind = true
    return frames
  }

  /** The body has ended: gives what was still in the decoder, and the unfinished frame of a stream. */
  end(): SseFrame[] {
    if (this.#ended) return []
    this.#ended = true
    const frames: SseFrame[] = []
    if (this.#inflater && !this.blind) {
      try {
        for (const piece of this.#inflater.end()) frames.push(...this.#take(piece))
      } catch {
        this.blind = true
      }
    }
    const last = this.blind ? undefined : this.#splitter?.end()
    return last ? [...frames, last] : frames
  }

  /** JSON-RPC messages in the body so far. */
  rpc(): RpcBody {
    if (this.#scanner) return this.#scanner.result()
    return readRpc(this.#joined())
  }

  /** The body's beginning as text. */
  text(): string {
    return decoder.decode(this.#joined().subarray(0, TEXT_BYTES))
  }

  #digest(bytes: Uint8Array): void {
    const count = Math.min(bytes.length, HASHED_BYTES - this.#hashed)
    let { hash } = this
    for (let i = 0; i < count; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
    this.hash = hash
    this.#hashed += count
  }

  #joined(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [concat(this.#pieces)]
    return this.#pieces[0] as Uint8Array
  }

  #decoded(bytes: Uint8Array): SseFrame[] {
    if (!this.#inflater) return this.#take(bytes)
    try {
      return this.#inflater.push(bytes).flatMap(piece => this.#take(piece))
    } catch {
      this.blind = true
      return []
    }
  }

  #take(bytes: Uint8Array): SseFrame[] {
    if (this.#splitter) return this.#splitter.push(bytes)
    if (this.#scanner) this.#scanner.push(bytes)
    else if (this.mode === 'text') {
      if (this.#kept < TEXT_BYTES) this.#keep(bytes.subarray(0, TEXT_BYTES - this.#kept))
    } else if (this.#kept + bytes.length <= PARSE_BYTES) this.#keep(bytes)
    else {
      this.#scanner = new RpcScanner()
      for (const piece of this.#pieces) this.#scanner.push(piece)
      this.#scanner.push(bytes)
      this.#pieces = [this.#joined().slice(0, TEXT_BYTES)]
    }
    return []
  }

  #keep(bytes: Uint8Array): void {
    this.#pieces.push(copyOf(bytes))
    this.#kept += bytes.length
  }
}
