/**
 * The bundled PAN-OS MCP server over HTTP. Promise: `/messages` and `/messages/` are the same place and neither redirects; nothing that a client
 * sends or leaves undone stops the server.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { refusal } from './mcp/loopback-guard.ts'
import { createContext, type Log, SERVER_NAME, SERVER_VERSION } from './mcp/panos-mcp.ts'
import { SseSessions } from './mcp/sse-sessions.ts'
import { StreamableSessions } from './mcp/streamable-sessions.ts'
import { type Environment, isLoopback } from './panos/settings.ts'

export interface PanosServerOptions {
  /** 0 (the default) picks a free port. */
  readonly port?: number
  /** A loopback address; 127.0.0.1 by default. */
  readonly host?: string
  /** PANOS_* variables: the firewall and its key. */
  readonly env: Environment
  /** Receives the server's log, line by line. */
  readonly log?: Log
  /** Between two comments on an idle SSE stream; 15,000 by default. */
  readonly keepAliveMs?: number
}

export interface PanosServer {
  /** Without a path. */
  readonly url: string
  readonly port: number
  stats(): { readonly sessions: number; readonly firewallRequests: number }
  close(): Promise<void>
}

const text = (response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${body}\n`)
}

function router(
  sse: SseSessions,
  streamable: StreamableSessions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> | void {
  return (request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://server')
    const { method } = request
    switch (url?.pathname) {
      case '/sse':
        if (method !== 'GET') return text(response, 405, 'The SSE stream is opened with GET.', { allow: 'GET' })
        return sse.stream(response)
      case '/messages':
      case '/messages/':
        if (method !== 'POST') return text(response, 405, 'Messages are sent with POST.', { allow: 'POST' })
        return sse.message(request, response, url?.searchParams.get('sessionId') ?? url?.searchParams.get('session_id') ?? '')
      case '/mcp':
        return streamable.handle(request, response)
      case '/health':
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(
          `${JSON.stringify({ status: 'ok', name: SERVER_NAME, version: SERVER_VERSION, sessions: sse.size + streamable.size })}\n`,
        )
        return
      default:
        return text(response, 404, 'MCP is at /mcp (Streamable HTTP) and /sse (HTTP+SSE).')
    }
  }
}

/** Starts listening. Rejects with the system's error when the port is taken. */
export async function startPanosServer(options: PanosServerOptions): Promise<PanosServer> {
  const { port = 0, host = '127.0.0.1', env, log = () => {}, keepAliveMs } = options
  if (!isLoopback(host)) throw new RangeError(`the PAN-OS server listens on this machine only, not on ${host}`)
  const context = createContext(env, log)
  const sse = new SseSessions(context, '/messages/', keepAliveMs)
  const streamable = new StreamableSessions(context)
  const route = router(sse, streamable)
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = refusal(request)
    if (refused !== undefined) return text(response, 403, refused)
    try {
      await route(request, response)
    } catch (error) {
      log(`${request.method} ${request.url?.split('?')[0]}: ${error instanceof Error ? error.message : String(error)}`)
      if (!response.headersSent && !response.destroyed) text(response, 500, 'The server failed to handle this request.')
    }
  }
  const server = createServer((request, response) => void handle(request, response))
  // Longer than clients keep an idle connection: the one that closes should not be the one that cannot know of a request under way.
  server.keepAliveTimeout = 75_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    stats: () => ({ sessions: sse.size + streamable.size, firewallRequests: context.inFlight() }),
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      await Promise.all([sse.close(), streamable.close()])
      server.closeAllConnections()
      await closed
    },
  }
}
