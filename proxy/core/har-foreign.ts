/**
 * Wire events from a HAR that another program wrote. Promise: only facts that are in the file; where it is silent (who closed a connection,
 * the cuts between chunks), the events say the least that fits.
 */
import type { EndEvent, Ending, RawHeader, Upstream, WireEvent } from './event.ts'
import { requestBody, responseBody } from './har-body.ts'
import { HarFault, type JsonNode } from './json-node.ts'
import { shown } from './shown.ts'
import { SseSplitter } from './sse.ts'

/** An event that has its time and waits for its number. */
type Timed = WireEvent & { readonly seq: 0 }

interface Entry {
  readonly node: JsonNode
  readonly startedAt: number
  readonly url: URL
}

export function foreignEvents(log: JsonNode): WireEvent[] {
  const entries = log.get('entries').list().map(readEntry)
  const startedAt = entries.reduce((earliest, entry) => Math.min(earliest, entry.startedAt), Number.POSITIVE_INFINITY)
  if (entries.length === 0) return []
  const upstreams = new Map(entries.map(({ url }) => [url.host, upstreamOf(url)]))
  const conns = new Map<string, number>()
  const events = entries.flatMap((entry, index) => {
    const key = entry.node.find('connection')?.value ?? entry.node.find('_connectionId')?.value ?? `entry ${index}`
    const name = `${entry.url.host} ${String(key)}`
    const conn = conns.get(name) ?? conns.size + 1
    conns.set(name, conn)
    return entryEvents(entry, { conn, exchange: index + 1, from: entry.startedAt - startedAt })
  })
  const creator = log.find('creator')
  const recording: WireEvent = {
    seq: 1,
    at: 0,
    kind: 'recording',
    version: 1,
    id: `har-${new Date(startedAt).toISOString()}`,
    startedAt,
    product:
      [creator?.find('name')?.value, creator?.find('version')?.value].filter(part => typeof part === 'string').join(' ') || 'unknown',
    pid: 0,
    upstreams: [...upstreams.values()],
    options: { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 0, masked: false },
    imported: 'har',
  }
  return [recording, ...events.sort((a, b) => a.at - b.at).map((event, index) => ({ ...event, seq: index + 2 }))]
}

function readEntry(node: JsonNode): Entry {
  const started = node.get('startedDateTime')
  const startedAt = Date.parse(started.text())
  if (!Number.isFinite(startedAt)) throw new HarFault(`${started.path} must be a date, not ${shown(started.value)}`)
  const url = node.get('request').get('url')
  if (!URL.canParse(url.text())) throw new HarFault(`${url.path} must be a URL, not ${shown(url.value)}`)
  return { node, startedAt, url: new URL(url.text()) }
}

function upstreamOf({ host, hostname, origin, port, protocol }: URL): Upstream {
  return { name: host, url: origin, listen: { address: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) } }
}

function entryEvents({ node, url }: Entry, { conn, exchange, from }: { conn: number; exchange: number; from: number }): Timed[] {
  const on = { seq: 0 as const, conn, exchange }
  const request = node.get('request')
  const response = node.get('response')
  const timing = (name: string) => Math.max(0, Number(node.find('timings')?.find(name)?.value) || 0)
  const sentAt = from + timing('blocked') + timing('dns') + timing('connect') + timing('send')
  const answeredAt = sentAt + timing('wait')
  const endedAt = Math.max(answeredAt + timing('receive'), from + Math.max(0, Number(node.find('time')?.value) || 0))
  const events: Timed[] = [
    {
      ...on,
      at: from,
      kind: 'request',
      upstream: url.host,
      method: request.get('method').text(),
      target: url.pathname + url.search,
      http: versionOf(request),
      headers: headersOf(request),
    },
  ]
  const body = requestBody(node)
  if (body.length > 0) events.push({ ...on, at: sentAt, kind: 'chunk', part: 'request', size: body.length, bytes: body })
  for (const leg of ['client', 'server'] as const)
    events.push({ ...on, at: sentAt, kind: 'end', leg, part: 'request', how: 'complete', by: 'client', bytes: body.length })
  const status = response.get('status').number()
  const chunks = status > 0 ? responseChunks(node, { from, answeredAt, endedAt }) : []
  if (status > 0) {
    const reason = response.find('statusText')?.value
    events.push({
      ...on,
      at: answeredAt,
      kind: 'response',
      by: 'server',
      status,
      reason: typeof reason === 'string' ? reason : '',
      http: versionOf(response),
      headers: headersOf(response),
    })
    for (const { at, bytes, size } of chunks) events.push({ ...on, at, kind: 'chunk', part: 'response', size, bytes })
  }
  const lastAt = chunks.reduce((latest, { at }) => Math.max(latest, at), endedAt)
  const bytes = chunks.reduce((sum, { size }) => sum + size, 0)
  for (const leg of ['client', 'server'] as const)
    events.push({ ...on, at: lastAt, kind: 'end', leg, part: 'response', bytes, ...endingOf(node, status) })
  return events
}

/** Chrome: status 0 and `_error` for what was cancelled or failed. */
function endingOf(node: JsonNode, status: number): Pick<EndEvent, 'how' | 'by' | 'detail'> {
  const error = node.find('_error')?.value ?? node.get('response').find('_error')?.value
  const detail = typeof error === 'string' && error !== '' ? error : undefined
  if (detail === undefined && status > 0) return { how: 'complete', by: 'server' }
  const how: Ending = detail?.includes('REFUSED') ? 'refused' : detail?.includes('NAME_NOT_RESOLVED') ? 'unresolved' : 'reset'
  return detail?.includes('ABORTED')
    ? { how: 'fin', by: 'client', detail }
    : { how, by: 'server', ...(detail === undefined ? {} : { detail }) }
}

interface TimedBytes {
  readonly at: number
  readonly bytes: Uint8Array
  readonly size: number
}

/** The body as one chunk, or, where messages have times, one chunk for each of them. */
function responseChunks(node: JsonNode, times: { from: number; answeredAt: number; endedAt: number }): TimedBytes[] {
  const body = responseBody(node)
  const messages =
    node
      .find('_eventSourceMessages')
      ?.list()
      .map(message => readMessage(message, node, times)) ?? []
  if (messages.length === 0) {
    const declared = Math.max(0, Number(node.get('response').find('content')?.find('size')?.value) || 0)
    const size = body.length > 0 ? body.length : Math.min(declared, 0xffff_ffff)
    return size > 0 ? [{ at: times.endedAt, bytes: body, size }] : []
  }
  if (body.length === 0) return messages.map(({ at, bytes }) => ({ at, bytes, size: bytes.length }))
  return cutByMessages(body, messages)
}

function readMessage(
  message: JsonNode,
  entry: JsonNode,
  { from, answeredAt }: { from: number; answeredAt: number },
): { at: number; bytes: Uint8Array } {
  const seconds = message.find('time')?.number()
  const sinceEntry = seconds === undefined ? 0 : seconds * 1000 - Date.parse(entry.get('startedDateTime').text())
  const text = (name: string) => message.find(name)?.text() ?? ''
  const data = text('data')
    .split('\n')
    .map(line => `data: ${line}\n`)
    .join('')
  const id = text('eventId') === '' ? '' : `id: ${text('eventId')}\n`
  const type = text('eventName') === '' || text('eventName') === 'message' ? '' : `event: ${text('eventName')}\n`
  const at = Math.max(answeredAt, Math.round((from + sinceEntry) * 1000) / 1000)
  return { at, bytes: new TextEncoder().encode(`${id}${type}${data}\n`) }
}

/** The body's own bytes, cut behind each event, with the times of the messages in order. */
function cutByMessages(body: Uint8Array, messages: readonly { at: number }[]): TimedBytes[] {
  const splitter = new SseSplitter()
  const frames = [...splitter.push(body), splitter.end()].filter(frame => frame !== undefined)
  const chunks: TimedBytes[] = []
  let next = 0
  let at = messages[0]?.at ?? 0
  for (const { kind, offset, size } of frames) {
    if (kind === 'event') at = messages[next++]?.at ?? at
    chunks.push({ at, bytes: body.subarray(offset, offset + size), size })
  }
  return chunks
}

function headersOf(message: JsonNode): RawHeader[] {
  const headers = message
    .get('headers')
    .list()
    .map((header): RawHeader => [header.get('name').text(), header.get('value').text()])
  // Bodies in a HAR are decoded; HTTP/2's pseudo headers are no headers.
  return headers.filter(([name]) => name.toLowerCase() !== 'content-encoding' && !name.startsWith(':'))
}
function versionOf(message: JsonNode): string {
  const version = message.find('httpVersion')?.value
  return typeof version === 'string' ? (/(\d(?:\.\d)?)$/.exec(version)?.[1] ?? '1.1') : '1.1'
}
