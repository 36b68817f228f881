/**
 * Finds the index of a recording: the one in its folder when it is still right, else a new one.
 * Promise: a folder that cannot be written, or whose index another process holds, gets a private index instead; nothing is refused for it.
 */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../core/model.ts'
import type { Reader } from '../journal/reader.ts'
import { derivation } from './derivation.ts'
import { ForeignIndex, removeIndex } from './index-file.ts'
import { RowIndex } from './row-index.ts'

export interface OpenedIndex {
  readonly index: RowIndex
  /** Where it can go on when its disk gets full; absent when it is there already. */
  readonly elsewhere?: string
  /** It holds all of the recording: nothing needs to be folded. */
  readonly isComplete: boolean
  /** Findings that it showed, to be confirmed or withdrawn. */
  readonly findings: readonly Finding[]
}

/** The disk of the index is full or failing, and so is that of the folder for temporary files. */
export class IndexError extends Error {
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`the index cannot be written: ${why}; it needs room beside the recording, or in the folder for temporary files (TMPDIR)`, {
      cause,
    })
  }
}

const NAME = 'index.sqlite'

/** Throws an IndexError when neither can be written. */
export function openIndex(reader: Reader, number: number, isLive: boolean, scratch: string): OpenedIndex {
  const elsewhere = join(scratch, `${number}.sqlite`)
  try {
    return { ...openAt(join(reader.dir, NAME), reader, number, isLive), elsewhere }
  } catch {
    try {
      return openAt(elsewhere, reader, number, isLive)
    } catch (error) {
      throw new IndexError(error)
    }
  }
}

function openAt(path: string, reader: Reader, number: number, isLive: boolean): OpenedIndex {
  const index = openOrReplace(path)
  chmodSync(path, 0o600)
  const identity = { recording: reader.recording.id, number: `${number}`, derivation: derivation() }
  const isSame = Object.entries(identity).every(([key, value]) => index.meta(key) === value)
  if (isSame && !isLive && index.meta('complete') === '1' && index.meta('bytes') === `${reader.bytes()}`)
    return { index, isComplete: true, findings: [] }
  const findings = isSame ? [...index.rowsOf('finding')].map(({ json, rev }) => ({ ...(JSON.parse(json) as Finding), rev })) : []
  index.close()
  removeIndex(path)
  const fresh = new RowIndex(path)
  try {
    fresh.write({ rows: [], slices: [], texts: [], records: [], marks: [], meta: identity })
  } catch (error) {
    fresh.close()
    throw error
  }
  return { index: fresh, isComplete: false, findings }
}

/** An index of another version, or a damaged one, is no loss. */
function openOrReplace(path: string): RowIndex {
  try {
    return new RowIndex(path)
  } catch (error) {
    const code = (error as { errcode?: number }).errcode
    const isUseless = error instanceof ForeignIndex || code === NOT_A_DATABASE || code === CORRUPT
    if (!isUseless) throw error
    removeIndex(path)
    return new RowIndex(path)
  }
}

/** SQLite's SQLITE_CORRUPT and SQLITE_NOTADB. */
const CORRUPT = 11
const NOT_A_DATABASE = 26
