/**
 * A server on @modelcontextprotocol/server 2.x for the table of stacks, as its quick start has it: /mcp, stateless.
 * Promise: `node stack-server-v2.ts [--port N]` prints `{"port":N}` on its first line and serves on 127.0.0.1 until it is killed.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { portArgument, runTool, STACK_TOOLS } from './stack-tools.ts'

function stackServer(): McpServer {
  const server = new McpServer({ name: 'stack', version: '1.0.0' })
  for (const name of STACK_TOOLS)
    server.registerTool(name, { description: name, inputSchema: fromJsonSchema({ type: 'object', properties: {} }) }, async () => ({
      content: [{ type: 'text', text: await runTool(name) }],
    }))
  return server
}

const serve = toNodeHandler(createMcpHandler(stackServer))
const http = createServer((request, response) => {
  if (new URL(request.url ?? '/', 'http://server').pathname !== '/mcp') return void response.writeHead(404).end()
  Promise.resolve(serve(request, response)).catch(error => {
    console.error(error)
    response.destroy()
  })
})
http.listen(portArgument(), '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })))
