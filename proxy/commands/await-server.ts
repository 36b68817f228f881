/**
 * Waits until the server that we started takes connections. Promise: whoever is told "ready" can connect; it ends by itself when the
 * server has ended, when its patience is over, or when the run is interrupted.
 */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long a server may take to listen before the run goes on without it. */
export const PATIENCE_MS = 30_000
const EVERY_MS = 100

/** Whether something accepts connections there; the connection is closed at once, with nothing sent. */
function accepts(target: URL): Promise<boolean> {
  return new Promise(resolve => {
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80)
    const socket = connect({ host: target.hostname.replace(/^\[|\]$/g, ''), port, timeout: 1000 })
    const tell = (found: boolean) => {
      socket.destroy()
      resolve(found)
    }
    socket.once('connect', () => tell(true))
    socket.once('timeout', () => tell(false))
    socket.once('error', () => tell(false))
  })
}

/** @param ended resolves when the server has ended. Resolves with whether it listens, or `undefined` when it ended or nobody waits any more. */
export async function awaitServer(target: URL, ended: Promise<unknown>, signal: AbortSignal): Promise<boolean | undefined> {
  let over = false
  const leave = () => {
    over = true
  }
  void ended.then(leave)
  const until = performance.now() + PATIENCE_MS
  while (!over && !signal.aborted) {
    if (await accepts(target)) return true
    if (performance.now() > until) return false
    await sleep(EVERY_MS)
  }
  return undefined
}
