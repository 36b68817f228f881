/**
 * Who may speak to the dashboard: its own page and programs that hold the token, by exact Host, Origin and Sec-Fetch-Site.
 * Promise: decided from the head alone, before anything is looked up; no answer ever allows another origin.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'

export interface Refusal {
  readonly status: number
  readonly message: string
}

/** Values of one header as received, duplicates kept; `name` in lower case. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '')
  return values
}

/** Hosts under which the dashboard may be addressed: loopback names with its port, the bound address, and what `--allow-host` added. */
export function allowedHosts(host: string, port: number, more: readonly string[]): ReadonlySet<string> {
  const bound = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  const names = ['localhost', '127.0.0.1', '[::1]', ...(['0.0.0.0', '[::]'].includes(bound) ? [] : [bound])]
  const all = [...names.map(name => `${name}:${port}`), ...(port === 80 ? names : [])]
  for (const extra of more) all.push(extra, /:\d+$/.test(extra) ? extra : `${extra}:${port}`)
  return new Set(all.map(name => name.toLowerCase()))
}

/** Only a person's click on a link may come from elsewhere, and it gets nothing but the page's files. */
const isNavigation = (request: IncomingMessage): boolean =>
  request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document'

export type Wanted = 'file' | 'api' | 'feed'

/** The reason to refuse a request, undefined when it may pass. Runs first, for every request and upgrade. */
export function refusal(request: IncomingMessage, hosts: ReadonlySet<string>, wanted: Wanted): Refusal | undefined {
  const host = valuesOf(request.rawHeaders, 'host')
  if (host.length !== 1) return { status: 400, message: 'exactly one Host header is needed' }
  const own = (host[0] ?? '').toLowerCase()
  if (!hosts.has(own)) return { status: 403, message: 'this Host is not the dashboard; open it by the address that was printed' }
  const origins = valuesOf(request.rawHeaders, 'origin')
  if (origins.length > 1 || (origins.length === 1 && origins[0] !== `http://${own}`)) return { status: 403, message: 'foreign Origin' }
  const sites = valuesOf(request.rawHeaders, 'sec-fetch-site')
  const trusted = sites.length === 0 || (sites.length === 1 && (sites[0] === 'same-origin' || sites[0] === 'none'))
  if (!trusted && !(wanted === 'file' && isNavigation(request))) return { status: 403, message: 'foreign Sec-Fetch-Site' }
  const changes = wanted === 'feed' || (wanted === 'api' && request.method !== 'GET')
  const isBrowser = request.rawHeaders.some((name, at) => at % 2 === 0 && /^sec-(fetch|ch-ua)/i.test(name)) || isPageAgent(request)
  if (changes && origins.length === 0 && isBrowser) return { status: 403, message: 'a browser names its Origin here' }
  return undefined
}

const isPageAgent = (request: IncomingMessage): boolean => /^Mozilla\//.test(request.headers['user-agent'] ?? '')

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares in constant time, whatever the lengths. */
export function isToken(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token))
}

/** True when the request bears the token: `Authorization: Bearer TOKEN`, once. */
export function isAuthorized(request: IncomingMessage, token: string): boolean {
  const values = valuesOf(request.rawHeaders, 'authorization')
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
