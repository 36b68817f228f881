/**
 * A server on @modelcontextprotocol/sdk 1.x for the table of stacks: HTTP+SSE at /sse and /messages, Streamable HTTP at /mcp.
 * Promise: `node stack-server-v1.ts [--port N]` prints `{"port":N}` on its first line and serves on 127.0.0.1 until it is killed.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { portArgument, runTool, STACK_TOOLS } from './stack-tools.ts'

function stackServer(): McpServer {
  const server = new McpServer({ name: 'stack', version: '1.0.0' })
  for (const name of STACK_TOOLS)
    server.registerTool(name, { description: name }, async () => ({ content: [{ type: 'text', text: await runTool(name) }] }))
  return server
}

const streams = new Map<string, SSEServerTransport>()
const sessions = new Map<string, StreamableHTTPServerTransport>()

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server')
  if (pathname === '/sse' && request.method === 'GET') {
    const transport = new SSEServerTransport('/messages', response)
    streams.set(transport.sessionId, transport)
    response.on('close', () => streams.delete(transport.sessionId))
    await stackServer().connect(transport)
  } else if (pathname === '/messages') {
    const transport = streams.get(searchParams.get('sessionId') ?? '')
    if (transport) await transport.handlePostMessage(request, response)
    else response.writeHead(404).end('No transport found for sessionId')
  } else if (pathname === '/mcp') {
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (id !== undefined && !known) {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}')
    } else await (known ?? (await openTransport())).handleRequest(request, response)
  } else response.writeHead(404).end()
}

async function openTransport(): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: id => void sessions.set(id, transport),
    onsessionclosed: id => void sessions.delete(id),
  })
  await stackServer().connect(transport)
  return transport
}

const http = createServer((request, response) => {
  serve(request, response).catch(error => {
    console.error(error)
    response.destroy()
  })
})
http.listen(portArgument(), '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })))
