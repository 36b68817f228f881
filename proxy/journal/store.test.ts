/** The data folder: its place by platform, its list, what a FILE names, and what retention removes. */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chunk, dataFolder, eventsOf, record, textsOf } from './recording.test-data.ts'
import { prune } from './retention.ts'
import { defaultDataDir, findSource, listRecordings } from './store.ts'

describe('the default folder', () => {
  test.each([
    ['linux', { HOME: '/home/u' }, '/home/u/.local/share/seismograph'],
    ['linux', { HOME: '/home/u', XDG_DATA_HOME: '/data' }, '/data/seismograph'],
    ['linux', { HOME: '/home/u', XDG_DATA_HOME: 'relative' }, '/home/u/.local/share/seismograph'],
    ['darwin', { HOME: '/Users/u' }, '/Users/u/Library/Application Support/seismograph'],
  ] as const)('%s %o', (platform, env, wanted) => expect(defaultDataDir(env, platform)).toBe(wanted))
  test('Windows', () => {
    expect(defaultDataDir({ LOCALAPPDATA: 'C:\\Users\\u\\AppData\\Local' }, 'win32')).toContain('AppData')
  })
  test('no home is a clear error', () => {
    expect(() => defaultDataDir({ HOME: '/' }, 'linux')).toThrow(/--data DIR/)
  })
})

describe('the list', () => {
  test('newest first, with size, state and owner; what is no recording is not in it', async () => {
    const dataDir = dataFolder()
    expect(listRecordings(dataDir)).toEqual([])
    const first = record(dataDir)
    first.append(chunk('x'.repeat(1000)))
    first.close()
    await new Promise(resolve => setTimeout(resolve, 3))
    const second = record(dataDir)
    mkdirSync(join(dataDir, 'recordings', 'empty'))
    writeFileSync(join(dataDir, 'recordings', 'note.txt'), '')
    mkdirSync(join(dataDir, 'recordings', 'odd'))
    writeFileSync(join(dataDir, 'recordings', 'odd', '000001.sgj'), 'no journal')
    const list = listRecordings(dataDir)
    expect(list.filter(({ recording }) => recording).map(({ id, state }) => [id, state])).toEqual([
      [second.id, 'live'],
      [first.id, 'closed'],
    ])
    expect(list.find(({ id }) => id === second.id)?.owner?.pid).toBe(process.pid)
    expect(list.find(({ id }) => id === first.id)?.bytes).toBeGreaterThan(1000)
    expect(list.find(({ id }) => id === 'odd')?.problem).toMatch(/cannot be read as a recording/)
  })
})

describe('a FILE', () => {
  test('a recording, a segment, a data folder, its recordings folder, jsonl and har', () => {
    const dataDir = dataFolder()
    const { dir } = record(dataDir)
    for (const path of [dir, join(dir, '000001.sgj'), dataDir, dirname(dir)]) expect(findSource(path)).toEqual({ kind: 'recording', dir })
    for (const [name, kind] of [
      ['a.jsonl', 'jsonl'],
      ['a.har', 'har'],
    ] as const) {
      writeFileSync(join(dataDir, name), '')
      expect(findSource(join(dataDir, name))).toEqual({ kind, file: join(dataDir, name) })
    }
  })
  test('anything else is a clear error', () => {
    const dir = dataFolder()
    writeFileSync(join(dir, 'x.txt'), '')
    expect(() => findSource(join(dir, 'none'))).toThrow(/does not exist/)
    expect(() => findSource(join(dir, 'x.txt'))).toThrow(/name a recording's folder/)
    expect(() => findSource(dir)).toThrow(/holds no recording/)
  })
})

describe('retention', () => {
  const day = 24 * 3600 * 1000
  function past(dataDir: string, id: string, ageMs: number, bytes = 10_000) {
    const recording = record(dataDir, { id, retention: false })
    recording.append(chunk('x'.repeat(bytes)))
    recording.close()
    const when = new Date(Date.now() - ageMs)
    for (const name of readdirSync(recording.dir)) utimesSync(join(recording.dir, name), when, when)
    return recording.dir
  }
  const idsIn = (dataDir: string) => readdirSync(join(dataDir, 'recordings')).sort()

  test('by age, by size oldest first, never a live one, never a foreign file', async () => {
    const dataDir = dataFolder()
    past(dataDir, 'a-old', 8 * day)
    past(dataDir, 'b', 3 * day)
    past(dataDir, 'c', 2 * day)
    past(dataDir, 'd', day)
    const live = record(dataDir, { id: 'live', retention: false })
    const when = new Date(Date.now() - 30 * day)
    utimesSync(join(live.dir, '000001.sgj'), when, when)
    const noted = past(dataDir, 'e-noted', 9 * day)
    writeFileSync(join(noted, 'my-notes.txt'), 'mine')
    symlinkSync(dataFolder(), join(dataDir, 'recordings', 'link'))
    expect(await prune(dataDir, { maxAgeMs: 7 * day, maxBytes: 25_000 })).toEqual(['e-noted', 'a-old', 'b'])
    expect(idsIn(dataDir)).toEqual(['c', 'd', 'e-noted', 'link', 'live'])
    expect(existsSync(join(noted, 'my-notes.txt'))).toBe(true)
  })

  test('what is derived counts, and so does the recording that is being written', async () => {
    const dataDir = dataFolder()
    const [first] = ['a', 'b', 'c'].map((id, index) => past(dataDir, id, (3 - index) * day))
    writeFileSync(join(first ?? '', 'index.sqlite'), Buffer.alloc(10_000))
    expect(await prune(dataDir, { maxAgeMs: 7 * day, maxBytes: 45_000 })).toEqual([])
    expect(await prune(dataDir, { maxAgeMs: 7 * day, maxBytes: 35_000 })).toEqual(['a'])
    const live = record(dataDir, { id: 'live', retention: false })
    live.append(chunk('x'.repeat(10_000)))
    live.flush()
    expect(await prune(dataDir, { maxAgeMs: 7 * day, maxBytes: 25_000 })).toEqual(['b'])
  })

  test('a new recording removes the old ones', async () => {
    const dataDir = dataFolder()
    const old = past(dataDir, 'old', 8 * day)
    record(dataDir)
    while (existsSync(old)) await new Promise(resolve => setTimeout(resolve, 5))
  })

  test('a run without end drops its own oldest segments, and says so to its reader', async () => {
    const recording = record(dataFolder(), { segmentBytes: 10_000, retention: { maxAgeMs: day, maxBytes: 50_000 } })
    for (let index = 0; index < 200; index++) {
      recording.append(chunk(`${index}`.padEnd(1000)))
      recording.flush()
      if (index % 10 === 0) await new Promise(resolve => setTimeout(resolve, 2))
    }
    while (readdirSync(recording.dir).filter(name => name.endsWith('.sgj')).length > 6) await new Promise(resolve => setTimeout(resolve, 5))
    recording.close()
    const events = eventsOf(recording.dir)
    expect(textsOf(events).at(-1)?.trim()).toBe('199')
    expect(events[1]).toMatchObject({ kind: 'gap', reason: 'deleted' })
    expect(recording.stats().lost).toBe(0)
  })

  test('a data folder that is gone is no error', async () => {
    const dir = dataFolder()
    rmSync(dir, { recursive: true })
    expect(await prune(dir, { maxAgeMs: 1, maxBytes: 1 })).toEqual([])
  })
})
