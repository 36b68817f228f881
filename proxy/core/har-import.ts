/**
 * Wire events from a HAR: one of ours, whose events come back as they were, or a foreign one (Chrome DevTools), as far as it carries facts.
 * Promise: nothing in a file is trusted; what is wrong is told with its JSON path and never thrown.
 */
import type { WireEvent } from './event.ts'
import { requestBody, responseBody } from './har-body.ts'
import { foreignEvents } from './har-foreign.ts'
import { HarFault, JsonNode } from './json-node.ts'
import { lineValueToEvent } from './lines.ts'

/** What is wrong, with its JSON path: `log.entries[3].request.method must be a text, not 5`. */
export interface HarError {
  readonly error: string
}

/** Events in the order of their numbers, the `recording` event first. */
export function harToEvents(json: unknown): WireEvent[] | HarError {
  try {
    const log = new JsonNode(json, '').get('log')
    const ours = log.find('_mcp')
    const events = ours ? ownEvents(log, ours) : foreignEvents(log)
    if (events.length === 0) return { error: 'log.entries is empty and there is no other event' }
    return events.sort((a, b) => a.seq - b.seq)
  } catch (error) {
    if (error instanceof HarFault) return { error: error.message }
    throw error
  }
}

function ownEvents(log: JsonNode, ours: JsonNode): WireEvent[] {
  const version = ours.get('version').number()
  if (version !== 1)
    throw new HarFault(`log._mcp.version is ${version}; this version of Seismograph reads 1: open the file with a newer one`)
  const loose = ours
    .get('events')
    .list()
    .map(node => eventFrom(node, node.value))
  return [...loose, ...log.get('entries').list().flatMap(entryEvents)]
}

/** Rebuilds the events of one of our entries. */
function entryEvents(entry: JsonNode): WireEvent[] {
  const mcp = entry.find('_mcp')
  if (mcp === undefined) return []
  const shared = { conn: mcp.get('conn').number(), exchange: mcp.get('exchange').number() }
  const bodies = { request: bodyReader(entry, 'request', mcp), response: bodyReader(entry, 'response', mcp) }
  return mcp
    .get('events')
    .list()
    .map(node => {
      const fields = node.members()
      const kind = fields.kind
      const event: Record<string, unknown> = { ...fields, ...shared }
      if (kind === 'request') {
        const request = entry.get('request')
        Object.assign(event, {
          upstream: mcp.get('upstream').text(),
          target: mcp.get('target').text(),
          method: request.get('method').text(),
        })
        event.headers = headersFrom(request, bodies.request.isDecoded)
      } else if (kind === 'response') event.headers ??= headersFrom(entry.get('response'), bodies.response.isDecoded)
      else if (kind === 'chunk') {
        const part = fields.part === 'response' ? 'response' : 'request'
        const bytes = bodies[part].take(node.get('kept').number(), node)
        delete event.kept
        return eventFrom(
          node,
          { ...event, base64: undefined, text: undefined, size: bodies[part].isDecoded ? bytes.length : event.size },
          bytes,
        )
      }
      return eventFrom(node, event)
    })
}

function eventFrom(node: JsonNode, value: unknown, bytes?: Uint8Array): WireEvent {
  const event = lineValueToEvent(value, bytes)
  if ('error' in event) throw new HarFault(`${node.path}: ${event.error}`)
  return event
}

/** Without Content-Encoding where the entry holds the body decoded. */
function headersFrom(message: JsonNode, isDecoded: boolean): [string, string][] {
  const headers = message
    .get('headers')
    .list()
    .map((header): [string, string] => [header.get('name').text(), header.get('value').text()])
  return isDecoded ? headers.filter(([name]) => name.toLowerCase() !== 'content-encoding') : headers
}

interface BodyReader {
  readonly isDecoded: boolean
  /** The next bytes of the body. */
  take(count: number, node: JsonNode): Uint8Array
}

function bodyReader(entry: JsonNode, part: 'request' | 'response', mcp: JsonNode): BodyReader {
  const bytes = part === 'request' ? requestBody(entry) : responseBody(entry)
  let at = 0
  return {
    isDecoded: mcp.find('bodies')?.find(part)?.value === 'decoded',
    take(count, node) {
      if (count < 0 || at + count > bytes.length)
        throw new HarFault(`${node.path}.kept goes beyond the ${bytes.length} bytes of the ${part}'s body`)
      at += count
      return bytes.subarray(at - count, at)
    },
  }
}
