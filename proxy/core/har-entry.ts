/**
 * One exchange as a HAR entry. Promise: HAR's own fields are what other tools expect; what they cannot hold is in `_mcp`,
 * so that the exchange's wire events can be built again from the entry alone.
 */
import { bytesToBase64 } from './base64.ts'
import { concat } from './bytes.ts'
import {
  type ChunkEvent,
  type EndEvent,
  isFinal,
  type Leg,
  type Part,
  type RawHeader,
  type RequestEvent,
  type ResponseEvent,
  type WireEvent,
} from './event.ts'
import type { BodyNote, HarEnd, HarEntry, HarMcp, HarPair, HarSseMessage } from './har-types.ts'
import { eventToLine } from './lines.ts'
import type { Call, Finding } from './model.ts'
import { SseSplitter } from './sse.ts'

/** An exchange as it is to be exported: its events in order, masked if they are to be. */
export interface EntryInput {
  readonly events: readonly WireEvent[]
  readonly request: RequestEvent
  /** Wall clock of recording time 0, ms since the epoch. */
  readonly startedAt: number
  readonly bodies: HarMcp['bodies']
  readonly session?: string
  readonly calls: readonly Call[]
  readonly findings: readonly Finding[]
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8')
const SSE_KEEP_BYTES = 64 << 20

export function harEntry(input: EntryInput): HarEntry {
  const { events, request, startedAt } = input
  const response = events.find(isFinal)
  const isSse = /^\s*text\/event-stream/i.test(headerOf(response?.headers, 'content-type') ?? '')
  const timings = timingsOf(events, request, response)
  return {
    startedDateTime: new Date(startedAt + request.at).toISOString(),
    time: tidy(timings.send + timings.wait + timings.receive),
    request: requestOf(request, chunksOf(events, 'request')),
    response: responseOf(events, response, input.bodies.response),
    cache: {},
    timings,
    connection: String(request.conn),
    _resourceType: isSse && request.method === 'GET' ? 'eventsource' : 'fetch',
    ...(isSse ? { _eventSourceMessages: sseMessages(chunksOf(events, 'response'), startedAt) } : {}),
    _mcp: {
      exchange: request.exchange,
      conn: request.conn,
      upstream: request.upstream,
      target: request.target,
      ...(input.session === undefined ? {} : { session: input.session }),
      calls: input.calls,
      findings: input.findings,
      ended: { ...endOf(events, 'client'), ...endOf(events, 'server') },
      bodies: input.bodies,
      events: events.map(event => compact(event, event === request || event === response)),
    },
  }
}

function requestOf(request: RequestEvent, chunks: readonly ChunkEvent[]): HarEntry['request'] {
  const url = absoluteUrl(request)
  const { text, base64 } = textOf(chunks)
  const mimeType = headerOf(request.headers, 'content-type') ?? ''
  return {
    method: request.method,
    url,
    httpVersion: `HTTP/${request.http}`,
    cookies: cookiesOf(headersNamed(request.headers, 'cookie').join('; ')),
    headers: pairs(request.headers),
    queryString: queryOf(url),
    ...(chunks.length > 0 ? { postData: { mimeType, params: [], text, ...(base64 ? { _encoding: 'base64' as const } : {}) } } : {}),
    headersSize: -1,
    bodySize: crossed(chunks),
  }
}

function responseOf(events: readonly WireEvent[], response: ResponseEvent | undefined, note: BodyNote | undefined): HarEntry['response'] {
  const chunks = chunksOf(events, 'response')
  const { text, base64 } = textOf(chunks)
  const end = events.find((event): event is EndEvent => event.kind === 'end' && event.part === 'response' && event.how !== 'complete')
  return {
    status: response?.status ?? 0,
    statusText: response?.reason ?? '',
    httpVersion: response ? `HTTP/${response.http}` : '',
    cookies: headersNamed(response?.headers, 'set-cookie').flatMap(value => cookiesOf(value.split(';')[0] ?? '')),
    headers: pairs(response?.headers ?? []),
    content: {
      size: kept(chunks),
      mimeType: headerOf(response?.headers, 'content-type') ?? 'x-unknown',
      text,
      ...(base64 ? { encoding: 'base64' as const } : {}),
      ...(note === 'left-out'
        ? { comment: `A body of ${crossed(chunks)} bytes was left out: it could not be searched for secrets, or is too large for a HAR.` }
        : {}),
    },
    redirectURL: headerOf(response?.headers, 'location') ?? '',
    headersSize: -1,
    bodySize: response ? crossed(chunks) : -1,
    ...(end ? { _error: `${end.how} by ${end.by}${end.code ? ` (${end.code})` : ''}` } : {}),
  }
}

function timingsOf(events: readonly WireEvent[], request: RequestEvent, response: ResponseEvent | undefined): HarEntry['timings'] {
  const lastAt = events.reduce((latest, { at }) => Math.max(latest, at), request.at)
  const lastOf = (part: Part) =>
    events.reduce((latest, event) => ('part' in event && event.part === part ? Math.max(latest, event.at) : latest), request.at)
  const answeredAt = response?.at ?? lastAt
  const sentAt = Math.min(lastOf('request'), answeredAt)
  return {
    blocked: -1,
    dns: -1,
    connect: -1,
    ssl: -1,
    send: tidy(sentAt - request.at),
    wait: tidy(answeredAt - sentAt),
    receive: tidy(response ? Math.max(0, lastOf('response') - answeredAt) : 0),
  }
}

/** The event in the JSON lines format, without what the entry holds anyway. `isShown`: its head is the one in HAR's own fields. */
function compact(event: WireEvent, isShown: boolean): Record<string, unknown> {
  const line = JSON.parse(eventToLine(event.kind === 'chunk' ? { ...event, bytes: new Uint8Array(0) } : event)) as Record<string, unknown>
  delete line.conn
  delete line.exchange
  if (isShown) delete line.headers
  if (event.kind === 'request') for (const name of ['upstream', 'target', 'method']) delete line[name]
  if (event.kind !== 'chunk') return line
  delete line.text
  return { ...line, size: event.size, kept: event.bytes.length }
}

function endOf(events: readonly WireEvent[], leg: Leg): { client?: HarEnd; server?: HarEnd } {
  const end = events.find((event): event is EndEvent => event.kind === 'end' && event.part === 'response' && event.leg === leg)
  return end ? { [leg]: { by: end.by, how: end.how, at: end.at, bytes: end.bytes, seq: end.seq } } : {}
}

function sseMessages(chunks: readonly ChunkEvent[], startedAt: number): HarSseMessage[] {
  const splitter = new SseSplitter({ keepBytes: SSE_KEEP_BYTES })
  const messages: HarSseMessage[] = []
  let eventId = ''
  for (const { at, bytes } of chunks) {
    for (const frame of splitter.push(bytes)) {
      eventId = frame.id ?? eventId
      if (frame.kind !== 'event') continue
      messages.push({ time: (startedAt + at) / 1000, eventName: frame.event || 'message', eventId, data: lenient.decode(frame.data) })
    }
  }
  return messages
}

function chunksOf(events: readonly WireEvent[], part: Part): ChunkEvent[] {
  return events.filter((event): event is ChunkEvent => event.kind === 'chunk' && event.part === part)
}
function textOf(chunks: readonly ChunkEvent[]): { text: string; base64: boolean } {
  const bytes = concat(chunks.map(chunk => chunk.bytes))
  try {
    return { text: strict.decode(bytes), base64: false }
  } catch {
    return { text: bytesToBase64(bytes), base64: true }
  }
}
const crossed = (chunks: readonly ChunkEvent[]) => chunks.reduce((sum, { size }) => sum + size, 0)
const kept = (chunks: readonly ChunkEvent[]) => chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)

function absoluteUrl({ target, headers }: RequestEvent): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return target
  return `http://${headerOf(headers, 'host') ?? 'unknown.invalid'}${target.startsWith('/') ? target : `/${target}`}`
}
function queryOf(url: string): HarPair[] {
  const query = /\?([^#]*)/.exec(url)?.[1]
  return query === undefined ? [] : [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }))
}
function cookiesOf(text: string): HarPair[] {
  return text
    .split(';')
    .map(pair => pair.trim())
    .filter(pair => pair !== '')
    .map(pair => ({ name: pair.split('=', 1)[0] ?? '', value: pair.includes('=') ? pair.slice(pair.indexOf('=') + 1) : '' }))
}
function headersNamed(headers: readonly RawHeader[] | undefined, name: string): string[] {
  return (headers ?? []).filter(([found]) => found.toLowerCase() === name).map(([, value]) => value)
}
function headerOf(headers: readonly RawHeader[] | undefined, name: string): string | undefined {
  return headersNamed(headers, name)[0]
}
function pairs(headers: readonly RawHeader[]): HarPair[] {
  return headers.map(([name, value]) => ({ name, value }))
}
/** Microseconds are what we measure. */
function tidy(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
