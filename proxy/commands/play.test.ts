/** The stage that scenarios play on: real sockets, a clock that can be put forward, and an end that is always clean. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Stage } from '../../server/scenarios/scenario.ts'
import type { WireEvent } from '../core/event.ts'
import { TestData } from '../inspector/wire-story.fixture.ts'
import { openReader } from '../journal/reader.ts'
import { type PlayOptions, play } from './play.ts'

let data: TestData
let server: Server
beforeEach(async () => {
  data = new TestData()
  server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    // `/open` is never finished.
    if (request.url === '/open') response.write('and')
    else response.end('done')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  data.remove()
})

const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
const options = (signal = new AbortController().signal): PlayOptions => ({ dataDir: data.dir, signal })
const perform = (act: (stage: Stage) => Promise<void>, given = options()) => play({ id: 'a-test', story: 'A test.', play: act }, given)

function eventsIn(dir: string): WireEvent[] {
  const reader = openReader(dir)
  const { events } = reader.read(null, 10_000)
  expect(reader.state()).toBe('closed')
  reader.close()
  return events.map(({ event }) => event)
}

describe('play', () => {
  it('records what crosses, and lets recorded time pass without waiting', async () => {
    const began = performance.now()
    const { dir } = await perform(async stage => {
      const client = await stage.through(url('/one?x=1'))
      expect(new URL(client).pathname + new URL(client).search).toBe('/one?x=1')
      expect(await (await fetch(client)).text()).toBe('done')
      await stage.skip(3_600_000)
      stage.log('the server says this')
      expect(await (await fetch(client)).text()).toBe('done')
      await stage.quiet()
    })
    expect(performance.now() - began).toBeLessThan(60_000)
    const events = eventsIn(dir)
    const requests = events.filter(event => event.kind === 'request')
    expect(requests).toHaveLength(2)
    expect((requests[1]?.at ?? 0) - (requests[0]?.at ?? 0)).toBeGreaterThan(3_600_000)
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).toSorted((a, b) => a - b))
    const logs = events.filter(event => event.kind === 'log')
    expect(logs.map(({ source, text }) => [source, text])).toEqual([
      ['process', '3600 s of waiting are left out here'],
      ['stderr', 'the server says this'],
    ])
    expect(events.filter(({ kind }) => kind === 'end')).toHaveLength(8)
  })

  it('ends the recording with what is then open, and closes it afterwards', async () => {
    let closed = false
    const { dir } = await perform(async stage => {
      const leaving = new AbortController()
      stage.onEnd(() => {
        closed = true
        leaving.abort()
      })
      const response = await fetch(await stage.through(url('/open')), { signal: leaving.signal })
      response.body
        ?.getReader()
        .read()
        .catch(() => {})
      await stage.quiet()
    })
    expect(closed).toBe(true)
    const events = eventsIn(dir)
    expect(events.filter(event => event.kind === 'end' && event.part === 'response')).toEqual([])
    expect(events.filter(({ kind }) => kind === 'close')).toEqual([])
  })

  it('names the scenario that failed, and cleans up all the same', async () => {
    let closed = 0
    const failing = perform(async stage => {
      stage.onEnd(() => ++closed)
      await stage.through(url('/'))
      throw new Error('no story')
    })
    await expect(failing).rejects.toThrow('the scenario a-test could not be played: no story')
    expect(closed).toBe(1)
    await expect(perform(async () => {})).rejects.toThrow('the scenario a-test put up no proxy')
  })

  it('ends when it is interrupted', async () => {
    const interruption = new AbortController()
    const waiting = perform(async stage => {
      await stage.through(url('/'))
      interruption.abort(new Error('enough'))
      await stage.quiet()
    }, options(interruption.signal))
    await expect(waiting).rejects.toThrow(/could not be played: enough/)
  })
})
