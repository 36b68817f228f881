/**
 * Streamable HTTP at `/mcp` (MCP 2025-03-26 to 2025-11-25), with sessions for clients that initialize and without for requests that come
 * alone. Promise: answers are not stored for resumption, so a call whose
 * own connection closes is cancelled; sessions that nobody uses are forgotten, and there are never more than a fixed number.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js'
import { answerConnection, createPanosMcp, type PanosContext } from './panos-mcp.ts'

interface Session {
  readonly transport: StreamableHTTPServerTransport
  /** Requests under way, streams included. */
  active: number
  /** When the last request ended, in milliseconds of the monotonic clock. */
  idleSince: number
}

const IDLE_LIMIT_MS = 30 * 60_000
export const MAX_SESSIONS = 1000

const jsonError = (response: ServerResponse, status: number, code: number, message: string): void => {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null }))
}

/** As much as the SDK takes. */
const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Undefined for what is not JSON or too much of it. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  if (bytes > MAX_BODY_BYTES) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

const initializes = (body: unknown): boolean => (Array.isArray(body) ? body : [body]).some(message => isInitializeRequest(message))

export class StreamableSessions {
  readonly #context: PanosContext
  readonly #open = new Map<string, Session>()
  /** Requests without a session that are under way. */
  #alive = 0
  readonly #sweeper: ReturnType<typeof setInterval>

  constructor(context: PanosContext, idleLimitMs = IDLE_LIMIT_MS) {
    this.#context = context
    this.#sweeper = setInterval(() => this.#sweep(idleLimitMs), Math.min(idleLimitMs, 60_000)).unref()
  }

  get size(): number {
    return this.#open.size + this.#alive
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers['mcp-session-id']
    if (typeof id === 'string') {
      const session = this.#open.get(id)
      if (!session) {
        request.resume()
        return jsonError(response, 404, -32001, 'Session not found')
      }
      return this.#serve(session, request, response)
    }
    if (request.method !== 'POST') {
      request.resume()
      return jsonError(response, 400, -32000, 'Bad Request: Mcp-Session-Id header is required')
    }
    const body = await readJson(request)
    if (body === undefined) return jsonError(response, 400, -32700, 'Parse error: the body is not JSON, or larger than 4 MiB')
    if (!initializes(body)) return this.#alone(request, response, body)
    if (this.#open.size >= MAX_SESSIONS) return jsonError(response, 503, -32000, `More than ${MAX_SESSIONS} sessions are open`)
    const session = await this.#begin()
    await this.#serve(session, request, response, body)
    if (session.transport.sessionId === undefined) await session.transport.close()
  }

  /** A request without a session: it is served by itself, and nothing is kept. */
  async #alone(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const transport = new StreamableHTTPServerTransport()
    const server = createPanosMcp(this.#context)
    await server.connect(transport as Transport)
    const session: Session = { transport, active: 0, idleSince: 0 }
    this.#alive += 1
    response.once('close', () => {
      this.#alive -= 1
      void transport.close()
    })
    await this.#serve(session, request, response, body)
  }

  async #begin(): Promise<Session> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: id => {
        this.#open.set(id, session)
        this.#context.log(`streamable session ${id} opened`)
      },
    })
    const session: Session = { transport, active: 0, idleSince: performance.now() }
    const server = createPanosMcp(this.#context)
    server.server.onclose = () => {
      const id = transport.sessionId
      if (id !== undefined && this.#open.delete(id)) this.#context.log(`streamable session ${id} closed`)
    }
    // The SDK's own class declares its accessors differently from its interface under strict optional types.
    await server.connect(transport as Transport)
    return session
  }

  async #serve(session: Session, request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> {
    const left = new AbortController()
    session.active += 1
    response.once('close', () => {
      session.active -= 1
      session.idleSince = performance.now()
      if (!response.writableFinished) left.abort(new Error('the connection of the answer closed'))
    })
    await answerConnection.run(left.signal, () => session.transport.handleRequest(request, response, body))
  }

  #sweep(idleLimitMs: number): void {
    const limit = performance.now() - idleLimitMs
    for (const session of this.#open.values()) {
      if (session.active === 0 && session.idleSince < limit) void session.transport.close()
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    await Promise.all([...this.#open.values()].map(({ transport }) => transport.close()))
  }
}
