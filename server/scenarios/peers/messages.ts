/** The JSON-RPC messages that the scenarios' clients and servers say. Promise: each is what a real SDK would send, no more. */

export interface Message {
  readonly jsonrpc: '2.0'
  readonly id?: number | string | null
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

const LEGACY = '2024-11-05'
export const STREAMABLE = '2025-11-25'
export const STATELESS = '2026-07-28'

export const initialize = (version = LEGACY, id: number | string = 0): Message => ({
  jsonrpc: '2.0',
  id,
  method: 'initialize',
  params: { protocolVersion: version, capabilities: {}, clientInfo: { name: 'scenario-client', version: '1.0.0' } },
})
export const initialized: Message = { jsonrpc: '2.0', method: 'notifications/initialized' }
export const listTools = (id: number | string): Message => ({ jsonrpc: '2.0', id, method: 'tools/list' })
export const callTool = (id: number | string, name: string, args: Readonly<Record<string, unknown>> = {}): Message => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
})
export const cancel = (requestId: number | string, reason: string): Message => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId, reason },
})
const textResult = (text: string, isError = false): unknown => ({
  content: [{ type: 'text', text }],
  ...(isError && { isError: true }),
})

const TOOLS = ['check_health', 'retrieve_address_objects'].map(name => ({
  name,
  description: `What a firewall says to ${name}`,
  inputSchema: { type: 'object', properties: {} },
}))

/** What a healthy server answers; undefined for what needs no answer. */
export function healthyAnswer(message: Message, version = LEGACY): Message | undefined {
  const { id, method } = message
  if (id === undefined || method === undefined) return undefined
  const result = (value: unknown): Message => ({ jsonrpc: '2.0', id, result: value })
  switch (method) {
    case 'initialize':
      return result({ protocolVersion: version, capabilities: { tools: {} }, serverInfo: { name: 'scenario-server', version: '1.0.0' } })
    case 'tools/list':
      return result({ tools: TOOLS })
    case 'tools/call':
      return result(textResult(`${String(message.params?.name)}: done`))
    case 'ping':
      return result({})
    default:
      return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }
  }
}
