/** A bare HTTP server for scenarios. Promise: it listens on this machine only, and is gone, with all its connections, when the play is over. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Stage } from '../scenario.ts'

export interface HttpPeer {
  readonly port: number
  url(path?: string): string
  /** Ends as a killed process does: every connection is cut without an ending, and nobody listens any more. */
  die(how?: 'fin' | 'reset'): Promise<void>
}

export type Handle = (request: IncomingMessage, response: ServerResponse, body: string) => unknown

/** Starts listening; `handle` gets each request with its whole body. */
export async function serveHttp(stage: Stage, handle: Handle, port = 0): Promise<HttpPeer> {
  const sockets = new Set<Socket>()
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    // A client that leaves in the middle of its request is no failure here.
    const whole = await new Promise<boolean>(resolve => {
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => resolve(true)).on('close', () => resolve(false))
    })
    if (whole) await handle(request, response, Buffer.concat(parts).toString('utf8'))
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  const bound = (server.address() as AddressInfo).port
  const die = async (how: 'fin' | 'reset' = 'fin'): Promise<void> => {
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    for (const socket of sockets) how === 'fin' ? socket.destroy() : socket.resetAndDestroy()
    await closed
  }
  stage.onEnd(() => (server.listening ? die() : undefined))
  return { port: bound, url: (path = '/') => `http://127.0.0.1:${bound}${path}`, die }
}

export function sendText(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(text)
}
export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}
/** The head of an event stream; leaves it open. */
export function beginStream(response: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...headers })
  response.flushHeaders()
}
/** One event with the line ends of Python servers (CR LF). */
export const eventText = (data: string, event = 'message', id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\r\n`}event: ${event}\r\ndata: ${data}\r\n\r\n`
