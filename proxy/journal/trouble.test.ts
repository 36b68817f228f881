/**
 * A disk that is full, slow, read-only or gone: appending goes on, order is kept, and what was lost is told exactly.
 * Real files throughout; a failing or slow write is put in front of the real one, and a small tmpfs and a size limit are real where the machine allows.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { GapEvent, WireEvent } from '../core/event.ts'
import { type Disk, realDisk } from './disk.ts'
import { openReader } from './reader.ts'
import { chunk, dataFolder, eventsOf, record, textsOf } from './recording.test-data.ts'
import type { Recording } from './recording.ts'

const gapsOf = (events: readonly WireEvent[]): GapEvent[] => events.filter(event => event.kind === 'gap')
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 10))
}
const failure = (code: string) => Object.assign(new Error(`${code}: made to fail, write`), { code })

/** The real disk with a switch in front: while `broken` returns an error, writing fails with it. */
function switchedDisk(broken: () => Error | undefined): Disk {
  const whole = <A extends unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      const error = broken()
      if (error) throw error
      return call(...args)
    }
  }
  return {
    writeSync: whole(realDisk.writeSync),
    writevSync: whole(realDisk.writevSync),
    write: whole(realDisk.write),
    endSync: whole(realDisk.endSync),
    create: whole(realDisk.create),
  }
}
function appendAll(recording: Recording, from: number, to: number, width = 100): void {
  for (let index = from; index < to; index++) {
    recording.append(chunk(`${index}`.padEnd(width)))
    recording.flush()
  }
}
const numbersOf = (dir: string) => textsOf(eventsOf(dir)).map(Number)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

describe('a failing disk', () => {
  test.each([
    ['ENOSPC', 'disk-full', /^disk full since \d\d:\d\d:\d\d \(ENOSPC.*traffic goes on/],
    ['EROFS', 'read-only', /^recording folder not writable since/],
    ['EACCES', 'read-only', /^recording folder not writable since/],
    ['EIO', 'io-error', /^disk error since/],
  ])('%s: records wait, nothing is lost, and the gap says so', async (code, reason, words) => {
    let broken: Error | undefined
    const told: (string | undefined)[] = []
    const recording = record(dataFolder(), { disk: switchedDisk(() => broken), onTrouble: text => told.push(text) })
    appendAll(recording, 0, 10)
    broken = failure(code)
    appendAll(recording, 10, 30)
    expect(recording.trouble()).toMatch(words)
    expect(recording.stats()).toMatchObject({ waiting: 20, lost: 0 })
    await new Promise(resolve => setTimeout(resolve, 350))
    appendAll(recording, 30, 40)
    broken = undefined
    await recording.settle(20_000)
    expect(recording.trouble()).toBeUndefined()
    appendAll(recording, 40, 50)
    recording.close()
    const events = eventsOf(recording.dir)
    expect(numbersOf(recording.dir)).toEqual(range(0, 50))
    expect(gapsOf(events)).toMatchObject([{ reason, lost: 0, lostBytes: 0, detail: expect.stringContaining('None was lost') }])
    expect(events.map(({ seq }) => seq)).toEqual(range(1, events.length + 1))
    expect(told[0]).toMatch(words)
    expect(told.at(-1)).toBeUndefined()
  })

  test('what does not fit in memory is counted to the record, at its place', async () => {
    let broken: Error | undefined
    const recording = record(dataFolder(), { disk: switchedDisk(() => broken), backlogBytes: 20_000 })
    appendAll(recording, 0, 10, 1000)
    broken = failure('ENOSPC')
    appendAll(recording, 10, 60, 1000)
    const { lost, waiting } = recording.stats()
    expect(lost + waiting).toBe(50)
    expect(lost).toBeGreaterThan(20)
    expect(recording.trouble()).toContain(`${lost} records lost`)
    broken = undefined
    await recording.settle(20_000)
    appendAll(recording, 60, 70, 1000)
    recording.close()
    const events = eventsOf(recording.dir)
    const kept = 60 - lost
    expect(numbersOf(recording.dir)).toEqual([...range(0, kept), ...range(60, 70)])
    const gap = gapsOf(events)[0]
    expect(gap).toMatchObject({ reason: 'disk-full', lost, lostBytes: lost * 1000 })
    // It bears the number of the first lost record and stands where it was.
    const place = events.findIndex(({ kind }) => kind === 'gap')
    expect(gap?.seq).toBe((events[place - 1]?.seq ?? 0) + 1)
    expect(events[place + 1]?.seq).toBe((gap?.seq ?? 0) + lost)
    expect(recording.stats().lost).toBe(lost)
  })

  test('a write that stops in the middle of a record is continued there', async () => {
    let room = Number.POSITIVE_INFINITY
    const limited = (length: number) => {
      if (room <= 0) throw failure('ENOSPC')
      const taken = Math.min(length, room)
      room -= taken
      return taken
    }
    const disk: Disk = {
      ...realDisk,
      writeSync: (fd, bytes, offset, length) => realDisk.writeSync(fd, bytes, offset, limited(length)),
      writevSync: (fd, pieces) => {
        const first = pieces[0] as Uint8Array
        return realDisk.writeSync(fd, first, 0, limited(first.length))
      },
      write: async (fd, bytes, offset, length) => realDisk.write(fd, bytes, offset, limited(length)),
    }
    const recording = record(dataFolder(), { disk })
    appendAll(recording, 0, 5)
    room = 250
    recording.append(chunk('5'.padEnd(40_000)))
    appendAll(recording, 6, 10)
    const live = openReader(recording.dir)
    expect(live.read(null, 100).events).toHaveLength(6)
    room = 60_000
    await until(() => recording.stats().waiting === 0)
    room = Number.POSITIVE_INFINITY
    await recording.settle(20_000)
    recording.close()
    expect(numbersOf(recording.dir)).toEqual(range(0, 10))
    expect(gapsOf(eventsOf(recording.dir))).toMatchObject([{ lost: 0 }])
    live.close()
  })

  test('a file that fails for good is left for the next, which begins with a whole record', async () => {
    const bad = new Set<number>()
    let first: number | undefined
    const disk: Disk = {
      ...realDisk,
      writeSync: (fd, bytes, offset, length) => {
        first ??= fd
        if (!bad.has(fd)) return realDisk.writeSync(fd, bytes, offset, length)
        if (bad.size > 1) throw failure('EIO')
        bad.add(-1)
        return realDisk.writeSync(fd, bytes, offset, Math.min(length, 70))
      },
      write: async (fd, bytes, offset, length) => {
        if (bad.has(fd)) throw failure('EIO')
        return realDisk.write(fd, bytes, offset, length)
      },
    }
    const recording = record(dataFolder(), { disk })
    appendAll(recording, 0, 5)
    bad.add(first ?? -1)
    appendAll(recording, 5, 10)
    await recording.settle(20_000)
    appendAll(recording, 10, 15)
    recording.close()
    expect(existsSync(join(recording.dir, '000002.sgj'))).toBe(true)
    expect(numbersOf(recording.dir)).toEqual(range(0, 15))
    expect(gapsOf(eventsOf(recording.dir))).toMatchObject([{ reason: 'io-error', lost: 0 }])
  })

  test('closing while the disk fails loses no time and no reader', () => {
    let broken: Error | undefined
    const recording = record(dataFolder(), { disk: switchedDisk(() => broken) })
    appendAll(recording, 0, 5)
    broken = failure('ENOSPC')
    appendAll(recording, 5, 8)
    recording.close()
    expect(recording.trouble()).toContain('3 records lost')
    expect(recording.stats()).toMatchObject({ lost: 3, waiting: 0 })
    expect(numbersOf(recording.dir)).toEqual(range(0, 5))
  })

  test.each([
    ['fails', () => Promise.reject(failure('ENOSPC'))],
    ['hangs', () => new Promise<number>(() => {})],
  ])('a disk that %s is waited for as long as was asked, and the recording closed all the same', async (_, write) => {
    let broken: Error | undefined
    let tries = 0
    const disk: Disk = {
      ...switchedDisk(() => broken),
      write: () => {
        tries++
        return write()
      },
    }
    const recording = record(dataFolder(), { disk })
    appendAll(recording, 0, 5)
    broken = failure('ENOSPC')
    appendAll(recording, 5, 8)
    await until(() => tries > 0)
    await recording.settle(50)
    expect(recording.stats()).toMatchObject({ waiting: 3, lost: 0 })
    recording.close()
    const { waiting, lost } = recording.stats()
    expect(waiting + lost).toBe(3)
    expect(numbersOf(recording.dir)).toEqual(range(0, 5))
    const reader = openReader(recording.dir)
    expect(reader.state()).toBe('closed')
    reader.close()
  })

  test('closing while the disk is full: the loss is told in the place of the record that was half written', async () => {
    let room = Number.POSITIVE_INFINITY
    let tries = 0
    const disk: Disk = {
      ...realDisk,
      writeSync: (fd, bytes, offset, length) => {
        if (room === 0) throw failure('ENOSPC')
        const taken = Math.min(length, room)
        room -= taken
        return realDisk.writeSync(fd, bytes, offset, taken)
      },
      write: async () => {
        tries++
        throw failure('ENOSPC')
      },
    }
    const recording = record(dataFolder(), { disk, backlogBytes: 8000 })
    appendAll(recording, 0, 5, 1000)
    room = 2600
    recording.append(chunk('5'.padEnd(1000)))
    recording.append(chunk('6'.padEnd(1000)))
    appendAll(recording, 7, 20, 1000)
    await until(() => tries > 0)
    recording.close()
    const events = eventsOf(recording.dir)
    expect(numbersOf(recording.dir)).toEqual(range(0, 7))
    expect(events.at(-1)).toMatchObject({ kind: 'gap', reason: 'disk-full', lost: 13, lostBytes: 13_000, seq: 9 })
    expect(recording.stats()).toMatchObject({ lost: 13, waiting: 0 })
  })
})

describe('closing as a detour begins, which only looks at its file yet', () => {
  test('writes what waits', () => {
    let broken: Error | undefined
    const recording = record(dataFolder(), { disk: switchedDisk(() => broken) })
    appendAll(recording, 0, 5)
    broken = failure('ENOSPC')
    appendAll(recording, 5, 8)
    expect(recording.stats().waiting).toBe(3)
    broken = undefined
    recording.close()
    expect(recording.trouble()).toBeUndefined()
    expect(numbersOf(recording.dir)).toEqual(range(0, 8))
    expect(gapsOf(eventsOf(recording.dir))).toMatchObject([{ reason: 'disk-full', lost: 0 }])
  })

  test('does not say that all is well when the file has no name any more, and lets it be written anew', async () => {
    let broken: Error | undefined
    const recording = record(dataFolder(), { disk: switchedDisk(() => broken) })
    broken = failure('EIO')
    appendAll(recording, 0, 3)
    broken = undefined
    rmSync(recording.dir, { recursive: true })
    recording.close()
    expect(recording.trouble()).toContain('3 records wait')
    await recording.settle(20_000)
    expect(numbersOf(recording.dir)).toEqual(range(0, 3))
  })
})

describe('a slow disk', () => {
  test('a second slow write in a row sends the records on a detour until writing is quick again; none is lost, none overtakes', async () => {
    let slowMs = 0
    let written = 0
    const block = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
    const disk: Disk = {
      ...realDisk,
      writeSync: (...args) => {
        if (slowMs > 0) block(slowMs)
        return realDisk.writeSync(...args)
      },
      write: async (...args) => {
        written++
        await new Promise(resolve => setTimeout(resolve, slowMs))
        return realDisk.write(...args)
      },
    }
    const recording = record(dataFolder(), { disk, stallMs: 50 })
    appendAll(recording, 0, 10)
    slowMs = 120
    appendAll(recording, 10, 11)
    expect(recording.trouble()).toBeUndefined()
    appendAll(recording, 11, 12)
    expect(recording.trouble()).toMatch(/^disk slow since .*a write took \d+ ms/)
    for (let index = 12; index < 60; index++) {
      appendAll(recording, index, index + 1)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    expect(written).toBeGreaterThan(0)
    slowMs = 0
    await recording.settle(20_000)
    appendAll(recording, 60, 70)
    recording.close()
    expect(numbersOf(recording.dir)).toEqual(range(0, 70))
    expect(gapsOf(eventsOf(recording.dir))).toMatchObject([{ reason: 'stall', lost: 0 }])
  })
})

describe('one long wait', () => {
  /** The real disk, whose first write after `ms` was set takes so long. */
  function slowOnce(): { ms: number; disk: Disk } {
    const slow = {
      ms: 0,
      disk: {
        ...realDisk,
        writeSync: (...args: Parameters<Disk['writeSync']>) => {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, slow.ms)
          slow.ms = 0
          return realDisk.writeSync(...args)
        },
      },
    }
    return slow
  }

  test('is on record, and the records stay on their way', () => {
    const slow = slowOnce()
    const recording = record(dataFolder(), { disk: slow.disk, stallMs: 20 })
    appendAll(recording, 0, 5)
    slow.ms = 300
    appendAll(recording, 5, 10)
    expect(recording.trouble()).toBeUndefined()
    recording.close()
    expect(numbersOf(recording.dir)).toEqual(range(0, 10))
    expect(gapsOf(eventsOf(recording.dir))).toMatchObject([
      { reason: 'stall', lost: 0, detail: expect.stringMatching(/took \d+ ms, and traffic waited/) },
    ])
  })

  test('is on record behind the record that had to wait for room', () => {
    const slow = slowOnce()
    const recording = record(dataFolder(), { disk: slow.disk, stallMs: 20 })
    slow.ms = 300
    // More than one write holds, and nobody flushes between them.
    for (let index = 0; index < 40; index++) recording.append(chunk(`${index}`.padEnd(20_000)))
    recording.close()
    const events = eventsOf(recording.dir)
    expect(gapsOf(events)[0]).toMatchObject({ reason: 'stall', lost: 0 })
    expect(events.map(({ seq }) => seq)).toEqual(range(1, events.length + 1))
  })
})

describe('files that vanish', () => {
  test('a deleted folder is made again, with everything that the open file still holds', async () => {
    const recording = record(dataFolder())
    appendAll(recording, 0, 20)
    const reader = openReader(recording.dir)
    rmSync(recording.dir, { recursive: true })
    expect(reader.state()).toBe('live')
    appendAll(recording, 20, 25)
    await until(() => recording.trouble() !== undefined)
    await recording.settle(20_000)
    appendAll(recording, 25, 30)
    expect(openReader(recording.dir).state()).toBe('live')
    recording.close()
    expect(numbersOf(recording.dir)).toEqual(range(0, 30))
    expect(gapsOf(eventsOf(recording.dir))).toMatchObject([{ reason: 'deleted', lost: 0 }])
    expect(statSync(recording.dir).mode & 0o777).toBe(0o700)
  })

  test('segments that were finished before are counted as lost', async () => {
    const recording = record(dataFolder(), { segmentBytes: 5000 })
    appendAll(recording, 0, 100)
    rmSync(dirname(dirname(recording.dir)), { recursive: true })
    await until(() => recording.trouble() !== undefined)
    await recording.settle(20_000)
    appendAll(recording, 100, 110)
    recording.close()
    const events = eventsOf(recording.dir)
    const kept = numbersOf(recording.dir)
    expect(kept).toEqual(range(110 - kept.length, 110))
    const told = gapsOf(events).find(({ detail }) => detail.includes('went with their files'))
    expect(told?.lost).toBe(110 - kept.length)
    expect(told?.lostBytes).toBe((110 - kept.length) * 100)
  })

  test('a folder that is moved away is noticed', async () => {
    const dataDir = dataFolder()
    const recording = record(dataDir)
    appendAll(recording, 0, 5)
    renameSync(recording.dir, join(dataDir, 'moved'))
    await until(() => recording.trouble() !== undefined)
    await recording.settle(20_000)
    appendAll(recording, 5, 8)
    recording.close()
    expect(numbersOf(recording.dir)).toEqual(range(0, 8))
    expect(numbersOf(join(dataDir, 'moved'))).toEqual(range(0, 5))
  })

  test('a live reader goes over to the file that took the place of the deleted one', async () => {
    const recording = record(dataFolder())
    appendAll(recording, 0, 5)
    const reader = openReader(recording.dir)
    let batch = reader.read(null, 100)
    rmSync(recording.dir, { recursive: true })
    appendAll(recording, 5, 8)
    await until(() => recording.trouble() !== undefined)
    await recording.settle(20_000)
    recording.close()
    const seen = [...batch.events]
    for (let polls = 0; polls < 3; polls++) {
      batch = reader.read(batch.next, 100)
      seen.push(...batch.events)
    }
    expect(textsOf(seen.map(({ event }) => event)).map(Number)).toEqual(range(0, 8))
    reader.close()
  })
})

describe('for real', () => {
  test('a full tmpfs', async ({ skip }) => {
    const dataDir = dataFolder()
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dataDir], { encoding: 'utf8' })
    if (mounted.status !== 0) skip(`mounting a tmpfs is not possible here: ${(mounted.stderr ?? String(mounted.error)).trim()}`)
    onTestFinished(() => void execFileSync('umount', [dataDir]))
    const ballast = join(dataDir, 'ballast')
    writeFileSync(ballast, Buffer.alloc(700 * 1024))
    const recording = record(dataDir)
    appendAll(recording, 0, 500, 1000)
    expect(recording.trouble()).toMatch(/^disk full since .*ENOSPC/)
    const before = recording.stats()
    expect(before.waiting).toBeGreaterThan(100)
    rmSync(ballast)
    await recording.settle(20_000)
    appendAll(recording, 500, 510, 1000)
    recording.close()
    expect(numbersOf(recording.dir)).toEqual(range(0, 510))
    expect(gapsOf(eventsOf(recording.dir))).toMatchObject([{ reason: 'disk-full', lost: 0 }])
  })

  test('a file size limit, in a process of its own', ({ skip }) => {
    if (spawnSync('prlimit', ['--version']).status !== 0) skip('there is no prlimit here')
    const dataDir = dataFolder()
    const program = `
      import { createRecording } from ${JSON.stringify(new URL('./recording.ts', import.meta.url).href)}
      const recording = createRecording(process.argv[1], { upstreams: [], product: 'x', options: { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 1, masked: false } })
      for (let index = 0; index < 300; index++) {
        const bytes = Buffer.from(String(index).padEnd(1000))
        recording.append({ kind: 'chunk', conn: 1, exchange: 1, part: 'request', size: 1000, bytes })
        recording.flush()
      }
      const trouble = recording.trouble()
      await recording.settle(20000)
      recording.close()
      console.log(JSON.stringify({ dir: recording.dir, trouble, lost: recording.stats().lost }))`
    const ran = spawnSync('prlimit', ['--fsize=200000', process.execPath, '--input-type=module', '-e', program, dataDir], {
      encoding: 'utf8',
    })
    expect(ran.stderr).toBe('')
    const { dir, trouble, lost } = JSON.parse(ran.stdout) as { dir: string; trouble: string; lost: number }
    expect(trouble).toContain('EFBIG')
    expect(lost).toBe(0)
    expect(numbersOf(dir)).toEqual(range(0, 300))
  })

  test('a folder without the right to write', () => {
    const dataDir = dataFolder()
    chmodSync(dataDir, 0o500)
    const program = `
      import { createRecording } from ${JSON.stringify(new URL('./recording.ts', import.meta.url).href)}
      try { createRecording(process.argv[1], { upstreams: [], product: 'x', options: {} }) } catch (error) { console.log(error.message) }`
    // Root may write everywhere: as root, another user tries.
    const user = process.getuid?.() === 0 ? { uid: 65534 } : {}
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', program, dataDir], { encoding: 'utf8', ...user })
    expect(ran.stdout).toMatch(/^Cannot record into .*: recording folder not writable \(EACCES.*--data DIR/)
  })
})
