import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Follower } from './follower.ts'
import { Library } from './library.ts'
import { IndexError } from './open-index.ts'
import type { IndexBatch } from './row-index.ts'
import { Client, PRODUCT, TestData } from './wire-story.fixture.ts'

let data: TestData
const open: { close(): void }[] = []
beforeEach(() => {
  data = new TestData()
})
afterEach(() => {
  for (const each of open.splice(0).reverse()) each.close()
  data.remove()
})

function story(calls = 5): string {
  const recording = data.record()
  const client = new Client(recording, 'a'.repeat(32), 1).connect().initialize()
  for (let id = 1; id <= calls; id++) client.call(id, 'x').answer(id, `y ${id}`)
  client.call(99, 'slow').leave()
  recording.close()
  return recording.dir
}
async function follow(dir: string, scratch = join(data.dir, 'scratch')): Promise<Follower> {
  const follower = new Follower({ dir, live: false }, 0, { value: 0 }, scratch)
  open.push(follower)
  await follower.readAll()
  return follower
}
const rows = (follower: Follower) =>
  ['session', 'exchange', 'call', 'frame', 'finding'].flatMap(kind => [...follower.index.rowsOf(kind as 'session')])
const own = (dir: string) => join(dir, 'index.sqlite')

describe('the time of a live recording', () => {
  it('is that of its recorder, also when the clock on the wall was set or ran on while the machine slept', async () => {
    const recording = data.record()
    new Client(recording, 'a'.repeat(32), 1).connect().initialize().call(1, 'slow')
    recording.flush()
    const follower = new Follower({ dir: recording.dir, live: true }, 0, { value: 0 }, join(data.dir, 'scratch'))
    open.push(follower, recording)
    await follower.step()
    const wall = Date.now
    try {
      Date.now = () => wall() + 8 * 3_600_000
      expect(follower.now()).toBeLessThan(recording.now() + 60_000)
      expect(follower.now()).toBeGreaterThan(0)
    } finally {
      Date.now = wall
    }
  })

  it('is put right by what was just written', async () => {
    const recording = data.record()
    const client = new Client(recording, 'a'.repeat(32), 1).connect().initialize()
    recording.flush()
    const wall = Date.now
    Date.now = () => wall() + 8 * 3_600_000
    const follower = new Follower({ dir: recording.dir, live: true }, 0, { value: 0 }, join(data.dir, 'scratch'))
    Date.now = wall
    open.push(follower, recording)
    await follower.step()
    client.call(1, 'slow')
    recording.flush()
    await follower.step()
    expect(follower.now()).toBeLessThan(recording.now() + 60_000)
  })
})

describe('the index of a recording', () => {
  it('lies in its folder, for its owner alone', async () => {
    const dir = story()
    const { index } = await follow(dir)
    expect(index.path).toBe(own(dir))
    expect(statSync(own(dir)).mode & 0o777).toBe(0o600)
    expect(statSync(`${own(dir)}-wal`).mode & 0o777).toBe(0o600)
  })

  it('is used again only while it is right', async () => {
    const dir = story()
    const first = await follow(dir)
    const wanted = rows(first)
    expect(wanted.length).toBeGreaterThan(20)
    open.pop()?.close()
    const inode = statSync(own(dir)).ino
    expect(rows(await follow(dir))).toEqual(wanted)
    open.pop()?.close()
    expect(statSync(own(dir)).ino).toBe(inode)
    const db = new DatabaseSync(own(dir))
    db.exec("UPDATE meta SET value = 'the code of last week' WHERE key = 'derivation'; DELETE FROM rows WHERE t = 'call'")
    db.close()
    expect(rows(await follow(dir))).toEqual(wanted)
  })

  it.each([
    ['is damaged', (path: string) => writeFileSync(path, Buffer.alloc(20_000, 'not a database'))],
    ['is empty', (path: string) => writeFileSync(path, '')],
    ['is cut', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 5000))],
    [
      'has another schema',
      (path: string) => {
        rmSync(path)
        const db = new DatabaseSync(path)
        db.exec('CREATE TABLE other (x); PRAGMA user_version = 77')
        db.close()
      },
    ],
    [
      'is a folder',
      (path: string) => {
        rmSync(path)
        mkdirSync(path)
      },
    ],
  ])('is made anew when it %s', async (_, spoil) => {
    const dir = story()
    const wanted = rows(await follow(dir))
    open.pop()?.close()
    spoil(own(dir))
    const again = await follow(dir)
    expect(again.index.path).toBe(own(dir))
    expect(rows(again)).toEqual(wanted)
  })

  it('is never written through a link', async () => {
    const dir = story()
    const target = join(data.dir, 'precious')
    writeFileSync(target, 'untouched')
    symlinkSync(target, own(dir))
    expect(rows(await follow(dir)).length).toBeGreaterThan(20)
    expect(lstatSync(own(dir)).isSymbolicLink()).toBe(false)
    expect(readFileSync(target, 'utf8')).toBe('untouched')
  })

  it('goes on elsewhere when the disk of a past recording gets full, and makes room there', async () => {
    const dir = story(1000)
    const wanted = rows(await follow(dir))
    open.pop()?.close()
    rmSync(own(dir))
    const follower = new Follower({ dir, live: false }, 0, { value: 0 }, join(data.dir, 'scratch'))
    open.push(follower)
    const { index } = follower
    const write = index.write.bind(index)
    await follower.step()
    expect(rows(follower).length).toBeGreaterThan(20)
    Object.assign(index, {
      write: (batch: IndexBatch) => {
        if (index.path === own(dir)) throw new Error('database or disk is full')
        write(batch)
      },
    })
    await follower.readAll()
    expect(rows(follower)).toEqual(wanted)
    expect(index.path).toBe(join(data.dir, 'scratch', '0.sqlite'))
    for (const suffix of ['', '-wal']) expect(statSync(`${index.path}${suffix}`).mode & 0o777).toBe(0o600)
    expect(readdirSync(dir).filter(name => name.startsWith('index'))).toEqual([])
  })

  it('is private to this process while another one has it', async () => {
    const dir = story()
    const first = await follow(dir)
    const second = await follow(dir, join(data.dir, 'elsewhere'))
    expect(second.index.path).toBe(join(data.dir, 'elsewhere', '0.sqlite'))
    expect(rows(second)).toEqual(rows(first))
  })
})

describe('an index that cannot be written', () => {
  it('loses nothing: the rows are written when it works again', async () => {
    const dir = story()
    const wanted = rows(await follow(dir))
    open.pop()?.close()
    rmSync(own(dir))
    const library = new Library([{ dir, live: false }], { scratch: data.dir, generation: 0, product: PRODUCT, canDemo: false })
    open.push(library)
    const [follower] = library.followers as [Follower]
    const { index } = follower
    const write = index.write.bind(index)
    Object.assign(index, {
      write: () => {
        throw new Error('database or disk is full')
      },
    })
    await expect(follower.step()).rejects.toThrow(IndexError)
    await expect(follower.step()).rejects.toThrow(/^the index cannot be written: database or disk is full; it needs room .*TMPDIR/)
    // Nobody is told of rows that are not stored.
    expect(library.rev()).toBe(0)
    expect(library.rows({ after: 0, limit: 100, global: true, sessions: [] }).jsons).toEqual([])
    Object.assign(index, { write })
    await follower.readAll()
    expect(rows(follower)).toEqual(wanted)
    expect(library.rev()).toBe(Math.max(...wanted.map(({ rev }) => rev)))
  })

  it('takes no room any more once nobody follows the recording', async () => {
    const dir = story()
    const follower = new Follower({ dir, live: false }, 0, { value: 0 }, join(data.dir, 'scratch'))
    Object.assign(follower.index, {
      write: () => {
        throw new Error('database or disk is full')
      },
    })
    await expect(follower.step()).rejects.toThrow(IndexError)
    follower.close()
    expect(readdirSync(dir)).toEqual(['000001.sgj'])
    expect(readdirSync(join(data.dir, 'scratch'))).toEqual([])
  })

  it('of a live recording waits for room, as the recorder does', async () => {
    const recording = data.record()
    new Client(recording, 'a'.repeat(32), 1).connect().initialize().call(1, 'slow')
    recording.flush()
    const follower = new Follower({ dir: recording.dir, live: true }, 0, { value: 0 }, join(data.dir, 'scratch'))
    open.push(follower, recording)
    const { index } = follower
    const write = index.write.bind(index)
    Object.assign(index, {
      write: () => {
        throw new Error('database or disk is full')
      },
    })
    await expect(follower.step()).rejects.toThrow(IndexError)
    Object.assign(index, { write })
    await follower.step()
    expect(index.path).toBe(own(recording.dir))
    expect(rows(follower).length).toBeGreaterThan(5)
  })
})

describe('bytes of a batch', () => {
  it('are copied by whoever keeps them: events cut anywhere and bodies beyond a batch stay what they were', async () => {
    const recording = data.record()
    const client = new Client(recording, 'b'.repeat(32), 1).connect().initialize()
    const other = new Client(recording, 'c'.repeat(32), 2).connect().initialize()
    const texts = Array.from({ length: 60 }, (_, id) => `${id} `.padEnd(30_000 + id, `text ${id} `))
    for (const [id, text] of texts.entries()) {
      const message = JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } })
      client.call(id, 'tool', JSON.stringify({ text }))
      // Two streams take turns, each in the middle of an event.
      for (let at = 0; at < message.length; at += 9001) {
        client.send(at === 0 ? `data: ${message.slice(0, 9001)}` : message.slice(at, at + 9001))
        other.send(`${at === 0 ? 'data: ' : ''}${'z'.repeat(70_000)}`)
      }
      client.send('\r\n\r\n')
      other.send('\r\n\r\n')
    }
    recording.close()
    const { index } = await follow(recording.dir)
    const calls = [...index.rowsOf('call')].map(({ json }) => JSON.parse(json) as { method: string; delivery: string; rpcId: string })
    const answered = calls.filter(({ method, delivery }) => method === 'tools/call' && delivery === 'delivered')
    expect(answered.map(({ rpcId }) => Number(rpcId)).sort((a, b) => a - b)).toEqual(texts.map((_, id) => id))
    const step = index.searchTexts('"content":[{"type":"text"', 0, 100_000)
    expect(step.hits.map(({ text }) => text)).toEqual(
      texts.map((text, id) => JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } })),
    )
    const asked = index.searchTexts('"arguments":{"text"', 0, 100_000).hits.map(({ text }) => JSON.parse(text).params.arguments.text)
    expect(asked).toEqual(texts)
  })
})

describe('memory', () => {
  it('holds what is open and nothing of what has passed', async () => {
    const recording = data.record()
    const follower = new Follower({ dir: recording.dir, live: true }, 0, { value: 0 }, data.dir)
    open.push(follower)
    const clients = Array.from({ length: 50 }, (_, n) => new Client(recording, `${n}`.padStart(32, 'e'), n + 1).connect().initialize())
    clients.push(new Client(recording, 'f'.repeat(32), 90).connect([['Content-Encoding', 'gzip']]).send(gzipSync('data: x\n\n')))
    await recording.settle(10_000)
    await follower.readAll()
    expect(follower.sizes()).toMatchObject({ decoders: 1, streams: 51 })
    expect(follower.sizes().texts).toBeGreaterThan(100)
    for (let id = 1; id <= 40; id++) for (const client of clients.slice(0, 50)) client.call(id, 'x').answer(id, 'y'.repeat(500))
    for (const client of clients) client.finish()
    await recording.settle(10_000)
    await follower.readAll()
    expect(follower.events).toBe(recording.stats().events)
    expect(follower.sizes()).toEqual({ texts: 0, decoders: 0, streams: 0 })
  })
})
