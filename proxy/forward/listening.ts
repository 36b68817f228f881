/**
 * What a listener must know of this machine: its names, its limit of open files, and what a failure to listen means.
 * Promise: a failure says what to do.
 */
import { readFileSync } from 'node:fs'
import os from 'node:os'

export function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = `${host}:${port}`
  if (error.code === 'EADDRINUSE')
    return new Error(`Port ${port} is in use on ${host}. Choose another with --port, or 0 for a free one.`, { cause: error })
  if (error.code === 'EACCES') return new Error(`Listening on ${where} is not permitted. Choose a port above 1023.`, { cause: error })
  if (error.code === 'EADDRNOTAVAIL') return new Error(`${host} is no address of this machine.`, { cause: error })
  return new Error(`Cannot listen on ${where}: ${error.message}`, { cause: error })
}

/** Clients that are told that there are too many of them may be so many at once. */
export const TURNED_AWAY_FILES = 32
/** Files that the journal, the index, the page (64 connections), clients that are turned away, and the runtime need. */
const RESERVED_FILES = 160

/** Each connection takes two files. */
export function connectionLimit(): number {
  return Math.max(16, Math.floor((openFilesLimit() - RESERVED_FILES) / 2))
}

function openFilesLimit(): number {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    if (line) return line[1] === 'unlimited' ? 1_000_000 : Number(line[1])
  } catch {
    // Not Linux.
  }
  return 1024
}

export const isWildcard = (address: string) => address === '0.0.0.0' || address === '::'

/** Names by which a listener on all addresses is reached. */
export function localNames(): string[] {
  const addresses = Object.values(os.networkInterfaces()).flatMap(list => list ?? [])
  return [os.hostname(), ...addresses.map(({ address, family }) => (family === 'IPv6' ? `[${address.split('%')[0]}]` : address))]
}
