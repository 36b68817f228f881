/** Damage of every sort: what is whole is read, what is not is told, and nothing is fatal. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { GapEvent, WireEvent } from '../core/event.ts'
import { openReader } from './reader.ts'
import { chunk, dataFolder, eventsOf, readAll, record, textsOf } from './recording.test-data.ts'
import { SegmentFile } from './segment-file.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'

const gapsOf = (events: readonly WireEvent[]): GapEvent[] => events.filter(event => event.kind === 'gap')
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
const numbersOf = (events: readonly WireEvent[]) => textsOf(events).map(Number)

/** A closed recording with chunks 0 to `count`, 200 bytes each, and where each lies. */
function finished(count: number, segmentBytes = 1 << 26) {
  const recording = record(dataFolder(), { segmentBytes })
  for (let index = 0; index < count; index++) {
    recording.append(chunk(`${index}`.padEnd(200)))
    recording.flush()
  }
  recording.close()
  return { dir: recording.dir, file: join(recording.dir, '000001.sgj'), places: readAll(recording.dir).map(({ position }) => position) }
}
function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 0x40
  writeFileSync(file, bytes)
}
/** A lock whose owner has died. */
function abandon(dir: string): void {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  writeFileSync(join(dir, 'lock'), JSON.stringify({ pid, host: hostname(), since: Date.now() }))
}

describe('a torn tail', () => {
  test('at any byte: everything before it is read, and the cut is told', () => {
    const { dir, file, places } = finished(3)
    abandon(dir)
    const whole = readFileSync(file)
    const last = places.at(-1)?.offset ?? 0
    for (let size = last + 1; size < whole.length; size += 7) {
      writeFileSync(file, whole.subarray(0, size))
      const events = eventsOf(dir)
      expect(numbersOf(events)).toEqual([0, 1])
      expect(gapsOf(events)).toMatchObject([{ reason: 'torn-tail', lost: 1, lostBytes: size - last, seq: 4 }])
    }
  })
  test('of a recording that was closed: it may have been forwarded, and is no whole end', () => {
    const { dir, file, places } = finished(3)
    truncateSync(file, (places.at(-1)?.offset ?? 0) + 50)
    const [gap] = gapsOf(eventsOf(dir))
    expect(gap).toMatchObject({ reason: 'corrupt', lost: 1 })
    expect(gap?.detail).not.toContain('not been forwarded')
  })
  test('is told once, can be asked for again, and is not yet there while its owner lives', () => {
    const { dir, file, places } = finished(3)
    truncateSync(file, (places.at(-1)?.offset ?? 0) + 50)
    const reader = openReader(dir)
    const batch = reader.read(null, 100)
    expect(reader.read(batch.next, 100).events).toEqual([])
    const gap = batch.events.at(-1)
    expect(reader.readAt(gap?.position ?? { segment: 0, offset: 0 })).toEqual(gap?.event)
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: process.pid, host: hostname(), since: Date.now() }))
    expect(gapsOf(eventsOf(dir))).toEqual([])
    reader.close()
  })
  test('a file cut within its header or its first record still opens with its others', () => {
    const { dir } = finished(60, 3000)
    const names = readdirSync(dir).sort()
    truncateSync(join(dir, names[0] ?? ''), 20)
    const events = eventsOf(dir)
    expect(events[0]).toMatchObject({ kind: 'recording' })
    expect(gapsOf(events)[0]?.lost).toBe(60 - numbersOf(events).length)
  })
})

describe('a record that is being written', () => {
  test('and is complete a moment later, with others behind it, is no damage', () => {
    const { dir, file, places } = finished(4)
    const whole = readFileSync(file)
    truncateSync(file, (places[2]?.offset ?? 0) + 100)
    const search = SegmentFile.prototype.nextRecord
    const spy = vi.spyOn(SegmentFile.prototype, 'nextRecord').mockImplementation(function (this: SegmentFile, offset, marker) {
      writeFileSync(file, whole)
      return search.call(this, offset, marker)
    })
    onTestFinished(() => spy.mockRestore())
    const events = eventsOf(dir)
    expect(gapsOf(events)).toEqual([])
    expect(numbersOf(events)).toEqual([0, 1, 2, 3])
  })
})

describe('a flipped byte', () => {
  test('anywhere in the file costs one record at most and is told', () => {
    const { dir, file } = finished(6)
    const whole = readFileSync(file)
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] ?? 0) ^ 0x21
      writeFileSync(file, bytes)
      const events = eventsOf(dir)
      const kept = numbersOf(events)
      expect(events[0]?.kind).toBe('recording')
      expect(kept.length).toBeGreaterThanOrEqual(5)
      const lost = gapsOf(events).reduce((sum, gap) => sum + gap.lost, 0)
      expect(kept.length + lost).toBe(6)
      expect(events.map(({ seq }) => seq)).toEqual(range(1, 8))
    }
  })
  test('the gap stands where the record was, with its number, and can be read by its position', () => {
    const { dir, file, places } = finished(6)
    flip(file, (places[3]?.offset ?? 0) + 60)
    const all = readAll(dir)
    expect(all[3]?.event).toMatchObject({
      kind: 'gap',
      reason: 'corrupt',
      seq: 4,
      lost: 1,
      detail: expect.stringContaining('000001.sgj from byte'),
    })
    const reader = openReader(dir)
    expect(reader.readAt(all[3]?.position ?? { segment: 0, offset: 0 })).toEqual(all[3]?.event)
    reader.close()
  })
  test('a header that is damaged is made up for by the first record', () => {
    const { dir, file } = finished(3)
    const bytes = readFileSync(file)
    bytes.fill(0, 0, SEGMENT_HEADER_BYTES)
    writeFileSync(file, bytes)
    expect(numbersOf(eventsOf(dir))).toEqual([0, 1, 2])
  })
})

describe('any damage', () => {
  test('overwritten, inserted, removed and repeated pieces: no throw, no end, no number twice, and order', () => {
    const { dir, file } = finished(40)
    const whole = readFileSync(file)
    const damage = fc.record({
      kind: fc.constantFrom('overwrite', 'insert', 'remove', 'repeat'),
      at: fc.nat({ max: whole.length }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
    })
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (damages, limit) => {
        let bytes: Buffer = Buffer.from(whole)
        for (const { kind, at, bytes: piece } of damages) {
          const before = bytes.subarray(0, Math.max(SEGMENT_HEADER_BYTES, at))
          const rest = bytes.subarray(before.length)
          if (kind === 'overwrite') bytes = Buffer.concat([before, piece, rest.subarray(piece.length)])
          if (kind === 'insert') bytes = Buffer.concat([before, piece, rest])
          if (kind === 'remove') bytes = Buffer.concat([before, rest.subarray(piece.length)])
          if (kind === 'repeat') bytes = Buffer.concat([before, rest.subarray(0, piece.length), rest])
        }
        writeFileSync(file, bytes)
        const events = readAll(dir, limit).map(({ event }) => event)
        expect(events[0]?.kind).toBe('recording')
        const kept = numbersOf(events)
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b))
        const lost = gapsOf(events).reduce((sum, gap) => sum + gap.lost, 0)
        expect(kept.length + lost).toBeLessThanOrEqual(41)
      }),
      { numRuns: 300 },
    )
  })
})

describe('segments that are gone', () => {
  test('the first ones, by retention: the recording event is there, and the hole is told', () => {
    const { dir } = finished(60, 3000)
    const before = numbersOf(eventsOf(dir))
    expect(before).toEqual(range(0, 60))
    rmSync(join(dir, '000001.sgj'))
    rmSync(join(dir, '000002.sgj'))
    const all = readAll(dir, 1)
    const events = all.map(({ event }) => event)
    const kept = numbersOf(events)
    expect(events[0]).toMatchObject({ kind: 'recording', seq: 1 })
    expect(events[1]).toMatchObject({ kind: 'gap', reason: 'deleted', seq: 2, lost: 60 - kept.length })
    expect(kept).toEqual(range(60 - kept.length, 60))
    const reader = openReader(dir)
    for (const { event, position } of all) expect(reader.readAt(position)).toEqual(event)
    reader.close()
  })
  test('one in the middle, also for a cursor that stands in it', () => {
    const { dir, places } = finished(60, 3000)
    const cursor = places.find(({ segment }) => segment === 3)
    rmSync(join(dir, '000003.sgj'))
    const events = eventsOf(dir)
    expect(gapsOf(events)).toMatchObject([{ reason: 'deleted', lost: 60 - numbersOf(events).length }])
    const reader = openReader(dir)
    const batch = reader.read(cursor ?? null, 5)
    expect(batch.events[0]?.event.kind).toBe('gap')
    expect(() => reader.readAt(cursor ?? { segment: 3, offset: 100 })).toThrow(/removed or cut/)
    reader.close()
  })
  test('a single segment of a recording opens alone', () => {
    const { dir } = finished(60, 3000)
    const alone = join(dataFolder(), 'alone')
    mkdirSync(alone)
    copyFileSync(join(dir, '000004.sgj'), join(alone, '000004.sgj'))
    const events = eventsOf(alone)
    expect(events[0]).toMatchObject({ kind: 'recording', product: 'seismograph test' })
    expect(numbersOf(events).length).toBeGreaterThan(5)
  })
})

describe('a reader that uses its memory again', () => {
  test.each([3, 200, 4000])('gives the same in batches of %i records, and its bytes are good until the next batch', limit => {
    const recording = record(dataFolder(), { segmentBytes: 5 << 20 })
    for (let index = 0; index < 400; index++) recording.append(chunk(`${index}`.padEnd(index % 7 === 0 ? 200_000 : 3000, `${index} `)))
    recording.close()
    const wanted = textsOf(eventsOf(recording.dir))
    const reader = openReader(recording.dir, { reuses: true })
    const found: string[] = []
    const first = reader.read(null, limit)
    const begun = first.events.map(({ event }) => event).filter(event => event.kind === 'chunk')
    const shared = new Set(begun.map(({ bytes }) => bytes.buffer))
    found.push(...textsOf(begun))
    for (let batch = first; batch.more; ) {
      batch = reader.read(batch.next, limit)
      const events = batch.events.map(({ event }) => event)
      found.push(...textsOf(events))
      for (const event of events) if (event.kind === 'chunk') shared.add(event.bytes.buffer)
    }
    reader.close()
    expect(found).toEqual(wanted)
    // 12 MB came out of no more memory than one batch takes of each of three files.
    expect(shared.size).toBeLessThanOrEqual(limit === 3 ? 6 : 18)
  })
})

describe('who owns it', () => {
  test('a dead owner, a number that is another process by now, a torn lock, another machine', () => {
    const { dir } = finished(1)
    const stateWith = (lock: string) => {
      writeFileSync(join(dir, 'lock'), lock)
      const reader = openReader(dir)
      reader.close()
      return reader.state()
    }
    abandon(dir)
    expect(openReader(dir).state()).toBe('interrupted')
    const self = { pid: process.pid, host: hostname(), since: 0 }
    expect(stateWith(JSON.stringify(self))).toBe('live')
    if (process.platform === 'linux') expect(stateWith(JSON.stringify({ ...self, birth: 'another boot/1' }))).toBe('interrupted')
    expect(stateWith('{"pid":')).toBe('interrupted')
    expect(stateWith(JSON.stringify({ ...self, host: 'elsewhere' }))).toBe('live')
    const longAgo = new Date(Date.now() - 3_600_000)
    utimesSync(join(dir, 'lock'), longAgo, longAgo)
    expect(openReader(dir).state()).toBe('interrupted')
  })
})
