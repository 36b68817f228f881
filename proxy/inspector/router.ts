/**
 * The dashboard's HTTP server: guard, then token, then route. Promise: a route cannot be registered without passing through the
 * token check; what is served without it are the files of the page, and those come from a fixed map.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Refusal } from '../guard.ts'
import { isAuthorized, refusal, securityHeaders } from './access.ts'
import type { PageFile } from './page-files.ts'

/** An answer that is not the wanted one; its message is for the caller to read. */
export class ApiError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }
}

export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: `/api/${string}`
  handle(query: URLSearchParams, response: ServerResponse, signal: AbortSignal): void | Promise<void>
}

export interface RouterOptions {
  readonly routes: readonly Route[]
  readonly files: ReadonlyMap<string, PageFile>
  readonly token: string
  /** Asked on every request: the port is known only once the server listens. */
  readonly hosts: () => ReadonlySet<string>
}

const MAX_BODY_BYTES = 4096

/** JSON as the whole answer. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value))
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length })
  response.end(bytes)
}

/** Recorded bytes go out as a download that no browser runs or shows as a page, whatever they are. */
export function asRecordedBytes(response: ServerResponse, fileName: string): void {
  response.setHeader('content-type', 'application/octet-stream')
  response.setHeader('content-disposition', `attachment; filename="${fileName.replace(/[^\w.-]/g, '_')}"`)
  response.setHeader('content-security-policy', 'sandbox')
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: PageFile): void {
  response.setHeader('etag', file.etag)
  response.setHeader('cache-control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304).end()
    return
  }
  response.writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length })
  response.end(request.method === 'HEAD' ? undefined : file.bytes)
}

/** A state change takes a small JSON object; nothing of it is used, but a form or a beacon cannot send it. */
async function drainBody(request: IncomingMessage): Promise<void> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) throw new ApiError(415, 'send Content-Type: application/json')
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > MAX_BODY_BYTES) throw new ApiError(413, `the body may have ${MAX_BODY_BYTES} bytes at most`)
  }
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of ['content-disposition', 'content-type', 'content-encoding']) response.removeHeader(name)
  const status = error instanceof ApiError ? error.status : 500
  sendJson(response, status, { error: { message: error instanceof Error ? error.message : String(error) } })
}

async function dispatch(request: IncomingMessage, response: ServerResponse, options: RouterOptions): Promise<void> {
  const target = request.url ?? ''
  const cut = target.indexOf('?')
  const path = cut < 0 ? target : target.slice(0, cut)
  const isApi = path.startsWith('/api/') || path === '/api'
  const refused: Refusal | undefined = refusal(request, options.hosts(), isApi ? 'api' : 'file')
  for (const [name, value] of Object.entries(securityHeaders(refused ? undefined : request.headers.host)))
    response.setHeader(name, value ?? '')
  if (refused) throw new ApiError(refused.status, `${refused.message} ${refused.try}`)
  if (!isApi) {
    const file = options.files.get(path)
    if (!file) throw new ApiError(404, 'no such file')
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new ApiError(405, 'files are only read')
    sendFile(request, response, file)
    return
  }
  response.setHeader('cache-control', 'no-store')
  if (!isAuthorized(request, options.token)) {
    response.setHeader('www-authenticate', 'Bearer')
    throw new ApiError(401, 'the token is missing or wrong; open the dashboard by the whole address that was printed, with its #t= part')
  }
  const candidates = options.routes.filter(route => route.path === path)
  const route = candidates.find(({ method }) => method === request.method)
  if (!route) throw candidates.length > 0 ? new ApiError(405, 'wrong method for this route') : new ApiError(404, 'no such route')
  if (route.method === 'POST') await drainBody(request)
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  await route.handle(new URLSearchParams(cut < 0 ? '' : target.slice(cut + 1)), response, gone.signal)
}

/** The server, not yet listening. Limits: slow or huge heads end it by themselves; 64 connections, each of which takes an open file. */
export function createDashboardServer(options: RouterOptions): Server {
  const server = createServer(
    { maxHeaderSize: 16_384, requestTimeout: 30_000, headersTimeout: 10_000, connectionsCheckingInterval: 2000, noDelay: true },
    (request, response) => {
      dispatch(request, response, options).catch(error => {
        // What is left of a refused body is not read.
        if (!request.complete && !response.headersSent) response.setHeader('connection', 'close')
        fail(response, error)
      })
    },
  )
  server.maxConnections = 64
  return server
}
