/**
 * Undoes Content-Encoding for a copy that is looked at. Promise: what can be decoded so far comes out at once, chunk by chunk; a broken,
 * cut or exploding body ends the decoding with words, never with an exception.
 */
import type { Transform } from 'node:stream'
import {
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'

/** Decoded bytes that one chunk of a body may become: a bomb stops here. */
const MAX_CHUNK_BYTES = 16 << 20

/** The codings of a Content-Encoding value, in the order they were applied; `identity` left out. */
export const codingsOf = (value: string): string[] =>
  value
    .split(',')
    .map(coding => coding.trim().toLowerCase())
    .filter(coding => coding !== '' && coding !== 'identity')

/** RFC 9110 8.4.1: `deflate` is zlib's format, but some send the raw one. */
const isZlib = (first: number): boolean => (first & 0x0f) === 8

function stageFor(coding: string, first: number): Transform | undefined {
  const zlib = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip(zlib)
  if (coding === 'deflate') return isZlib(first) ? createInflate(zlib) : createInflateRaw(zlib)
  if (coding === 'br')
    return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH })
  if (coding === 'zstd') return createZstdDecompress({ flush: constants.ZSTD_e_flush, finishFlush: constants.ZSTD_e_flush })
  return undefined
}

/** Nobody codes a body more often; each coding takes memory, and a head has room for thousands. */
const MAX_CODINGS = 5

const MAX_WHOLE_BYTES = 256 << 20
/** Text shrinks to a tenth; what becomes much more than this is meant to explode. */
const MOST_GROWTH = 32

/** A whole body decoded at once, as far as it goes; undefined when it is not of that coding, or explodes. */
export function decodeWhole(encoding: string, bytes: Uint8Array): Uint8Array | undefined {
  const options = { maxOutputLength: Math.min(MAX_WHOLE_BYTES, MAX_CHUNK_BYTES + MOST_GROWTH * bytes.length) }
  const zlib = { ...options, finishFlush: constants.Z_SYNC_FLUSH }
  const codings = codingsOf(encoding)
  if (codings.length > MAX_CODINGS) return undefined
  try {
    return codings.reduceRight<Uint8Array>((input, coding) => {
      if (coding === 'gzip' || coding === 'x-gzip') return gunzipSync(input, zlib)
      if (coding === 'deflate') return isZlib(input[0] ?? 0) ? inflateSync(input, zlib) : inflateRawSync(input, zlib)
      if (coding === 'br') return brotliDecompressSync(input, { ...options, finishFlush: constants.BROTLI_OPERATION_FLUSH })
      if (coding === 'zstd') return zstdDecompressSync(input, { ...options, finishFlush: constants.ZSTD_e_flush })
      throw new Error(`unknown coding ${coding}`)
    }, bytes)
  } catch {
    return undefined
  }
}

/** One coding of one body. */
class Stage {
  readonly #coding: string
  #stream: Transform | undefined
  #out: Uint8Array[] = []
  #outBytes = 0
  #release = () => {}
  /** Why nothing more comes. */
  trouble: string | undefined

  constructor(coding: string) {
    this.#coding = coding
  }

  #open(first: number): Transform | undefined {
    const stream = stageFor(this.#coding, first)
    if (!stream) {
      this.trouble = `unknown Content-Encoding "${this.#coding}"`
      return undefined
    }
    stream.on('error', error => {
      this.trouble ??= `not valid ${this.#coding}: ${error.message}`
    })
    // A stream that is destroyed on the way does not call back.
    stream.on('close', () => this.#release())
    stream.on('data', (bytes: Buffer) => {
      if (this.trouble) return
      this.#out.push(bytes)
      this.#outBytes += bytes.length
      if (this.#outBytes <= MAX_CHUNK_BYTES) return
      this.trouble = `decodes to more than ${MAX_CHUNK_BYTES} bytes from one chunk`
      stream.destroy()
    })
    return stream
  }

  async write(bytes: Uint8Array): Promise<Uint8Array[]> {
    if (this.trouble || bytes.length === 0) return []
    this.#stream ??= this.#open(bytes[0] ?? 0)
    const stream = this.#stream
    if (!stream) return []
    await new Promise<void>(resolve => {
      this.#release = resolve
      stream.write(bytes, () => resolve())
    })
    const out = this.#out
    this.#out = []
    this.#outBytes = 0
    return out
  }

  close(): void {
    this.#stream?.destroy()
  }
}

/** Decodes one body, whatever number of codings it has. */
export class ContentDecoder {
  readonly #stages: Stage[]
  readonly #refused: string | undefined

  /** @param value of the Content-Encoding header */
  constructor(value: string) {
    const codings = codingsOf(value)
    if (codings.length > MAX_CODINGS) this.#refused = `coded ${codings.length} times, and more than ${MAX_CODINGS} are not undone`
    this.#stages = this.#refused ? [] : codings.reverse().map(coding => new Stage(coding))
  }

  /** Why decoding stopped before the body did, in words. */
  get trouble(): string | undefined {
    return this.#refused ?? this.#stages.find(stage => stage.trouble)?.trouble
  }

  async write(bytes: Uint8Array): Promise<Uint8Array[]> {
    if (this.#refused) return []
    let parts: Uint8Array[] = [bytes]
    for (const stage of this.#stages) {
      const next: Uint8Array[] = []
      for (const part of parts) next.push(...(await stage.write(part)))
      parts = next
    }
    return parts
  }

  /** Frees the native memory. */
  close(): void {
    for (const stage of this.#stages) stage.close()
  }
}
