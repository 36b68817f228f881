/**
 * What is removed when recordings grow old or many.
 * Promise: a recording that is being written is never removed, nor any file that is not ours; nothing here blocks the main thread.
 */
import { lstat, readdir, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readLock } from './lock.ts'
import { segmentName, segmentNumber } from './segment.ts'

export interface Retention {
  /** Recordings whose last write is older are removed. */
  readonly maxAgeMs: number
  /** The oldest recordings are removed until all together are smaller, with what is derived from them and with those that are being written. */
  readonly maxBytes: number
}

/** Files that belong to a recording beside its segments: the lock, and what the inspector derives. */
const DERIVED = /^(lock|index\.sqlite(-wal|-shm|-journal)?)$/

interface Kept {
  readonly id: string
  readonly dir: string
  readonly bytes: number
  readonly lastAt: number
  /** It is being written, and counts without being removed. */
  readonly isHeld: boolean
}

/** Removes old recordings; returns their ids. What cannot be removed stays, for the next time. */
export async function prune(dataDir: string, { maxAgeMs, maxBytes }: Retention, now = Date.now()): Promise<string[]> {
  const kept = await findKept(join(dataDir, 'recordings'))
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0)
  const removed: string[] = []
  for (const { id, dir, bytes, lastAt, isHeld } of kept) {
    if (isHeld) continue
    if (now - lastAt <= maxAgeMs && total <= maxBytes) continue
    if (!(await removeRecording(dir))) continue
    total -= bytes
    removed.push(id)
  }
  return removed
}

/** Removes the oldest segments of the recording that we write, so that a run without end fits the limit. Returns their numbers. */
export async function dropOldSegments(dir: string, current: number, maxBytes: number): Promise<number[]> {
  const dropped: number[] = []
  try {
    const sizes = await segmentSizes(dir)
    let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { number, bytes } of sizes) {
      if (total <= maxBytes || number >= current) break
      await rm(join(dir, segmentName(number)))
      total -= bytes
      dropped.push(number)
    }
  } catch {
    // A folder that vanished or became read-only is the writer's trouble, told there.
  }
  return dropped
}

async function segmentSizes(dir: string): Promise<{ number: number; bytes: number; lastAt: number }[]> {
  const numbers = (await readdir(dir)).map(segmentNumber).filter(number => number !== undefined)
  const sizes = numbers.map(async number => {
    const { size, mtimeMs } = await stat(join(dir, segmentName(number)))
    return { number, bytes: size, lastAt: mtimeMs }
  })
  return (await Promise.all(sizes)).sort((a, b) => a.number - b.number)
}

async function derivedBytes(dir: string): Promise<number> {
  const names = (await readdir(dir)).filter(name => DERIVED.test(name))
  // SQLite takes its side files away whenever it likes.
  const sizes = names.map(name =>
    stat(join(dir, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** All recordings, the one with the oldest last write first. */
async function findKept(root: string): Promise<Kept[]> {
  const found: Kept[] = []
  for (const id of await readdir(root).catch(() => [])) {
    const dir = join(root, id)
    try {
      if (!(await lstat(dir)).isDirectory()) continue
      const segments = await segmentSizes(dir)
      if (segments.length === 0) continue
      found.push({
        id,
        dir,
        bytes: segments.reduce((sum, { bytes }) => sum + bytes, await derivedBytes(dir)),
        isHeld: readLock(dir).state === 'held',
        lastAt: Math.max(...segments.map(({ lastAt }) => lastAt)),
      })
    } catch {
      // Unreadable or vanishing: not ours to remove.
    }
  }
  return found.sort((a, b) => a.lastAt - b.lastAt)
}

async function removeRecording(dir: string): Promise<boolean> {
  try {
    for (const name of await readdir(dir)) {
      if (segmentNumber(name) !== undefined || DERIVED.test(name)) await rm(join(dir, name), { force: true })
    }
    // What somebody else put there keeps the folder.
    await rmdir(dir).catch(() => undefined)
    return true
  } catch {
    return false
  }
}
