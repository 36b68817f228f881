/**
 * What of a request is chosen rather than copied: Host, a same-origin Origin, X-Forwarded-*, and the coding of a document that will have
 * to be changed. Promise: the first three not without being asked for, and each choice is recorded once a connection.
 */
import type { IncomingMessage } from 'node:http'
import type { ChangeEvent } from '../core/event.ts'
import { headerOf, type OutgoingHead, pairsOf, requestHead } from '../core/headers.ts'
import { asksForMetadata } from '../core/rewrite.ts'
import type { ExchangeRecord } from './exchange-record.ts'

export interface HeadOptions {
  readonly target: URL
  readonly hostHeader: 'preserve' | 'upstream'
  readonly forwarded: boolean
  /** Where challenges of this upstream announced protected-resource metadata. */
  readonly announced: ReadonlySet<string>
}

export interface OutgoingRequest extends OutgoingHead {
  /** The request target of its first line. */
  readonly target: string
}

/** Records a choice, unless its connection has recorded it already. */
type Note = (key: string, what: ChangeEvent['what'], original: string, replacement: string) => void

/** `noted`: the changes that this connection has recorded already. */
export function outgoingRequest(req: IncomingMessage, options: HeadOptions, record: ExchangeRecord, noted: Set<string>): OutgoingRequest {
  const http10 = req.httpVersion === '1.0'
  const { method = '', url = '', rawHeaders: flat } = req
  const coding = asksForMetadata({ method, target: url }, options.announced) ? headerOf(flat, 'accept-encoding') : undefined
  const isUpstream = options.hostHeader === 'upstream'
  if (!isUpstream && !options.forwarded && coding === undefined) return { target: url, ...requestHead(flat, { http10 }) }
  const note: Note = (key, what, original, replacement) => {
    if (!noted.has(key)) record.change(what, original, replacement)
    noted.add(key)
  }
  const host = headerOf(flat, 'host') ?? ''
  const replace = new Map<string, string>()
  const target = isUpstream ? nameUpstream(req, host, options.target, replace, note) : url
  if (coding !== undefined) {
    replace.set('accept-encoding', 'identity')
    note('accept-encoding', 'accept-encoding', `Accept-Encoding: ${coding}`, 'Accept-Encoding: identity')
  }
  const append = options.forwarded ? forwardedFields(req, host) : []
  if (options.forwarded) note('forwarded', 'forwarded', '', textOf(append))
  return { target, ...requestHead(flat, { http10, replace, append }) }
}

/** Puts the upstream's name in the place of ours, and gives the request target. */
function nameUpstream(req: IncomingMessage, host: string, upstream: URL, replace: Map<string, string>, note: Note): string {
  const { url = '', rawHeaders: flat } = req
  replace.set('host', upstream.host)
  note('host', 'host', `Host: ${host}`, `Host: ${upstream.host}`)
  const origin = headerOf(flat, 'origin')
  if (origin?.toLowerCase() === `http://${host.toLowerCase()}`) {
    // The page that the proxy's own origin served is the upstream's page.
    replace.set('origin', upstream.origin)
    note('origin', 'host', `Origin: ${origin}`, `Origin: ${upstream.origin}`)
  }
  // A target in absolute form counts for more than Host (RFC 9112 3.2.2).
  const absolute = /^https?:\/\/[^/?#]*/i.exec(url)?.[0]
  if (absolute === undefined) return url
  note('target', 'host', absolute, upstream.origin)
  return upstream.origin + url.slice(absolute.length)
}

/** X-Forwarded-For is a list, so it may come again; the others are left where the client sent them. */
function forwardedFields(req: IncomingMessage, host: string): string[] {
  const fields = ['X-Forwarded-For', req.socket.remoteAddress ?? 'unknown']
  if (headerOf(req.rawHeaders, 'x-forwarded-proto') === undefined) fields.push('X-Forwarded-Proto', 'http')
  if (headerOf(req.rawHeaders, 'x-forwarded-host') === undefined) fields.push('X-Forwarded-Host', host)
  return fields
}

function textOf(flat: readonly string[]): string {
  return pairsOf(flat)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
}
