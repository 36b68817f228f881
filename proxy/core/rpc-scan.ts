/**
 * Finds id, method, error and isError of JSON-RPC messages in bytes that are too many to parse. Promise: one pass, any cut,
 * memory bounded whatever the size; it reads values only at the places where JSON-RPC keeps them and skips the rest.
 */
import type { RpcBody, RpcMessage } from './jsonrpc.ts'

const QUOTE = 34
const BACKSLASH = 92
const CAPTURE_BYTES = 1024
const MESSAGE_LIMIT = 1000
const decoder = new TextDecoder('utf-8')

/** Places whose scalar values are kept, as paths inside one message. */
const WANTED = new Set([
  'id',
  'method',
  'error.code',
  'error.message',
  'result.isError',
  'result.protocolVersion',
  'params.name',
  'params.uri',
  'params.requestId',
  'params.reason',
  'params.protocolVersion',
])
const MEMBERS = new Set(['method', 'result', 'error', 'params'])

type Found = Map<string, string>

export class RpcScanner {
  #depth = 0
  /** 1 inside a batch array: messages lie one level deeper. */
  #shift = 0
  #batch = false
  #begun = false
  #broken = false
  readonly #messages: Found[] = []
  #found: Found = new Map()
  /** `[` or `{` of the two outermost levels of the message. */
  readonly #open: number[] = []
  #inString = false
  #backslashes = 0
  /** True where the next string of an object is a key. */
  #expectKey = false
  readonly #keys: string[] = ['', '']
  #capture: number[] | undefined
  #bare = false

  push(bytes: Uint8Array): void {
    let i = 0
    while (i < bytes.length && !this.#broken) {
      if (this.#inString) i = this.#string(bytes, i)
      else this.#structure(bytes[i++] as number)
    }
  }

  /** What was found so far; meant for after the last byte. */
  result(): RpcBody {
    this.#endBare()
    if (!this.#begun) return { batch: false, messages: [] }
    if (this.#broken || this.#depth !== 0)
      return { batch: this.#batch, messages: [...this.#messages.map(message), invalid('the JSON is cut off or malformed')] }
    if (this.#messages.length === 0)
      return { batch: this.#batch, messages: this.#batch ? [] : [invalid('a JSON-RPC message is an object')] }
    return { batch: this.#batch, messages: this.#messages.map(message) }
  }

  /** Inside a string: jumps from quote to quote. Returns where it stopped. */
  #string(bytes: Uint8Array, from: number): number {
    const quote = bytes.indexOf(QUOTE, from)
    const end = quote === -1 ? bytes.length : quote
    let run = 0
    while (end - 1 - run >= from && bytes[end - 1 - run] === BACKSLASH) run++
    // A run that reaches back to the start of this part continues the one before it.
    if (run === end - from) run += this.#backslashes
    if (this.#capture) for (let i = from; i < end && this.#capture.length < CAPTURE_BYTES; i++) this.#capture.push(bytes[i] as number)
    if (quote === -1) {
      this.#backslashes = run
      return end
    }
    if (run % 2 === 1) {
      if (this.#capture && this.#capture.length < CAPTURE_BYTES) this.#capture.push(QUOTE)
      this.#backslashes = 0
      return quote + 1
    }
    this.#backslashes = 0
    this.#inString = false
    if (this.#expectKey) {
      this.#keys[this.#depth - this.#shift - 1] = this.#capture ? decoder.decode(Uint8Array.from(this.#capture)) : ''
      this.#expectKey = false
      this.#capture = undefined
    } else this.#store(true)
    return quote + 1
  }

  #structure(byte: number): void {
    switch (byte) {
      case 0x7b: // {
      case 0x5b: // [
        this.#enter(byte)
        return
      case 0x7d: // }
      case 0x5d: // ]
        this.#leave()
        return
      case QUOTE:
        this.#begun = true
        this.#inString = true
        this.#capture = this.#level() <= 2 && (this.#expectKey || this.#wanted()) ? [] : undefined
        return
      case 0x2c: // ,
        this.#endBare()
        this.#expectKey = this.#level() <= 2 && this.#open[this.#level() - 1] === 0x7b
        return
      case 0x3a: // :
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
        this.#endBare()
        return
      default:
        this.#begun = true
        if (!this.#bare) {
          this.#bare = true
          this.#capture = this.#level() <= 2 && this.#wanted() ? [] : undefined
        }
        if (this.#capture && this.#capture.length < CAPTURE_BYTES) this.#capture.push(byte)
    }
  }

  #enter(byte: number): void {
    if (!this.#begun && byte === 0x5b) {
      this.#batch = true
      this.#shift = 1
    }
    this.#begun = true
    if (this.#level() === 0 && this.#depth === this.#shift) this.#found = new Map()
    if (this.#level() === 1) this.#mention()
    this.#depth++
    const level = this.#level()
    if (level >= 1 && level <= 2) {
      this.#open[level - 1] = byte
      this.#keys[level - 1] = ''
    }
    this.#expectKey = level >= 1 && level <= 2 && byte === 0x7b
  }

  #leave(): void {
    this.#begun = true
    this.#endBare()
    this.#expectKey = false
    if (--this.#depth < 0) this.#broken = true
    else if (
      this.#depth === this.#shift &&
      this.#open[0] === 0x7b &&
      this.#messages.length < MESSAGE_LIMIT &&
      (this.#shift === 0 || this.#depth === 1)
    ) {
      this.#messages.push(this.#found)
    }
  }

  /** Depth inside the message: 1 for its own members, 2 for those of error, result and params. */
  #level(): number {
    return Math.max(0, this.#depth - this.#shift)
  }

  #path(): string {
    return this.#level() === 1 ? (this.#keys[0] ?? '') : `${this.#keys[0]}.${this.#keys[1]}`
  }

  #wanted(): boolean {
    const level = this.#level()
    return level >= 1 && this.#open[level - 1] === 0x7b && (WANTED.has(this.#path()) || (level === 1 && MEMBERS.has(this.#keys[0] ?? '')))
  }

  /** Notes that a member exists whose value is an object or array. */
  #mention(): void {
    const key = this.#keys[0] ?? ''
    if (MEMBERS.has(key) && !this.#found.has(key)) this.#found.set(key, '{}')
  }

  #endBare(): void {
    if (!this.#bare) return
    this.#bare = false
    this.#store(false)
  }

  #store(quoted: boolean): void {
    if (!this.#capture) return
    const raw = decoder.decode(Uint8Array.from(this.#capture))
    this.#capture = undefined
    this.#found.set(this.#path(), quoted ? `"${raw}"` : raw)
  }
}

const invalid = (problem: string): RpcMessage => ({ kind: 'invalid', problem })

/** The text of a captured JSON string; a captured piece may be cut inside an escape. */
function unquote(json: string | undefined): string | undefined {
  if (json === undefined || !json.startsWith('"')) return undefined
  try {
    return JSON.parse(json) as string
  } catch {
    return json.slice(1, -1)
  }
}

function canonicalId(json: string): string {
  const value = unquote(json)
  return value === undefined ? json : JSON.stringify(value)
}

function message(found: Found): RpcMessage {
  const raw = found.get('id')
  const id = raw === undefined ? {} : { id: canonicalId(raw) }
  const method = unquote(found.get('method'))
  if (method !== undefined) return request(found, method, id)
  if (found.get('error') === '{}') {
    return {
      kind: 'error',
      ...id,
      error: { code: Number(found.get('error.code') ?? 0) || 0, message: unquote(found.get('error.message')) ?? '' },
    }
  }
  if (!found.has('result')) return { ...invalid('it has neither method nor result nor error'), ...id }
  const version = unquote(found.get('result.protocolVersion'))
  return {
    kind: 'response',
    ...id,
    ...(found.get('result.isError') === 'true' && { toolError: '' }),
    ...(version !== undefined && { protocolVersion: version }),
  }
}

function request(found: Found, method: string, id: { id?: string }): RpcMessage {
  const name = unquote(found.get(method.startsWith('resources/') ? 'params.uri' : 'params.name'))
  const version = method === 'initialize' ? unquote(found.get('params.protocolVersion')) : undefined
  const target = method === 'notifications/cancelled' ? found.get('params.requestId') : undefined
  const reason = unquote(found.get('params.reason'))
  return {
    kind: id.id === undefined ? 'notification' : 'request',
    ...id,
    method,
    ...(name !== undefined && /^(tools\/call|prompts\/get|resources\/.*)$/.test(method) && { name }),
    ...(version !== undefined && { protocolVersion: version }),
    ...(target !== undefined && { cancels: { id: canonicalId(target), ...(reason !== undefined && { reason }) } }),
  }
}
