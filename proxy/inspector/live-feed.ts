/**
 * The live feed: rows over WebSocket, after the revision that each page already has. Promise: no queue per page; what a slow page has
 * not taken yet is read again from the index, in its latest state, so that memory is bounded and no row is skipped.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import type { FeedMessage, State } from '../core/feed.ts'
import { isToken } from './access.ts'
import { readPageMessage } from './page-message.ts'

/** Rows as the feed needs them: already JSON. */
export interface FeedRows {
  readonly jsons: readonly string[]
  /** Revision up to which the reader is now complete. */
  readonly rev: number
  readonly more: boolean
}

export interface FeedSource {
  /** Highest revision that has been stored. */
  rev(): number
  state(): State
  /** Rows after `after` and up to `upTo`: of global kinds, of `sessions`, or both. */
  rows(query: {
    after: number
    upTo: number
    limit: number
    global: boolean
    withoutGlobal?: boolean
    sessions: readonly number[]
  }): FeedRows
}

export interface FeedOptions {
  readonly token: string
  readonly source: FeedSource
  /** For tests of slow readers and silent peers. */
  readonly limits?: Partial<FeedLimits>
}
export interface FeedLimits {
  readonly sockets: number
  readonly helloMs: number
  readonly gatherMs: number
  readonly pingMs: number
  readonly silentMs: number
  readonly stateMs: number
  /** Unsent bytes above which nothing more is put on a socket. */
  readonly highBytes: number
  /** Rows behind, after having been up to date, from which a page does better to fetch. */
  readonly resyncRows: number
}

const LIMITS: FeedLimits = {
  sockets: 32,
  helloMs: 5000,
  gatherMs: 50,
  pingMs: 20_000,
  silentMs: 45_000,
  stateMs: 2000,
  highBytes: 1 << 20,
  resyncRows: 20_000,
}
const PAGE_ROWS = 500
/** Close codes: 4401 as HTTP's 401; 1013 try again later. */
const UNAUTHORIZED = 4401

interface Reader {
  readonly socket: WebSocket
  heardAt: number
  /** Global rows, and rows of `sessions`, have been sent up to here. */
  cursor: number
  sessions: readonly number[]
  /** Rows of newly watched sessions that lie between these revisions and go first. */
  backlog: { after: number; upTo: number } | undefined
  wasCurrent: boolean
}

/** Answers an upgrade with a status and is done with the socket, whether or not its peer closes: no timeout of HTTP's watches it any more. */
export function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}

export class LiveFeed {
  readonly #server: WebSocketServer
  readonly #options: FeedOptions
  readonly #limits: FeedLimits
  readonly #readers = new Set<Reader>()
  readonly #timers: NodeJS.Timeout[]
  #gather: NodeJS.Timeout | undefined
  #clock = performance.now()

  constructor(options: FeedOptions) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: 64 * 1024,
      maxFragments: 64,
      maxBufferedChunks: 1024,
      clientTracking: true,
    })
    this.#timers = [
      setInterval(() => this.#beat(), Math.max(20, this.#limits.pingMs / 4)),
      setInterval(() => this.sendState(), this.#limits.stateMs),
    ]
  }

  /** Takes over an upgrade that the guard has let pass. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#server.clients.size >= this.#limits.sockets) {
      refuseUpgrade(socket, '503 Service Unavailable')
      return
    }
    this.#server.handleUpgrade(request, socket, head, opened => this.#greet(opened))
  }

  #greet(socket: WebSocket): void {
    const turnAway = (why: string) => {
      socket.close(UNAUTHORIZED, why)
      // A stranger that does not take the close is not waited for.
      setTimeout(() => socket.terminate(), 1000).unref()
    }
    const impatience = setTimeout(() => turnAway('no hello'), this.#limits.helloMs)
    socket.on('error', () => socket.terminate())
    socket.on('close', () => clearTimeout(impatience))
    socket.once('message', (data, isBinary) => {
      clearTimeout(impatience)
      const hello = readPageMessage(data, isBinary)
      if (hello?.type !== 'hello' || !isToken(hello.token, this.#options.token)) {
        turnAway('wrong token')
        return
      }
      this.#join(socket, hello.after)
    })
  }

  #join(socket: WebSocket, after: number): void {
    const reader: Reader = {
      socket,
      heardAt: performance.now(),
      cursor: Math.min(after, this.#options.source.rev()),
      sessions: [],
      backlog: undefined,
      wasCurrent: false,
    }
    this.#readers.add(reader)
    socket.on('close', () => this.#readers.delete(reader))
    const heard = () => {
      reader.heardAt = performance.now()
    }
    socket.on('pong', heard)
    socket.on('message', (data, isBinary) => {
      heard()
      const message = readPageMessage(data, isBinary)
      if (message?.type === 'watch') this.#watch(reader, message.sessions, message.after)
      else if (message?.type !== 'pong') socket.close(1008, 'unknown message')
    })
    this.#send(reader, { type: 'welcome', state: this.#options.source.state() })
    this.#serve(reader, new Map())
  }

  #watch(reader: Reader, sessions: readonly number[], after: number): void {
    reader.sessions = sessions
    reader.backlog = after < reader.cursor ? { after, upTo: reader.cursor } : undefined
    this.#serve(reader, new Map())
  }

  #send(reader: Reader, message: FeedMessage): void {
    reader.socket.send(JSON.stringify(message))
  }

  /** Rows were stored: pages hear of them together, at most every 50 ms. */
  changed(): void {
    this.#gather ??= setTimeout(() => {
      this.#gather = undefined
      const shared = new Map<string, FeedRows & { text: string }>()
      for (const reader of this.#readers) this.#serve(reader, shared)
    }, this.#limits.gatherMs)
  }

  sendState(): void {
    if (this.#readers.size === 0) return
    const text = JSON.stringify({ type: 'state', state: this.#options.source.state() } satisfies FeedMessage)
    for (const { socket } of this.#readers) if (socket.bufferedAmount < this.#limits.highBytes) socket.send(text)
  }

  /** Sends what is next for one page, one message at a time, as fast as it reads. Equal questions are answered once. */
  #serve(reader: Reader, shared: Map<string, FeedRows & { text: string }>): void {
    const { socket } = reader
    const { source } = this.#options
    if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount >= this.#limits.highBytes / 2) return
    const goal = source.rev()
    if (!reader.backlog && reader.cursor >= goal) {
      reader.wasCurrent = true
      return
    }
    if (!reader.backlog && reader.wasCurrent && goal - reader.cursor > this.#limits.resyncRows) {
      reader.cursor = goal
      this.#send(reader, { type: 'resync', rev: goal })
      return
    }
    const { backlog, sessions } = reader
    const query = backlog
      ? { ...backlog, limit: PAGE_ROWS, global: false, withoutGlobal: true, sessions }
      : { after: reader.cursor, upTo: goal, limit: PAGE_ROWS, global: true, sessions }
    const key = `${query.global}:${query.after}:${query.upTo}:${sessions.join()}`
    let answer = shared.get(key)
    if (!answer) {
      const rows = source.rows(query)
      answer = { ...rows, text: `{"type":"rows","rev":${rows.rev},"rows":[${rows.jsons.join()}]}` }
      shared.set(key, answer)
    }
    if (backlog) reader.backlog = answer.more ? { after: answer.rev, upTo: backlog.upTo } : undefined
    else reader.cursor = answer.more ? answer.rev : query.upTo
    const isDone = !answer.more && !backlog
    if (answer.jsons.length === 0) {
      if (!isDone) this.#serve(reader, shared)
      return
    }
    // The callback comes when the bytes have left for the kernel: a slow page sets its own pace.
    socket.send(answer.text, error => {
      if (!error && !isDone) this.#serve(reader, new Map())
    })
  }

  #beat(): void {
    const now = performance.now()
    const isDue = now - this.#clock >= this.#limits.pingMs
    if (isDue) this.#clock = now
    for (const reader of this.#readers) {
      if (now - reader.heardAt > this.#limits.silentMs) reader.socket.terminate()
      else if (isDue) {
        reader.socket.ping()
        if (reader.socket.bufferedAmount < this.#limits.highBytes) this.#send(reader, { type: 'ping' })
      }
      // A page that had too much unsent may have caught up since.
      this.#serve(reader, new Map())
    }
  }

  /** Pages now connected. */
  get size(): number {
    return this.#readers.size
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
    clearTimeout(this.#gather)
    for (const client of this.#server.clients) client.close(1001, 'Seismograph ends')
    this.#server.close()
    setTimeout(() => {
      for (const client of this.#server.clients) client.terminate()
    }, 200).unref()
  }
}
