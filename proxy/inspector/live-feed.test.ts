import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { FeedMessage, State } from '../core/feed.ts'
import { type FeedLimits, type FeedSource, LiveFeed } from './live-feed.ts'

const TOKEN = 'x'.repeat(43)
const state: State = { product: 'p', recordings: [], rev: 0, openStreams: 0, rate: 0, ruleFailures: [], canDemo: false }

/** Rows that are numbers: row n has revision n; odd ones are global, even ones belong to session 2. */
class Numbers implements FeedSource {
  last = 0
  asked = 0
  rev = () => this.last
  state = () => state
  rows: FeedSource['rows'] = ({ after, upTo, limit, global, sessions }) => {
    this.asked += 1
    const found: number[] = []
    for (let n = after + 1; n <= Math.min(upTo, this.last) && found.length <= limit; n++)
      if (n % 2 === 1 ? global : sessions.includes(2)) found.push(n)
    const page = found.slice(0, limit)
    return { jsons: page.map(rev => JSON.stringify({ rev, fill: 'y'.repeat(300) })), rev: page.at(-1) ?? after, more: found.length > limit }
  }
}

/** A count, once it has been the same for twenty looks. */
async function stillAt(count: () => number): Promise<number> {
  let last = count()
  for (let looks = 0; looks < 20; looks++) {
    await sleep(20)
    if (count() !== last) looks = 0
    last = count()
  }
  return last
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close()
})

async function start(limits: Partial<FeedLimits> = {}): Promise<{ feed: LiveFeed; source: Numbers; url: string }> {
  const source = new Numbers()
  const feed = new LiveFeed({ token: TOKEN, source, limits })
  const server: Server = createServer()
  server.on('upgrade', (request, socket, head) => feed.accept(request, socket, head))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () => server.close(),
    () => feed.close(),
  )
  return { feed, source, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/api/feed` }
}

class Page {
  readonly messages: FeedMessage[] = []
  readonly socket: WebSocket
  readonly opened: Promise<void>
  constructor(url: string, options: { autoPong?: boolean } = {}) {
    this.socket = new WebSocket(url, options)
    this.opened = new Promise(resolve => this.socket.on('open', () => resolve()))
    this.socket.on('message', data => this.messages.push(JSON.parse(String(data)) as FeedMessage))
    this.socket.on('error', () => {})
    closing.push(() => this.socket.terminate())
  }
  async hello(after = 0): Promise<this> {
    await this.opened
    this.socket.send(JSON.stringify({ type: 'hello', token: TOKEN, after, product: 'p' }))
    return this
  }
  get revs(): number[] {
    return this.messages.flatMap(message => (message.type === 'rows' ? message.rows.map(({ rev }) => rev) : []))
  }
  types(type: FeedMessage['type']): number {
    return this.messages.filter(message => message.type === type).length
  }
}
async function until(done: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (done()) return
    await sleep(10)
  }
  throw new Error(`never: ${what}`)
}
const odd = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n).filter(n => n % 2 === 1)

describe('the live feed', () => {
  it('sends each row once, in order, and from where the page was', async () => {
    const { feed, source, url } = await start({ gatherMs: 5 })
    source.last = 2000
    const page = await new Page(url).hello(100)
    for (let n = 0; n < 20; n++) {
      source.last += 37
      feed.changed()
      await sleep(3)
    }
    await until(() => page.revs.at(-1) === odd(1, source.last).at(-1), 'the last row')
    expect(page.revs).toEqual(odd(101, source.last))
    expect(page.messages[0]?.type).toBe('welcome')
  })

  it('answers equal questions once for all pages', async () => {
    const { feed, source, url } = await start({ gatherMs: 5 })
    const pages = await Promise.all(Array.from({ length: 20 }, () => new Page(url).hello()))
    await until(() => pages.every(page => page.types('welcome') === 1), 'welcome')
    const before = source.asked
    source.last = 10
    feed.changed()
    await until(() => pages.every(page => page.revs.length === 5), 'rows everywhere')
    expect(source.asked - before).toBe(1)
  })

  it('gives a page that watches what it missed of the session, and then what comes', async () => {
    const { feed, source, url } = await start({ gatherMs: 5 })
    source.last = 3000
    const page = await new Page(url).hello()
    await until(() => page.revs.length === 1500, 'global rows')
    page.socket.send(JSON.stringify({ type: 'watch', sessions: [2, 2], after: 1000 }))
    await until(() => page.revs.length === 2500, 'rows of the session')
    source.last = 3004
    feed.changed()
    await until(() => page.revs.length === 2504, 'what came')
    expect(new Set(page.revs).size).toBe(2504)
    expect(page.revs.filter(rev => rev % 2 === 0 && rev <= 1000)).toEqual([])
  })

  it('sends a page that fell far behind to fetch, and goes on from there', async () => {
    const { feed, source, url } = await start({ gatherMs: 5, resyncRows: 1000 })
    const page = await new Page(url).hello()
    await until(() => page.types('welcome') === 1, 'welcome')
    source.last = 5000
    feed.changed()
    await until(() => page.types('resync') === 1, 'resync')
    expect(page.messages.find(({ type }) => type === 'resync')).toEqual({ type: 'resync', rev: 5000 })
    source.last = 5003
    feed.changed()
    await until(() => page.revs.length === 2, 'rows after it')
    expect(page.revs).toEqual([5001, 5003])
  })

  it('puts no more on a socket than it takes', async () => {
    const { feed, source, url } = await start({ gatherMs: 5, highBytes: 300_000, pingMs: 100, resyncRows: 1e9 })
    const page = await new Page(url).hello()
    await until(() => page.types('welcome') === 1, 'welcome')
    page.socket.pause()
    const before = source.asked
    source.last = 200_000
    feed.changed()
    await until(() => source.asked > before, 'the first rows')
    // It stands still at what the kernel took, one page beyond the mark, and no more.
    expect(await stillAt(() => source.asked)).toBeLessThan(200)
    page.socket.resume()
    await until(() => page.revs.length === 100_000, 'all rows')
    expect(page.revs).toEqual(odd(1, 200_000))
  })

  it('ends who does not say hello, and who falls silent', async () => {
    const { feed, url } = await start({ helloMs: 2000, pingMs: 50, silentMs: 5000 })
    const mute = new Page(url)
    expect(await new Promise(resolve => mute.socket.on('close', code => resolve(code)))).toBe(4401)
    const gone = await new Page(url, { autoPong: false }).hello()
    const lively = await new Page(url).hello()
    const code = await new Promise(resolve => gone.socket.on('close', resolve))
    expect(code).toBe(1006)
    await until(() => lively.types('ping') > 5, 'pings')
    expect(lively.socket.readyState).toBe(WebSocket.OPEN)
    await until(() => feed.size === 1, 'one page left')
  })

  it('tells the state again and again', async () => {
    const { url } = await start({ stateMs: 20 })
    const page = await new Page(url).hello()
    await until(() => page.types('state') > 3, 'states')
  })

  it.each([
    '[]',
    'null',
    '{"type":"watch","sessions":"all","after":0}',
    '{"type":"watch","sessions":[-1],"after":0}',
    '{"type":"hello"}',
    '{"type":"?"}',
  ])('ends who says %s', async words => {
    const { url } = await start()
    const page = await new Page(url).hello()
    await until(() => page.types('welcome') === 1, 'welcome')
    page.socket.send(words)
    expect(await new Promise(resolve => page.socket.on('close', resolve))).toBe(1008)
  })
})
