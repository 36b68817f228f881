/**
 * The HTTP+SSE transport of MCP 2024-11-05: a stream at `/sse`, messages to the path that its first event names. Promise: a client that
 * leaves ends its session and everything it asked for; a message for a session that is gone is answered 404 and harms nobody.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { armSseKeepAlive, DEFAULT_SSE_KEEP_ALIVE_MS } from '@modelcontextprotocol/sdk/server/sseKeepAlive.js'
import { createPanosMcp, type PanosContext } from './panos-mcp.ts'

export class SseSessions {
  readonly #context: PanosContext
  readonly #endpoint: string
  readonly #keepAliveMs: number
  readonly #open = new Map<string, SSEServerTransport>()

  /** `endpoint` is what the first event advertises, without the session id. */
  constructor(context: PanosContext, endpoint: string, keepAliveMs = DEFAULT_SSE_KEEP_ALIVE_MS) {
    this.#context = context
    this.#endpoint = endpoint
    this.#keepAliveMs = keepAliveMs
  }

  get size(): number {
    return this.#open.size
  }

  async stream(response: ServerResponse): Promise<void> {
    const transport = new SSEServerTransport(this.#endpoint, response)
    const id = transport.sessionId
    const server = createPanosMcp(this.#context)
    this.#open.set(id, transport)
    this.#context.log(`sse session ${id} opened`)
    let timer: ReturnType<typeof armSseKeepAlive>
    server.server.onclose = () => {
      clearInterval(timer)
      if (this.#open.delete(id)) this.#context.log(`sse session ${id} closed`)
    }
    // Writing to a stream whose client is gone is not an error of ours: 'close' follows.
    response.on('error', () => {})
    await server.connect(transport)
    timer = armSseKeepAlive(this.#keepAliveMs, () => response.write(': keep-alive\n\n'))
    if (response.destroyed) await server.close()
  }

  async message(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const transport = this.#open.get(id)
    if (!transport) {
      request.resume()
      response
        .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
        .end('Could not find session: it has ended or never began. Open the SSE stream again.')
      return
    }
    await transport.handlePostMessage(request, response)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(transport => transport.close()))
  }
}
