/** Folders and clocks that are not as one expects: links, a read-only file system, a wall clock that jumps. Nothing foreign is touched, nothing is lost. */
import { spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openReader } from './reader.ts'
import { chunk, dataFolder, eventsOf, record, textsOf } from './recording.test-data.ts'
import type { Recording } from './recording.ts'
import { findSource, listRecordings } from './store.ts'

function append(recording: Recording, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    recording.append(chunk(`${index}`.padEnd(1000)))
    recording.flush()
  }
}
const numbersIn = (dir: string) => textsOf(eventsOf(dir)).map(Number)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

describe('links', () => {
  test('a data folder that is a link is used, and what it leads to is found by both names', () => {
    const real = dataFolder()
    const link = join(dataFolder(), 'link')
    symlinkSync(real, link)
    const recording = record(link)
    append(recording, 0, 10)
    recording.close()
    expect(listRecordings(real).map(({ id }) => id)).toEqual([recording.id])
    expect(numbersIn(recording.dir)).toEqual(range(0, 10))
    expect(findSource(link)).toEqual({ kind: 'recording', dir: join(link, 'recordings', recording.id) })
  })

  test('a link that lies in wait where the next file of the recording belongs is not written through', async () => {
    const precious = join(dataFolder(), 'precious')
    writeFileSync(precious, 'untouched')
    const recording = record(dataFolder(), { segmentBytes: 5000 })
    symlinkSync(precious, join(recording.dir, '000002.sgj'))
    append(recording, 0, 30)
    // The file that is open is written on.
    expect(recording.trouble()).toMatch(/EEXIST/)
    await recording.settle(500)
    recording.close()
    // Nothing goes on writing to a file that is closed: its number may be another file's by then.
    expect(recording.trouble()).toBeUndefined()
    expect(readFileSync(precious, 'utf8')).toBe('untouched')
    expect(lstatSync(join(recording.dir, '000002.sgj')).isSymbolicLink()).toBe(true)
    expect(recording.stats().lost).toBe(0)
  })

  test('a link that lies in wait where the recording belongs is refused', () => {
    const elsewhere = dataFolder()
    const dataDir = dataFolder()
    mkdirSync(join(dataDir, 'recordings'))
    symlinkSync(elsewhere, join(dataDir, 'recordings', 'mine'))
    expect(() => record(dataDir, { id: 'mine' })).toThrow(/it exists already/)
    expect(readdirSync(elsewhere)).toEqual([])
  })
})

test('a file system that becomes read-only: what is open is written on, the rest waits, and nothing is lost', async ({ skip }) => {
  const dataDir = dataFolder()
  const recording = record(dataDir, { segmentBytes: 20_000 })
  append(recording, 0, 5)
  const mount = (...args: string[]) => spawnSync('mount', args, { encoding: 'utf8' })
  const bound = mount('--bind', dataDir, dataDir)
  if (bound.status !== 0) skip(`mounting is not possible here: ${(bound.stderr ?? String(bound.error)).trim()}`)
  onTestFinished(() => void spawnSync('umount', [dataDir]))
  expect(mount('-o', 'remount,ro,bind', dataDir).status).toBe(0)
  append(recording, 5, 60)
  expect(recording.trouble()).toMatch(/^recording folder not writable since .*EROFS/)
  // Readers are not in need of the right to write.
  expect(numbersIn(recording.dir)).toEqual(range(0, numbersIn(recording.dir).length))
  expect(mount('-o', 'remount,rw,bind', dataDir).status).toBe(0)
  await recording.settle(20_000)
  append(recording, 60, 65)
  expect(recording.trouble()).toBeUndefined()
  recording.close()
  expect(numbersIn(recording.dir)).toEqual(range(0, 65))
  expect(eventsOf(recording.dir).filter(({ kind }) => kind === 'gap')).toMatchObject([{ reason: 'read-only', lost: 0 }])
})

test('a lock that cannot be taken away, as where all is read-only by now, keeps no recording from closing', () => {
  const recording = record(dataFolder())
  const lock = join(recording.dir, 'lock')
  rmSync(lock)
  mkdirSync(lock)
  append(recording, 0, 5)
  recording.close()
  expect(numbersIn(recording.dir)).toEqual(range(0, 5))
})

test('a wall clock that jumps changes neither times nor order, and takes no living recording for an old or a dead one', async () => {
  const dataDir = dataFolder()
  const recording = record(dataDir, { segmentBytes: 5000 })
  onTestFinished(() => void vi.restoreAllMocks())
  const wall = Date.now
  const begun = recording.now()
  const HOUR = 3_600_000
  let at = 0
  for (const jump of [0, HOUR, -HOUR, 30 * 24 * HOUR, -30 * 24 * HOUR, 8 * HOUR]) {
    vi.spyOn(Date, 'now').mockImplementation(() => wall() + jump)
    append(recording, at, at + 10)
    at += 10
    expect(openReader(recording.dir).state()).toBe('live')
    // A run that begins now tidies up by this clock.
    record(dataDir, { id: `other-${at}`, retention: { maxAgeMs: 7 * 24 * HOUR, maxBytes: 1 << 30 } }).close()
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  vi.restoreAllMocks()
  recording.close()
  const events = eventsOf(recording.dir)
  expect(textsOf(events).map(Number)).toEqual(range(0, 60))
  expect(events.map(({ seq }) => seq)).toEqual(range(1, events.length + 1))
  const times = events.filter(({ kind }) => kind === 'chunk').map(event => event.at)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times[0]).toBeGreaterThanOrEqual(begun)
  expect(times.at(-1)).toBeLessThan(HOUR / 60)
})
