/**
 * The lock of a recording's folder: a file that names the process that writes there.
 * Promise: a lock whose owner has died is recognised as stale, also when another process has its number by now.
 */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

const NAME = 'lock'
/** A living owner touches its lock at least this often; owners on other machines are judged by it alone. */
export const LOCK_PULSE_MS = 30_000
const FOREIGN_STALE_MS = 4 * LOCK_PULSE_MS

export interface LockOwner {
  readonly pid: number
  readonly host: string
  /** When the owner took the lock, ms since the epoch. */
  readonly since: number
  /** The system's own mark of when this process began, where there is one. */
  readonly birth?: string
}

/** `free`: no lock; the recording was closed in order. `stale`: its owner died. `held`: its owner lives. */
export type LockState = { readonly state: 'free' } | { readonly state: 'stale' | 'held'; readonly owner: LockOwner }

/** Takes the lock; throws the system's error (EEXIST when there is one). */
export function takeLock(dir: string): void {
  const owner: LockOwner = { pid: process.pid, host: hostname(), since: Date.now(), birth: birthOf(process.pid) }
  writeFileSync(join(dir, NAME), `${JSON.stringify(owner)}\n`, { flag: 'wx', mode: 0o600 })
}
/** Fails silently: the lock is stale as soon as we have ended. */
export function releaseLock(dir: string): void {
  try {
    rmSync(join(dir, NAME), { force: true })
  } catch {
    // A folder that is read-only by now is the writer's trouble, told there.
  }
}
/** Shows owners on other machines that we live. Fails silently: it is only a hint. */
export function pulseLock(dir: string): void {
  try {
    const now = new Date()
    utimesSync(join(dir, NAME), now, now)
  } catch {
    // A folder that is gone or read-only is the writer's trouble, told there.
  }
}

export function readLock(dir: string): LockState {
  const path = join(dir, NAME)
  let owner: LockOwner
  try {
    owner = parseOwner(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'free' }
    throw error
  }
  return { state: lives(owner, path) ? 'held' : 'stale', owner }
}

/** A torn lock file (its owner was killed while writing it) names nobody: stale. */
function parseOwner(text: string): LockOwner {
  try {
    const { pid, host, since, birth } = JSON.parse(text) as Partial<LockOwner>
    if (Number.isSafeInteger(pid) && typeof host === 'string' && typeof since === 'number') {
      return { pid: pid as number, host, since, ...(typeof birth === 'string' ? { birth } : {}) }
    }
  } catch {
    // Falls through.
  }
  return { pid: 0, host: '', since: 0 }
}

function lives(owner: LockOwner, path: string): boolean {
  if (owner.pid <= 0) return false
  if (owner.host !== hostname()) return Date.now() - statSync(path).mtimeMs < FOREIGN_STALE_MS
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const birth = birthOf(owner.pid)
  return owner.birth === undefined || birth === undefined || birth === owner.birth
}

/** Linux: start time of a process in clock ticks since boot, with the boot's id, so that a reused number is told apart. */
function birthOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; only its parent has not looked yet.
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended'
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${fields[19]}`
  } catch {
    return undefined
  }
}
