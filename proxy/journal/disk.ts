/**
 * The few system calls with which a journal writes, and what their failures mean.
 * Promise: every failure has a reason from the vocabulary of gaps and plain words.
 */
import { ftruncateSync, writeSync, writevSync, write as writeWithCallback } from 'node:fs'
import type { GapEvent } from '../core/event.ts'
import { createSegment } from './segment.ts'

/** Where writing happens; tests put a slow or failing one in its place. */
export interface Disk {
  /** Writes at the file's position; returns the bytes written, which may be fewer. Throws the system's error. */
  writeSync(fd: number, bytes: Uint8Array, offset: number, length: number): number
  writevSync(fd: number, pieces: readonly Uint8Array[]): number
  write(fd: number, bytes: Uint8Array, offset: number, length: number): Promise<number>
  /** Cuts the file at `size` and puts `bytes` behind what is left. Throws the system's error. */
  endSync(fd: number, size: number, bytes: Uint8Array): void
  create: typeof createSegment
}

export const realDisk: Disk = {
  writeSync: (fd, bytes, offset, length) => writeSync(fd, bytes, offset, length),
  writevSync: (fd, pieces) => writevSync(fd, pieces as Uint8Array[]),
  write: (fd, bytes, offset, length) =>
    new Promise((resolve, reject) => {
      writeWithCallback(fd, bytes, offset, length, null, (error, written) => (error ? reject(error) : resolve(written)))
    }),
  endSync: (fd, size, bytes) => {
    ftruncateSync(fd, size)
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, size + done)
  },
  create: createSegment,
}

export type Reason = Exclude<GapEvent['reason'], 'torn-tail' | 'corrupt'>

const REASON_OF_CODE: Readonly<Record<string, Reason>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EROFS: 'read-only',
  EACCES: 'read-only',
  EPERM: 'read-only',
  ENOENT: 'deleted',
  ENOTDIR: 'deleted',
  ESTALE: 'deleted',
}
export function reasonOf(error: unknown): Reason {
  return REASON_OF_CODE[codeOf(error) ?? ''] ?? 'io-error'
}
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

export const WORDS_OF_REASON: Readonly<Record<Reason, string>> = {
  'disk-full': 'disk full',
  'read-only': 'recording folder not writable',
  'io-error': 'disk error',
  deleted: 'recording deleted from disk',
  stall: 'disk slow',
}
