/**
 * Who may speak to the dashboard: its own page and programs that hold the token, by exact Host, Origin and Sec-Fetch-Site.
 * Promise: decided from the head alone, before anything is looked up; no answer ever allows another origin.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { headersOf } from '../core/headers.ts'
import { type Refusal, refusalOf } from '../guard.ts'

/** Only a person's click on a link may come from elsewhere, and it gets nothing but the page's files. */
const isNavigation = (request: IncomingMessage): boolean =>
  request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document'

export type Wanted = 'file' | 'api' | 'feed'

/** The reason to refuse a request, undefined when it may pass. Runs first, for every request and upgrade. */
export function refusal(request: IncomingMessage, hosts: ReadonlySet<string>, wanted: Wanted): Refusal | undefined {
  const { method = '', url = '', httpVersion } = request
  const headers = wanted === 'feed' ? withoutUpgrade(request.rawHeaders) : request.rawHeaders
  const refused = refusalOf({ method, target: url, http: httpVersion, headers }, { hosts, origins: 'own' })
  if (refused) return refused
  const sites = headersOf(headers, 'sec-fetch-site')
  const isOwn = sites.length === 0 || (sites.length === 1 && (sites[0] === 'same-origin' || sites[0] === 'none'))
  if (!isOwn && !(wanted === 'file' && isNavigation(request)))
    return foreign('The request comes from a page of another site (Sec-Fetch-Site).', 'Open the dashboard by the address that was printed.')
  const changes = wanted === 'feed' || (wanted === 'api' && method !== 'GET')
  // Every browser says Sec-Fetch-Site; programs with a fetch of their own may say Sec-Fetch-Mode.
  const isBrowser = sites.length > 0 || /^Mozilla\//.test(request.headers['user-agent'] ?? '')
  if (changes && isBrowser && headersOf(headers, 'origin').length === 0)
    return foreign(
      'The request comes from a browser and names no Origin.',
      'Use the page of the dashboard itself, or a program with the token.',
    )
  return undefined
}

const foreign = (message: string, advice: string): Refusal => ({ status: 403, code: 'FOREIGN_ORIGIN', message, try: advice })

/** The guard refuses WebSockets, which MCP does not use; the live feed is one. */
function withoutUpgrade(headers: readonly string[]): string[] {
  return headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== 'upgrade')
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares in constant time, whatever the lengths. */
export function isToken(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token))
}

/** True when the request bears the token: `Authorization: Bearer TOKEN`, once. */
export function isAuthorized(request: IncomingMessage, token: string): boolean {
  const values = headersOf(request.rawHeaders, 'authorization')
  const given = values.length === 1 ? /^Bearer ([\w-]+)$/i.exec(values[0] ?? '')?.[1] : undefined
  return given !== undefined && isToken(given, token)
}

/** Headers of every answer. `host` is the Host that the request named, if it was found on the allow-list. */
export function securityHeaders(host: string | undefined): OutgoingHttpHeaders {
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      `connect-src 'self'${host ? ` ws://${host}` : ''}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  }
}
