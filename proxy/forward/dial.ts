/**
 * Connects to the upstream. Promise: never to one of our own ports, by whatever name or address: it is checked where the address is known,
 * after the name was resolved and before the connection is made.
 */
import dns from 'node:dns'
import net from 'node:net'
import os from 'node:os'
import tls from 'node:tls'
import type { Endpoint } from '../core/event.ts'
import { addressOf } from '../core/target-address.ts'
import { HANDSHAKE_TIMEOUT } from '../core/tls-trouble.ts'
import { OWN_PORT } from './trouble.ts'

export interface DialOptions {
  readonly target: URL
  /** Certificates (PEM) that are trusted besides the usual ones. */
  readonly ca?: string | undefined
  readonly insecure?: boolean | undefined
  readonly ownPorts: () => readonly Endpoint[]
}

/** A socket that is connecting; failures come as its `error`. TLS sockets are ready at `secureConnect`. */
export function dial(options: DialOptions): net.Socket {
  const { target } = options
  const { host, port } = addressOf(target)
  if (net.isIP(host) !== 0 && isOwn(host, port, options.ownPorts()))
    return new net.Socket({ allowHalfOpen: true }).destroy(ownPort(host, port))
  const common = { host, port, lookup: guardedLookup(port, options.ownPorts) }
  const socket =
    target.protocol === 'https:'
      ? withHandshakeLimit(
          tls.connect({
            ...common,
            ALPNProtocols: ['http/1.1'],
            rejectUnauthorized: options.insecure !== true,
            ...(net.isIP(host) === 0 && { servername: host }),
            ...(options.ca !== undefined && { ca: [...tls.getCACertificates('default'), options.ca] }),
          }),
        )
      : net.connect({ ...common, allowHalfOpen: true })
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 30_000)
  readBeforeBreaking(socket)
  return socket
}

/** A server that accepts and never shakes hands would hold the leg for ever: until then a client's close cannot be passed on. */
const HANDSHAKE_MS = 10_000

function withHandshakeLimit(socket: tls.TLSSocket): tls.TLSSocket {
  let timer: NodeJS.Timeout | undefined
  socket.once('connect', () => {
    timer = setTimeout(() => {
      const words = `the server accepted the connection and did not finish the TLS handshake within ${HANDSHAKE_MS / 1000} s`
      socket.destroy(Object.assign(new Error(words), { code: HANDSHAKE_TIMEOUT }))
    }, HANDSHAKE_MS)
  })
  const stop = () => clearTimeout(timer)
  socket.once('secureConnect', stop).once('close', stop)
  return socket
}

type Written = (error?: Error | null) => void
interface Writes {
  _write(chunk: unknown, encoding: BufferEncoding, done: Written): void
  _writev?(chunks: unknown, done: Written): void
}

/**
 * A server that answers early and closes leaves its answer in our receive buffer, and breaks our next write. Node would throw the
 * socket away at that write, and the answer with it. So a broken write only stops the writing, and reading goes on to the end.
 * It is told as event `unwritable`.
 */
function readBeforeBreaking(socket: net.Socket): void {
  const writes = socket as unknown as Writes
  const write = writes._write
  const writev = writes._writev
  // A stream has at most one write under way.
  let done: Written | undefined
  const written: Written = error => {
    const code = (error as NodeJS.ErrnoException | null | undefined)?.code
    if ((code === 'EPIPE' || code === 'ECONNRESET') && !socket.readableEnded && !socket.destroyed) socket.emit('unwritable', error)
    else done?.(error)
  }
  writes._write = function (chunk, encoding, next) {
    done = next
    write.call(this, chunk, encoding, written)
  }
  if (!writev) return
  writes._writev = function (chunks, next) {
    done = next
    writev.call(this, chunks, written)
  }
}

/** Where a target is now. Empty for a name that does not resolve: the server may come later. */
export async function addressesOf(target: URL): Promise<readonly string[]> {
  const { host } = addressOf(target)
  if (net.isIP(host) !== 0) return [host]
  const found = await dns.promises.lookup(host, { all: true }).catch(() => [])
  return found.map(({ address }) => address)
}

/** Refuses a target at these addresses that is one of our own ports. Throws with words. */
export function refuseOwnTarget(target: URL, addresses: readonly string[], ownPorts: readonly Endpoint[]): void {
  const { port } = addressOf(target)
  const own = addresses.find(address => isOwn(address, port, ownPorts))
  if (own !== undefined) throw ownPort(own, port)
}

function guardedLookup(port: number, ownPorts: () => readonly Endpoint[]): net.LookupFunction {
  return (hostname, lookupOptions, done) => {
    dns.lookup(hostname, lookupOptions, (error, address, family) => {
      if (error) return done(error, address, family)
      const all = typeof address === 'string' ? [{ address }] : address
      const own = all.find(found => isOwn(found.address, port, ownPorts()))
      done(own ? ownPort(own.address, port) : null, address, family)
    })
  }
}

/** Every loopback, unspecified or interface address of this machine counts: which of them a listener is bound to may change under us. */
function isOwn(address: string, port: number, ownPorts: readonly Endpoint[]): boolean {
  return ownPorts.some(own => own.port === port) && isLocal(address)
}

function isLocal(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  if (net.isIPv4(plain) && (plain.startsWith('127.') || plain.startsWith('0.'))) return true
  const local = new net.BlockList()
  local.addAddress('::1', 'ipv6')
  local.addAddress('::', 'ipv6')
  local.addSubnet('::ffff:127.0.0.0', 104, 'ipv6')
  local.addSubnet('::ffff:0.0.0.0', 104, 'ipv6')
  for (const found of Object.values(os.networkInterfaces()).flat()) {
    if (found) local.addAddress(found.address.split('%')[0] as string, found.family === 'IPv6' ? 'ipv6' : 'ipv4')
  }
  return local.check(plain.split('%')[0] as string, net.isIPv6(plain) ? 'ipv6' : 'ipv4')
}

function ownPort(address: string, port: number): NodeJS.ErrnoException {
  const shown = net.isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
  return Object.assign(new Error(`${shown} is one of Seismograph's own ports: it would talk to itself.`), { code: OWN_PORT })
}
