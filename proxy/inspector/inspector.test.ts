import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { FeedMessage, RowPage, SearchAnswer, State } from '../core/feed.ts'
import type { AnyRow } from '../core/model.ts'
import { type Inspector, startInspector } from './inspector.ts'
import { Client, PRODUCT, TestData } from './wire-story.fixture.ts'

let data: TestData | undefined
let inspector: Inspector | undefined
const crashes: string[] = []
/** How sockets of pages ended. */
const ends: string[] = []

afterEach(async () => {
  await inspector?.close()
  data?.remove()
  inspector = undefined
  data = undefined
  crashes.length = 0
  ends.length = 0
})

const newData = (): TestData => {
  data = new TestData()
  return data
}
async function open(dirs: readonly string[], live = false): Promise<Inspector> {
  inspector = await startInspector({
    recordings: dirs.map(dir => ({ dir, live })),
    host: '127.0.0.1',
    port: 0,
    uiDir: '/nowhere',
    product: PRODUCT,
    onCrash: message => crashes.push(message),
  })
  return inspector
}
const ask = (to: Inspector, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${to.port}${path}`, { ...init, headers: { authorization: `Bearer ${to.token}`, ...init.headers } })
const json = async <T>(to: Inspector, path: string): Promise<T> => (await (await ask(to, path)).json()) as T

/** All pages of a question, in order; also proves that pages do not overlap. */
async function allRows(to: Inspector, query = '', limit = 7): Promise<AnyRow[]> {
  const rows: AnyRow[] = []
  for (let after = 0; ; ) {
    const page = await json<RowPage>(to, `/api/rows?after=${after}&limit=${limit}${query}`)
    rows.push(...page.rows)
    expect(page.rows.every(row => row.rev > after && row.rev <= page.rev)).toBe(true)
    after = page.rev
    if (!page.more) return rows
  }
}
async function until<T>(get: () => Promise<T | undefined | false>, what: string): Promise<T> {
  for (const end = performance.now() + 60_000; performance.now() < end; ) {
    const found = await get()
    if (found) return found
    await sleep(25)
  }
  throw new Error(`never: ${what}; crashes: ${crashes.join(', ') || 'none'}; sockets ended: ${ends.join(', ') || 'none'}`)
}
const caughtUp = (to: Inspector, events = 0): Promise<State> =>
  until(async () => {
    const state = await json<State>(to, '/api/state')
    return state.recordings.every(({ behind, events: count }) => behind === 0 && count >= events) && state
  }, 'caught up')
/** As the worker has it: a summary that does not get through in this time is given as things stand. */
const SUMMARY_MS = 5000
/** The summary when all that is in the journal now has been folded, judged and stored. */
const judged = (to: Inspector) =>
  until(async () => {
    const asked = performance.now()
    const summary = await to.summary()
    return performance.now() - asked < SUMMARY_MS - 100 && summary
  }, 'all judged')
const sessionsOf = (rows: readonly AnyRow[]) => rows.filter(row => row.t === 'session')
const withoutRev = (rows: readonly AnyRow[]) => rows.map(({ rev: _, ...row }) => row).sort((a, b) => a.id - b.id)

/** A page: its WebSocket, all rows that it got, in order. */
class Page {
  readonly rows: AnyRow[] = []
  readonly states: State[] = []
  readonly messages: FeedMessage[] = []
  readonly socket: WebSocket
  rev: number
  constructor(to: Inspector, after = 0) {
    this.rev = after
    this.socket = new WebSocket(`ws://127.0.0.1:${to.port}/api/feed`)
    this.socket.on('open', () => this.socket.send(JSON.stringify({ type: 'hello', token: to.token, after, product: PRODUCT })))
    this.socket.on('message', text => {
      const message = JSON.parse(String(text)) as FeedMessage
      this.messages.push(message)
      if (message.type === 'rows') {
        this.rows.push(...message.rows)
        this.rev = Math.max(this.rev, message.rev)
      }
      if (message.type === 'welcome' || message.type === 'state') this.states.push(message.state)
    })
    this.socket.on('error', error => ends.push(error.message))
    this.socket.on('close', code => ends.push(String(code)))
  }
  watch(sessions: readonly number[], after: number): void {
    this.socket.send(JSON.stringify({ type: 'watch', sessions, after }))
  }
  async close(): Promise<void> {
    this.socket.terminate()
    await sleep(5)
  }
}

describe('a live recording', () => {
  it('is shown as it grows: session, call, delivery, frames, log', async () => {
    const recording = newData().record()
    const to = await open([recording.dir], true)
    const client = new Client(recording, 'a'.repeat(32)).connect().initialize().call(1, 'retrieve_address_objects')
    await until(async () => (await to.summary()).calls === 2, 'the call')
    client.answer(1, 'ten objects')
    recording.append({ kind: 'log', upstream: 'mcp', source: 'file', text: 'INFO: 127.0.0.1:50001 - "POST /messages/" 202 Accepted' })
    recording.flush()
    await judged(to)
    const [session] = sessionsOf(await allRows(to))
    expect(session).toMatchObject({ transport: 'sse', key: 'a'.repeat(32), state: 'live', calls: 2, client: { name: 'story' } })
    const rows = await allRows(to, `&session=${session?.id}`)
    const calls = rows.filter(row => row.t === 'call' && row.kind === 'request')
    expect(calls.map(row => row.t === 'call' && [row.method, row.name, row.delivery])).toEqual([
      ['initialize', undefined, 'delivered'],
      ['tools/call', 'retrieve_address_objects', 'delivered'],
    ])
    expect(rows.filter(row => row.t === 'log')).toHaveLength(1)
    expect(rows.filter(row => row.t === 'frame')).toHaveLength(3)
    const state = await caughtUp(to)
    expect(state).toMatchObject({ product: PRODUCT, openStreams: 1, canDemo: false })
    expect(state.recordings[0]).toMatchObject({ live: true, behind: 0, events: recording.stats().events })
  })

  it('gives the same rows in whatever batches it came', async () => {
    const recording = newData().record()
    const tell = async (pause: () => Promise<unknown>) => {
      const client = new Client(recording, 'b'.repeat(32), 1).connect()
      await pause()
      client.initialize()
      await pause()
      for (let id = 1; id < 20; id++) client.call(id, 'show_system_info').answer(id, `answer ${id}`).ping()
      await pause()
      client.call(99, 'slow').leave()
    }
    const to = await open([recording.dir], true)
    await tell(() => sleep(60))
    await judged(to)
    const live = [...(await allRows(to)), ...(await allRows(to, `&session=${sessionsOf(await allRows(to))[0]?.id}`))]
    await to.close()
    const again = await open([recording.dir], true)
    await judged(again)
    const later = [...(await allRows(again)), ...(await allRows(again, `&session=${sessionsOf(await allRows(again))[0]?.id}`))]
    expect(withoutRev(later)).toEqual(withoutRev(live))
    expect(later.length).toBeGreaterThan(80)
  })

  it('survives a crash of the worker: same address, same token, same rows', async () => {
    const recording = newData().record()
    const to = await open([recording.dir], true)
    const { url, port } = to
    new Client(recording, 'c'.repeat(32)).connect().initialize().call(1, 'slow').leave()
    await judged(to)
    const before = await allRows(to)
    const page = new Page(to)
    await until(async () => page.rows.length > 0, 'rows on the page')
    const seen = page.rev
    await crash(to)
    await until(async () => crashes.length > 0, 'the crash')
    await until(async () => (await ask(to, '/api/state').catch(() => undefined))?.ok, 'the worker is back')
    await judged(to)
    expect([to.url, to.port]).toEqual([url, port])
    expect(withoutRev(await allRows(to))).toEqual(withoutRev(before))
    // What a page has not seen since, it gets: nothing lies below the revision it had.
    expect((await allRows(to)).every(({ rev }) => rev > seen)).toBe(true)
    const back = new Page(to, seen)
    await until(async () => back.rows.length >= before.length, 'rows on the page that came back')
    expect(withoutRev(back.rows)).toEqual(withoutRev(before))
    await page.close()
    await back.close()
  })
})

/** Ends the worker as a defect would. */
async function crash(to: Inspector): Promise<void> {
  const worker = (to as unknown as { workerForTests(): { terminate(): Promise<number> } }).workerForTests()
  await worker.terminate()
}

describe('the feed', () => {
  it('resumes after a revision: no gap, no duplicate', async () => {
    const recording = newData().record()
    const to = await open([recording.dir], true)
    const client = new Client(recording, 'd'.repeat(32)).connect().initialize()
    await judged(to)
    const [session] = sessionsOf(await allRows(to))
    const id = session?.id ?? 0
    const got: AnyRow[] = []
    let rev = 0
    for (let round = 0; round < 8; round++) {
      const page = new Page(to, rev)
      await until(async () => page.states.length > 0, 'welcome')
      page.watch([id], rev)
      for (let call = 1; call < 10; call++) {
        client.call(round * 10 + call, 'x').answer(round * 10 + call, 'y')
        if (call % 3 === 0) await sleep(10)
      }
      await judged(to)
      const goal = (await json<State>(to, '/api/state')).rev
      await until(async () => page.rev >= goal, 'all rows')
      got.push(...page.rows)
      rev = page.rev
      await page.close()
      client.call(round * 10, 'while away').answer(round * 10, 'z')
      await judged(to)
    }
    const last = new Page(to, rev)
    await until(async () => last.states.length > 0, 'welcome')
    last.watch([id], rev)
    const goal = (await json<State>(to, '/api/state')).rev
    await until(async () => last.rev >= goal, 'the rest')
    got.push(...last.rows)
    await last.close()
    const revs = got.map(row => row.rev)
    expect(new Set(revs).size).toBe(revs.length)
    const latest = new Map(got.map(row => [row.id, row]))
    expect(withoutRev([...latest.values()])).toEqual(withoutRev([...(await allRows(to, `&session=${id}`, 5000))]))
  })

  it('sends watched sessions only, and what a newly watched one had before', async () => {
    const recording = newData().record()
    const to = await open([recording.dir], true)
    const one = new Client(recording, 'e'.repeat(32)).connect().initialize()
    new Client(recording, 'f'.repeat(32)).connect().initialize().call(1, 'other').answer(1, 'x')
    await judged(to)
    const sessions = sessionsOf(await allRows(to))
    const [first, second] = ['e', 'f'].map(letter => sessions.find(({ key }) => key === letter.repeat(32))?.id ?? 0)
    const page = new Page(to)
    await until(async () => page.rows.length >= 2, 'global rows')
    expect(new Set(page.rows.map(({ t }) => t))).toEqual(new Set(['session']))
    page.watch([first ?? 0], 0)
    const want = (await allRows(to, `&session=${first}`)).length
    await until(async () => page.rows.filter(row => 'session' in row && row.session === first).length >= want - 1, 'rows of the first')
    expect(page.rows.some(row => 'session' in row && row.session === second)).toBe(false)
    one.call(7, 'later').answer(7, 'news')
    await until(async () => page.rows.some(row => row.t === 'call' && row.rpcId === '7' && row.delivery === 'delivered'), 'news')
    await page.close()
  })

  it('keeps nothing for a page that does not read, and brings it up to date later', async () => {
    const recording = newData().record()
    const to = await open([recording.dir], true)
    const client = new Client(recording, '1'.repeat(32)).connect().initialize()
    await judged(to)
    const [session] = sessionsOf(await allRows(to))
    const page = new Page(to)
    await until(async () => page.rows.length > 0, 'rows')
    page.watch([session?.id ?? 0], 0)
    page.socket.pause()
    for (let id = 1; id <= 6000; id++) client.answer(-id, 'nobody asked').ping()
    await judged(to)
    page.socket.resume()
    const goal = (await json<State>(to, '/api/state')).rev
    await until(async () => page.rev >= goal || page.messages.some(({ type }) => type === 'resync'), 'up to date or told to fetch')
    const told = page.messages.find(message => message.type === 'resync')
    if (told?.type === 'resync') expect(told.rev).toBe(goal)
    else expect(new Set(page.rows.filter(({ t }) => t === 'frame').map(({ id }) => id)).size).toBe(12_002)
    await page.close()
  })

  it.each([
    ['a wrong token', JSON.stringify({ type: 'hello', token: 'x'.repeat(43), after: 0, product: PRODUCT })],
    ['another message first', JSON.stringify({ type: 'watch', sessions: [], after: 0 })],
    ['no JSON', '<script>'],
  ])('closes on %s without a row', async (_, first) => {
    const recording = newData().record()
    const to = await open([recording.dir], true)
    new Client(recording, '2'.repeat(32)).connect()
    await judged(to)
    const socket = new WebSocket(`ws://127.0.0.1:${to.port}/api/feed`)
    const messages: unknown[] = []
    socket.on('message', message => messages.push(message))
    socket.on('open', () => socket.send(first))
    const code = await new Promise(resolve => socket.on('close', resolve))
    expect([code, messages]).toEqual([4401, []])
  })

  it('bounds what a page may send', async () => {
    const to = await open([newData().record().dir], true)
    const page = new Page(to)
    await until(async () => page.states.length > 0, 'welcome')
    const closed = new Promise(resolve => page.socket.on('close', resolve))
    page.socket.send('x'.repeat(65 * 1024))
    expect(await closed).toBe(1009)
    const many = Array.from({ length: 33 }, () => new WebSocket(`ws://127.0.0.1:${to.port}/api/feed`))
    const fates = await Promise.all(
      many.map(
        socket =>
          new Promise(resolve => {
            socket.on('open', () => resolve('open'))
            socket.on('error', error => resolve(error.message))
          }),
      ),
    )
    expect(fates.filter(fate => fate === 'open')).toHaveLength(32)
    expect(fates.filter(fate => String(fate).includes('503'))).toHaveLength(1)
    for (const socket of many) socket.terminate()
  })
})

describe('bodies', () => {
  const payload = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: '<script>alert(1)</script> ä€😀' }] } })

  it('leave as attachments, whole or in part, and never as a page', async () => {
    const recording = newData().record()
    new Client(recording, '3'.repeat(32))
      .connect()
      .initialize()
      .post('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', {
        status: 400,
        answer: '<html><script>alert(1)</script></html>',
        answerHeaders: [['Content-Type', 'text/html']],
      })
    const to = await open([recording.dir], true)
    await judged(to)
    const [session] = sessionsOf(await allRows(to))
    const bad = (await allRows(to, `&session=${session?.id}`)).find(row => row.t === 'exchange' && row.status === 400)
    const answer = await ask(to, `/api/body?exchange=${bad?.id}&part=response`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    expect(answer.headers.get('content-disposition')).toContain('attachment')
    expect(answer.headers.get('content-security-policy')).toBe('sandbox')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await answer.text()).toBe('<html><script>alert(1)</script></html>')
    const part = await ask(to, `/api/body?exchange=${bad?.id}&part=response&offset=6&limit=8`)
    expect([await part.text(), part.headers.get('x-total')]).toEqual(['<script>', '38'])
    for (const path of [
      'part=response',
      'exchange=x&part=response',
      `exchange=${bad?.id}`,
      'exchange=999999&part=request',
      'exchange=-1&part=request',
    ])
      expect((await ask(to, `/api/body?${path}`)).status).toBeGreaterThanOrEqual(400)
  })

  it('come decoded: a compressed stream, its events and its search', async () => {
    const recording = newData().record()
    const client = new Client(recording, '4'.repeat(32)).connect([['Content-Encoding', 'gzip']])
    const text = `event: endpoint\ndata: /messages/?session_id=${'4'.repeat(32)}\n\n: ping\n\nevent: message\ndata: ${payload}\n\n`
    client.send(gzipSync(text), 7)
    const to = await open([recording.dir], true)
    await judged(to)
    const [session] = sessionsOf(await allRows(to))
    const rows = await allRows(to, `&session=${session?.id}`)
    const frames = rows.filter(row => row.t === 'frame')
    expect(frames.map(frame => [frame.kind, frame.offset])).toEqual([
      ['event', 0],
      ['comment', text.indexOf(': ping')],
      ['event', text.indexOf('event: message')],
    ])
    const stream = rows.find(row => row.t === 'exchange')
    expect(await (await ask(to, `/api/body?exchange=${stream?.id}&part=response`)).text()).toBe(text)
    expect(await (await ask(to, `/api/data?frame=${frames[2]?.id}`)).text()).toBe(payload)
    const found = await json<SearchAnswer>(to, `/api/search?q=${encodeURIComponent('ALERT(1)')}`)
    expect(found.hits).toMatchObject([{ session: session?.id, exchange: stream?.id, frame: frames[2]?.id, part: 'response' }])
    expect(found.hits[0]?.excerpt).toContain('<script>alert(1)')
  })

  it('say what is missing', async () => {
    const recording = newData().record()
    const client = new Client(recording, '5'.repeat(32)).connect([['Content-Encoding', 'br']]).send('this is not brotli')
    client.leave()
    const to = await open([recording.dir], true)
    await judged(to)
    const rows = await allRows(to, `&session=${sessionsOf(await allRows(to))[0]?.id}`)
    const answer = await ask(to, `/api/body?exchange=${rows.find(row => row.t === 'exchange')?.id}&part=response`)
    expect(answer.headers.get('x-note')).toContain('not valid br')
    expect(await answer.text()).toBe('this is not brotli')
  })

  it('are found by their words, wildcards being words', async () => {
    const recording = newData().record()
    const client = new Client(recording, '6'.repeat(32)).connect().initialize()
    for (let id = 1; id <= 150; id++) client.call(id, 'find', `{"q":"needle 100%_${id}"}`).answer(id, `straw ${id}`)
    const to = await open([recording.dir], true)
    await judged(to)
    const search = (q: string, more = '') => json<SearchAnswer>(to, `/api/search?q=${encodeURIComponent(q)}${more}`)
    expect((await search('straw 77')).hits).toHaveLength(1)
    expect((await search('100%_14')).hits).toHaveLength(11)
    expect((await search('100__14')).hits).toHaveLength(0)
    expect(await search('needle')).toMatchObject({ more: true, hits: { length: 100 } })
    expect((await search('straw 77', '&session=1234')).hits).toHaveLength(0)
    expect((await ask(to, '/api/search?q=x')).status).toBe(400)
  })

  it('and records can be looked up by their number', async () => {
    const recording = newData().record()
    const client = new Client(recording, '7'.repeat(32)).connect()
    for (let id = 1; id <= 900; id++) client.ping()
    const to = await open([recording.dir], true)
    await judged(to)
    expect(await json(to, '/api/record?seq=1&recording=0')).toMatchObject({ event: { seq: 1, kind: 'recording' } })
    expect(await json(to, '/api/record?seq=4&recording=0')).toMatchObject({ event: { seq: 4, kind: 'request', target: '/sse' } })
    expect(await json(to, '/api/record?seq=700&recording=0')).toMatchObject({
      event: { seq: 700, kind: 'chunk', text: ': ping - 2026-11-20\r\n\r\n' },
    })
    for (const query of ['seq=99999', 'seq=4&recording=3', 'seq=x', '']) expect((await ask(to, `/api/record?${query}`)).ok).toBe(false)
  })
})

describe('secrets', () => {
  it('are masked in every view, also of a recording that holds them', async () => {
    const secrets = {
      bearer: 'bearer-0a1b2c3d4e5f60718293',
      key: 'LUFRPT14MW5xOEo1R09KVlBZNnpnemh0VHRBOWl6TGM9',
      password: 'hunter22-hunter22',
    }
    const recording = newData().record(false)
    const client = new Client(recording, '9'.repeat(32)).connect().initialize()
    client.post(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"login","arguments":{"password":"${secrets.password}"}}}`, {
      headers: [
        ['Authorization', `Bearer ${secrets.bearer}`],
        ['X-PAN-KEY', secrets.key],
      ],
      answerHeaders: [['Location', `https://fw.example/api/?type=op&key=${secrets.key}`]],
    })
    client.event(`{"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"password=${secrets.password} is wrong"}}`)
    recording.append({ kind: 'log', upstream: 'mcp', source: 'file', text: `Authorization: Bearer ${secrets.bearer}` })
    recording.flush()
    const to = await open([recording.dir], true)
    const { events } = await judged(to)
    const rows = await allRows(to)
    const detail = await allRows(to, `&session=${sessionsOf(rows)[0]?.id}`)
    const shown = [JSON.stringify([rows, detail])]
    for (const row of detail) {
      if (row.t === 'exchange')
        for (const part of ['request', 'response']) shown.push(await (await ask(to, `/api/body?exchange=${row.id}&part=${part}`)).text())
      if (row.t === 'frame') shown.push(await (await ask(to, `/api/data?frame=${row.id}`)).text())
    }
    for (let seq = 1; seq <= events; seq++) shown.push(await (await ask(to, `/api/record?seq=${seq}`)).text())
    for (const secret of Object.values(secrets)) shown.push(await (await ask(to, `/api/search?q=${secret.slice(0, 12)}`)).text())
    for (const format of ['har', 'jsonl']) shown.push(await (await ask(to, `/api/export?format=${format}`)).text())
    for (const secret of Object.values(secrets)) for (const text of shown) expect(text).not.toContain(secret)
    expect(shown.some(text => text.includes('[REDACTED len='))).toBe(true)
    const whole = await (await ask(to, '/api/export?format=jsonl&secrets=1')).text()
    for (const secret of Object.values(secrets)) expect(whole).toContain(secret)
  })
})

describe('a past recording', () => {
  const story = (dataOf: TestData) => {
    const recording = dataOf.record()
    const client = new Client(recording, '8'.repeat(32), 1).connect().initialize()
    for (let id = 1; id < 50; id++) client.call(id, 'x').answer(id, `y ${id}`)
    client.call(77, 'slow').leave()
    recording.close()
    return recording
  }

  it('is complete, and its index is used again', async () => {
    const recording = story(newData())
    const first = await open([recording.dir])
    await judged(first)
    const rows = await allRows(first)
    const detail = await allRows(first, `&session=${sessionsOf(rows)[0]?.id}`)
    expect((await json<State>(first, '/api/state')).recordings[0]).toMatchObject({ live: false, behind: 0 })
    const summary = await judged(first)
    expect(summary).toMatchObject({ sessions: 1, calls: 51, events: recording.stats().events })
    await first.close()
    const second = await open([recording.dir])
    expect(await judged(second)).toEqual(summary)
    expect(await allRows(second)).toEqual(rows)
    expect(await allRows(second, `&session=${sessionsOf(rows)[0]?.id}`)).toEqual(detail)
    const [hit] = (await json<SearchAnswer>(second, '/api/search?q=y%2033')).hits
    expect(await (await ask(second, `/api/data?frame=${hit?.frame}`)).text()).toContain('y 33')
  })

  it('stands beside others, with ids and revisions of one order', async () => {
    const dataOf = newData()
    const dirs = [story(dataOf).dir, story(dataOf).dir]
    for (const order of [dirs, dirs, [...dirs].reverse()]) {
      const to = await open(order)
      await judged(to)
      const rows = await allRows(to, '', 1)
      expect(
        sessionsOf(rows)
          .map(({ id }) => Math.floor(id / 1e9))
          .sort(),
      ).toEqual([0, 1])
      const ids = sessionsOf(rows).map(({ id }) => id)
      const both = await allRows(to, `&session=${ids.join()}`, 13)
      const apart = [...(await allRows(to, `&session=${ids[0]}`)), ...(await allRows(to, `&session=${ids[1]}`))]
      expect(withoutRev(both)).toEqual(withoutRev(apart))
      expect(new Set(both.map(({ rev }) => rev)).size).toBe(both.length)
      await to.close()
    }
  })

  it('without a page says how to build it', async () => {
    const to = await open([story(newData()).dir])
    const answer = await fetch(`http://127.0.0.1:${to.port}/`)
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(await answer.text()).toContain('npm run build')
  })
})

describe('starting', () => {
  it('says which port is taken', async () => {
    const recording = newData().record()
    const to = await open([recording.dir], true)
    const again = startInspector({
      recordings: [{ dir: recording.dir, live: true }],
      host: '127.0.0.1',
      port: to.port,
      uiDir: '/nowhere',
      product: PRODUCT,
    })
    await expect(again).rejects.toThrow(`port ${to.port} is taken`)
  })
  it('says that a folder holds no recording', async () => {
    await expect(
      startInspector({ recordings: [{ dir: newData().dir, live: false }], host: '127.0.0.1', port: 0, uiDir: '/', product: PRODUCT }),
    ).rejects.toThrow(/recording/)
  })
})

describe('control', () => {
  it('passes demonstration and probe on to the main thread', async () => {
    const recording = newData().record()
    const to = await open([recording.dir], true)
    const post = (path: string) => ask(to, path, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    expect((await post('/api/demo')).status).toBe(409)
    let played = 0
    to.onDemo(() => {
      played += 1
    })
    to.onProbe(async () => ({ reached: true, status: 200, took: 3 }))
    expect((await until(async () => (await json<State>(to, '/api/state')).canDemo, 'offer')) && (await post('/api/demo')).status).toBe(202)
    expect(played).toBe(1)
    expect(await (await post('/api/probe')).json()).toEqual({ reached: true, status: 200, took: 3 })
    to.onProbe(() => Promise.reject(new Error('the target is not there')))
    const failed = await post('/api/probe')
    expect([failed.status, await failed.json()]).toEqual([500, { error: { message: 'the target is not there' } }])
    to.setTrouble('disk full since 14:03')
    await until(async () => (await json<State>(to, '/api/state')).recordings[0]?.trouble === 'disk full since 14:03', 'trouble')
    to.setTrouble(undefined)
    await until(async () => (await json<State>(to, '/api/state')).recordings[0]?.trouble === undefined, 'no trouble')
  })
  it('ends slow and torn requests by itself', async () => {
    const to = await open([newData().record().dir], true)
    const socket = connect(to.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ')
    socket.write('y'.repeat(20_000))
    const answer = await new Promise(resolve => socket.once('data', bytes => resolve(String(bytes).split('\r\n')[0])))
    expect(answer).toBe('HTTP/1.1 431 Request Header Fields Too Large')
    socket.destroy()
  })
})
