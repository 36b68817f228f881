/** Against a recorder of this test's own, on a real socket: it holds three texts and finds what contains a needle. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BodySearch } from './body-search.ts'
import { parseFilter } from './filter.ts'
import { Recorder } from './recorder.ts'

const texts = [
  { session: 1, exchange: 10, part: 'request', text: `{"name":"srv-dal-001"}` },
  { session: 1, exchange: 11, frame: 20, part: 'response', text: `${'x'.repeat(500)} srv-dal-002 and srv-dal-7` },
  { session: 2, exchange: 12, part: 'response', text: 'srv-nyc' },
] as const
const asked: string[] = []
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://x')
  asked.push(url.pathname)
  const q = url.searchParams.get('q') ?? ''
  if (url.pathname === '/api/search') {
    const hits = texts.filter(one => one.text.includes(q) && one.session === Number(url.searchParams.get('session')))
    response.end(JSON.stringify({ hits: hits.map(({ text, ...one }) => ({ ...one, at: 0, excerpt: text.slice(0, 40) })), more: false }))
  } else if (url.pathname === '/api/data')
    response.end(texts.find(one => 'frame' in one && one.frame === Number(url.searchParams.get('frame')))?.text)
  else response.end(texts.find(one => one.exchange === Number(url.searchParams.get('exchange')))?.text)
})
let base = ''
beforeEach(async () => {
  asked.length = 0
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function found(filter: string, sessions = [1, 2]): Promise<Record<string, number[]>> {
  const parsed = parseFilter(filter)
  if (!parsed.ok) throw new Error(parsed.error.message)
  let last: ReadonlyMap<string, ReadonlySet<number> | undefined> = new Map()
  const wanted = parsed.terms.filter(term => term.key === 'body').length
  const search = new BodySearch(new Recorder(base, 't'), now => {
    last = now
  })
  search.want(parsed.terms, () => sessions)
  await expect.poll(() => last.size, { timeout: 10_000 }).toBe(wanted)
  return Object.fromEntries([...last].map(([key, ids]) => [key, [...(ids ?? [])]]))
}

test('a text is looked for in the sessions that are shown', async () => {
  expect(await found('body:srv-')).toEqual({ 'srv-': [10, 20, 12] })
  expect(await found('body:srv-', [2])).toEqual({ 'srv-': [12] })
})

test('an expression is tested on the whole text, not on its excerpt', async () => {
  expect(await found('body:/dal-00[1-9]"/')).toEqual({ '/dal-00[1-9]"/': [10] })
  expect(await found('body:/dal-\\d\\b/')).toEqual({ '/dal-\\d\\b/': [20] })
  expect(asked).toContain('/api/data')
})

test('several terms are answered each', async () => {
  expect(await found('body:nyc -body:dal')).toEqual({ nyc: [12], dal: [10, 20] })
})
