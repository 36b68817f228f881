/**
 * One client connection and the upstream connection that mirrors it. Promise: what ends one leg ends the other at once and in the
 * same manner (FIN as FIN, reset as reset), and the journal says of each leg who closed it first and how.
 *
 * The raw sockets are watched, because node's HTTP streams blur ends: a FIN shows as ECONNRESET there, a reset as a premature close.
 * For node's HTTP client this object is the agent: it has one socket for all requests of its client, one after the other.
 */
import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Journal } from '../core/event.ts'
import type { Exchange } from './exchange.ts'
import { CLOSED, type Fate, recordClose, recordOpen } from './leg-record.ts'
import { troubleOf } from './trouble.ts'
import type { Turn } from './turn.ts'
import { resetKeepsReceived, whenTaken } from './unacknowledged.ts'

/** What all connections of one upstream share. */
export interface Upstreams {
  readonly journal: Journal
  readonly turn: Turn
  readonly name: string
  readonly target: URL
  readonly lingerMs: number
  dial(): Socket
  /** Both legs have closed. */
  gone(connection: Connection): void
}

/** How long a client may go on sending a body that nobody reads, so that it sees the answer rather than a reset. */
const UNREAD_BODY_MS = 2000

export class Connection {
  readonly protocol: string
  readonly defaultPort: number
  readonly keepAlive = true
  readonly maxSockets = 1

  readonly number: number
  readonly client: Socket
  readonly shared: Upstreams
  #upstream: Socket | undefined
  #upstreamOpen = false
  #idle = false
  #queue: ClientRequest[] = []
  #exchanges: Exchange[] = []
  #clientFate: Fate | undefined
  #serverFate: Fate | undefined
  #clientClosed = false
  #serverClosed = true
  /** Changes that are recorded once a connection. */
  readonly noted = new Set<string>()

  constructor(number: number, client: Socket, shared: Upstreams) {
    this.number = number
    this.client = client
    this.shared = shared
    this.protocol = shared.target.protocol
    this.defaultPort = this.protocol === 'https:' ? 443 : 80
    recordOpen(this.shared, number, 'client', client)
    // Before node's own listeners: they turn these facts into other ones.
    client.prependListener('end', () => this.#onClientEnd())
    client.prependListener('error', (error: NodeJS.ErrnoException) => this.onClientError(error))
    client.prependListener('close', () => this.#onClientClose())
  }

  /** True when nothing more may be asked on it. */
  get closing(): boolean {
    return this.client.destroyed || this.#serverFate !== undefined || (this.#clientFate !== undefined && this.#clientFate.how !== 'fin')
  }
  get clientFate(): Fate {
    return this.#clientFate ?? CLOSED
  }
  get serverFate(): Fate {
    return this.#serverFate ?? CLOSED
  }
  /** True once the server's leg was connected. */
  get reached(): boolean {
    return this.#upstreamOpen
  }
  get exchanges(): readonly Exchange[] {
    return this.#exchanges
  }
  /** True while a request is under way on the upstream leg. */
  get busy(): boolean {
    return this.#exchanges.length > 0
  }

  // ---- agent of node's HTTP client

  addRequest(request: ClientRequest): void {
    if (this.#upstream && !this.#idle) this.#queue.push(request)
    else this.#assign(request)
  }

  #assign(request: ClientRequest): void {
    const socket = this.#upstream ?? this.#dial()
    if (this.#idle) socket.removeListener('data', this.#onUnasked)
    this.#idle = false
    request.onSocket(socket)
  }

  #onFree = () => {
    const socket = this.#upstream as Socket
    this.#idle = true
    socket.on('data', this.#onUnasked)
    const next = this.closing || socket.destroyed ? undefined : this.#queue.shift()
    if (next) this.#assign(next)
    else if (this.#clientFate) this.#endUpstream()
    else this.#mirrorServerEnd()
  }

  /** Bytes from the server that no request asked for would become the answer to the next one. */
  #onUnasked = (bytes: Buffer) => {
    this.failServer({ how: 'garbage', by: 'server', detail: `${bytes.length} bytes after the end of the answer` })
    this.#upstream?.destroy()
  }

  #dial(): Socket {
    const { shared } = this
    const begun = shared.journal.now()
    const socket = shared.dial()
    this.#upstream = socket
    this.#serverClosed = false
    const ready = socket instanceof TLSSocket ? 'secureConnect' : 'connect'
    socket.once(ready, () => {
      this.#upstreamOpen = true
      recordOpen(shared, this.number, 'server', socket, Math.round((shared.journal.now() - begun) * 1000) / 1000)
    })
    socket.on('free', this.#onFree)
    socket.on('end', () => this.#onServerEnd())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onServerError(error))
    // Node's HTTP client stops passing this on once the answer is complete, which may be before the request is.
    socket.on('drain', () => {
      for (const exchange of this.#exchanges) exchange.resume()
    })
    socket.on('unwritable', (error: NodeJS.ErrnoException) => this.#onServerError(error))
    socket.on('close', () => this.#onServerClose())
    return socket
  }

  // ---- exchanges

  begin(exchange: Exchange): void {
    this.#exchanges.push(exchange)
  }

  /** An exchange's response has left for the client, or its request has come to its end, or nobody waits for either any more. */
  progressed(exchange: Exchange): void {
    if (exchange.over) {
      const at = this.#exchanges.indexOf(exchange)
      if (at >= 0) this.#exchanges.splice(at, 1)
    }
    this.#mirrorServerEnd()
  }

  // ---- the client's leg

  #onClientEnd(): void {
    this.#clientFate ??= { how: 'fin', by: 'client' }
    if (this.#exchanges.length === 0) this.#endUpstream()
    for (const exchange of [...this.#exchanges]) exchange.clientFinished()
  }

  onClientError(error: NodeJS.ErrnoException): void {
    // What came before the reset goes on before it.
    this.shared.turn.run()
    const code = error.code ?? 'EUNKNOWN'
    const fate: Fate = { how: code === 'ETIMEDOUT' ? 'timeout' : 'reset', by: 'client', code, detail: error.message }
    if (this.#clientFate?.how === 'fin') this.#clientFate = { ...this.#clientFate, code, detail: `then ${error.message}` }
    else this.#clientFate ??= fate
    for (const exchange of [...this.#exchanges]) exchange.clientGone(this.#clientFate)
    if (!this.#held()) this.resetUpstream()
  }

  #onClientClose(): void {
    this.#clientClosed = true
    this.#clientFate ??= CLOSED
    recordClose(this.shared, this.number, 'client', this.client, this.#clientFate)
    for (const exchange of [...this.#exchanges]) exchange.clientGone(this.#clientFate)
    for (const request of this.#queue.splice(0)) request.destroy()
    if (!this.#held()) this.#endUpstream()
    this.#settleBoth()
  }

  /** Sends what is under way, then closes the client's leg, as the server closed or broke its own. */
  closeClient(how: 'fin' | 'reset'): void {
    const { client } = this
    if (client.destroyed) return
    this.#clientFate ??= CLOSED
    if (how === 'fin' || !resetKeepsReceived || client.writableEnded) client.destroySoon()
    else if (client.writableLength === 0) this.#resetClient()
    else client.write(Buffer.alloc(0), () => this.#resetClient())
  }

  #resetClient(): void {
    whenTaken(this.client, () => {
      if (!this.client.destroyed) reset(this.client)
    })
  }

  /** Closes after an answer that came before the request's end: the client may still be sending, and a reset would take the answer from it. */
  closeWhenSent(): void {
    const { client } = this
    if (client.destroyed || client.writableEnded) return
    this.#clientFate ??= CLOSED
    client.end()
    const timer = setTimeout(() => client.destroy(), UNREAD_BODY_MS)
    timer.unref()
    client.once('end', () => client.destroy())
    client.once('close', () => clearTimeout(timer))
  }

  /** We failed at one of its exchanges, so what left last may be half of something: both legs end without an end that looks whole. */
  broke(error: NodeJS.ErrnoException): void {
    const fate: Fate = { ...CLOSED, code: error.code ?? error.name, detail: error.message }
    this.#clientFate ??= fate
    this.#serverFate ??= fate
    reset(this.client)
    for (const exchange of [...this.#exchanges]) exchange.clientGone(fate)
    this.resetUpstream()
  }

  /** Marks that the client broke HTTP. False if the client's leg had ended before. */
  failClient(fate: Fate): boolean {
    if (this.#clientFate) return false
    this.#clientFate = fate
    return true
  }

  // ---- the server's leg

  #onServerEnd(): void {
    this.#serverFate ??= { how: 'fin', by: 'server' }
    if (this.#idle) this.#mirrorServerEnd()
  }

  #onServerError(error: NodeJS.ErrnoException): void {
    if (this.#upstreamOpen) {
      const code = error.code ?? 'EUNKNOWN'
      this.#serverFate ??= { how: code === 'ETIMEDOUT' ? 'timeout' : 'reset', by: 'server', code, detail: error.message }
    } else {
      const { how, code, message } = troubleOf(error, this.shared.target)
      this.#serverFate ??= { how, by: 'server', code, detail: message }
    }
  }

  #onServerClose(): void {
    this.#serverClosed = true
    this.#serverFate ??= CLOSED
    recordClose(this.shared, this.number, 'server', this.#upstream as Socket, this.#serverFate)
    this.#dropQueue()
    this.#mirrorServerEnd()
    this.#settleBoth()
  }

  /** The server's leg has ended and no answer is under way: the client's leg ends likewise. */
  #mirrorServerEnd(): void {
    if (!this.#serverFate || this.#exchanges.some(exchange => !exchange.answered)) return
    if (this.#idle) this.#endUpstream()
    if (this.#exchanges.length > 0) this.closeWhenSent()
    else this.closeClient(this.#serverFate.how === 'reset' ? 'reset' : 'fin')
  }

  failServer(fate: Fate): void {
    this.#serverFate ??= fate
  }

  /**
   * Passes the client's FIN on, while the answer may still come. Requests that wait behind it are not asked any more, since nothing can
   * follow a FIN, and a FIN that waited for them would leave a silent server with a client that has gone. Servers that were asked
   * directly differ: uvicorn drops them likewise, node answers them.
   */
  halfCloseUpstream(): void {
    this.#dropQueue()
    const socket = this.#upstream
    if (!socket || socket.destroyed) return
    // Whatever the server does now, it does because we have closed.
    this.#serverFate ??= CLOSED
    socket.end()
  }

  /** Requests that waited behind another will not be asked: the client asks again elsewhere, as it would without us. */
  #dropQueue(): void {
    if (this.#queue.length === 0) return
    const first = this.#queue.splice(0)[0]
    // Answers leave in the order of the requests, so nothing behind the first one can leave either.
    const from = this.#exchanges.findIndex(exchange => exchange.outgoing === first)
    for (const exchange of from < 0 ? [] : this.#exchanges.slice(from)) exchange.unasked()
  }

  #endUpstream(): void {
    const socket = this.#upstream
    if (!socket || socket.destroyed) return
    this.#serverFate ??= CLOSED
    if (this.#idle) socket.destroySoon()
    else socket.destroy()
  }

  /** Passes a reset on. */
  resetUpstream(): void {
    const socket = this.#upstream
    if (!socket || socket.destroyed) return
    this.#serverFate ??= CLOSED
    reset(socket)
  }

  #held(): boolean {
    return this.#exchanges.some(exchange => exchange.held)
  }

  /** Nobody waits for the server any more: its leg ends now. */
  release(): void {
    this.#endUpstream()
  }

  #settleBoth(): void {
    if (this.#clientClosed && this.#serverClosed) this.shared.gone(this)
  }
}

/** TLS has no resets of its own. While node's own FIN is on its way it fails at a reset, and the socket never tells that it closed. */
function reset(socket: Socket): void {
  const isEnding = socket.writableEnded && !socket.writableFinished
  if (socket instanceof TLSSocket || socket.connecting || isEnding) socket.destroy()
  else socket.resetAndDestroy()
}
