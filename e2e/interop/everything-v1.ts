/**
 * A server on @modelcontextprotocol/sdk 1.x, Streamable HTTP with sessions (up to 2025-11-25), that offers everything the conformance suite asks for.
 * Promise: `node everything-v1.ts` prints `{"port":N}` on its first line and serves /mcp on 127.0.0.1 until it is killed.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  type GetPromptResult,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import {
  ELICITATION_DEFAULTS,
  ELICITATION_ENUMS,
  ELICITATION_PERSON,
  fixedAnswer,
  PROMPTS,
  promptMessages,
  RESOURCES,
  readResource,
  SESSION_TOOLS,
  TEMPLATES,
  TOOLS,
} from './everything.ts'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const say = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] })

/** The tools that talk to the client while they run. */
const LIVE: Readonly<Record<string, (server: Server, args: Record<string, unknown>, extra: Extra) => Promise<CallToolResult>>> = {
  async test_tool_with_progress(_server, _args, extra) {
    const progressToken = extra._meta?.progressToken
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } })
      await sleep(50)
    }
    return say('Progress reported')
  },
  async test_tool_with_logging(_server, _args, extra) {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } })
      await sleep(50)
    }
    return say('Logged three messages')
  },
  async test_sampling(server, args, extra) {
    const result = await server.createMessage(
      { messages: [{ role: 'user', content: { type: 'text', text: String(args.prompt) } }], maxTokens: 100 },
      { relatedRequestId: extra.requestId },
    )
    return say(`LLM response: ${result.content.type === 'text' ? result.content.text : result.content.type}`)
  },
  async test_elicitation(server, args, extra) {
    const answer = await elicit(server, String(args.message), ELICITATION_PERSON, extra)
    return say(`User response: ${answer}`)
  },
  async test_elicitation_sep1034_defaults(server, _args, extra) {
    return say(`Elicitation completed: ${await elicit(server, 'Please review', ELICITATION_DEFAULTS, extra)}`)
  },
  async test_elicitation_sep1330_enums(server, _args, extra) {
    return say(`Elicitation completed: ${await elicit(server, 'Please choose', ELICITATION_ENUMS, extra)}`)
  },
  async test_reconnection(_server, _args, extra) {
    await sleep(50)
    extra.closeSSEStream?.()
    await sleep(100)
    return say('Answered after the stream was closed')
  },
}

async function elicit(server: Server, message: string, requestedSchema: unknown, extra: Extra): Promise<string> {
  const params = { message, requestedSchema } as Parameters<Server['elicitInput']>[0]
  const { action, content } = await server.elicitInput(params, { relatedRequestId: extra.requestId })
  return `action=${action}, content=${JSON.stringify(content ?? {})}`
}

function everythingServer(): Server {
  const server = new Server(
    { name: 'everything-v1', version: '1.0.0' },
    { capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, logging: {}, completions: {} } },
  )
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...TOOLS, ...SESSION_TOOLS] }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const args = params.arguments ?? {}
    const answer = fixedAnswer(params.name, args) ?? (await LIVE[params.name]?.(server, args, extra))
    if (!answer) throw new McpError(ErrorCode.InvalidParams, `Unknown tool: ${params.name}`)
    return answer as CallToolResult
  })
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: RESOURCES }))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: TEMPLATES }))
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => {
    const found = readResource(params.uri)
    if (!found) throw new McpError(-32002, `Resource not found: ${params.uri}`, { uri: params.uri })
    return found
  })
  server.setRequestHandler(SubscribeRequestSchema, () => ({}))
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}))
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: PROMPTS }))
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const found = promptMessages(params.name, params.arguments ?? {})
    if (!found) throw new McpError(ErrorCode.InvalidParams, `Unknown prompt: ${params.name}`)
    return found as GetPromptResult
  })
  server.setRequestHandler(CompleteRequestSchema, () => ({ completion: { values: [], total: 0, hasMore: false } }))
  server.setRequestHandler(SetLevelRequestSchema, () => ({}))
  return server
}

const transports = new Map<string, StreamableHTTPServerTransport>()

/** The suite proves that a page on a foreign name, resolved to this machine, gets nothing. */
const loopback = (value: string | undefined): boolean => {
  if (value === undefined) return true
  const name = URL.parse(value.includes('://') ? value : `http://${value}`)?.hostname
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]'
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!loopback(request.headers.host) || !loopback(request.headers.origin)) {
    response.writeHead(403, { 'content-type': 'application/json' })
    response.end('{"jsonrpc":"2.0","error":{"code":-32000,"message":"Host or Origin is not this machine"},"id":null}')
    return
  }
  const id = request.headers['mcp-session-id']
  const known = typeof id === 'string' ? transports.get(id) : undefined
  if (id !== undefined && !known) {
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}')
    return
  }
  const transport = known ?? (await openTransport())
  await transport.handleRequest(request, response)
}

async function openTransport(): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: new InMemoryEventStore(),
    retryInterval: 500,
    onsessioninitialized: id => void transports.set(id, transport),
    onsessionclosed: id => void transports.delete(id),
  })
  await everythingServer().connect(transport)
  return transport
}

const http = createServer((request, response) => {
  serve(request, response).catch(error => {
    console.error(error)
    response.destroy()
  })
})
http.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })))
