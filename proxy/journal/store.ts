/**
 * The data folder: where it is, which recordings it holds, and what a FILE argument means.
 * Promise: nothing here changes a recording.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { RecordingEvent } from '../core/event.ts'
import { identify } from './identify.ts'
import { type LockOwner, readLock } from './lock.ts'
import type { RecordingState } from './reader.ts'
import { listSegments, segmentName, segmentNumber } from './segment.ts'

/** The user's data folder by the platform's custom. Throws an Error when there is no home folder. */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home(env.USERPROFILE), 'AppData', 'Local'), 'seismograph')
  if (platform === 'darwin') return join(home(env.HOME), 'Library', 'Application Support', 'seismograph')
  // XDG: a relative path is invalid and to be ignored.
  if (env.XDG_DATA_HOME?.startsWith('/')) return join(env.XDG_DATA_HOME, 'seismograph')
  return join(home(env.HOME), '.local', 'share', 'seismograph')
}

function home(fromEnv: string | undefined): string {
  const found = fromEnv || safeHomedir()
  if (found && found !== '/') return found
  throw new Error('There is no home folder to keep recordings in: name one with --data DIR (or SEISMOGRAPH_DATA).')
}
function safeHomedir(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}

export interface RecordingSummary {
  readonly id: string
  readonly dir: string
  readonly bytes: number
  readonly segments: number
  /** Last write, ms since the epoch. */
  readonly lastAt: number
  readonly state: RecordingState
  /** Who writes it, or wrote it when it was interrupted. */
  readonly owner?: LockOwner
  /** Absent when the recording cannot be read; then `problem` says why. */
  readonly recording?: RecordingEvent
  readonly problem?: string
}

/** The recordings of a data folder, newest first. A folder that does not exist holds none. */
export function listRecordings(dataDir: string): RecordingSummary[] {
  const root = join(dataDir, 'recordings')
  let names: string[]
  try {
    names = readdirSync(root)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new Error(`${root} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
  return names
    .map(name => summarise(join(root, name)))
    .filter(summary => summary !== undefined)
    .sort((a, b) => startOf(b) - startOf(a) || (a.id < b.id ? 1 : -1))
}
function startOf({ recording, lastAt }: RecordingSummary): number {
  return recording?.startedAt ?? lastAt
}

/** Undefined for what is no recording folder. */
function summarise(dir: string): RecordingSummary | undefined {
  try {
    const numbers = listSegments(dir)
    if (numbers.length === 0) return undefined
    const stats = numbers.map(number => statSync(join(dir, segmentName(number))))
    const lock = readLock(dir)
    const summary = {
      id: basename(dir),
      dir,
      bytes: stats.reduce((sum, { size }) => sum + size, 0),
      segments: numbers.length,
      lastAt: Math.max(...stats.map(({ mtimeMs }) => mtimeMs)),
      state: ({ held: 'live', stale: 'interrupted', free: 'closed' } as const)[lock.state],
      ...(lock.state === 'free' ? {} : { owner: lock.owner }),
    }
    return { ...summary, ...describe(dir) }
  } catch {
    // Not a folder, or gone since it was listed.
    return undefined
  }
}
function describe(dir: string): { recording: RecordingEvent } | { problem: string } {
  try {
    return { recording: identify(dir).recording }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

/** What a FILE argument names. */
export type Source =
  | { readonly kind: 'recording'; readonly dir: string }
  | { readonly kind: 'jsonl' | 'har' | 'html'; readonly file: string }

/**
 * Finds what to open: a recording's folder or one of its segments, a data folder (its newest recording), a JSON lines file, a HAR, or a page with a recording in it.
 * Throws an Error that says what the path is instead.
 */
export function findSource(path: string): Source {
  const full = resolve(path)
  const found = statSync(full, { throwIfNoEntry: false })
  if (found === undefined) throw new Error(`${path} does not exist.`)
  if (!found.isDirectory()) return sourceOfFile(path, full)
  if (listSegments(full).length > 0) return { kind: 'recording', dir: full }
  const dataDir = existsSync(join(full, 'recordings')) ? full : basename(full) === 'recordings' ? dirname(full) : undefined
  const newest = dataDir === undefined ? undefined : listRecordings(dataDir)[0]
  if (newest) return { kind: 'recording', dir: newest.dir }
  throw new Error(`${path} holds no recording: name a recording's folder, a data folder, a .jsonl, .har or .html file.`)
}

function sourceOfFile(path: string, full: string): Source {
  if (segmentNumber(basename(full)) !== undefined) return { kind: 'recording', dir: dirname(full) }
  if (/\.(jsonl|ndjson)$/i.test(full)) return { kind: 'jsonl', file: full }
  if (/\.(har|json)$/i.test(full)) return { kind: 'har', file: full }
  if (/\.html?$/i.test(full)) return { kind: 'html', file: full }
  throw new Error(`${path} is of no kind that can be opened: name a recording's folder, a .jsonl, .har or .html file.`)
}
