/**
 * Collects the text that the search looks through: the data of SSE events and the beginnings of other bodies.
 * Promise: at most 64 KiB of each, and memory only for bodies that are open.
 */
import type { Part, RawHeader, WireEvent } from '../core/event.ts'
import type { AnyRow, Exchange, Frame } from '../core/model.ts'
import { dataOf } from '../core/sse-data.ts'
import type { BodyText } from './row-index.ts'

export const MAX_TEXT_BYTES = 64 * 1024
const MOST_PIECES = 500

interface Open {
  /** Position in the decoded body of the first byte kept. */
  base: number
  /** Bytes from `base` on; the first ones only, where they became too many. */
  pieces: Uint8Array[]
  kept: number
  /** Bytes of the unfinished event at `base` that came after its beginning and were let go. */
  lost: number
  /** How many pieces, from the first, are copies of our own. */
  own: number
  readonly isStream: boolean
}

const decoder = new TextDecoder('utf-8')
const TEXTUAL = /^(text\/|application\/(json|xml|x-www-form-urlencoded|[\w.+-]*\+(json|xml)))/i

const contentType = (headers: readonly RawHeader[]): string =>
  headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1].trim() ?? ''

export class SearchTexts {
  /** Bodies that are open, by the exchange's number in the journal and the part. */
  readonly #open = new Map<string, Open>()
  /** Row ids of exchanges: the fold gives them, the request's record tells which is which. */
  readonly #numbers = new Map<number, number>()
  readonly #ids = new Map<number, number>()
  #bodies: { exchange: number; part: Part; at: number; bytes: Uint8Array }[] = []

  /** Exchanges and bodies that are remembered, to prove the bound. */
  get size(): number {
    return this.#open.size + this.#numbers.size + this.#ids.size
  }

  /** @param decoded the bytes of a chunk, after Content-Encoding is undone */
  push(event: WireEvent, decoded: readonly Uint8Array[]): void {
    if (event.kind === 'request' || event.kind === 'response') {
      if (event.kind === 'request') this.#numbers.set(event.seq, event.exchange)
      const type = contentType(event.headers)
      if (!TEXTUAL.test(type)) return
      const isStream = /^text\/event-stream/i.test(type)
      this.#open.set(`${event.exchange} ${event.kind}`, { base: 0, pieces: [], kept: 0, lost: 0, own: 0, isStream })
    } else if (event.kind === 'chunk') {
      const open = this.#open.get(`${event.exchange} ${event.part}`)
      if (open) for (const bytes of decoded) this.#add(open, bytes)
    } else if (event.kind === 'end' && event.leg === (event.part === 'request' ? 'client' : 'server')) {
      this.#finish(event.exchange, event.part, event.at)
    }
  }

  #add(open: Open, bytes: Uint8Array): void {
    // Events of a stream are cut out when the fold has found them (see `take`); until then all of the batch is needed.
    const room = open.isStream ? bytes.length : MAX_TEXT_BYTES - open.kept
    if (room <= 0) return
    const piece = bytes.subarray(0, room)
    open.pieces.push(piece)
    open.kept += piece.length
  }

  #finish(exchange: number, part: Part, at: number): void {
    const key = `${exchange} ${part}`
    const open = this.#open.get(key)
    this.#open.delete(key)
    if (!open || open.kept === 0) return
    if (open.isStream) {
      // Its last frames come with this batch.
      this.#open.set(`${key} ended`, open)
      return
    }
    this.#bodies.push({ exchange, part, at, bytes: Buffer.concat(open.pieces) })
  }

  /** Texts of what was completed since the last call. `rows` are the rows of the batch: their frames say where events lie. */
  take(rows: readonly AnyRow[]): BodyText[] {
    const exchanges = rows.filter(row => row.t === 'exchange')
    for (const row of exchanges) {
      const number = this.#numbers.get(row.requestSeq)
      if (number !== undefined) this.#ids.set(number, row.id)
    }
    const done: BodyText[] = []
    for (const { exchange, part, at, bytes } of this.#bodies) {
      const id = this.#ids.get(exchange)
      if (id !== undefined) done.push({ exchange: id, frame: 0, part, at, text: decoder.decode(bytes) })
    }
    this.#bodies = []
    this.#cutAll(rows, done)
    for (const row of exchanges) if (row.clientEnd && row.serverEnd) this.#forget(row)
    return done
  }

  #cutAll(rows: readonly AnyRow[], done: BodyText[]): void {
    const frames = rows.filter(row => row.t === 'frame')
    if (frames.length > 0) {
      const numbers = new Map([...this.#ids].map(([number, id]) => [id, number]))
      frames.sort((a, b) => a.exchange - b.exchange || a.offset - b.offset)
      for (const frame of frames) {
        const text = this.#cut(frame, numbers.get(frame.exchange))
        if (text) done.push({ exchange: frame.exchange, frame: frame.id, part: 'response', at: frame.at, text })
      }
    }
    for (const [key, open] of this.#open) {
      if (key.endsWith(' ended')) this.#open.delete(key)
      else trim(open)
    }
  }

  #forget(row: Exchange): void {
    const number = this.#numbers.get(row.requestSeq)
    this.#numbers.delete(row.requestSeq)
    if (number !== undefined) this.#ids.delete(number)
  }

  /** The text of one event; undefined where it has none. */
  #cut(frame: Frame, number: number | undefined): string | undefined {
    const open = this.#open.get(`${number} response`) ?? this.#open.get(`${number} response ended`)
    if (!open || frame.offset < open.base) return undefined
    const from = frame.offset - open.base
    const bytes = slice(open, from, Math.min(from + frame.size, from + MAX_TEXT_BYTES))
    drop(open, frame.offset + frame.size - open.base)
    return frame.kind === 'event' || frame.kind === 'unfinished' ? dataOf(bytes) : undefined
  }
}

function slice(open: Open, from: number, to: number): Uint8Array {
  const parts: Uint8Array[] = []
  let at = 0
  for (const piece of open.pieces) {
    if (at >= to) break
    if (at + piece.length > from) parts.push(piece.subarray(Math.max(0, from - at), to - at))
    at += piece.length
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
}

/** Forgets the first `count` bytes. */
function drop(open: Open, count: number): void {
  let left = count - open.lost
  open.lost = 0
  let gone = 0
  while (left > 0) {
    const first = open.pieces[gone]
    if (!first) break
    if (first.length > left) {
      open.pieces[gone] = first.subarray(left)
      open.kept -= left
      break
    }
    left -= first.length
    open.kept -= first.length
    gone += 1
  }
  if (gone > 0) open.pieces.splice(0, gone)
  open.own = Math.max(0, open.own - gone)
  open.base += count
}

/**
 * Between batches what is unfinished keeps its beginning only, in memory of its own: a chunk's bytes are a view of the whole batch.
 * Looks at what is new alone, so that a body that comes in crumbs costs no more than its bytes.
 */
function trim(open: Open): void {
  const fresh = open.pieces.splice(open.own)
  let kept = open.kept - fresh.reduce((sum, { length }) => sum + length, 0)
  for (const piece of fresh) {
    const bytes = new Uint8Array(piece.subarray(0, Math.max(0, MAX_TEXT_BYTES - kept)))
    if (bytes.length > 0) open.pieces.push(bytes)
    kept += bytes.length
    open.lost += piece.length - bytes.length
  }
  open.kept = kept
  if (open.pieces.length > MOST_PIECES) open.pieces = [new Uint8Array(Buffer.concat(open.pieces))]
  open.own = open.pieces.length
}
