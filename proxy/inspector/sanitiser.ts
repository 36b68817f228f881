/**
 * Takes what is secret out of wire events of any number and length, by the index: bodies are looked through in windows before their
 * first byte leaves. (core/sanitise.ts does it for one exchange in memory.) Promise: lengths stay as they were, so that what the events
 * say of bytes and deliveries stays true; a compressed body with a secret leaves decoded; one that cannot be looked into loses its bytes.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { ChunkEvent, EndEvent, Part, RequestEvent, ResponseEvent, WireEvent } from '../core/event.ts'
import { maskEvent } from '../core/mask-event.ts'
import type { Exchange } from '../core/model.ts'
import { createMasker, type Edit, type Masker } from '../core/redact.ts'
import { recordingFingerprint } from '../journal/fingerprint.ts'
import { ContentDecoder, codingsOf } from './content-decoder.ts'
import { IdParts } from './id-parts.ts'
import { type BodySource, headerOf, headersOf, pieceBytes } from './recorded-bodies.ts'

/** Bodies are looked through in windows; what begins in the overlap of two is found whole in one of them. */
const WINDOW_BYTES = 4 << 20
const OVERLAP_BYTES = 256 << 10

/** What is to be done with one body. */
interface Treatment {
  readonly isDropped: boolean
  readonly edits: readonly Edit[]
  /** For a compressed body with a secret in it: it leaves as if it had never been compressed. */
  readonly decoder?: ContentDecoder
  /** Bytes of the body that have left, the next edit, and how long the body was on the wire where each chunk ended. */
  at: number
  next: number
  raw: number
  readonly ends: { readonly raw: number; readonly at: number }[]
  /** Legs on which it has ended. */
  legs: number
}

export interface Sanitised {
  readonly event: WireEvent
  readonly isChanged: boolean
}

/**
 * Secrets keep the marks of their recording, so that they equal those in its heads; session ids get pseudonyms of this export alone.
 * In bodies each mark is as long as what it replaces; in other texts parts of session ids are found, too.
 */
export function createExportMasker(recordingDir: string): Masker {
  const salt = randomBytes(32)
  const parts = new IdParts()
  const pseudonym = (id: string) => {
    const made = sameShape(id, createHmac('sha256', salt).update(id).digest('hex'))
    parts.add(id, made)
    return made
  }
  const masker = createMasker({ fingerprint: recordingFingerprint(recordingDir), pseudonym })
  const edits = masker.edits.bind(masker)
  const text = masker.text.bind(masker)
  return Object.assign(masker, {
    text: (words: string) => parts.mask(text(words)),
    edits: (bytes: Uint8Array) => edits(bytes).map(edit => ({ ...edit, replacement: inRoom(edit.replacement, edit.end - edit.start) })),
  })
}

/** Letters and digits become hexadecimal digits, everything else stays: a UUID stays a UUID. */
function sameShape(id: string, digits: string): string {
  let at = 0
  return id.replace(/[A-Za-z0-9]/g, () => digits[at++ % digits.length] ?? '0')
}

/** Fits a mark into the room of what it replaces. */
function inRoom(mark: string, room: number): string {
  return mark.length <= room ? mark.padEnd(room, '*') : '*'.repeat(room)
}

export class StreamSanitiser {
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
    if (event.kind === 'request') {
      const id = this.#ids.get(event.seq)
      if (id !== undefined) this.#rows.set(event.exchange, id)
    }
    if (event.kind === 'request' || event.kind === 'response') return this.#head(event)
    if (event.kind === 'chunk') return this.#chunk(event)
    if (event.kind === 'end') return this.#end(event)
    const masked = maskEvent(event, this.#masker)
    return { event: masked, isChanged: JSON.stringify(masked) !== JSON.stringify(event) }
  }

  async #head(event: RequestEvent | ResponseEvent): Promise<Sanitised> {
    const treatment = await this.#treatmentOf(event.exchange, event.kind)
    this.#open.set(`${event.exchange} ${event.kind}`, treatment)
    const head = treatment.decoder ? withoutCoding(event) : event
    const masked = maskEvent(head, this.#masker)
    return { event: masked, isChanged: JSON.stringify(masked) !== JSON.stringify(event) }
  }

  async #chunk(event: ChunkEvent): Promise<Sanitised> {
    const treatment = this.#open.get(`${event.exchange} ${event.part}`)
    if (!treatment || treatment.isDropped) return { event: { ...event, bytes: new Uint8Array(0) }, isChanged: true }
    const { decoder } = treatment
    if (!decoder) return edited(event, treatment)
    const bytes = Buffer.concat(await decoder.write(event.bytes))
    treatment.raw += event.size
    const { event: chunk } = edited({ ...event, bytes, size: bytes.length }, treatment)
    treatment.ends.push({ raw: treatment.raw, at: treatment.at })
    return { event: chunk, isChanged: true }
  }

  #end(event: EndEvent): Sanitised {
    const key = `${event.exchange} ${event.part}`
    const treatment = this.#open.get(key)
    const masked = maskEvent(event, this.#masker)
    let isChanged = JSON.stringify(masked) !== JSON.stringify(event)
    let end = masked as EndEvent
    if (end.tail !== undefined) {
      // The end of a body out of its context: a secret that begins before it would not be recognised.
      const { tail: _, ...rest } = end
      end = rest
      isChanged = true
    }
    if (treatment?.decoder) {
      end = { ...end, bytes: treatment.ends.findLast(({ raw }) => raw <= event.bytes)?.at ?? 0 }
      isChanged = true
    }
    if (treatment) treatment.legs += 1
    if (treatment?.legs === 2) {
      treatment.decoder?.close()
      this.#open.delete(key)
      if (event.part === 'response') this.#rows.delete(event.exchange)
    }
    return { event: end, isChanged }
  }

  /** Looks through the whole body before its first byte leaves: a secret may be cut anywhere. */
  async #treatmentOf(number: number, part: Part): Promise<Treatment> {
    const untouched = { isDropped: false, edits: [], at: 0, next: 0, raw: 0, ends: [], legs: 0 }
    const id = this.#rows.get(number)
    const row = id === undefined ? undefined : this.#source.index.row(id)
    if (!row) return { ...untouched, isDropped: true }
    const exchange = JSON.parse(row.json) as Exchange
    const coding = headerOf(headersOf(exchange, part), 'content-encoding')
    if (codingsOf(coding).length === 0) return { ...untouched, edits: await this.#editsOf(exchange.id, part, undefined) }
    if (!(await this.#isReadable(exchange.id, part, coding))) return { ...untouched, isDropped: true }
    const looking = new ContentDecoder(coding)
    const edits = await this.#editsOf(exchange.id, part, looking)
    looking.close()
    return edits.length === 0 ? untouched : { ...untouched, edits, decoder: new ContentDecoder(coding) }
  }

  /** Whether the whole body decodes. Asked first: to look through what a bomb becomes before it is stopped takes many times longer. */
  async #isReadable(id: number, part: Part, coding: string): Promise<boolean> {
    const decoder = new ContentDecoder(coding)
    try {
      for (const piece of this.#source.index.pieces(id, part)) {
        await decoder.write(pieceBytes(this.#source.reader, piece))
        if (decoder.trouble) return false
      }
      return decoder.trouble === undefined
    } finally {
      decoder.close()
    }
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

const withoutCoding = <E extends RequestEvent | ResponseEvent>(event: E): E => ({
  ...event,
  headers: event.headers.filter(([name]) => name.toLowerCase() !== 'content-encoding'),
})

/** The chunk with the part of the body's edits that lies in it. */
function edited(event: ChunkEvent, treatment: Treatment): Sanitised {
  const from = treatment.at
  const to = from + event.bytes.length
  treatment.at = to
  let copy: Buffer | undefined
  for (; ; treatment.next += 1) {
    const edit = treatment.edits[treatment.next]
    if (!edit || edit.start >= to) break
    copy ??= Buffer.from(event.bytes)
    const mark = Buffer.from(edit.replacement, 'latin1')
    mark.copy(copy, Math.max(0, edit.start - from), Math.max(0, from - edit.start), to - edit.start)
    if (edit.end > to) break
  }
  return copy ? { event: { ...event, bytes: copy }, isChanged: true } : { event, isChanged: false }
}
