/**
 * Exports of a recording or one session. Promise: sanitised unless asked otherwise, written as fast as the reader takes them, and
 * never more than a window of a body in memory.
 */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Position, WireEvent } from '../core/event.ts'
import { eventsToHar, type HarExchange, hasSessionId } from '../core/har.ts'
import { eventToLine } from '../core/lines.ts'
import { logSpan } from '../core/log-span.ts'
import { maskFindings } from '../core/mask-event.ts'
import { type Call, type Exchange, type Finding, ID_SPACE, type Session } from '../core/model.ts'
import type { Masker } from '../core/redact.ts'
import { shortId } from '../core/words.ts'
import { decodeWhole } from './content-decoder.ts'
import { DecodedBodies } from './decoded-bodies.ts'
import type { Library } from './library.ts'
import { pageFile } from './page-file.ts'
import type { BodySource } from './recorded-bodies.ts'
import { ApiError, asRecordedBytes } from './router.ts'
import { createExportMasker, StreamSanitiser } from './sanitiser.ts'

/** `html`: the page itself with the recording in it, in one file. */
export type ExportFormat = 'har' | 'jsonl' | 'html'
export const EXPORT_FORMATS: readonly ExportFormat[] = ['har', 'jsonl', 'html']

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
  readonly findings: readonly Finding[]
  /** Sessions outside the export that its findings name. */
  readonly named: readonly Session[]
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
  const findings = [...source.index.rowsOf('finding')]
    .map(({ json, rev }) => ({ ...(JSON.parse(json) as Finding), rev }))
    .filter(finding => !finding.gone && (!session || finding.session === session.id))
  const told = session ? JSON.stringify(findings) : ''
  return {
    source,
    lastSeq: follower.lastSeq,
    session,
    sessions: session ? [session] : all,
    exchanges,
    findings,
    named: session ? all.filter(one => one !== session && hasSessionId(one) && told.includes(shortId(one.key))) : [],
    ids: new Map(exchanges.map(({ requestSeq, id }) => [requestSeq, id])),
  }
}

/** Whether an event belongs to the selection; events must come in order. */
function membership({ session, exchanges, ids }: Selection): (event: WireEvent) => boolean {
  const conns = new Set(exchanges.map(({ conn }) => conn))
  const own = new Set<number>()
  const span = session && logSpan(session)
  return event => {
    if (!span || event.kind === 'recording' || event.kind === 'gap') return true
    if (event.kind === 'log') return event.upstream === session.upstream && event.at >= span.from && event.at <= span.to
    if (event.kind === 'request' && ids.has(event.seq)) own.add(event.exchange)
    if (event.kind === 'open' || event.kind === 'close') return conns.has(event.conn)
    return own.has(event.exchange)
  }
}

/** Events of the selection, in order, as they are in the journal; in lists, so that others have their turn in between. */
async function* eventsOf(selection: Selection): AsyncGenerator<readonly WireEvent[]> {
  const { source, lastSeq } = selection
  const belongs = membership(selection)
  for (let cursor: Position | null = null, more = true; more; ) {
    const batch = source.reader.read(cursor, 1000)
    cursor = batch.next
    more = batch.more && (batch.events.at(-1)?.event.seq ?? 0) < lastSeq
    yield batch.events.map(({ event }) => event).filter(event => event.seq <= lastSeq && belongs(event))
    await new Promise(resolve => setImmediate(resolve))
  }
}

function exportMasker({ source, named }: Selection): Masker {
  const masker = createExportMasker(source.reader.dir)
  for (const { key } of named) masker.learnSession(key)
  return masker
}

/** A first look at everything: a secret that is told by its name somewhere is then found everywhere, also in what came before. */
async function learned(selection: Selection): Promise<Masker> {
  const masker = exportMasker(selection)
  for (const session of selection.sessions) if (hasSessionId(session)) masker.learnSession(session.key)
  const sanitiser = new StreamSanitiser(selection.source, masker, selection.ids)
  for await (const list of eventsOf(selection)) for (const event of list) await sanitiser.sanitise(event)
  return masker
}

/** What was found, for whoever reads the file without this program: on its first line, ignored when it is read again. */
function derived({ findings }: Selection, masker: Masker | undefined): { _mcp?: object } {
  return findings.length === 0 ? {} : { _mcp: { findings: masker ? maskFindings(findings, masker) : findings } }
}

/**
 * `masker`: knows all secrets; without one they stay. `forPage`: beside each compressed chunk stands what it decodes to, since a browser
 * cannot decode chunk by chunk.
 */
async function* lines(selection: Selection, masker: Masker | undefined, forPage = false): AsyncGenerator<string> {
  const sanitiser = masker && new StreamSanitiser(selection.source, masker, selection.ids)
  const decoded = forPage ? new DecodedBodies() : undefined
  try {
    for await (const list of eventsOf(selection)) {
      const texts: string[] = []
      for (const event of list) {
        const marks = event.kind === 'recording' ? derived(selection, masker) : {}
        if (!sanitiser) texts.push(eventToLine(event, marks))
        else {
          const clean = await sanitiser.sanitise(event)
          const beside = decoded && (await decodedMark(decoded, clean.event))
          texts.push(eventToLine(clean.event, { ...(clean.isChanged && { masked: true }), ...beside, ...marks }))
        }
      }
      if (texts.length > 0) yield `${texts.join('\n')}\n`
    }
  } finally {
    decoded?.close()
  }
}

async function* jsonLines(selection: Selection, withSecrets: boolean): AsyncGenerator<string> {
  yield* lines(selection, withSecrets ? undefined : await learned(selection))
}

async function* page(selection: Selection, pageDir: string): AsyncGenerator<string> {
  const masker = await learned(selection)
  yield* pageFile(pageDir, masker.text(pageTitle(selection)), lines(selection, masker, true))
}

async function decodedMark(bodies: DecodedBodies, event: WireEvent): Promise<{ decoded?: string }> {
  if (bodies.isPlain(event)) return {}
  await bodies.prepare(event)
  if (event.kind !== 'chunk' || !bodies.has(event.exchange, event.part)) return {}
  return { decoded: Buffer.concat(bodies.current).toString('base64') }
}

/** HAR entries in the order of their requests; the events of one exchange at a time. */
function* harExchanges({ source, sessions, exchanges, findings }: Selection): Generator<HarExchange> {
  const own = new Map(sessions.map(session => [session.id, session]))
  const { index, reader } = source
  for (const exchange of exchanges.toSorted((a, b) => a.requestSeq - b.requestSeq)) {
    const session = own.get(exchange.session)
    yield {
      events: index.recordsOf(exchange.id, exchange.requestSeq).map(mark => reader.readAt(mark)),
      ...(session === undefined ? {} : { session: session.key, hasSessionId: hasSessionId(session) }),
      calls: exchange.calls.flatMap(id => {
        const row = index.row(id)
        return row ? [JSON.parse(row.json) as Call] : []
      }),
      findings: findings.filter(({ exchange: id, call = -1 }) => id === exchange.id || (id === undefined && exchange.calls.includes(call))),
    }
  }
}

/** Events of no exchange, in order. */
function* looseEvents(selection: Selection): Generator<WireEvent> {
  const belongs = membership(selection)
  for (let cursor: Position | null = null, more = true; more; ) {
    const batch = selection.source.reader.read(cursor, 1000)
    cursor = batch.next
    more = batch.more
    for (const { event } of batch.events) {
      const isLoose = !('exchange' in event) || event.exchange === 0
      if (isLoose && event.seq <= selection.lastSeq && belongs(event)) yield event
    }
  }
}

const TURN_MS = 20

async function* har(selection: Selection, withSecrets: boolean, product: string): AsyncGenerator<string> {
  const [name = product, version = ''] = product.split(' ')
  const pieces = eventsToHar({
    startedAt: selection.source.reader.recording.startedAt,
    creator: { name, version },
    exchanges: () => harExchanges(selection),
    loose: () => looseEvents(selection),
    sessions: selection.sessions,
    findings: selection.findings,
    ...(withSecrets ? {} : { masker: exportMasker(selection) }),
    inflate: decodeWhole,
  })
  let turn = performance.now()
  for (const piece of pieces) {
    yield piece
    if (performance.now() - turn < TURN_MS) continue
    await new Promise(resolve => setImmediate(resolve))
    turn = performance.now()
  }
}

/**
 * The file, piece by piece. Throws an ApiError for a session or recording that is not there, and for a page with secrets in it:
 * such a file is made to be passed on.
 * @param pageDir the built page
 */
export function exportPieces(library: Library, wish: ExportWish, pageDir: string): AsyncGenerator<string> {
  const selection = select(library, wish)
  if (wish.format === 'html') {
    if (wish.withSecrets) throw new ApiError(400, 'a page is made to be passed on and holds no secrets; use jsonl for them')
    return page(selection, pageDir)
  }
  return wish.format === 'jsonl' ? jsonLines(selection, wish.withSecrets) : har(selection, wish.withSecrets, library.product)
}

function pageTitle({ source, session, sessions }: Selection): string {
  const day = new Date(source.reader.recording.startedAt).toISOString().slice(0, 16).replace('T', ' ')
  const server = (session ?? sessions[0])?.server.name
  return ['Seismograph', server, `${day} UTC`].filter(Boolean).join(' · ')
}

function exportName(library: Library, wish: ExportWish): string {
  const id = library.followers[wish.recording]?.reader.recording.id ?? 'recording'
  const session = wish.session === undefined ? '' : `-session-${wish.session % ID_SPACE}`
  return `seismograph-${id}${session}${wish.withSecrets ? '-with-secrets' : ''}.${wish.format}`
}

/** Answers a request for an export. */
export async function sendExport(
  { library, pageDir }: { library: Library; pageDir: string },
  response: ServerResponse,
  signal: AbortSignal,
  wish: ExportWish,
): Promise<void> {
  const pieces = exportPieces(library, wish, pageDir)
  asRecordedBytes(response, exportName(library, wish))
  response.writeHead(200)
  // A reader that leaves ends the reading of the journal; that is no failure.
  await pipeline(Readable.from(pieces), response, { signal }).catch(error => {
    if (!signal.aborted) throw error
  })
}
