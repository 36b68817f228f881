/**
 * Broken messages from both sides, cut, ended and reset at random: nothing is thrown, nothing is left open, every end is recorded.
 * The seed is in the test's name; SEED=n repeats a run.
 */
import net, { type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { RawServer, stage } from './raw-peers.ts'

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const CONNECTIONS = 250

let state = SEED
function chance(): number {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
  return state / 2 ** 31
}
const below = (n: number) => Math.floor(chance() * n)
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T

const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n',
  'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nzz',
  'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody',
  'HTTP/1.0 200 OK\r\n\r\nbody',
  'HTTP/1.1 200 OK\r\nTrailer: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n',
  'HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
  'garbage',
  '',
]
const requests = (host: string) => [
  `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  `POST /x HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\n\r\nabcd`,
  `POST /x HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
  `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`,
  `HEAD / HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\n\r\n`,
  `GET /.well-known/oauth-protected-resource HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  `CONNECT a:1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
]

/** Up to two bytes changed, ranges lost or doubled. */
function broken(text: string): Buffer {
  let bytes = Buffer.from(text, 'latin1')
  for (let n = below(3); n > 0 && bytes.length > 0; n--) {
    const at = below(bytes.length)
    const kind = chance()
    if (kind < 0.4) bytes[at] = below(256)
    else if (kind < 0.7) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(at + 1))])
  }
  return bytes
}

function end(socket: Socket): void {
  const kind = chance()
  if (kind < 0.3) socket.end()
  else if (kind < 0.6) socket.destroy()
  else if (kind < 0.8) socket.resetAndDestroy()
}

function sendCut(socket: Socket, bytes: Buffer): void {
  const at = below(bytes.length)
  socket.write(bytes.subarray(0, at))
  setImmediate(() => {
    if (socket.writable) socket.write(bytes.subarray(at))
    if (chance() < 0.5) end(socket)
  })
}

function oneClient(port: number, host: string): Promise<void> {
  return new Promise(resolve => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: chance() < 0.5 })
    const timer = setTimeout(() => socket.destroy(), 100 + below(200))
    socket.on('error', () => {})
    socket.resume()
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
    const list = requests(host)
    const parts = Array.from({ length: 1 + below(3) }, () => (chance() < 0.5 ? Buffer.from(pick(list), 'latin1') : broken(pick(list))))
    socket.on('connect', () => sendCut(socket, Buffer.concat(parts)))
  })
}

test.each([
  ['plain', {}],
  ['with Host of the upstream, X-Forwarded and linger', { hostHeader: 'upstream', forwarded: true, lingerMs: 50 }],
] as const)(
  `nothing is thrown or left, every end is recorded: %s (SEED=${SEED})`,
  async (_, options) => {
    const server = await RawServer.start(peer => {
      peer.socket.on('data', () => {
        if (peer.socket.writable) sendCut(peer.socket, broken(pick(ANSWERS)))
      })
      // As servers do: a FIN is answered by closing.
      peer.socket.on('end', () => peer.socket.end())
    })
    const proxy = await stage(server.url, options)
    let left = CONNECTIONS
    const worker = async () => {
      while (left-- > 0) await oneClient(proxy.port, proxy.host)
    }
    await Promise.all(Array.from({ length: 20 }, worker))
    const { journal } = proxy
    await proxy.recorded(() => proxy.forwarder.connections === 0)
    journal.flush()
    const key = ({ leg, conn }: { leg: string; conn: number }) => `${leg} ${conn}`
    const closed = new Set(journal.of('close').map(key))
    expect(journal.of('open').filter(open => !closed.has(key(open)))).toEqual([])
    expect(closed.size).toBe(journal.of('close').length)
    const requestsWithoutEnd = journal
      .of('request')
      .filter(({ exchange }) => !journal.end('client', 'request', exchange) || !journal.end('client', 'response', exchange))
    expect(requestsWithoutEnd).toEqual([])
    await proxy.stop()
    await server.stop()
  },
  60_000,
)
