/**
 * A server on @modelcontextprotocol/server 2.x for the stateless revision 2026-07-28, that offers everything the conformance suite asks for
 * except the tasks and skills extensions. Promise: `node everything-v2.ts` prints `{"port":N}` on its first line and serves /mcp on 127.0.0.1 until it is killed.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node'
import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  type GetPromptResult,
  type InputRequest,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  LOG_LEVEL_META_KEY,
  McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { fixedAnswer, PROMPTS, promptMessages, RESOURCES, readResource, TEMPLATES, TOOLS, type ToolShape } from './everything.ts'

const NO_ARGUMENTS = { type: 'object' as const, properties: {}, additionalProperties: false }
const CUSTOM_HEADERS: ToolShape = {
  name: 'test_custom_headers',
  description: 'Mirrors an argument into a header',
  inputSchema: {
    type: 'object',
    properties: { region: { type: 'string', 'x-mcp-header': 'Region' }, query: { type: 'string' } },
    required: ['region'],
  },
}

type Answer = CallToolResult | InputRequiredResult
const say = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] })
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** State that travels through the client comes back as a stranger's: it is signed. */
const state = createRequestStateCodec<{ step: string }>({ key: randomBytes(32) })

const askFor = (message: string, field: string, type: 'string' | 'boolean' = 'string'): InputRequest =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [field]: type === 'string' ? { type } : { type } }, required: [field] },
  })
const askModel = (text: string, maxTokens: number): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens })

/** Every request is answered by asking again until its inputs are there and usable. */
const INPUT_TOOLS: Readonly<Record<string, (ctx: ServerContext) => Answer | Promise<Answer>>> = {
  test_input_required_result_elicitation({ mcpReq }) {
    const name = acceptedContent(mcpReq.inputResponses, 'user_name')?.name
    if (typeof name === 'string') return say(`Hello, ${name}!`)
    return inputRequired({ inputRequests: { user_name: askFor('What is your name?', 'name') } })
  },
  test_input_required_result_sampling({ mcpReq }) {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question')
    if (answer.kind === 'missing') {
      return inputRequired({ inputRequests: { capital_question: askModel('What is the capital of France?', 100) } })
    }
    return say(`The model says: ${JSON.stringify(answer)}`)
  },
  test_input_required_result_list_roots({ mcpReq }) {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots')
    if (answer.kind === 'missing') return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
    return say(`Roots: ${JSON.stringify(answer)}`)
  },
  async test_input_required_result_request_state({ mcpReq }) {
    const known = mcpReq.requestState<{ step: string }>()
    if (known?.step === 'confirm' && acceptedContent(mcpReq.inputResponses, 'confirm')) return say('state-ok')
    const requestState = await state.mint({ step: 'confirm' })
    return inputRequired({ inputRequests: { confirm: askFor('Please confirm', 'ok', 'boolean') }, requestState })
  },
  async test_input_required_result_multiple_inputs({ mcpReq }) {
    const keys = ['user_name', 'greeting', 'client_roots']
    if (mcpReq.requestState() && keys.every(key => inputResponse(mcpReq.inputResponses, key).kind !== 'missing'))
      return say('All inputs are there')
    const inputRequests = {
      user_name: askFor('What is your name?', 'name'),
      greeting: askModel('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    }
    return inputRequired({ inputRequests, requestState: await state.mint({ step: 'all' }) })
  },
  async test_input_required_result_multi_round({ mcpReq }) {
    const step = mcpReq.requestState<{ step: string }>()?.step
    if (step === 'two' && acceptedContent(mcpReq.inputResponses, 'step2')) return say('Both steps are done')
    if (step === 'one' && acceptedContent(mcpReq.inputResponses, 'step1')) {
      const inputRequests = { step2: askFor('Step 2: What is your favorite color?', 'color') }
      return inputRequired({ inputRequests, requestState: await state.mint({ step: 'two' }) })
    }
    const inputRequests = { step1: askFor('Step 1: What is your name?', 'name') }
    return inputRequired({ inputRequests, requestState: await state.mint({ step: 'one' }) })
  },
  async test_input_required_result_tampered_state({ mcpReq }) {
    if (mcpReq.requestState<{ step: string }>()?.step === 'signed') return say('The state is as it was signed')
    return inputRequired({
      inputRequests: { confirm: askFor('Please confirm', 'ok', 'boolean') },
      requestState: await state.mint({ step: 'signed' }),
    })
  },
  test_input_required_result_capabilities({ mcpReq }) {
    const can = capabilities(mcpReq)
    const inputRequests: Record<string, InputRequest> = {}
    if (can.sampling) inputRequests.question = askModel('What is the capital of France?', 100)
    if (can.elicitation) inputRequests.user_name = askFor('What is your name?', 'name')
    if (Object.keys(inputRequests).length === 0 || mcpReq.inputResponses) return say('Nothing more to ask')
    return inputRequired({ inputRequests })
  },
  test_streaming_elicitation({ mcpReq }) {
    const name = acceptedContent(mcpReq.inputResponses, 'user_name')?.name
    return typeof name === 'string' ? say(name) : inputRequired({ inputRequests: { user_name: askFor('What is your name?', 'name') } })
  },
}

type Meta = Readonly<Record<string, unknown>>
/** What a request of this revision says of its client, under the SDK's reserved keys. */
const envelope = (mcpReq: ServerContext['mcpReq']): Meta => (mcpReq.envelope ?? {}) as Meta
const capabilities = (mcpReq: ServerContext['mcpReq']): Meta => (envelope(mcpReq)[CLIENT_CAPABILITIES_META_KEY] ?? {}) as Meta

const OTHER_TOOLS: Readonly<Record<string, (ctx: ServerContext) => Promise<Answer>>> = {
  async test_tool_with_progress({ mcpReq }) {
    const progressToken = mcpReq._meta?.progressToken
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } })
      await sleep(50)
    }
    return say('Progress reported')
  },
  async test_logging_tool({ mcpReq }) {
    // The revision allows log messages only to requests that asked for them.
    if (envelope(mcpReq)[LOG_LEVEL_META_KEY] !== undefined)
      await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data: 'Working' } })
    return say('Done')
  },
  async test_missing_capability({ mcpReq }) {
    if (!capabilities(mcpReq).sampling) throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } })
    return say('Sampling is there')
  },
  async test_trigger_tool_change() {
    handler.notify.toolsChanged()
    return say('Told every listener')
  },
  async test_trigger_prompt_change() {
    handler.notify.promptsChanged()
    return say('Told every listener')
  },
  async test_custom_headers() {
    return say('Headers and arguments agree')
  },
}

const INPUT_PROMPT = 'test_input_required_result_prompt'
const tools = [
  ...TOOLS,
  CUSTOM_HEADERS,
  ...Object.keys({ ...INPUT_TOOLS, ...OTHER_TOOLS })
    .filter(name => name !== CUSTOM_HEADERS.name && !TOOLS.some(tool => tool.name === name))
    .map(name => ({ name, description: name, inputSchema: NO_ARGUMENTS })),
]

function everythingServer(): McpServer {
  const whole = new McpServer(
    { name: 'everything-v2', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        completions: {},
        logging: {},
      },
      requestState: { verify: state.verify },
    },
  )
  // Registered as well as listed below: the SDK checks the headers of registered tools only.
  whole.registerTool(CUSTOM_HEADERS.name, { inputSchema: fromJsonSchema(CUSTOM_HEADERS.inputSchema) }, () =>
    say('Headers and arguments agree'),
  )
  const { server } = whole
  server.setRequestHandler('tools/list', () => ({ tools }))
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const answer = fixedAnswer(params.name, params.arguments ?? {}) ?? (await (INPUT_TOOLS[params.name] ?? OTHER_TOOLS[params.name])?.(ctx))
    if (!answer) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`)
    return answer as CallToolResult
  })
  server.setRequestHandler('resources/list', () => ({ resources: RESOURCES }))
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: TEMPLATES }))
  server.setRequestHandler('resources/read', ({ params }) => {
    const found = readResource(params.uri)
    if (!found) throw new ResourceNotFoundError(params.uri)
    return found
  })
  server.setRequestHandler('prompts/list', () => ({ prompts: [...PROMPTS, { name: INPUT_PROMPT, description: 'Asks before it answers' }] }))
  server.setRequestHandler('prompts/get', ({ params }, { mcpReq }) => {
    if (params.name === INPUT_PROMPT) {
      const context = acceptedContent(mcpReq.inputResponses, 'user_context')?.context
      if (typeof context !== 'string')
        return inputRequired({ inputRequests: { user_context: askFor('What context should the prompt use?', 'context') } })
      return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text: `In the context of ${context}` } }] }
    }
    const found = promptMessages(params.name, params.arguments ?? {})
    if (!found) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${params.name}`)
    return found as GetPromptResult
  })
  server.setRequestHandler('completion/complete', () => ({ completion: { values: [], total: 0, hasMore: false } }))
  return whole
}

const handler = createMcpHandler(everythingServer, { legacy: 'reject' })
const serve = toNodeHandler(handler)
const hostIsLocal = localhostHostValidation()
const originIsLocal = localhostOriginValidation()
const http = createServer((request, response) => {
  if (!hostIsLocal(request, response) || !originIsLocal(request, response)) return
  Promise.resolve(serve(request, response)).catch(error => {
    console.error(error)
    response.destroy()
  })
})
http.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })))
