/**
 * What of a request's head is chosen rather than copied: Host, a same-origin Origin, X-Forwarded-*. Promise: nothing without being
 * asked for, and each choice is recorded once a connection.
 */
import type { IncomingMessage } from 'node:http'
import { headerOf, type OutgoingHead, pairsOf, type RequestHeadChoices, requestHead } from '../core/headers.ts'
import type { ExchangeRecord } from './exchange-record.ts'

export interface HeadOptions {
  readonly target: URL
  readonly hostHeader: 'preserve' | 'upstream'
  readonly forwarded: boolean
}

/** `noted`: the changes that this connection has recorded already. */
export function outgoingHead(req: IncomingMessage, options: HeadOptions, record: ExchangeRecord, noted: Set<string>): OutgoingHead {
  const http10 = req.httpVersion === '1.0'
  if (options.hostHeader === 'preserve' && !options.forwarded) return requestHead(req.rawHeaders, { http10 })
  const once = (key: string, note: () => void) => {
    if (!noted.has(key)) note()
    noted.add(key)
  }
  const host = headerOf(req.rawHeaders, 'host') ?? ''
  let choices: RequestHeadChoices = { http10 }
  if (options.hostHeader === 'upstream') {
    const { target } = options
    choices = { ...choices, host: target.host }
    once('host', () => record.change('host', `Host: ${host}`, `Host: ${target.host}`))
    const origin = headerOf(req.rawHeaders, 'origin')
    if (origin?.toLowerCase() === `http://${host.toLowerCase()}`) {
      // The page that the proxy's own origin served is the upstream's page.
      choices = { ...choices, origin: target.origin }
      once('origin', () => record.change('host', `Origin: ${origin}`, `Origin: ${target.origin}`))
    }
  }
  if (options.forwarded) {
    const append = forwardedFields(req, host)
    choices = { ...choices, append }
    once('forwarded', () => record.change('forwarded', '', textOf(append)))
  }
  return requestHead(req.rawHeaders, choices)
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
