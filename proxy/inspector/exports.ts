/**
 * Exports of a recording or one session. Promise: sanitised unless asked otherwise, written as fast as the reader takes them, and
 * never more than a window of a body in memory.
 */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Position, WireEvent } from '../core/event.ts'
import { eventToLine } from '../core/lines.ts'
import { type Exchange, ID_SPACE, type Session } from '../core/model.ts'
import type { Masker } from '../core/redact.ts'
import type { Library } from './library.ts'
import { spanOf } from './library.ts'
import type { BodySource } from './recorded-bodies.ts'
import { ApiError, asRecordedBytes } from './router.ts'
import { createExportMasker, Sanitiser } from './sanitiser.ts'

export type ExportFormat = 'har' | 'jsonl'
export const EXPORT_FORMATS: readonly ExportFormat[] = ['har', 'jsonl']

export interface ExportWish {
  readonly format: ExportFormat
  /** Row id; undefined for all of the recording. */
  readonly session: number | undefined
  /** Position of the recording among the opened ones. */
  readonly recording: number
  readonly withSecrets: boolean
}

/** What belongs to the export. */
interface Selection {
  readonly source: BodySource
  readonly lastSeq: number
  readonly session: Session | undefined
  readonly sessions: readonly Session[]
  readonly exchanges: readonly Exchange[]
  /** Row ids of exchanges by the number of their request's record. */
  readonly ids: ReadonlyMap<number, number>
}

function select(library: Library, wish: ExportWish): Selection {
  const number = wish.session === undefined ? wish.recording : Math.floor(wish.session / ID_SPACE)
  const follower = library.followers[number]
  const source = library.sourceOf(number * ID_SPACE)
  if (!follower || !source) throw new ApiError(404, 'no such recording')
  const session = wish.session === undefined ? undefined : library.row(wish.session, 'session')
  if (wish.session !== undefined && !session) throw new ApiError(404, 'no such session')
  const all = [...source.index.rowsOf('session')].map(({ json }) => JSON.parse(json) as Session)
  const exchanges = [...source.index.rowsOf('exchange')]
    .map(({ json }) => JSON.parse(json) as Exchange)
    .filter(exchange => !session || exchange.session === session.id)
  return {
    source,
    lastSeq: follower.lastSeq,
    session,
    sessions: session ? [session] : all,
    exchanges,
    ids: new Map(exchanges.map(({ requestSeq, id }) => [requestSeq, id])),
  }
}

/** Events of the selection, in order, as they are in the journal; in lists, so that others have their turn in between. */
async function* eventsOf({ source, lastSeq, session, exchanges, ids }: Selection): AsyncGenerator<readonly WireEvent[]> {
  const conns = new Set(exchanges.map(({ conn }) => conn))
  const own = new Set<number>()
  const span = session && spanOf(session)
  const belongs = (event: WireEvent): boolean => {
    if (!span || event.kind === 'recording' || event.kind === 'gap') return true
    if (event.kind === 'log') return event.upstream === session.upstream && event.at >= span.from && event.at <= span.to
    if (event.kind === 'request' && ids.has(event.seq)) own.add(event.exchange)
    if (event.kind === 'open' || event.kind === 'close') return conns.has(event.conn)
    return own.has(event.exchange)
  }
  for (let cursor: Position | null = null, more = true; more; ) {
    const batch = source.reader.read(cursor, 1000)
    cursor = batch.next
    more = batch.more && (batch.events.at(-1)?.event.seq ?? 0) < lastSeq
    yield batch.events.map(({ event }) => event).filter(event => event.seq <= lastSeq && belongs(event))
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** A first look at everything: a secret that is told by its name somewhere is then found everywhere, also in what came before. */
async function learn(selection: Selection, masker: Masker): Promise<void> {
  const sanitiser = new Sanitiser(selection.source, masker, selection.ids)
  for await (const list of eventsOf(selection)) for (const event of list) await sanitiser.sanitise(event)
}

async function* lines(selection: Selection, withSecrets: boolean): AsyncGenerator<string> {
  const masker = createExportMasker(selection.source.reader.dir)
  for (const { key, transport } of selection.sessions) if (transport === 'sse' || transport === 'streamable') masker.learnSession(key)
  if (!withSecrets) await learn(selection, masker)
  const sanitiser = new Sanitiser(selection.source, masker, selection.ids)
  for await (const list of eventsOf(selection)) {
    const texts: string[] = []
    for (const event of list) {
      if (withSecrets) texts.push(eventToLine(event))
      else {
        const clean = await sanitiser.sanitise(event)
        texts.push(eventToLine(clean.event, clean.isChanged ? { masked: true } : {}))
      }
    }
    if (texts.length > 0) yield `${texts.join('\n')}\n`
  }
}

/** The file, piece by piece. Throws an ApiError for a session or recording that is not there. */
export function exportPieces(library: Library, wish: ExportWish): AsyncGenerator<string> {
  const selection = select(library, wish)
  if (wish.format === 'jsonl') return lines(selection, wish.withSecrets)
  throw new ApiError(501, 'export as HAR is not there yet')
}

export function exportName(library: Library, wish: ExportWish): string {
  const id = library.followers[wish.recording]?.reader.recording.id ?? 'recording'
  const session = wish.session === undefined ? '' : `-session-${wish.session % ID_SPACE}`
  return `seismograph-${id}${session}${wish.withSecrets ? '-with-secrets' : ''}.${wish.format}`
}

/** Answers a request for an export. */
export async function sendExport(library: Library, response: ServerResponse, signal: AbortSignal, wish: ExportWish): Promise<void> {
  const pieces = exportPieces(library, wish)
  asRecordedBytes(response, exportName(library, wish))
  response.writeHead(200)
  // A reader that leaves ends the reading of the journal; that is no failure.
  await pipeline(Readable.from(pieces), response, { signal }).catch(error => {
    if (!signal.aborted) throw error
  })
}
