/**
 * Which recording a command means: what was named, else the newest of the data folder. Promise: what is not there is said with
 * where it was looked for.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultDataDir, findSource, listRecordings, type RecordingSummary, type Source } from '../journal/store.ts'
import { type CommandIo, UsageError } from './command.ts'

/** Runs what may fail for the user's sake (no such file, wrong format) and turns its error into a UsageError. */
export async function forUser<T>(what: () => T | Promise<T>): Promise<T> {
  try {
    return await what()
  } catch (error) {
    if (error instanceof UsageError || error instanceof TypeError || error instanceof RangeError) throw error
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

export const dataFolder = (named: string | undefined, { env }: Pick<CommandIo, 'env'>): Promise<string> =>
  forUser(() => named ?? defaultDataDir(env))

/** All readable recordings of the data folder, newest first. */
export async function allRecordings(named: string | undefined, io: Pick<CommandIo, 'env'>): Promise<RecordingSummary[]> {
  const folder = await dataFolder(named, io)
  return (await forUser(() => listRecordings(folder))).filter(({ recording }) => recording !== undefined)
}

/** What `file` names, or the newest recording of the data folder. */
export async function chooseSource(file: string | undefined, data: string | undefined, io: Pick<CommandIo, 'env'>): Promise<Source> {
  if (file !== undefined) return forUser(() => findSource(file))
  const [newest] = await allRecordings(data, io)
  if (newest) return { kind: 'recording', dir: newest.dir }
  throw new UsageError(
    `there is no recording in ${await dataFolder(data, io)} yet. Record one with seismograph --target URL, or name a recording's folder, a .jsonl, .har or .html file.`,
  )
}

/** A private folder that is gone when `use` ends, however it ends. */
export async function withScratch<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await forUser(() => mkdtempSync(join(tmpdir(), 'seismograph-')))
  const remove = () => rmSync(dir, { recursive: true, force: true })
  process.once('exit', remove)
  try {
    return await use(dir)
  } finally {
    process.removeListener('exit', remove)
    remove()
  }
}
