/**
 * What every command that listens needs. Promise: a port or address that cannot be had is the user's to change, and the message says how.
 */
import { UsageError } from './command.ts'

/** Runs `start`; turns a refused port or address into a UsageError. */
export async function listening<T>(
  port: number,
  host: string,
  start: (port: number, host: string) => Promise<T>,
  flag = '--port',
): Promise<T> {
  try {
    return await start(port, host)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EADDRINUSE')
      throw new UsageError(`port ${port} on ${host} is taken; give another with ${flag}, or ${flag} 0 for a free one`)
    if (code === 'EACCES')
      throw new UsageError(`port ${port} needs rights that this process does not have; give one above 1023 with ${flag}`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') throw new UsageError(`--host ${host} is not an address of this machine (${code})`)
    if (error instanceof RangeError) throw new UsageError(`--host: ${error.message}`)
    throw error
  }
}

export function untilInterrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
