/**
 * The server behind every proxy that is measured: HTTP+SSE (`/sse`, `/messages/`) and Streamable HTTP (`/mcp`) on raw sockets.
 * Promise: prints `{"port":N}`, costs as little as Node can, and proves in each answer what it received (CRC of the request's text).
 *
 * Arguments of tools/call: text (its CRC is answered), size and seed of the answer's text, pauseMs (a stop in the middle of a big answer).
 */
import net from 'node:net'
import { crc32 } from 'node:zlib'
import { type Head, HttpReader } from './http-reader.ts'
import { payload } from './payload.ts'

const sessions = new Map<string, net.Socket>()
let counter = 0

// Everything written here is latin1: one byte per character.
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
const SSE_HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n'
const ACCEPTED = 'HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nAccepted'
const reply = (status: string, body: string, extra = ''): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const drained = (socket: net.Socket): Promise<void> =>
  new Promise(resolve => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly params?: { readonly protocolVersion?: string; readonly arguments?: Arguments }
}
interface Arguments {
  readonly text?: string
  readonly size?: number
  readonly seed?: number
  readonly pauseMs?: number
}
/** In three parts, so that a big text is never copied into one string. */
type Answer = readonly [before: string, text: string, after: string]

function answer(message: Message): Answer {
  const id = JSON.stringify(message.id)
  const whole = (result: unknown): Answer => [`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`, '', '']
  if (message.method === 'initialize') {
    const protocolVersion = message.params?.protocolVersion ?? '2025-06-18'
    return whole({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'bench-upstream', version: '1' } })
  }
  if (message.method !== 'tools/call') return whole({})
  const { text = '', size = 0, seed = 0 } = message.params?.arguments ?? {}
  return [
    `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"`,
    payload(size, seed).text,
    `"}],"structuredContent":{"crc":${crc32(text)}}}}`,
  ]
}

const SLICE_BYTES = 65536

async function writeEvent(socket: net.Socket, [before, text, after]: Answer, pauseMs = 0): Promise<void> {
  if (text.length < SLICE_BYTES) {
    socket.write(chunk(`event: message\ndata: ${before}${text}${after}\n\n`), 'latin1')
    return
  }
  socket.write(chunk(`event: message\ndata: ${before}`), 'latin1')
  const bytes = Buffer.from(text, 'latin1')
  const half = Math.floor(bytes.length / 2 / SLICE_BYTES) * SLICE_BYTES
  for (let at = 0; at < bytes.length && !socket.destroyed; at += SLICE_BYTES) {
    if (pauseMs > 0 && at === half) await sleep(pauseMs)
    const part = bytes.subarray(at, at + SLICE_BYTES)
    socket.cork()
    socket.write(`${part.length.toString(16)}\r\n`)
    socket.write(part)
    const room = socket.write('\r\n')
    socket.uncork()
    if (!room) await drained(socket)
  }
  socket.write(chunk(`${after}\n\n`), 'latin1')
}

async function handle(socket: net.Socket, head: Head, body: string): Promise<void> {
  const [method, target = ''] = head.first.split(' ')
  if (method === 'GET' && target.startsWith('/sse')) {
    const id = `s${String(++counter).padStart(8, '0')}`
    sessions.set(id, socket)
    socket.once('close', () => sessions.delete(id))
    socket.write(`${SSE_HEAD}\r\n${chunk(`event: endpoint\ndata: /messages/?session_id=${id}\n\n`)}`, 'latin1')
    return
  }
  if (target === '/open-streams') {
    socket.write(reply('200 OK', JSON.stringify({ streams: sessions.size })))
    return
  }
  if (method !== 'POST') {
    socket.write(reply('404 Not Found', '{}'))
    return
  }
  const message = JSON.parse(body) as Message
  if (target.startsWith('/mcp')) {
    const extra = message.method === 'initialize' ? `Mcp-Session-Id: m${String(++counter).padStart(8, '0')}\r\n` : ''
    if (message.id === undefined) socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n')
    else socket.write(reply('200 OK', answer(message).join(''), extra), 'latin1')
    return
  }
  const stream = sessions.get(/session_id=([^&]+)/.exec(target)?.[1] ?? '')
  if (!stream) {
    socket.write(reply('404 Not Found', '{"error":"no session"}'))
    return
  }
  socket.write(ACCEPTED)
  if (message.id !== undefined) await writeEvent(stream, answer(message), message.params?.arguments?.pauseMs)
}

const server = net.createServer({ noDelay: true }, socket => {
  let head: Head | undefined
  let parts: Buffer[] = []
  const reader = new HttpReader({
    onHead: next => {
      head = next
      parts = []
    },
    onBody: bytes => parts.push(bytes),
    onEnd: () => {
      if (head) handle(socket, head, Buffer.concat(parts).toString()).catch(() => socket.destroy())
    },
  })
  socket.on('data', bytes => reader.push(bytes))
  socket.on('error', () => {})
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(JSON.stringify({ port: (server.address() as net.AddressInfo).port }))
})
