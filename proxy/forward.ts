/**
 * The forwarding engine: one listener in front of one upstream, on http-proxy. Promise: bytes, heads, ends and resets cross unchanged
 * and at once in both directions, and each of them is in the journal before it leaves.
 *
 * This is the only file that knows http-proxy. It opens the request to the upstream; heads, bodies, ends and errors are ours
 * (forward/exchange.ts), since http-proxy folds heads, hangs on truncated answers and gives them clean ends.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createProxyServer, type ProxyServer } from 'http-proxy'
import type { Endpoint, Journal } from './core/event.ts'
import { responseHead } from './core/headers.ts'
import { upstreamOrigins } from './core/reorigin.ts'
import { Connection } from './forward/connection.ts'
import { addressesOf, dial, refuseOwnTarget } from './forward/dial.ts'
import { Exchange, type ExchangeOptions } from './forward/exchange.ts'
import type { Fate } from './forward/leg-record.ts'
import { connectionLimit, isWildcard, listenError, localNames, TURNED_AWAY_FILES } from './forward/listening.ts'
import { ownAnswer } from './forward/own-answer.ts'
import { MAX_HEAD_BYTES } from './forward/raw-head.ts'
import { troubleOf } from './forward/trouble.ts'
import { Turn } from './forward/turn.ts'
import { allowedHosts, type GuardPolicy, type Refusal, refusalOf } from './guard.ts'

export interface ForwardOptions {
  /** Name of the upstream in the journal. */
  readonly name: string
  /** Requests go to this URL's origin under their own path. */
  readonly target: URL
  readonly hostHeader?: 'preserve' | 'upstream'
  /** Add X-Forwarded-For, -Proto and -Host. */
  readonly forwarded?: boolean
  /** How long an upstream is held open after its client has gone, in milliseconds; 0 (default): not at all. */
  readonly lingerMs?: number
  /** Bytes kept of each body; default 64 MiB. */
  readonly bodyCap?: number
  /** Certificates (PEM text) trusted besides the usual ones. */
  readonly ca?: string
  /** Do not verify the upstream's certificate. */
  readonly insecure?: boolean
  /** Further names for the Host header (`proxy.test`, `10.0.0.5:8002`) and whole origins (`https://app.test`) that may call. */
  readonly allowHosts?: readonly string[]
  /** Every port of this run, which must never become an upstream; the forwarder adds its own. */
  readonly ownPorts?: () => readonly Endpoint[]
  /** Clients of all upstreams of a recording together. Default: from the limit of open files. */
  readonly maxConnections?: number
}

export interface Forwarder {
  /** Port 0 takes a free one. Rejects with an Error that says what to do. */
  listen(port: number, host?: string): Promise<Endpoint>
  /** Stops accepting; lets what is under way finish, for up to `ms`; ends streams. Resolves when all connections have closed. */
  drain(ms: number): Promise<void>
  /** Open client connections. */
  readonly connections: number
}

/** Numbers of connections and exchanges, and how many connections are open, of a recording, whichever upstream they belong to. */
interface Numbers {
  connection: number
  exchange: number
  open: number
}
const numbers = new WeakMap<Journal, Numbers>()

const STATUS_OF_PARSER: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}
const QUIET_STREAM_MS = 300

export function createForwarder(journal: Journal, options: ForwardOptions): Forwarder {
  return new HttpForwarder(journal, options)
}

class HttpForwarder implements Forwarder {
  readonly #journal: Journal
  readonly #options: ForwardOptions
  readonly #proxy: ProxyServer
  readonly #server: http.Server
  readonly #numbers: Numbers
  readonly #connections = new Map<Socket, Connection>()
  readonly #limit: number
  readonly #shared
  #exchangeOptions: ExchangeOptions
  #policy: GuardPolicy = { hosts: new Set(), origins: 'loopback' }
  #endpoint: Endpoint | undefined

  constructor(journal: Journal, options: ForwardOptions) {
    this.#journal = journal
    this.#options = options
    this.#numbers = numbers.get(journal) ?? { connection: 0, exchange: 0, open: 0 }
    numbers.set(journal, this.#numbers)
    this.#limit = options.maxConnections ?? connectionLimit()
    this.#exchangeOptions = {
      target: options.target,
      hostHeader: options.hostHeader ?? 'preserve',
      forwarded: options.forwarded ?? false,
      bodyCap: options.bodyCap ?? 64 * 1024 * 1024,
      upstreamOrigins: upstreamOrigins(options.target),
      announced: new Set(),
      listen: '',
    }
    this.#shared = {
      journal,
      turn: new Turn(journal),
      name: options.name,
      target: options.target,
      lingerMs: options.lingerMs ?? 0,
      dial: () => dial({ target: options.target, ca: options.ca, insecure: options.insecure, ownPorts: () => this.#ownPorts() }),
      gone: (connection: Connection) => {
        if (this.#connections.delete(connection.client)) this.#numbers.open--
      },
    }
    this.#proxy = this.#createProxy()
    this.#server = this.#createServer()
  }

  get connections(): number {
    return this.#connections.size
  }

  async listen(port: number, host = '127.0.0.1'): Promise<Endpoint> {
    // Before anybody can connect: a name may take its time.
    const addresses = await addressesOf(this.#options.target)
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
      this.#server.listen({ port, host, backlog: 4096 }, resolve)
    })
    // A listener that fails later loses new connections only; those that stand go on.
    this.#server.removeAllListeners('error').on('error', () => {})
    const bound = this.#server.address() as AddressInfo
    const endpoint = { address: bound.address, port: bound.port }
    this.#endpoint = endpoint
    try {
      refuseOwnTarget(this.#options.target, addresses, this.#ownPorts())
    } catch (error) {
      this.#server.close()
      throw error
    }
    const more = this.#options.allowHosts ?? []
    this.#policy = {
      hosts: allowedHosts(endpoint, [...more, ...(isWildcard(bound.address) ? localNames() : [])]),
      origins: 'loopback',
      moreOrigins: new Set(more.map(entry => entry.toLowerCase())),
    }
    const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
    this.#exchangeOptions = { ...this.#exchangeOptions, listen: `http://${name}:${bound.port}` }
    return endpoint
  }

  async drain(ms: number): Promise<void> {
    const deadline = performance.now() + ms
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    let quietSince = performance.now()
    let before = -1
    while (this.#connections.size > 0 && performance.now() < deadline) {
      const open = [...this.#connections.values()].flatMap(connection => connection.exchanges)
      for (const connection of this.#connections.values()) if (!connection.busy) connection.closeClient('fin')
      // Event streams do not end by themselves: they go as soon as nothing else is under way and nothing crosses them.
      const moved = open.reduce((sum, exchange) => sum + exchange.crossed, 0)
      if (moved !== before || open.some(exchange => !exchange.isStream)) quietSince = performance.now()
      before = moved
      if (performance.now() - quietSince >= QUIET_STREAM_MS) break
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    for (const connection of this.#connections.values()) {
      for (const exchange of [...connection.exchanges]) exchange.drain()
      connection.closeClient('fin')
    }
    const forced = setTimeout(() => {
      for (const connection of this.#connections.values()) connection.client.destroy()
    }, 500)
    await closed
    clearTimeout(forced)
    // Their upstream legs follow them; a moment later the journal has seen both.
    for (let waited = 0; this.#connections.size > 0 && waited < 500; waited += 5) await new Promise(resolve => setTimeout(resolve, 5))
    this.#journal.flush()
  }

  #ownPorts(): readonly Endpoint[] {
    const others = this.#options.ownPorts?.() ?? []
    return this.#endpoint ? [this.#endpoint, ...others] : others
  }

  #createProxy(): ProxyServer {
    const proxy = createProxyServer({
      target: this.#options.target,
      selfHandleResponse: true,
      // The head is written whole by the exchange: http-proxy need not build a path.
      toProxy: true,
      ignorePath: true,
      prependPath: false,
      timeout: 0,
      proxyTimeout: 0,
    })
    proxy.on('proxyRes', (proxyRes, exchange) => asExchange(exchange).onResponse(proxyRes))
    proxy.on('error', (error, exchange) => asExchange(exchange).onError(error))
    return proxy
  }

  #createServer(): http.Server {
    const server = http.createServer({
      requestTimeout: 0,
      // With the look every 2 s below, a head that drips is given up 10 to 12 s after its first byte.
      headersTimeout: 10_000,
      // Idle connections are the server's to close: its close is passed on.
      keepAliveTimeout: 0,
      connectionsCheckingInterval: 2000,
      maxHeaderSize: MAX_HEAD_BYTES,
      requireHostHeader: false,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    })
    server.maxHeadersCount = 0
    ;(server as { httpAllowHalfOpen?: boolean }).httpAllowHalfOpen = true
    server.on('connection', socket => this.#onConnection(socket))
    const onRequest = (req: IncomingMessage, res: ServerResponse) => this.#onRequest(req, res)
    server.on('request', onRequest)
    server.on('checkContinue', onRequest)
    server.on('checkExpectation', onRequest)
    server.on('connect', (req, socket) => this.#onTunnel(req, socket as Socket))
    server.on('clientError', (error, socket) => this.#onClientError(error, socket as Socket))
    return server
  }

  #onConnection(socket: Socket): void {
    const connection = new Connection(++this.#numbers.connection, socket, this.#shared)
    this.#connections.set(socket, connection)
    this.#numbers.open++
    if (this.#numbers.open <= this.#limit) return
    this.#turnAway(connection, {
      status: 503,
      code: 'TOO_MANY_CONNECTIONS',
      message: `More than ${this.#limit} connections are open.`,
      try: 'Close some, or raise the limit of open files (ulimit -n).',
    })
    // Beyond what is reserved for them nobody waits to read the refusal: a file that stays open now is one that a recording lacks.
    if (this.#numbers.open > this.#limit + TURNED_AWAY_FILES) socket.destroy()
  }

  #onRequest(req: IncomingMessage, res: ServerResponse): void {
    const connection = this.#connections.get(req.socket)
    if (!connection || connection.closing) {
      // The server has closed: as without us, what is asked now is answered by a reset, unless an earlier answer is on its way.
      if (!connection?.busy) req.socket.resetAndDestroy()
      return
    }
    const exchange = new Exchange(++this.#numbers.exchange, connection, req, res, this.#exchangeOptions)
    const request = { method: req.method as string, target: req.url as string, http: req.httpVersion, headers: req.rawHeaders }
    const refusal = refusalOf(request, this.#policy)
    if (refusal) {
      exchange.refuse(refusal)
      return
    }
    try {
      this.#proxy.web(asRequest(exchange), DETACHED, { agent: connection })
    } catch (error) {
      exchange.fail(troubleOf(error as NodeJS.ErrnoException, this.#options.target))
    }
  }

  #onTunnel(req: IncomingMessage, socket: Socket): void {
    const connection = this.#connections.get(socket)
    const refusal = refusalOf({ method: 'CONNECT', target: req.url ?? '', http: req.httpVersion, headers: req.rawHeaders }, this.#policy)
    socket.on('error', () => {})
    if (connection && refusal) this.#turnAway(connection, refusal)
    else socket.destroy()
  }

  /** What node's parser refused. A socket that failed, or ended in the middle of a request, has told its connection itself. */
  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#connections.get(socket)
    const code = error.code ?? 'EUNKNOWN'
    // It has connected ahead, as browsers do, and has not begun to speak: it may wait, as without us. Its head is timed when it begins.
    if (connection && code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0) return
    const garbage = code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE'
    if (!connection || socket.destroyed || (!garbage && code !== 'ERR_HTTP_REQUEST_TIMEOUT')) {
      socket.destroy()
      return
    }
    const fate: Fate = { how: garbage ? 'garbage' : 'timeout', by: 'client', code, detail: error.message }
    // More of the same garbage, while the answer to the first is on its way.
    if (!connection.failClient(fate)) return
    const status = STATUS_OF_PARSER[code] ?? 400
    const message = garbage
      ? `What the client sent is not a valid HTTP/1.1 request: ${error.message} (${code}).`
      : 'The client began a request and did not finish its head.'
    const refusal = { status, code, message, try: 'See RFC 9112 on how a message is framed.' }
    if (!connection.busy) {
      this.#turnAway(connection, refusal)
      return
    }
    // An answer may be on its way: nothing of ours may get into it.
    if (connection.exchanges.at(-1)?.breakRequest(fate, refusal)) return
    this.#reject(connection, message, 'the connection was closed')
    socket.destroy()
  }

  #reject(connection: Connection, original: string, replacement: string): void {
    this.#journal.append({ kind: 'change', conn: connection.number, exchange: 0, what: 'rejected', original, replacement })
  }

  /** Answers a client on its bare socket, where node made no request of what it sent. */
  #turnAway(connection: Connection, refusal: Refusal): void {
    this.#reject(connection, refusal.message, `${refusal.status} ${refusal.code}`)
    this.#journal.flush()
    const { status, reason, headers, body } = ownAnswer(refusal, this.#options.target.origin)
    connection.client.write(`HTTP/1.1 ${status} ${reason}\r\n${responseHead(headers, { http10: false, status }).lines}\r\n${body}`)
    connection.closeWhenSent()
  }
}

/** http-proxy would end the upstream's request when the client's response closes; the connection does that, or lingers. */
const DETACHED = { on: () => DETACHED, headersSent: false, finished: true } as unknown as ServerResponse

const asRequest = (exchange: Exchange) => exchange as unknown as IncomingMessage
const asExchange = (request: IncomingMessage) => request as unknown as Exchange
