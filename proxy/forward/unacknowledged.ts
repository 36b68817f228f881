/**
 * Waits until a peer's kernel has taken what was sent. Promise: a reset that is passed on takes no byte from a slow reader that it
 * would have had without us: the kernel drops what lies unsent in its queue when a socket is reset.
 *
 * Only Linux tells (`/proc/net/tcp`, field tx_queue). Elsewhere a reset would drop even what the peer has received and not yet read.
 */
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

/** So much lies in a receive buffer even if its owner never reads. */
const SURELY_TAKEN_BYTES = 32 * 1024
const LOOK_AGAIN_MS = 20
/** A reader that has stalled for so long would not see the difference. */
const PATIENCE_MS = 3000

interface Waiting {
  /** Local and remote port, in hexadecimal as the kernel writes them. */
  readonly ports: string
  readonly until: number
  readonly done: () => void
}

const waiting = new Set<Waiting>()
let looking = false

/** True where a reset keeps what the peer has received and not read. */
export const resetKeepsReceived = process.platform === 'linux'

/** Calls `done` at once if nothing can be lost, else as soon as the peer has taken all. */
export function whenTaken(socket: Socket, done: () => void): void {
  if (socket.bytesWritten <= SURELY_TAKEN_BYTES) {
    done()
    return
  }
  waiting.add({ ports: `${hex(socket.localPort)} ${hex(socket.remotePort)}`, until: performance.now() + PATIENCE_MS, done })
  if (!looking) void look()
}

async function look(): Promise<void> {
  looking = true
  while (waiting.size > 0) {
    const unsent = await unsentByPorts()
    for (const entry of waiting) {
      if (unsent.has(entry.ports) && performance.now() < entry.until) continue
      waiting.delete(entry)
      entry.done()
    }
    if (waiting.size > 0) await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS))
  }
  looking = false
}

/** `LOCAL REMOTE` ports of the connections whose send queue is not empty. */
async function unsentByPorts(): Promise<Set<string>> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(file => readFile(file, 'latin1').catch(() => '')))
  const found = new Set<string>()
  for (const line of tables.join('').split('\n')) {
    const fields = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/.exec(line)
    if (fields && fields[3] !== '00000000') found.add(`${fields[1]} ${fields[2]}`)
  }
  return found
}

const hex = (port = 0) => port.toString(16).toUpperCase().padStart(4, '0')
