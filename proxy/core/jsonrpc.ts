/**
 * Reads JSON-RPC 2.0 messages as MCP uses them. Promise: never throws; whatever the value is, it gets a kind, and an id is
 * kept as the JSON text it had on the wire (`5`, `"5"`, `null` are three ids).
 */
import { type MirroredParam, mirroredParams } from './mirrored-headers.ts'
import { RpcScanner } from './rpc-scan.ts'
import { hasFlaw, type ToolList, toolList } from './tool-list.ts'

export interface RpcMessage {
  readonly kind: 'request' | 'response' | 'error' | 'notification' | 'invalid'
  /** JSON text of the id; absent where there was none. */
  readonly id?: string
  readonly method?: string
  /** Tool or prompt name, or resource URI, of a request. */
  readonly name?: string
  readonly error?: { readonly code: number; readonly message: string }
  /** Text of a result with `isError: true`. */
  readonly toolError?: string
  /** From `initialize` (either way) or, since 2026-07-28, from `_meta`. */
  readonly protocolVersion?: string
  readonly client?: { readonly name?: string; readonly version?: string }
  readonly server?: { readonly name?: string; readonly version?: string }
  /** The request that a `notifications/cancelled` takes back. */
  readonly cancels?: { readonly id: string; readonly reason?: string }
  /** Why it is no JSON-RPC message, in words. */
  readonly problem?: string
  /** A result that names the server's capabilities: whether tools are among them. */
  readonly offersTools?: boolean
  /** Of a result that lists tools. */
  readonly tools?: ToolList
  /** Of the same: by the tool's name, the parameters that stand in headers too. */
  readonly mirrored?: ReadonlyMap<string, readonly MirroredParam[]>
  /** Arguments of a tool call, as they were parsed. */
  readonly args?: unknown
  /** Since 2026-07-28: what a result seals for the next request, or what a request brings back. */
  readonly requestState?: string
}

export interface RpcBody {
  readonly batch: boolean
  readonly messages: readonly RpcMessage[]
  /** The bytes are not clean UTF-8: some decoders refuse them. */
  readonly flaw?: 'invalid UTF-8' | 'a byte order mark'
}

/** Above this many bytes a text is scanned for what matters instead of being parsed. */
export const PARSE_BYTES = 1024 * 1024
const BATCH_LIMIT = 1000
const META = 'io.modelcontextprotocol/'
const decoder = new TextDecoder('utf-8')
const strict = new TextDecoder('utf-8', { fatal: true })

type Json = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Messages in the bytes of one body or one event's data. Empty bytes hold none. */
export function readRpc(bytes: Uint8Array): RpcBody {
  if (bytes.length > PARSE_BYTES) {
    const scanner = new RpcScanner()
    scanner.push(bytes)
    return scanner.result()
  }
  const json = decoder.decode(bytes)
  const flaw = flawOf(bytes, json)
  const body = readRpcText(json, bytes)
  return flaw ? { ...body, flaw } : body
}

function flawOf(bytes: Uint8Array, json: string): RpcBody['flaw'] {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'a byte order mark'
  if (!json.includes('\uFFFD')) return undefined
  try {
    strict.decode(bytes)
    return undefined
  } catch {
    return 'invalid UTF-8'
  }
}

export function readRpcText(json: string, bytes?: Uint8Array): RpcBody {
  if (json.trim() === '') return { batch: false, messages: [] }
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    return { batch: false, messages: [{ kind: 'invalid', problem: `not JSON: ${error instanceof Error ? error.message : 'unreadable'}` }] }
  }
  const body = Array.isArray(value)
    ? { batch: true, messages: value.slice(0, BATCH_LIMIT).map(classify) }
    : { batch: false, messages: [classify(value)] }
  return body.messages.some(hasUnsafeId) ? withExactIds(body, bytes ?? new TextEncoder().encode(json)) : body
}

/** Why a body is no clean JSON-RPC, in words; undefined when it is. */
export function problemOf({ messages, flaw }: RpcBody): string | undefined {
  const wrong = messages.find(message => message.problem !== undefined)?.problem
  return wrong ?? (flaw && `it holds ${flaw}`)
}

const hasUnsafeId = (message: RpcMessage) =>
  message.id !== undefined && /^-?[0-9.]/.test(message.id) && !Number.isSafeInteger(Number(message.id))

/** Numbers beyond 2^53 and fractions lose digits in JSON.parse: take their text from the wire. */
function withExactIds(body: RpcBody, bytes: Uint8Array): RpcBody {
  const scanner = new RpcScanner()
  scanner.push(bytes)
  const exact = scanner.result().messages
  if (exact.length !== body.messages.length) return body
  return {
    batch: body.batch,
    messages: body.messages.map((message, i) => ({ ...message, ...(exact[i]?.id !== undefined && { id: exact[i].id }) })),
  }
}

/** What one JSON value is, as a JSON-RPC message. */
export function classify(value: unknown): RpcMessage {
  if (!isObject(value))
    return { kind: 'invalid', problem: `a JSON-RPC message is an object, this is ${Array.isArray(value) ? 'an array' : typeof value}` }
  const id = idText(value.id)
  const method = text(value.method)
  if (method !== undefined) return request(value, method, id)
  if (isObject(value.error)) {
    const { code, message } = value.error
    return {
      kind: 'error',
      ...(id !== undefined && { id }),
      error: { code: typeof code === 'number' ? code : 0, message: text(message) ?? '' },
    }
  }
  if ('result' in value) return result(value, id)
  return { kind: 'invalid', ...(id !== undefined && { id }), problem: 'it has neither method nor result nor error' }
}

function idText(id: unknown): string | undefined {
  if (id === undefined) return undefined
  return typeof id === 'object' && id !== null ? JSON.stringify(id).slice(0, 200) : JSON.stringify(id)
}

function request(value: Json, method: string, id: string | undefined): RpcMessage {
  const params = isObject(value.params) ? value.params : {}
  const meta = isObject(params._meta) ? params._meta : {}
  const protocolVersion = text(meta[`${META}protocolVersion`]) ?? (method === 'initialize' ? text(params.protocolVersion) : undefined)
  const client = identity(method === 'initialize' ? params.clientInfo : meta[`${META}clientInfo`])
  const name = nameOf(method, params)
  const cancelled = method === 'notifications/cancelled' ? idText(params.requestId) : undefined
  return {
    kind: id === undefined ? 'notification' : 'request',
    ...(id !== undefined && { id }),
    method,
    ...(name !== undefined && { name }),
    ...(protocolVersion !== undefined && { protocolVersion }),
    ...(client && { client }),
    ...(method === 'tools/call' && params.arguments !== undefined && { args: params.arguments }),
    ...(text(params.requestState) !== undefined && { requestState: text(params.requestState) as string }),
    ...(cancelled !== undefined && {
      cancels: { id: cancelled, ...(text(params.reason) !== undefined && { reason: text(params.reason) }) } as RpcMessage['cancels'],
    }),
  }
}

function nameOf(method: string, params: Json): string | undefined {
  if (method === 'tools/call' || method === 'prompts/get') return text(params.name)
  if (method.startsWith('resources/')) return text(params.uri)
  return undefined
}

function result(value: Json, id: string | undefined): RpcMessage {
  const body = isObject(value.result) ? value.result : {}
  const meta = isObject(body._meta) ? body._meta : {}
  const server = identity(body.serverInfo) ?? identity(meta[`${META}serverInfo`])
  const protocolVersion = text(body.protocolVersion)
  return {
    kind: 'response',
    ...(id !== undefined && { id }),
    ...(isObject(body.capabilities) && { offersTools: body.capabilities.tools !== undefined }),
    ...(Array.isArray(body.tools) && { tools: toolList(body.tools, text(body.nextCursor)), mirrored: mirroredBy(body.tools) }),
    ...(text(body.requestState) !== undefined && { requestState: text(body.requestState) as string }),
    ...(body.isError === true && { toolError: contentText(body.content) }),
    ...(server && { server }),
    ...(protocolVersion !== undefined && { protocolVersion }),
  }
}

function mirroredBy(tools: readonly unknown[]): Map<string, readonly MirroredParam[]> {
  const own = tools.flatMap(tool => (isObject(tool) && typeof tool.name === 'string' ? [tool] : []))
  return new Map(own.map(tool => [String(tool.name), hasFlaw(tool) ? [] : mirroredParams(tool.inputSchema)]))
}

function identity(value: unknown): { name?: string; version?: string } | undefined {
  if (!isObject(value)) return undefined
  const name = text(value.title) ?? text(value.name)
  const version = text(value.version)
  return { ...(name !== undefined && { name }), ...(version !== undefined && { version }) }
}

function contentText(content: unknown): string {
  if (!Array.isArray(content)) return ''
  return content
    .map(part => (isObject(part) ? (text(part.text) ?? '') : ''))
    .filter(part => part !== '')
    .join('\n')
    .slice(0, 1000)
}
