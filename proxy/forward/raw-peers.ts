/**
 * Peers for tests that speak in bytes, and a journal in memory. Promise: a peer reports exactly what its socket saw,
 * and the journal shows only what was flushed, so that a byte which left too early shows.
 */
import net from 'node:net'
import type { Draft, Journal, WireEvent } from '../core/event.ts'
import { createForwarder, type Forwarder, type ForwardOptions } from '../forward.ts'

export class MemoryJournal implements Journal {
  /** What is safe: appended and flushed. */
  readonly events: WireEvent[] = []
  flushes = 0
  readonly #zero = performance.now()
  #queued: WireEvent[] = []
  #seq = 0
  #scheduled = false

  append(draft: Draft): number {
    const event = { at: this.now(), ...draft, seq: ++this.#seq } as WireEvent
    // A recorder may not keep the socket's own memory.
    this.#queued.push(event.kind === 'chunk' ? { ...event, bytes: Uint8Array.from(event.bytes) } : event)
    if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        if (this.#queued.length > 0) this.flush()
      })
    }
    return this.#seq
  }

  flush(): void {
    this.flushes++
    this.events.push(...this.#queued)
    this.#queued = []
  }

  now(): number {
    return performance.now() - this.#zero
  }

  of<K extends WireEvent['kind']>(kind: K): Extract<WireEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<WireEvent, { kind: K }> => event.kind === kind)
  }

  /** Recorded body bytes of one part, of one exchange or all. */
  body(part: 'request' | 'response', exchange?: number): Buffer {
    const chunks = this.of('chunk').filter(chunk => chunk.part === part && (exchange === undefined || chunk.exchange === exchange))
    return Buffer.concat(chunks.map(chunk => chunk.bytes))
  }

  /** `how by` of an exchange's end, or undefined. */
  end(leg: 'client' | 'server', part: 'request' | 'response', exchange = 1): string | undefined {
    const found = this.of('end').find(end => end.leg === leg && end.part === part && end.exchange === exchange)
    return found && `${found.how} by ${found.by}`
  }

  /** `how by` of a connection's end, or undefined. */
  close(leg: 'client' | 'server', conn = 1): string | undefined {
    const found = this.of('close').find(close => close.leg === leg && close.conn === conn)
    return found && `${found.how} by ${found.by}`
  }
}

/** How long a peer or a record is waited for (ms): no measurement, only so that a test that hangs says at what. */
const LIMIT = 20_000

export type Finish = 'open' | 'fin' | 'reset'

/** One raw socket: bytes in, bytes out, and how the other side ended it. */
export class RawPeer {
  readonly socket: net.Socket
  /** Bytes that came so far. */
  size = 0
  #parts: Buffer[] = []
  /** How the other side ended its direction. */
  finish: Finish = 'open'
  closed = false
  #waiters: (() => void)[] = []

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('data', bytes => {
      this.#parts.push(bytes)
      this.size += bytes.length
      this.#wake()
    })
    socket.on('end', () => {
      if (this.finish === 'open') this.finish = 'fin'
      this.#wake()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') this.finish = 'reset'
      this.#wake()
    })
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  get received(): Buffer {
    if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0] ?? Buffer.alloc(0)
  }

  get text(): string {
    return this.received.toString('latin1')
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter()
  }

  write(text: string | Uint8Array): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }

  async until(done: (peer: RawPeer) => boolean, ms = LIMIT): Promise<this> {
    const deadline = performance.now() + ms
    while (!done(this)) {
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`not within ${ms} ms; finish: ${this.finish}; received: ${JSON.stringify(this.text.slice(-400))}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#waiters.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return this
  }

  untilText(part: string): Promise<this> {
    return this.until(peer => peer.text.includes(part))
  }

  untilFinish(ms?: number): Promise<this> {
    return this.until(peer => peer.finish !== 'open' || peer.closed, ms)
  }
}

export async function rawClient(port: number, allowHalfOpen = true): Promise<RawPeer> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen, noDelay: true })
  const peer = new RawPeer(socket)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return peer
}

export class RawServer {
  readonly peers: RawPeer[] = []
  readonly #server: net.Server
  port = 0

  private constructor(onPeer: (peer: RawPeer) => void) {
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, socket => {
      const peer = new RawPeer(socket)
      this.peers.push(peer)
      onPeer(peer)
    })
  }

  static async start(onPeer: (peer: RawPeer) => void = () => {}, port = 0): Promise<RawServer> {
    const server = new RawServer(onPeer)
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject)
      server.#server.listen(port, '127.0.0.1', 4096, resolve)
    })
    server.port = (server.#server.address() as net.AddressInfo).port
    return server
  }

  /** Answers each request head (and body by Content-Length) with what `answer` gives. */
  static answering(answer: (request: string, peer: RawPeer) => string | undefined): Promise<RawServer> {
    return RawServer.start(peer => {
      let at = 0
      const read = () => {
        for (;;) {
          const text = peer.text.slice(at)
          const end = text.indexOf('\r\n\r\n')
          if (end < 0) return
          const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, end))?.[1] ?? 0)
          if (text.length < end + 4 + length) return
          at += end + 4 + length
          const reply = answer(text.slice(0, end + 4 + length), peer)
          if (reply !== undefined) peer.write(reply)
        }
      }
      peer.socket.on('data', read)
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async peer(index = 0): Promise<RawPeer> {
    for (let waited = 0; waited < LIMIT && !this.peers[index]; waited += 5) await new Promise(resolve => setTimeout(resolve, 5))
    const peer = this.peers[index]
    if (!peer) throw new Error(`connection ${index} never came`)
    return peer
  }

  async stop(): Promise<void> {
    for (const peer of this.peers) peer.socket.destroy()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }
}

export interface Stage {
  readonly journal: MemoryJournal
  readonly forwarder: Forwarder
  readonly port: number
  readonly host: string
  client(): Promise<RawPeer>
  /** Waits until the journal shows it. */
  recorded(done: (journal: MemoryJournal) => boolean): Promise<void>
  stop(): Promise<void>
}

/** A forwarder in front of a URL, with a journal to look into. */
export async function stage(target: string, options: Partial<ForwardOptions> = {}): Promise<Stage> {
  const journal = new MemoryJournal()
  const forwarder = createForwarder(journal, { name: 'mcp', target: new URL(target), ...options })
  const { port } = await forwarder.listen(0)
  const clients: RawPeer[] = []
  return {
    journal,
    forwarder,
    port,
    host: `127.0.0.1:${port}`,
    async client() {
      const peer = await rawClient(port)
      clients.push(peer)
      return peer
    },
    async recorded(done) {
      for (let waited = 0; waited < LIMIT; waited += 5) {
        if (done(journal)) return
        await new Promise(resolve => setTimeout(resolve, 5))
      }
      const shown = journal.events.map(event =>
        JSON.stringify(event, (key, value) => (key === 'bytes' && typeof value !== 'number' ? '…' : value)),
      )
      throw new Error(`never recorded; journal:\n${shown.join('\n')}`)
    },
    async stop() {
      for (const client of clients) client.socket.destroy()
      await forwarder.drain(0)
    },
  }
}
