/** What a hostile peer can send to the feed, with the token and without: it is ended with the code of the RFC, memory is bounded, and pages go on. */
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type FeedLimits, LiveFeed, refuseUpgrade } from './live-feed.ts'

const TOKEN = 'x'.repeat(43)
const HELLO = JSON.stringify({ type: 'hello', token: TOKEN, after: 0, product: 'p' })
const state = { product: 'p', recordings: [], rev: 0, openStreams: 0, rate: 0, ruleFailures: [], canDemo: false }

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close()
})

interface Started {
  readonly feed: LiveFeed
  readonly port: number
  /** The feed's ends of its connections. */
  readonly ends: Socket[]
}
async function start(limits: Partial<FeedLimits> = {}): Promise<Started> {
  const source = { rev: () => 0, state: () => state, rows: () => ({ jsons: [], rev: 0, more: false }) }
  const feed = new LiveFeed({ token: TOKEN, source, limits })
  const server = createServer()
  const ends: Socket[] = []
  server.on('connection', socket => ends.push(socket))
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/api/feed') feed.accept(request, socket, head)
    else refuseUpgrade(socket, '404 Refused')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () => server.close(),
    () => feed.close(),
  )
  return { feed, port: (server.address() as AddressInfo).port, ends }
}

/** One frame of a client, masked with zeros. `announced` lies about its length. */
function frame(
  opcode: number,
  payload: string | Buffer = '',
  { fin = true, announced }: { fin?: boolean; announced?: number } = {},
): Buffer {
  const bytes = Buffer.from(payload)
  const length = announced ?? bytes.length
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | opcode
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, Buffer.alloc(4), bytes])
}
const TEXT = 1
const PING = 9

/** A raw WebSocket that never answers anything by itself, after the handshake. */
async function rawSocket(
  port: number,
  first = '',
  path = '/api/feed',
): Promise<{ socket: Socket; received: () => Buffer; closed: Promise<void> }> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  closing.push(() => socket.destroy())
  const parts: Buffer[] = []
  const closed = new Promise<void>(resolve => socket.on('end', resolve).on('close', () => resolve()))
  socket.on('error', () => {})
  socket.on('data', bytes => parts.push(bytes))
  const key = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${key}\r\n\r\n`)
  await new Promise(resolve => socket.once('data', resolve))
  if (first) {
    const answered = new Promise(resolve => socket.once('data', resolve))
    socket.write(frame(TEXT, first))
    await answered
  }
  return { socket, received: () => Buffer.concat(parts), closed }
}
/** The code of the close frame with which the feed ended it: it is the last frame, and short. */
function closeCode(bytes: Buffer): number | undefined {
  for (let at = bytes.length - 4; at >= Math.max(0, bytes.length - 130); at--)
    if (bytes[at] === 0x88 && bytes[at + 1] === bytes.length - at - 2) return bytes.readUInt16BE(at + 2)
  return undefined
}
/** A page still gets its welcome. */
async function stillServes({ port }: Started): Promise<void> {
  const { socket, received } = await rawSocket(port, HELLO)
  expect(received().toString()).toContain('"welcome"')
  socket.destroy()
}

const attacks: readonly [string, number, Buffer][] = [
  ['a frame that announces 100 MiB', 1009, frame(TEXT, 'x', { announced: 100 << 20 })],
  ['a frame that announces more than a number holds', 1009, frame(TEXT, 'x', { announced: 2 ** 53 + 2 })],
  [
    'a message of a hundred thousand fragments',
    1008,
    Buffer.concat([frame(TEXT, 'x', { fin: false }), ...Array.from({ length: 100_000 }, () => frame(0, 'x', { fin: false }))]),
  ],
  [
    'fragments that together are too much',
    1009,
    Buffer.concat([frame(TEXT, 'x'.repeat(40_000), { fin: false }), frame(0, 'x'.repeat(40_000))]),
  ],
  ['text that is no UTF-8', 1007, frame(TEXT, Buffer.from([0xc3, 0x28]))],
  ['a frame without mask', 1002, Buffer.from([0x81, 0x01, 0x78])],
  ['a reserved bit', 1002, Buffer.concat([Buffer.from([0xc1]), frame(TEXT, 'x').subarray(1)])],
  ['a frame of no kind', 1002, frame(5, 'x')],
  ['a ping in fragments', 1002, frame(PING, 'x', { fin: false })],
  ['a ping of 200 bytes', 1002, frame(PING, 'x'.repeat(200))],
  ['a rest without a beginning', 1002, frame(0, 'x')],
  ['a close code that is none', 1002, frame(8, Buffer.from([0, 1]))],
]

describe.each([
  ['a stranger', ''],
  ['a page', HELLO],
])('%s', (_, first) => {
  it.each(attacks)('is ended for %s', async (_, code, bytes) => {
    const to = await start()
    const { socket, received, closed } = await rawSocket(to.port, first)
    socket.write(bytes)
    await closed
    expect(closeCode(received())).toBe(code)
    await stillServes(to)
  })

  it('that pings without end and reads nothing costs no memory', async () => {
    const to = await start()
    const { socket } = await rawSocket(to.port, first)
    const [end] = to.ends as [Socket]
    socket.pause()
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(PING, 'x'.repeat(125))))
    let most = 0
    for (let sent = 0; sent < 100; sent++) {
      if (!socket.write(pings)) await new Promise(resolve => setTimeout(resolve, 5))
      most = Math.max(most, end.writableLength)
    }
    expect(most).toBeLessThan(1 << 20)
    await stillServes(to)
  })
})

describe('who does not close', () => {
  it('after a refused handshake is closed all the same', async () => {
    const to = await start()
    const { received } = await rawSocket(to.port, '', '/elsewhere')
    expect(received().toString()).toMatch(/^HTTP\/1\.1 404 Refused\r\n/)
    const [end] = to.ends as [Socket]
    if (!end.closed) await new Promise(resolve => end.once('close', resolve))
  })

  it.each([
    ['after a wrong token', frame(TEXT, HELLO.replace('x', 'y'))],
    ['after having said nothing', Buffer.alloc(0)],
  ])('%s is closed all the same', async (_, bytes) => {
    const to = await start({ helloMs: 100 })
    const { socket, received, closed } = await rawSocket(to.port)
    socket.write(bytes)
    const [end] = to.ends as [Socket]
    await new Promise(resolve => end.once('close', resolve))
    await closed
    expect(closeCode(received())).toBe(4401)
    expect(received().toString()).not.toContain('welcome')
  })
})
