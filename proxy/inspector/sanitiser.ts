/**
 * Takes what is secret out of wire events on their way out of the house. Promise: every length stays as it was, so that what the
 * events say of times, bytes and deliveries stays true; a body that cannot be looked into and may hold a secret loses its bytes.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { ChunkEvent, Part, RecordingEvent, WireEvent } from '../core/event.ts'
import type { Exchange } from '../core/model.ts'
import { createMasker, type Edit, type Masker } from '../core/redact.ts'
import { maskDraft } from '../journal/at-rest.ts'
import { recordingFingerprint } from '../journal/fingerprint.ts'
import { ContentDecoder, codingsOf } from './content-decoder.ts'
import { type BodySource, headerOf, headersOf, pieceBytes } from './recorded-bodies.ts'

/** Bodies are looked through in windows; what begins in the overlap of two is found whole in one of them. */
const WINDOW_BYTES = 4 << 20
const OVERLAP_BYTES = 256 << 10

/** What is to be done with one body. */
type Treatment = { readonly kind: 'edit'; readonly edits: readonly Edit[]; at: number; next: number } | { readonly kind: 'drop' }

export interface Sanitised {
  readonly event: WireEvent
  readonly isChanged: boolean
}

/** Secrets keep the marks of their recording, so that they equal those in its heads; session ids get pseudonyms of this export alone. */
export function createExportMasker(recordingDir: string): Masker {
  const salt = randomBytes(32)
  const pseudonym = (id: string) => sameShape(id, createHmac('sha256', salt).update(id).digest('hex'))
  return createMasker({ fingerprint: recordingFingerprint(recordingDir), pseudonym })
}

/** Letters and digits become hexadecimal digits, everything else stays: a UUID stays a UUID. */
function sameShape(id: string, digits: string): string {
  let at = 0
  return id.replace(/[A-Za-z0-9]/g, () => digits[at++ % digits.length] ?? '0')
}

/** Fits a mark into the room of what it replaces. */
function markIn(replacement: string, room: number): Buffer {
  const text = replacement.length <= room ? replacement.padEnd(room, '*') : '*'.repeat(room)
  return Buffer.from(text, 'latin1')
}

export class Sanitiser {
  readonly #source: BodySource
  readonly #masker: Masker
  /** Row ids of exchanges by the record that begins them. */
  readonly #ids: ReadonlyMap<number, number>
  readonly #rows = new Map<number, number>()
  readonly #open = new Map<string, Treatment>()

  /** @param ids row ids of exchanges by the number of their request's record */
  constructor(source: BodySource, masker: Masker, ids: ReadonlyMap<number, number>) {
    this.#source = source
    this.#masker = masker
    this.#ids = ids
  }

  /** Events must come in their order. */
  async sanitise(event: WireEvent): Promise<Sanitised> {
    if (event.kind === 'chunk') return this.#chunk(event)
    if (event.kind === 'request') {
      const id = this.#ids.get(event.seq)
      if (id !== undefined) this.#rows.set(event.exchange, id)
    }
    if (event.kind === 'end' && event.leg === (event.part === 'request' ? 'client' : 'server')) this.#ended(event.exchange, event.part)
    if (event.kind === 'recording') return this.#recording(event)
    const masked = maskDraft(event, this.#masker) as WireEvent
    if (masked.kind === 'end' && masked.tail !== undefined) {
      // The end of a body out of its context: a secret that begins before it would not be recognised.
      const { tail: _, ...rest } = masked
      return { event: rest, isChanged: true }
    }
    return { event: masked, isChanged: masked !== event }
  }

  #recording(event: RecordingEvent): Sanitised {
    const upstreams = event.upstreams.map(upstream => ({ ...upstream, url: this.#masker.target(upstream.url) }))
    return { event: { ...event, upstreams }, isChanged: upstreams.some(({ url }, at) => url !== event.upstreams[at]?.url) }
  }

  #ended(exchange: number, part: Part): void {
    this.#open.delete(`${exchange} ${part}`)
    if (part === 'response') this.#rows.delete(exchange)
  }

  async #chunk(event: ChunkEvent): Promise<Sanitised> {
    const key = `${event.exchange} ${event.part}`
    let treatment = this.#open.get(key)
    if (!treatment) {
      treatment = await this.#treatmentOf(event)
      this.#open.set(key, treatment)
    }
    if (treatment.kind === 'drop') return { event: { ...event, bytes: new Uint8Array(0) }, isChanged: true }
    return this.#edited(event, treatment)
  }

  #edited(event: ChunkEvent, treatment: Treatment & { kind: 'edit' }): Sanitised {
    const from = treatment.at
    const to = from + event.bytes.length
    treatment.at = to
    const copies: Buffer[] = []
    for (; ; treatment.next += 1) {
      const edit = treatment.edits[treatment.next]
      if (!edit || edit.start >= to) break
      const bytes = copies[0] ?? Buffer.from(event.bytes)
      copies[0] = bytes
      const mark = markIn(edit.replacement, edit.end - edit.start)
      mark.copy(bytes, Math.max(0, edit.start - from), Math.max(0, from - edit.start), to - edit.start)
      if (edit.end > to) break
    }
    const [bytes] = copies
    return bytes ? { event: { ...event, bytes }, isChanged: true } : { event, isChanged: false }
  }

  /** Looks through the whole body before its first chunk leaves: a secret may be cut anywhere. */
  async #treatmentOf(event: ChunkEvent): Promise<Treatment> {
    const id = this.#rows.get(event.exchange)
    const row = id === undefined ? undefined : this.#source.index.row(id)
    if (!row) return { kind: 'drop' }
    const exchange = JSON.parse(row.json) as Exchange
    const coding = headerOf(headersOf(exchange, event.part), 'content-encoding')
    const isCoded = codingsOf(coding).length > 0
    const decoder = isCoded ? new ContentDecoder(coding) : undefined
    const edits = await this.#editsOf(exchange.id, event.part, decoder)
    const isBlind = decoder?.trouble !== undefined
    decoder?.close()
    if (isBlind || (isCoded && edits.length > 0)) return { kind: 'drop' }
    return { kind: 'edit', edits, at: 0, next: 0 }
  }

  async #editsOf(id: number, part: Part, decoder: ContentDecoder | undefined): Promise<Edit[]> {
    const found: Edit[] = []
    let parts: Uint8Array[] = []
    let size = 0
    let base = 0
    let done = 0
    const look = (window: Buffer, upTo: number) => {
      for (const edit of this.#masker.edits(window)) {
        const [start, end] = [edit.start + base, edit.end + base]
        if (start < done || start >= upTo) continue
        found.push({ ...edit, start, end })
        done = end
      }
      done = Math.max(done, upTo)
    }
    for (const piece of this.#source.index.pieces(id, part)) {
      const bytes = pieceBytes(this.#source.reader, piece)
      for (const each of decoder ? await decoder.write(bytes) : [bytes]) {
        parts.push(each)
        size += each.length
      }
      if (size < WINDOW_BYTES + 2 * OVERLAP_BYTES) continue
      const window = Buffer.concat(parts)
      look(window, base + size - OVERLAP_BYTES)
      const kept = Buffer.from(window.subarray(size - 2 * OVERLAP_BYTES))
      base += size - kept.length
      parts = [kept]
      size = kept.length
    }
    look(Buffer.concat(parts), base + size)
    return found
  }
}
