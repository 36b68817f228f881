/**
 * Decides whether a request may be served at all: Host, Origin, request target and framing, for the proxy's ports and the dashboard's.
 * Promise: a pure decision, the same on both ports, made before anything is forwarded or answered.
 */
import { type FlatHeaders, headerOf, headersOf } from './core/headers.ts'

export interface GuardPolicy {
  /** Allowed values of Host, in lower case, with the port where it is not 80. */
  readonly hosts: ReadonlySet<string>
  /** `loopback`: pages of any loopback port may call (a browser client of the proxy). `own`: only this port's own pages (the dashboard). */
  readonly origins: 'loopback' | 'own'
  /** Further allowed origins, whole and in lower case (`vscode-file://vscode-app`). */
  readonly moreOrigins?: ReadonlySet<string>
}

export interface GuardedRequest {
  readonly method: string
  readonly target: string
  /** `1.0` or `1.1`. */
  readonly http: string
  readonly headers: FlatHeaders
}

export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly try: string
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** The hosts that mean a listener: the loopback spellings or the bound host, with its port, and what `--allow-host` adds (with or without a port). */
export function allowedHosts(listen: { address: string; port: number }, more: readonly string[] = []): Set<string> {
  const hosts = new Set<string>()
  const add = (name: string) => {
    hosts.add(`${name}:${listen.port}`)
    if (listen.port === 80) hosts.add(name)
  }
  for (const name of LOOPBACK_NAMES) add(name)
  const own = listen.address.toLowerCase()
  add(own.includes(':') && !own.startsWith('[') ? `[${own}]` : own)
  for (const entry of more) {
    if (entry.includes('://')) continue
    const name = entry.toLowerCase()
    hosts.add(name)
    if (!/:\d+$/.test(name)) add(name)
  }
  return hosts
}

/** Undefined when the request may pass. */
export function refusalOf(request: GuardedRequest, policy: GuardPolicy): Refusal | undefined {
  return refusedHost(request, policy) ?? refusedTarget(request) ?? refusedFraming(request) ?? refusedOrigin(request, policy)
}

function refusedHost({ headers, target }: GuardedRequest, { hosts }: GuardPolicy): Refusal | undefined {
  const given = headersOf(headers, 'host')
  if (given.length !== 1) {
    const message = given.length === 0 ? 'The request has no Host header.' : `The request has ${given.length} Host headers.`
    return { status: 400, code: 'BAD_HOST', message, try: 'Send exactly one Host header.' }
  }
  const host = (given[0] as string).toLowerCase()
  if (!hosts.has(host)) return strangeHost(host)
  const named = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1]
  if (named !== undefined && named.toLowerCase() !== host) {
    const message = named.includes('@')
      ? `The request's target holds a user for ${withoutUser(named)}.`
      : `The request's target names ${named}, its Host header ${host}.`
    return { status: 400, code: 'BAD_TARGET', message, try: 'Send the path alone, as clients of a server do.' }
  }
  return undefined
}

/** What stands before the `@` may be a password, which is not said again. */
function withoutUser(authority: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(authority)?.[0] ?? ''
  const at = authority.lastIndexOf('@')
  return at < 0 ? authority : scheme + authority.slice(at + 1)
}

function strangeHost(given: string): Refusal {
  const host = withoutUser(given)
  const message =
    host === given
      ? `The request names the host ${JSON.stringify(host)}, which is not this port's.`
      : `The request's Host header holds a user for ${JSON.stringify(host)}.`
  return {
    status: 403,
    code: 'FOREIGN_HOST',
    message,
    try: `If this name is meant to lead here, start with --allow-host ${host || 'NAME'}.`,
  }
}

function refusedTarget({ method, target }: GuardedRequest): Refusal | undefined {
  if (method === 'CONNECT') {
    return {
      status: 405,
      code: 'NO_TUNNEL',
      message: 'CONNECT asks for a tunnel.',
      try: 'Use the address as the server itself, not as an HTTP proxy.',
    }
  }
  if (target.includes('#')) {
    return { status: 400, code: 'BAD_TARGET', message: 'The request target contains "#".', try: 'Send the URL without its fragment.' }
  }
  if (target.startsWith('/') || /^https?:\/\//i.test(target)) return undefined
  if (target === '*' && method === 'OPTIONS') {
    const message = 'OPTIONS * asks about a server as a whole; this port is one MCP server.'
    return { status: 405, code: 'BAD_TARGET', message, try: 'Ask for a path, such as OPTIONS /mcp.' }
  }
  return {
    status: 400,
    code: 'BAD_TARGET',
    message: `The request target ${JSON.stringify(target)} is no path.`,
    try: 'Send a target that begins with "/".',
  }
}

function refusedFraming({ http, headers }: GuardedRequest): Refusal | undefined {
  const encoding = headerOf(headers, 'transfer-encoding')
  if (encoding !== undefined && http === '1.0') {
    const message = 'An HTTP/1.0 request has a Transfer-Encoding.'
    return { status: 400, code: 'BAD_FRAMING', message, try: 'Send HTTP/1.1, or a Content-Length.' }
  }
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'chunked') {
    const message = `The request has the Transfer-Encoding ${JSON.stringify(encoding)}.`
    return { status: 400, code: 'BAD_FRAMING', message, try: 'Send "chunked", or a Content-Length.' }
  }
  if (encoding !== undefined && headerOf(headers, 'content-length') !== undefined) {
    const message = 'The request has both Content-Length and Transfer-Encoding.'
    return { status: 400, code: 'BAD_FRAMING', message, try: 'Send one of them.' }
  }
  const upgrade = headerOf(headers, 'upgrade')
  if (upgrade !== undefined && /\bwebsocket\b/i.test(upgrade)) {
    const message = 'The request asks for a WebSocket; MCP does not use them, and this proxy does not carry them.'
    return { status: 501, code: 'NO_WEBSOCKET', message, try: 'Use the HTTP+SSE or Streamable HTTP transport.' }
  }
  return undefined
}

function refusedOrigin({ headers }: GuardedRequest, policy: GuardPolicy): Refusal | undefined {
  const given = headersOf(headers, 'origin')
  if (given.length === 0) return undefined
  const origin = (given[0] as string).toLowerCase()
  if (given.length === 1 && allowsOrigin(origin, policy)) return undefined
  const message = `The request comes from a page of ${JSON.stringify(given.map(withoutUser).join(', '))}, which may not read what crosses here.`
  return {
    status: 403,
    code: 'FOREIGN_ORIGIN',
    message,
    try: 'If this page may, start with --allow-host and the name (or whole origin) of the page.',
  }
}

function allowsOrigin(origin: string, { hosts, origins, moreOrigins }: GuardPolicy): boolean {
  if (moreOrigins?.has(origin)) return true
  const parts = /^(https?):\/\/([^/?#@\s]+)$/.exec(origin)
  if (!parts) return false
  const [, scheme, authority] = parts as unknown as [string, string, string]
  if (scheme === 'http' && hosts.has(authority)) return true
  return origins === 'loopback' && (hosts.has(authority) || LOOPBACK_NAMES.includes(authority.replace(/:\d+$/, '')))
}
