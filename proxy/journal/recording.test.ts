/** A recording on a healthy disk: what is appended is in the files, in order, masked, private, and rolled by size. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Draft } from '../core/event.ts'
import { anyEvent } from './any-event.test-data.ts'
import { openReader } from './reader.ts'
import { chunk, dataFolder, eventsOf, readAll, record, textsOf } from './recording.test-data.ts'

const UNMASKED = { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 1, masked: false } as const

describe('appending', () => {
  test('the first event says what is recorded; numbers have no hole; times grow', () => {
    const recording = record(dataFolder())
    const seqs = [recording.append(chunk('a')), recording.append(chunk('b'))]
    recording.flush()
    const events = eventsOf(recording.dir)
    expect(events[0]).toMatchObject({ seq: 1, at: 0, kind: 'recording', id: recording.id, product: 'seismograph test', pid: process.pid })
    expect(seqs).toEqual([2, 3])
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(events.every(({ at }, index) => at >= (events[index - 1]?.at ?? 0))).toBe(true)
    expect(recording.stats()).toMatchObject({ events: 3, lost: 0, waiting: 0 })
  })

  test('everything that can be appended is read again as it was', () => {
    const drafts: Draft[] = []
    fc.assert(
      fc.property(anyEvent, event => void drafts.push(event)),
      { numRuns: 500 },
    )
    const recording = record(dataFolder(), { options: UNMASKED, segmentBytes: 20_000 })
    for (const draft of drafts) {
      recording.append(draft)
      if (Math.random() < 0.3) recording.flush()
    }
    recording.close()
    const read = eventsOf(recording.dir).slice(1)
    const plain = (event: object) => ({
      ...event,
      seq: 0,
      ...('bytes' in event && event.bytes instanceof Uint8Array ? { bytes: [...event.bytes] } : {}),
      ...('tail' in event && event.tail instanceof Uint8Array ? { tail: [...event.tail] } : {}),
    })
    expect(read.map(plain)).toEqual(drafts.map(plain))
  })

  test('chunks of every size, small ones copied and large ones not, are written whole and in order', () => {
    const recording = record(dataFolder())
    const sizes = [0, 1, 299, 32_767, 32_768, 65_536, 262_143, 262_144, 300_000, 3_000_000, 1, 5_000_000, 4_000_000, 2]
    sizes.forEach((size, index) => void recording.append(chunk(new Uint8Array(size).fill(index + 1))))
    recording.append({ kind: 'log', upstream: 'mcp', source: 'file', text: 'x'.repeat(400_000) })
    recording.flush()
    const events = eventsOf(recording.dir).slice(1)
    const bodies = events.filter(event => event.kind === 'chunk').map(({ bytes }) => Buffer.from(bytes))
    expect(bodies.map(body => body.length)).toEqual(sizes)
    expect(bodies.every((body, index) => body.every(byte => byte === index + 1))).toBe(true)
    expect(events.at(-1)).toMatchObject({ kind: 'log', text: 'x'.repeat(400_000) })
  })

  test('what nobody flushes leaves by itself, each time', async () => {
    const recording = record(dataFolder())
    for (let events = 1; events < 4; events++) {
      recording.append(chunk('a'))
      expect(eventsOf(recording.dir)).toHaveLength(events)
      await vi.waitFor(() => expect(eventsOf(recording.dir)).toHaveLength(events + 1), 5000)
    }
  })

  test('a time that is given is kept', () => {
    const recording = record(dataFolder())
    recording.append({ kind: 'log', upstream: 'mcp', source: 'file', text: 'x', at: 12.345 })
    recording.flush()
    expect(eventsOf(recording.dir)[1]?.at).toBe(12.345)
  })

  test('after close nothing is written and nothing throws', () => {
    const recording = record(dataFolder())
    recording.close()
    recording.append(chunk('late'))
    recording.flush()
    recording.close()
    expect(eventsOf(recording.dir)).toHaveLength(1)
  })
})

describe('files', () => {
  test('folders and files are the owner’s alone', () => {
    const dataDir = join(dataFolder(), 'new', 'data')
    const recording = record(dataDir)
    const mode = (path: string) => statSync(path).mode & 0o777
    expect([dataDir, join(dataDir, 'recordings'), recording.dir].map(mode)).toEqual([0o700, 0o700, 0o700])
    for (const name of readdirSync(recording.dir)) expect(mode(join(recording.dir, name))).toBe(0o600)
  })

  test('segments roll by size, and each begins with the recording event', () => {
    const recording = record(dataFolder(), { segmentBytes: 10_000 })
    for (let index = 0; index < 100; index++) {
      recording.append(chunk(`${index}`.padEnd(1000)))
      recording.flush()
    }
    recording.close()
    const names = readdirSync(recording.dir).filter(name => name.endsWith('.sgj'))
    expect(names.length).toBeGreaterThan(8)
    expect(names[0]).toBe('000001.sgj')
    expect(textsOf(eventsOf(recording.dir)).map(Number)).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect(eventsOf(recording.dir).filter(({ kind }) => kind === 'recording')).toHaveLength(1)
  })

  test('a folder that cannot be is a clear error', () => {
    const file = join(dataFolder(), 'file')
    writeFileSync(file, '')
    for (const dir of [file, join(file, 'x')])
      expect(() => record(dir)).toThrow(/Cannot record into .*: a part of this path is a file \(.*--data DIR/)
    const dataDir = dataFolder()
    record(dataDir, { id: 'same' })
    expect(() => record(dataDir, { id: 'same' })).toThrow(/it exists already/)
  })

  test('two runs share a data folder', () => {
    const dataDir = dataFolder()
    const [first, second] = [record(dataDir), record(dataDir)]
    expect(first.dir).not.toBe(second.dir)
    first.append(chunk('1'))
    second.append(chunk('2'))
    first.close()
    second.close()
    expect([textsOf(eventsOf(first.dir)), textsOf(eventsOf(second.dir))]).toEqual([['1'], ['2']])
  })
})

describe('masking at rest', () => {
  const SECRET = 'Canary7f3aQ91xZ2mK8wP4'
  const drafts: readonly Draft[] = [
    {
      kind: 'request',
      conn: 1,
      exchange: 1,
      upstream: 'mcp',
      method: 'POST',
      target: `/api/?type=op&key=${SECRET}`,
      http: '1.1',
      headers: [
        ['X-PAN-KEY', SECRET],
        ['Authorization', `Bearer ${SECRET}`],
        ['Cookie', `a=${SECRET}`],
        ['Host', 'h'],
      ],
    },
    {
      kind: 'response',
      conn: 1,
      exchange: 1,
      by: 'server',
      status: 307,
      reason: 'x',
      http: '1.1',
      headers: [
        ['Location', `/x?token=${SECRET}`],
        ['Set-Cookie', `s=${SECRET}; Path=/`],
      ],
    },
    { kind: 'change', conn: 1, exchange: 1, what: 'location', original: `http://u:${SECRET}@h/`, replacement: `/x?access_token=${SECRET}` },
    {
      kind: 'end',
      conn: 1,
      exchange: 1,
      leg: 'client',
      part: 'response',
      how: 'complete',
      by: 'server',
      bytes: 1,
      trailers: [['X-Auth-Token', SECRET]],
    },
    { kind: 'log', upstream: 'mcp', source: 'stderr', text: `calling with Bearer ${SECRET}` },
  ]
  const bytesOf = (dir: string) => Buffer.concat(readdirSync(dir).map(name => readFileSync(join(dir, name)))).toString('latin1')

  test('no credential of heads, URLs and log lines is in any file; bodies are whole', () => {
    const recording = record(dataFolder())
    for (const draft of drafts) recording.append(draft)
    recording.append(chunk('{"password":"body-secret-1234"}'))
    recording.close()
    expect(bytesOf(recording.dir)).not.toContain(SECRET)
    expect(bytesOf(recording.dir)).toContain('body-secret-1234')
    const [, request, response] = eventsOf(recording.dir)
    expect(request).toMatchObject({ target: expect.stringMatching(/^\/api\/\?type=op&key=\[REDACTED\+len=22\+id=\w{8}\]$/) })
    expect(request?.kind === 'request' && request.headers.map(([name]) => name)).toEqual(['X-PAN-KEY', 'Authorization', 'Cookie', 'Host'])
    expect(response?.kind === 'response' && response.headers[1]?.[1]).toMatch(/^s=\[REDACTED .*\]; Path=\/$/)
  })
  test('nor is one of a target’s URL', () => {
    const upstreams = [{ name: 'mcp', url: `https://h/mcp?api_key=${SECRET}`, listen: { address: '127.0.0.1', port: 1 } }]
    const recording = record(dataFolder(), { upstreams })
    recording.close()
    expect(bytesOf(recording.dir)).not.toContain(SECRET)
    expect(eventsOf(recording.dir)[0]).toMatchObject({
      upstreams: [{ url: expect.stringMatching(/^https:\/\/h\/mcp\?api_key=\[REDACTED/) }],
    })
  })
  test('with the option off all is kept', () => {
    const recording = record(dataFolder(), { options: UNMASKED })
    for (const draft of drafts) recording.append(draft)
    recording.close()
    expect(eventsOf(recording.dir).slice(1)).toMatchObject(drafts)
  })
  test('the marks of two recordings of one secret differ, and the key is in neither', () => {
    const dataDir = dataFolder()
    const marks = [1, 2].map(() => {
      const recording = record(dataDir)
      recording.append(drafts[0] as Draft)
      recording.close()
      return /id=\w{8}/.exec(JSON.stringify(eventsOf(recording.dir)[1]))?.[0]
    })
    expect(marks[0]).not.toBe(marks[1])
    expect(statSync(join(dataDir, 'salt')).mode & 0o777).toBe(0o600)
  })
})

describe('reading', () => {
  test('a live recording is followed without a poll too few or twice', () => {
    const recording = record(dataFolder(), { segmentBytes: 3000 })
    const reader = openReader(recording.dir)
    const seen: number[] = []
    let after = null as Parameters<typeof reader.read>[0]
    for (let round = 0; round < 300; round++) {
      for (let index = 0; index < round % 4; index++) recording.append(chunk('x'.repeat(round)))
      recording.flush()
      for (let more = true; more; ) {
        const batch = reader.read(after, 1 + (round % 3))
        seen.push(...batch.events.map(({ event }) => event.seq))
        after = batch.next
        more = batch.more
      }
    }
    expect(seen).toEqual(Array.from({ length: recording.stats().events }, (_, index) => index + 1))
    expect(reader.state()).toBe('live')
    recording.close()
    expect(reader.state()).toBe('closed')
    reader.close()
  })

  test('any position gives its event, and any cursor goes on from there', () => {
    const recording = record(dataFolder(), { segmentBytes: 2000 })
    for (let index = 0; index < 60; index++) {
      recording.append(chunk(`${index}`.padEnd(200)))
      recording.flush()
    }
    recording.close()
    const all = readAll(recording.dir, 7)
    const reader = openReader(recording.dir)
    for (const { event, position } of all.toReversed()) expect(reader.readAt(position)).toEqual(event)
    for (let skip = 0; skip < all.length; skip++) {
      const other = openReader(recording.dir)
      const { next } = other.read(null, skip)
      const batch = openReader(recording.dir).read(skip === 0 ? null : next, 1)
      expect(batch.events[0]?.event.seq).toBe(skip + 1)
      other.close()
    }
    expect(() => reader.readAt({ segment: 99, offset: 32 + 5 })).toThrow(/000099\.sgj holds no record/)
    reader.close()
  })

  test('a folder that is no recording is a clear error', () => {
    const dir = dataFolder()
    expect(() => openReader(dir)).toThrow(/holds no segment files/)
    expect(() => openReader(join(dir, 'none'))).toThrow(/does not exist/)
    writeFileSync(join(dir, '000001.sgj'), 'something else altogether, long enough for a header')
    expect(() => openReader(dir)).toThrow(/cannot be read as a recording/)
  })
})

test.runIf(process.platform === 'linux')(
  'a data folder that cannot be made is said at once, also where the system denies its parent',
  () => {
    expect(() => record('/proc/no-such-folder/data')).toThrow(/Cannot record into .*--data DIR/)
  },
)
