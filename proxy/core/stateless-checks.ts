/**
 * What only shows across requests of 2026-07-28: which arguments a tool wants in headers too, and which `requestState`s were sealed.
 * Promise: bounded, and learned from what crossed alone: what was said before the recording is not held against anybody.
 */
import type { RpcMessage } from './jsonrpc.ts'
import { headerDifferences, type MirroredParam } from './mirrored-headers.ts'
import type { CallState, ExchangeState } from './state.ts'

const TOOLS_LIMIT = 2_000
const STATES_LIMIT = 500
const STATE_CHARACTERS = 8_192

export class StatelessChecks {
  readonly #preview: (text: string) => string
  /** By upstream and tool. */
  readonly #mirrored = new Map<string, readonly MirroredParam[]>()
  /** Upstream and state, the newest last. */
  readonly #states = new Set<string>()

  constructor(preview: (text: string) => string) {
    this.#preview = preview
  }

  /** A message of the client that begins a call. */
  posted({ row: { upstream, requestHeaders } }: ExchangeState, { row, session }: CallState, message: RpcMessage): void {
    if (session.row.transport !== 'stateless' || message.method === undefined || message.method === 'initialize') return
    const params = this.#mirrored.get(`${upstream} ${message.name}`) ?? []
    const differs = headerDifferences(requestHeaders, { version: message.protocolVersion, args: message.args }, params)
    if (differs.length > 0)
      row.differs = differs.map(({ header, sent, body }) => ({
        header,
        body: this.#preview(body),
        ...(sent !== undefined && { sent: this.#preview(sent) }),
      }))
    const { requestState } = message
    if (requestState !== undefined && requestState.length <= STATE_CHARACTERS)
      row.requestState = this.#states.has(`${upstream} ${requestState}`) ? 'issued' : 'unknown'
  }

  /** An answer to a call of this method. */
  answered({ row: { upstream } }: ExchangeState, method: string, { mirrored, requestState }: RpcMessage): void {
    if (requestState !== undefined && requestState.length <= STATE_CHARACTERS) this.#sealed(`${upstream} ${requestState}`)
    if (mirrored === undefined || method !== 'tools/list') return
    for (const [name, params] of mirrored) {
      const key = `${upstream} ${name}`
      if (params.length === 0) this.#mirrored.delete(key)
      else if (this.#mirrored.size < TOOLS_LIMIT || this.#mirrored.has(key)) this.#mirrored.set(key, params)
    }
  }

  #sealed(key: string): void {
    this.#states.delete(key)
    this.#states.add(key)
    const [oldest] = this.#states
    if (this.#states.size > STATES_LIMIT && oldest !== undefined) this.#states.delete(oldest)
  }
}
