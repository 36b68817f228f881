/**
 * The recorder's answers where no recorder is: out of the wire events that lie in the page's own file.
 * Promise: the same rows, findings and bodies as a recorder gives, since the same fold and the same rules make them.
 */
import { bisect } from '../../proxy/core/bisect.ts'
import type { Part, RecordingEvent, WireEvent } from '../../proxy/core/event.ts'
import { excerpt } from '../../proxy/core/excerpt.ts'
import type { RecordView, SearchAnswer, State } from '../../proxy/core/feed.ts'
import { eventToLine } from '../../proxy/core/lines.ts'
import { logSpan } from '../../proxy/core/log-span.ts'
import type { AnyRow, Exchange, Frame, RowKind, Session } from '../../proxy/core/model.ts'
import { dataOf } from '../../proxy/core/sse-data.ts'
import { type Answers, RecorderError } from '../recorder.ts'
import type { LoadedBytes } from '../view.ts'
import { deriveRows } from './derive-rows.ts'
import type { Embedded } from './embedded.ts'

const GLOBAL: ReadonlySet<RowKind> = new Set<RowKind>(['session', 'finding', 'gap'])
const FIRST_BYTES = 64 * 1024
const SEARCHED_BYTES = 64 * 1024
const MAX_HITS = 100
const NO_RECORDER = 'This page is a file: there is no recorder behind it.'

/** The pieces of one part of an exchange, in order. */
interface Body {
  readonly pieces: { readonly at: number; readonly bytes: Uint8Array }[]
  /** Bytes that the file holds. */
  kept: number
  /** Bytes of the decoded body; the file may hold fewer. */
  size: number
}

export class FileRecorder implements Answers {
  readonly isFile = true
  readonly formats = ['jsonl'] as const
  readonly #product: string
  readonly #events: readonly WireEvent[]
  readonly #rows: readonly AnyRow[]
  readonly #byId: ReadonlyMap<number, AnyRow>
  readonly #bodies: ReadonlyMap<string, Body>
  readonly #name: string

  /** @param embedded one recording, whole and in order  @param name the file's own, without its ending */
  constructor({ events, decoded }: Embedded, product: string, name: string) {
    this.#product = product
    this.#events = events
    this.#name = name
    const { rows, numbers } = deriveRows(events, decoded)
    this.#rows = rows
    this.#byId = new Map(rows.map(row => [row.id, row]))
    this.#bodies = bodiesOf(events, decoded, numbers)
  }

  state = async (): Promise<State> => {
    const recording = this.#events.find((event): event is RecordingEvent => event.kind === 'recording')
    if (!recording) throw new RecorderError(0, 'This file holds no recording.')
    const lastAt = this.#events.reduce((last, { at }) => Math.max(last, at), 0)
    let bytes = 0
    for (const { size } of this.#bodies.values()) bytes += size
    const { id, startedAt, upstreams, options, imported } = recording
    const info = { index: 0, id, startedAt, live: false, product: recording.product, upstreams, options, bytes }
    return {
      product: this.#product,
      recordings: [{ ...info, events: this.#events.length, behind: 0, lastAt, now: lastAt, ...(imported !== undefined && { imported }) }],
      rev: this.#rows.length,
      openStreams: 0,
      rate: 0,
      ruleFailures: [],
      canDemo: false,
    }
  }

  async rows(after: number, sessions: readonly number[], each: (rows: readonly AnyRow[]) => void): Promise<number> {
    const wanted = new Set(sessions)
    const spans = sessions.flatMap(id => {
      const row = this.#byId.get(id)
      return row?.t === 'session' ? [logSpan(row)] : []
    })
    const isWanted = (row: AnyRow): boolean => {
      if (sessions.length === 0) return GLOBAL.has(row.t)
      if (row.t === 'log') return spans.some(({ from, to }) => row.at >= from && row.at <= to)
      return row.t === 'session' ? wanted.has(row.id) : row.t !== 'gap' && wanted.has(row.session)
    }
    each(this.#rows.filter(row => row.rev > after && isWanted(row)))
    return this.#rows.length
  }

  async search(text: string, session?: number): Promise<SearchAnswer> {
    const needle = text.trim().toLowerCase()
    const hits: SearchAnswer['hits'][number][] = []
    for (const { shown, ...hit } of this.#texts(session)) {
      if (!shown.toLowerCase().includes(needle)) continue
      if (hits.length === MAX_HITS) return { hits, more: true }
      hits.push({ ...hit, excerpt: excerpt(shown, needle) })
    }
    return { hits, more: false }
  }

  *#texts(session: number | undefined): Generator<Omit<SearchAnswer['hits'][number], 'excerpt'> & { shown: string }> {
    for (const row of this.#rows) {
      if (row.t === 'frame' && (session === undefined || row.session === session)) {
        const shown = dataOf(this.#slice(row.exchange, 'response', row.offset, Math.min(row.size, SEARCHED_BYTES)))
        yield { session: row.session, exchange: row.exchange, frame: row.id, part: 'response', at: row.at, shown }
      } else if (row.t === 'exchange' && (session === undefined || row.session === session)) {
        for (const part of ['request', 'response'] as const) {
          if (part === 'response' && row.frames > 0) continue
          const shown = new TextDecoder().decode(this.#slice(row.id, part, 0, SEARCHED_BYTES))
          yield { session: row.session, exchange: row.id, part, at: row.requestAt, shown }
        }
      }
    }
  }

  /** Bytes `from` to `from + size` of a body, as far as the file holds them. */
  #slice(exchange: number, part: Part, from: number, size: number): Uint8Array {
    const pieces = this.#bodies.get(`${exchange} ${part}`)?.pieces ?? []
    const out: Uint8Array[] = []
    for (let index = bisect(pieces, ({ at, bytes }) => at + bytes.length > from); index < pieces.length; index++) {
      const { at, bytes } = pieces[index] as Body['pieces'][number]
      if (at >= from + size) break
      out.push(bytes.subarray(Math.max(0, from - at), from + size - at))
    }
    return joined(out)
  }

  loadBody: Answers['loadBody'] = async (exchange, part, { offset = 0, limit = FIRST_BYTES } = {}) => {
    this.#row<Exchange>(exchange, 'exchange')
    const body = this.#bodies.get(`${exchange} ${part}`)
    const kept = body?.kept ?? 0
    const totalBytes = body?.size ?? 0
    const answer: LoadedBytes = { bytes: this.#slice(exchange, part, offset, limit), totalBytes }
    return kept < totalBytes ? { ...answer, note: `the file holds only the first ${kept} bytes of this body` } : answer
  }

  loadData: Answers['loadData'] = async (id, { limit = FIRST_BYTES } = {}) => {
    const frame = this.#row<Frame>(id, 'frame')
    const bytes = new TextEncoder().encode(dataOf(this.#slice(frame.exchange, 'response', frame.offset, frame.size)))
    return { text: new TextDecoder().decode(bytes.subarray(0, limit)), totalBytes: bytes.length }
  }

  async loadRecord(_: number, seq: number): Promise<RecordView> {
    const event = this.#events.find(one => one.seq === seq)
    if (!event) throw new RecorderError(404, `There is no record ${seq} in this file.`)
    return { event: JSON.parse(eventToLine(event)) as RecordView['event'] }
  }

  #row<T extends AnyRow>(id: number, kind: T['t']): T {
    const row = this.#byId.get(id)
    if (row?.t !== kind) throw new RecorderError(404, 'That is not in this file.')
    return row as T
  }

  playDemo = (): Promise<void> => Promise.reject(new RecorderError(409, NO_RECORDER))
  probe = (): Promise<never> => Promise.reject(new RecorderError(409, NO_RECORDER))

  /** The events of the file as JSON lines, for `seismograph open` and `check`. */
  exportFile: Answers['exportFile'] = async (_, { session }) => {
    const own = session === undefined ? this.#events : eventsOfSession(this.#events, this.#rows, this.#row<Session>(session, 'session'))
    const blob = new Blob(
      own.map(event => `${eventToLine(event)}\n`),
      { type: 'application/x-ndjson' },
    )
    return { blob, name: `${this.#name}${session === undefined ? '' : `-session-${session}`}.jsonl` }
  }
}

function bodiesOf(
  events: readonly WireEvent[],
  decoded: ReadonlyMap<number, Uint8Array>,
  numbers: ReadonlyMap<number, number>,
): ReadonlyMap<string, Body> {
  const bodies = new Map<string, Body>()
  for (const event of events) {
    if (event.kind !== 'chunk') continue
    const key = `${numbers.get(event.exchange)} ${event.part}`
    const body = bodies.get(key) ?? { pieces: [], kept: 0, size: 0 }
    const plain = decoded.get(event.seq)
    const bytes = plain ?? event.bytes
    body.pieces.push({ at: body.kept, bytes })
    body.kept += bytes.length
    body.size += plain?.length ?? event.size
    bodies.set(key, body)
  }
  return bodies
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0]) return pieces[0]
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function eventsOfSession(events: readonly WireEvent[], rows: readonly AnyRow[], session: Session): WireEvent[] {
  const own = rows.filter((row): row is Exchange => row.t === 'exchange' && row.session === session.id)
  const conns = new Set(own.map(({ conn }) => conn))
  const requests = new Set(own.map(({ requestSeq }) => requestSeq))
  const exchanges = new Set<number>()
  for (const event of events) if (event.kind === 'request' && requests.has(event.seq)) exchanges.add(event.exchange)
  const { from, to } = logSpan(session)
  return events.filter(event => {
    if (event.kind === 'recording' || event.kind === 'gap') return true
    if (event.kind === 'log') return event.upstream === session.upstream && event.at >= from && event.at <= to
    if (event.kind === 'open' || event.kind === 'close') return conns.has(event.conn)
    return exchanges.has(event.exchange)
  })
}
