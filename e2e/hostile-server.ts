/**
 * An HTTP+SSE server that answers with what an attacker would, and one tool that never answers. Promise: every place in which recorded bytes can
 * show (names, ids, heads, events, bodies, errors) holds markup that would run if any of it became part of the page.
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Sets `window.taken` where it runs. */
export const MARKUP = `<img src=x onerror="window.taken=1"><svg onload="window.taken=1"></svg><script>window.taken=1</script>`
export const HOSTILE_TOOL = `"><img src=x onerror=window.taken=1>`

interface Message {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly name?: string }
}

function result(message: Message): object {
  if (message.method === 'initialize')
    return { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: MARKUP, version: MARKUP } }
  if (message.method === 'tools/list') return { tools: [{ name: HOSTILE_TOOL, description: MARKUP, inputSchema: { type: 'object' } }] }
  return { isError: true, content: [{ type: 'text', text: `${MARKUP} javascript:window.taken=1 \u202e\u0007\u001b[31m` }] }
}

export async function startHostileServer(): Promise<{ port: number; close: () => Promise<void> }> {
  const streams = new Map<string, ServerResponse>()
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.method === 'GET' && url.pathname === '/sse') {
      const id = `<b>${streams.size}</b>`
      streams.set(id, response)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-hostile': MARKUP, server: MARKUP })
      response.write(`: ${MARKUP}\n\nevent: endpoint\ndata: /messages?session_id=${encodeURIComponent(id)}\n\n`)
      return
    }
    const stream = streams.get(url.searchParams.get('session_id') ?? '')
    if (request.method !== 'POST' || !stream) {
      response.writeHead(404, { 'content-type': 'text/html' }).end(MARKUP)
      return
    }
    let body = ''
    request.setEncoding('utf8').on('data', text => {
      body += text
    })
    request.on('end', () => {
      response.writeHead(202).end('Accepted')
      const message = JSON.parse(body) as Message
      if (message.id === undefined || message.params?.name === 'slow') return
      // Only events called `message` are messages; the other is noise that a page has to show.
      stream.write(`event: ${MARKUP}\ndata: ${MARKUP}\n\n`)
      stream.write(
        `event: message\nid: ${MARKUP}\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: message.id, result: result(message) })}\n\n`,
      )
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
