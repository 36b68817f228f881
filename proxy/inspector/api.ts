/**
 * The routes of the dashboard (their contract is core/feed.ts). Promise: everything that shows recorded words shows them masked,
 * and bodies leave as attachments only.
 */
import type { ServerResponse } from 'node:http'
import type { WireEvent } from '../core/event.ts'
import { excerpt } from '../core/excerpt.ts'
import type { ProbeAnswer, RecordView, SearchAnswer } from '../core/feed.ts'
import { maskEvent } from '../core/mask-event.ts'
import { ID_SPACE } from '../core/model.ts'
import type { Masker } from '../core/redact.ts'
import { EXPORT_FORMATS, type ExportFormat, sendExport } from './exports.ts'
import type { Library } from './library.ts'
import { BodyViewer, maskBytes, recordOf, type ViewedBody } from './recorded-bodies.ts'
import { ApiError, asRecordedBytes, type Route, sendJson } from './router.ts'

export interface ApiSetting {
  readonly library: Library
  /** The built page. */
  readonly pageDir: string
  /** Asks the main thread, which owns the sockets towards servers. Rejects with words. */
  readonly demo: () => Promise<void>
  readonly probe: () => Promise<ProbeAnswer>
}

const MAX_ROWS = 5000
const MAX_HITS = 100
const SEARCH_STEP = 2000
const SEARCH_MS = 3000
const VIEW_BYTES = 64 * 1024

/** A whole number from the query. */
function whole(query: URLSearchParams, name: string, fallback?: number): number {
  const text = query.get(name)
  if (text === null && fallback !== undefined) return fallback
  const value = Number(text)
  if (text === null || text === '' || !Number.isSafeInteger(value) || value < 0) throw new ApiError(400, `${name} must be a whole number`)
  return value
}

function wholes(query: URLSearchParams, name: string): number[] | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const values = text.split(',').map(Number)
  if (!/^\d+(,\d+)*$/.test(text) || values.length > 1000)
    throw new ApiError(400, `${name} must be numbers, at most 1000, with commas between`)
  return values
}

const sleep = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export function apiRoutes(setting: ApiSetting): Route[] {
  const { library } = setting
  const viewer = new BodyViewer()
  return [
    { method: 'GET', path: '/api/state', handle: (_, response) => sendJson(response, 200, library.state()) },
    { method: 'GET', path: '/api/rows', handle: (query, response) => sendRows(library, query, response) },
    { method: 'GET', path: '/api/body', handle: (query, response) => sendBody(library, viewer, query, response) },
    { method: 'GET', path: '/api/data', handle: (query, response) => sendData(library, viewer, query, response) },
    {
      method: 'GET',
      path: '/api/search',
      handle: async (query, response, signal) => sendJson(response, 200, await search(library, query, signal)),
    },
    { method: 'GET', path: '/api/record', handle: (query, response) => sendJson(response, 200, viewRecord(library, query)) },
    {
      method: 'GET',
      path: '/api/export',
      handle: (query, response, signal) =>
        sendExport({ library, pageDir: setting.pageDir }, response, signal, {
          format: formatOf(query),
          session: query.has('session') ? whole(query, 'session') : undefined,
          recording: whole(query, 'recording', 0),
          withSecrets: query.get('secrets') === '1',
        }),
    },
    {
      method: 'POST',
      path: '/api/demo',
      handle: async (_, response) => {
        if (!library.canDemo) throw new ApiError(409, 'there is no demonstration here: this is a past recording')
        await setting.demo()
        sendJson(response, 202, {})
      },
    },
    { method: 'POST', path: '/api/probe', handle: async (_, response) => sendJson(response, 200, await setting.probe()) },
  ]
}

function formatOf(query: URLSearchParams): ExportFormat {
  const format = EXPORT_FORMATS.find(each => each === (query.get('format') ?? 'har'))
  if (!format) throw new ApiError(400, `format must be one of ${EXPORT_FORMATS.join(', ')}`)
  return format
}

function sendRows(library: Library, query: URLSearchParams, response: ServerResponse): void {
  const sessions = wholes(query, 'session')
  const limit = Math.min(MAX_ROWS, Math.max(1, whole(query, 'limit', 1000)))
  const { jsons, rev, more } = library.rows({
    after: whole(query, 'after', 0),
    limit,
    global: sessions === undefined,
    sessions: sessions ?? [],
  })
  const bytes = Buffer.from(`{"rows":[${jsons.join()}],"rev":${rev},"more":${more}}`)
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length })
  response.end(bytes)
}

function sendView(response: ServerResponse, view: ViewedBody, name: string, offset: number, limit: number): void {
  asRecordedBytes(response, name)
  const bytes = view.bytes.subarray(offset, offset + limit)
  response.writeHead(200, {
    'content-length': bytes.length,
    'x-total': view.totalBytes,
    ...(view.note === undefined ? {} : { 'x-note': view.note.replace(/[^\x20-\x7e]/g, '?') }),
  })
  response.end(bytes)
}

async function sendBody(library: Library, viewer: BodyViewer, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const id = whole(query, 'exchange')
  const part = query.get('part')
  if (part !== 'request' && part !== 'response') throw new ApiError(400, 'part must be request or response')
  const exchange = library.row(id, 'exchange')
  const source = library.sourceOf(id)
  if (!exchange || !source) throw new ApiError(404, 'no such exchange')
  const view = await viewer.view(source, exchange, part)
  sendView(response, view, `${part}-${id}.bin`, whole(query, 'offset', 0), whole(query, 'limit', VIEW_BYTES))
}

async function sendData(library: Library, viewer: BodyViewer, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const id = whole(query, 'frame')
  const frame = library.row(id, 'frame')
  const exchange = frame && library.row(frame.exchange, 'exchange')
  const source = library.sourceOf(id)
  if (!frame || !exchange || !source) throw new ApiError(404, 'no such event')
  sendView(response, await viewer.data(source, exchange, frame), `event-${id}.txt`, 0, whole(query, 'limit', VIEW_BYTES))
}

async function search(library: Library, query: URLSearchParams, signal: AbortSignal): Promise<SearchAnswer> {
  const needle = (query.get('q') ?? '').trim()
  if (needle.length < 2 || needle.length > 200) throw new ApiError(400, 'q must have 2 to 200 characters')
  const session = query.has('session') ? whole(query, 'session') : undefined
  const deadline = performance.now() + SEARCH_MS
  const hits: SearchAnswer['hits'][number][] = []
  for (const { index, number, masker } of library.followers) {
    if (session !== undefined && Math.floor(session / ID_SPACE) !== number) continue
    for (let after = 0, done = false; !done; ) {
      const step = index.searchTexts(needle, after, SEARCH_STEP, session)
      after = step.last
      done = step.done
      for (const { session: of, exchange, frame, part, at, text } of step.hits) {
        if (hits.length === MAX_HITS) return { hits, more: true }
        hits.push({ session: of, exchange, ...(frame > 0 ? { frame } : {}), part, at, excerpt: excerpt(masker.text(text), needle) })
      }
      if (!done && (performance.now() > deadline || signal.aborted)) return { hits, more: true }
      // The feed and the journal have their turn in between.
      await sleep()
    }
  }
  return { hits, more: false }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function viewRecord(library: Library, query: URLSearchParams): RecordView {
  const number = whole(query, 'recording', 0)
  const seq = whole(query, 'seq')
  const source = library.sourceOf(number * ID_SPACE)
  if (!source) throw new ApiError(404, 'no such recording')
  const event = recordOf(source, seq)
  if (!event) throw new ApiError(404, `no record ${seq} in this recording; it may have been removed by retention`)
  return { event: shown(event, source.masker) }
}

function shown(event: WireEvent, masker: Masker): RecordView['event'] {
  if (event.kind !== 'chunk') {
    const masked = maskEvent(event, masker) as RecordView['event']
    if (event.kind !== 'end' || event.tail === undefined) return masked
    const { tail: _, ...head } = masked as typeof masked & { tail?: Uint8Array }
    return { ...head, ...asText(maskBytes(event.tail, masker)) } as RecordView['event']
  }
  const { bytes, ...rest } = event
  return { ...rest, ...asText(maskBytes(bytes, masker)) }
}

function asText(bytes: Buffer): { text: string } | { base64: string } {
  try {
    return { text: utf8.decode(bytes) }
  } catch {
    return { base64: bytes.toString('base64') }
  }
}
