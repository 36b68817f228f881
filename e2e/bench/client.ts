/**
 * MCP clients on raw sockets, cheap enough to load a proxy with: one stream of events, and one keep-alive connection for posts.
 * Promise: an `endpoint` event that leads elsewhere than the proxy is an error.
 */
import net from 'node:net'
import { EventReader, type Head, HttpReader } from './http-reader.ts'

const connect = (url: URL): Promise<net.Socket> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', () => {})
      resolve(socket)
    })
  })

/** One keep-alive connection that carries one request at a time. */
export class Post {
  readonly url: URL
  onMessage: ((data: string) => void) | undefined
  socket: net.Socket | undefined
  #done: ((head: Head) => void) | undefined
  #fail: ((error: Error) => void) | undefined

  constructor(url: URL) {
    this.url = url
  }

  async open(): Promise<this> {
    const socket = await connect(this.url)
    this.socket = socket
    let head: Head = { first: '', status: 0, headers: {} }
    let parts: Buffer[] = []
    let events: EventReader | undefined
    const end = (): void => {
      if (head.headers.connection?.toLowerCase() === 'close') this.socket = undefined
      if (!events && parts.length > 0 && head.status === 200) this.onMessage?.(Buffer.concat(parts).toString())
      this.#done?.(head)
    }
    const reader = new HttpReader({
      onHead: next => {
        head = next
        parts = []
        events = next.headers['content-type']?.includes('event-stream') ? new EventReader((_, data) => this.onMessage?.(data)) : undefined
      },
      onBody: bytes => (events ? events.push(bytes) : void parts.push(bytes)),
      onEnd: end,
    })
    socket.on('data', bytes => reader.push(bytes))
    socket.on('close', () => {
      if (this.socket !== socket) return
      this.socket = undefined
      if (reader.untilClose) end()
      else this.#fail?.(new Error('the connection was closed'))
    })
    return this
  }

  /** Resolves with the head once the response is complete. */
  async send(path: string, body: string, headers = ''): Promise<Head> {
    if (!this.socket) await this.open()
    return new Promise((resolve, reject) => {
      this.#done = resolve
      this.#fail = reject
      this.socket?.write(
        `POST ${path} HTTP/1.1\r\nHost: ${this.url.host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      )
    })
  }
}

export interface Stream {
  readonly socket: net.Socket
  /** Where the endpoint event told to post. */
  readonly path: string
  onMessage: ((data: string) => void) | undefined
  onBytes: ((bytes: Buffer) => void) | undefined
  onClose: (() => void) | undefined
}

/** GET `url`; resolves at the endpoint event. */
export async function openStream(url: URL, limitMs = 15_000): Promise<Stream> {
  const socket = await connect(url)
  const stream: { -readonly [K in keyof Stream]: Stream[K] } = {
    socket,
    path: '',
    onMessage: undefined,
    onBytes: undefined,
    onClose: undefined,
  }
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new Error(why))
    }
    const timer = setTimeout(() => fail('no endpoint event'), limitMs)
    const events = new EventReader((name, data) => {
      if (name !== 'endpoint') return stream.onMessage?.(data)
      const target = new URL(data, url)
      if (target.host !== url.host) return fail('the endpoint event leads past the proxy')
      stream.path = target.pathname + target.search
      clearTimeout(timer)
      resolve()
    })
    const reader = new HttpReader({
      onHead: head => {
        if (head.status !== 200) fail(`GET answered ${head.status}`)
      },
      onBody: bytes => {
        stream.onBytes?.(bytes)
        events.push(bytes)
      },
    })
    socket.on('data', bytes => reader.push(bytes))
    socket.on('close', () => {
      fail('the stream was closed')
      stream.onClose?.()
    })
    socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: text/event-stream\r\n\r\n`)
  })
  return stream
}

const rpc = (message: object): string => JSON.stringify({ jsonrpc: '2.0', ...message })
export const initialize = (id: number): string =>
  rpc({
    id,
    method: 'initialize',
    params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  })
export const initialized = rpc({ method: 'notifications/initialized' })
export const callTool = (id: number, args: Record<string, unknown>): string =>
  rpc({ id, method: 'tools/call', params: { name: 'echo', arguments: args } })
