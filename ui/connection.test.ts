/** Against a recorder of this test's own, on a real socket: it keeps rows by revision and speaks the feed's contract. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type WebSocket as Peer, WebSocketServer } from 'ws'
import type { FeedMessage, PageMessage, State } from '../proxy/core/feed.ts'
import type { AnyRow } from '../proxy/core/model.ts'
import { Connection, type Link } from './connection.ts'
import { Recorder, RecorderError } from './recorder.ts'
import { Rows } from './rows.ts'
import { frame, session } from './story.fixture.ts'

const TOKEN = 'secret'
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

interface Reader {
  peer: Peer
  after: number
  sessions: readonly number[]
}

/** Rows with revisions; global ones to all, frames to those who watch. */
class Desk {
  rows: AnyRow[] = []
  recording = 'r1'
  readers = new Set<Reader>()
  asked: string[] = []
  mute = false
  #sockets = new Set<Socket>()
  #server: Server | undefined
  port = 0

  state = (): State => ({
    product: 'p',
    rev: this.rows.at(-1)?.rev ?? 0,
    openStreams: 0,
    rate: 0,
    ruleFailures: [],
    canDemo: true,
    recordings: [{ id: this.recording } as State['recordings'][number]],
  })
  #of = (sessions: readonly number[], global: boolean) => (row: AnyRow) =>
    row.t === 'session' ? global : 'session' in row && sessions.includes(row.session)

  async open(port = 0): Promise<void> {
    const server = createServer((request, response) => {
      this.asked.push(request.url ?? '')
      const url = new URL(request.url ?? '', 'http://x')
      if (request.headers.authorization !== `Bearer ${TOKEN}`) {
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"the token is wrong"}}')
        return
      }
      response.setHeader('content-type', 'application/json')
      if (url.pathname === '/api/state') {
        response.end(JSON.stringify(this.state()))
        return
      }
      const [after, limit] = [Number(url.searchParams.get('after')), 3]
      const ids = url.searchParams.get('session')?.split(',').map(Number) ?? []
      const fitting = this.rows.filter(row => row.rev > after).filter(this.#of(ids, ids.length === 0))
      const rows = fitting.slice(0, limit)
      const more = fitting.length > limit
      response.end(JSON.stringify({ rows, rev: more ? rows.at(-1)?.rev : this.state().rev, more }))
    })
    const feed = new WebSocketServer({ server })
    feed.on('connection', peer => peer.on('message', data => this.#heard(peer, JSON.parse(String(data)) as PageMessage)))
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server = server
    await new Promise<void>(done => server.listen(port, '127.0.0.1', done))
    this.port = (server.address() as AddressInfo).port
    closers.push(() => this.cut())
  }

  #heard(peer: Peer, message: PageMessage): void {
    if (message.type === 'hello') {
      if (message.token !== TOKEN) {
        peer.close(4401, 'wrong token')
        return
      }
      const reader: Reader = { peer, after: message.after, sessions: [] }
      this.readers.add(reader)
      peer.on('close', () => this.readers.delete(reader))
      this.say(reader, { type: 'welcome', state: this.state() })
      this.serve(reader)
      return
    }
    const reader = [...this.readers].find(one => one.peer === peer)
    if (message.type !== 'watch' || !reader) return
    reader.sessions = message.sessions
    const missed = this.rows.filter(row => row.rev > message.after && row.rev <= reader.after).filter(this.#of(reader.sessions, false))
    if (missed.length > 0) this.say(reader, { type: 'rows', rows: missed, rev: missed.at(-1)?.rev ?? 0 })
  }

  say(reader: Reader, message: FeedMessage): void {
    if (!this.mute) reader.peer.send(JSON.stringify(message))
  }
  serve(reader: Reader): void {
    const rows = this.rows.filter(row => row.rev > reader.after).filter(row => row.t === 'session' || this.#of(reader.sessions, true)(row))
    reader.after = this.state().rev
    if (rows.length > 0) this.say(reader, { type: 'rows', rows, rev: reader.after })
  }
  add(row: AnyRow): void {
    this.rows.push({ ...row, rev: this.state().rev + 1 } as AnyRow)
    for (const reader of this.readers) this.serve(reader)
  }
  /** As a kill: every socket gone at once. */
  cut(): void {
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

function page(desk: Desk, token = TOKEN, times = {}) {
  const rows = new Rows()
  const links: Link[] = []
  let resets = 0
  const connection = new Connection(
    new Recorder(`http://127.0.0.1:${desk.port}`, token),
    'p',
    {
      rows: batch => void rows.ingest(batch),
      state: () => {},
      link: link => links.push(link),
      filled: () => {},
      reset: () => {
        resets++
        rows.clear()
      },
    },
    { firstRetryMs: 20, lastRetryMs: 60, settleMs: 0, ...times },
  )
  closers.push(() => connection.stop())
  connection.start()
  return { rows, links, connection, resets: () => resets, phase: () => links.at(-1)?.phase }
}
const until = (what: () => unknown) => expect.poll(what, { timeout: 10_000, interval: 5 })
const frames = (rows: Rows, of: number) => rows.ofSession(of)?.frames.map(one => one.id)

test('pages first, then live; only what is watched; a break in the middle loses and repeats nothing', async () => {
  const desk = new Desk()
  await desk.open()
  for (let i = 1; i <= 7; i++) desk.add(session(i))
  for (let i = 0; i < 10; i++) desk.add(frame(100 + i, 1, { at: i }))
  const { rows, connection, phase, links } = page(desk)
  await until(phase).toBe('live')
  expect(rows.sessions.size).toBe(7)
  expect(frames(rows, 1)).toEqual([])
  connection.watch([1])
  await until(() => frames(rows, 1)?.length).toBe(10)
  desk.add(frame(110, 1, { at: 10 }))
  desk.add(frame(200, 2, { at: 10 }))
  await until(() => frames(rows, 1)?.length).toBe(11)
  expect(frames(rows, 2)).toEqual([])

  desk.cut()
  await until(phase).toBe('lost')
  desk.add(frame(111, 1, { at: 11 }))
  desk.add(session(8))
  await desk.open(desk.port)
  await until(phase).toBe('live')
  await until(() => frames(rows, 1)?.at(-1)).toBe(111)
  expect(frames(rows, 1)).toEqual(Array.from({ length: 12 }, (_, i) => 100 + i))
  expect(rows.sessions.has(8)).toBe(true)
  expect(links.some(link => link.phase === 'lost' && link.inMs >= 15 && link.inMs <= 75)).toBe(true)
})

test('a session watched again gets what came while it was not', async () => {
  const desk = new Desk()
  await desk.open()
  desk.add(session(1))
  desk.add(session(2))
  desk.add(frame(100, 1, { at: 0 }))
  const { rows, connection, phase } = page(desk)
  await until(phase).toBe('live')
  connection.watch([1])
  await until(() => frames(rows, 1)).toEqual([100])
  connection.watch([2])
  await until(() => [...desk.readers][0]?.sessions).toEqual([2])
  desk.add(frame(101, 1, { at: 1 }))
  desk.add(frame(201, 2, { at: 2 }))
  await until(() => frames(rows, 2)).toEqual([201])
  connection.watch([1, 2])
  await until(() => frames(rows, 1)).toEqual([100, 101])
})

test('an orderly end is told from a lost line, and forgotten once the recorder is back', async () => {
  const desk = new Desk()
  await desk.open()
  const { phase, links } = page(desk)
  await until(phase).toBe('live')
  for (const { peer } of desk.readers) peer.close(1001, 'Seismograph ends')
  await until(() => links.at(-1)).toMatchObject({ phase: 'lost', ended: true })
  await until(phase).toBe('live')
  desk.cut()
  await until(() => links.at(-1)).toMatchObject({ phase: 'lost', ended: false })
})

test('another recording behind the same address starts the page over', async () => {
  const desk = new Desk()
  await desk.open()
  for (let i = 1; i <= 5; i++) desk.add(session(i))
  const { rows, phase, resets } = page(desk)
  await until(phase).toBe('live')
  desk.cut()
  await until(phase).toBe('lost')
  desk.recording = 'r2'
  desk.rows = []
  desk.add(session(9))
  await desk.open(desk.port)
  await until(phase).toBe('live')
  expect(resets()).toBe(1)
  expect([...rows.sessions.keys()]).toEqual([9])
})

test('a wrong token is told as refused and asked once', async () => {
  const desk = new Desk()
  await desk.open()
  const { phase } = page(desk, 'other')
  await until(phase).toBe('refused')
  expect(desk.asked).toEqual(['/api/state'])
})

test('a line that says nothing for too long is given up and made anew', async () => {
  const desk = new Desk()
  await desk.open()
  desk.add(session(1))
  const { links, phase, rows } = page(desk, TOKEN, { silentMs: 150 })
  await until(phase).toBe('live')
  desk.mute = true
  await until(() => links.some(link => link.phase === 'lost' && link.why === 'The recorder fell silent.')).toBe(true)
  desk.mute = false
  desk.add(session(2))
  await until(() => rows.sessions.has(2)).toBe(true)
})

test('resync fetches what is missing, then the feed goes on', async () => {
  const desk = new Desk()
  await desk.open()
  desk.add(session(1))
  const { rows, connection, phase } = page(desk)
  await until(phase).toBe('live')
  connection.watch([1])
  await until(() => [...desk.readers][0]?.sessions).toEqual([1])
  const [reader] = desk.readers
  desk.mute = true
  for (let i = 0; i < 9; i++) desk.add(frame(100 + i, 1, { at: i }))
  desk.mute = false
  if (reader) desk.say(reader, { type: 'resync', rev: desk.state().rev })
  await until(() => frames(rows, 1)?.length).toBe(9)
  desk.add(frame(109, 1, { at: 9 }))
  await until(() => frames(rows, 1)?.length).toBe(10)
})

test('errors of the recorder can be shown as they are', async () => {
  const desk = new Desk()
  await desk.open()
  const bad = new Recorder(`http://127.0.0.1:${desk.port}`, 'other')
  await expect(bad.state()).rejects.toThrow(new RecorderError(401, 'the token is wrong'))
  desk.cut()
  await expect(bad.state()).rejects.toThrow('The recorder does not answer.')
})
