/**
 * The inspector dies in the middle of the load, again and again. Promise: no client of the proxy notices, nothing is missing from the
 * recording, and the inspector that comes back shows all of it at the same address.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import type { State } from '../proxy/core/feed.ts'
import { createForwarder } from '../proxy/forward.ts'
import { startInspector } from '../proxy/inspector/inspector.ts'
import { openReader } from '../proxy/journal/reader.ts'
import { createRecording } from '../proxy/journal/recording.ts'
import { scratch } from './product.ts'
import { until } from './program.ts'

const CLIENTS = 8
const DEATHS = 3
/** Between two requests of a client: there is to be load all the time, not as much as the machine bears. */
const PAUSE_MS = 10

test('traffic does not notice, and nothing is missing afterwards', async () => {
  const { folder, clean } = scratch()
  onTestFinished(clean)
  const server = createServer((request, response) => {
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(`{"path":"${request.url}"}`)).resume()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const recording = createRecording(folder, {
    upstreams: [],
    product: 'x',
    options: { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 1 << 20, masked: true },
  })
  const target = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const forwarder = createForwarder(recording, { name: 'mcp', target })
  const { port } = await forwarder.listen(0)
  const crashes: string[] = []
  const inspector = await startInspector({
    recordings: [{ dir: recording.dir, live: true }],
    host: '127.0.0.1',
    port: 0,
    uiDir: '/nowhere',
    product: 'x',
    onCrash: message => crashes.push(message),
  })
  onTestFinished(() => inspector.close())
  const { url } = inspector
  const state = async (): Promise<State | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${inspector.port}/api/state`, {
      headers: { authorization: `Bearer ${inspector.token}` },
    }).catch(() => undefined)
    return answer?.ok ? ((await answer.json()) as State) : undefined
  }

  let isOver = false
  const asked = await (async () => {
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      const sent: string[] = []
      while (!isOver) {
        const path = `/mcp/${client}/${sent.length}`
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' })
        expect([answer.status, await answer.json()]).toEqual([200, { path }])
        sent.push(path)
        await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
      }
      return sent
    })
    for (let death = 1; death <= DEATHS; death++) {
      const worker = await until('an inspector that answers', async () => ((await state()) ? workerOf(inspector) : undefined))
      await worker.terminate()
      await until('its death to be heard of', () => crashes.length >= death || undefined)
    }
    isOver = true
    return (await Promise.all(clients)).flat()
  })()
  await forwarder.drain(2000)
  recording.flush()

  const reader = openReader(recording.dir)
  onTestFinished(() => reader.close())
  const seen: string[] = []
  let events = 0
  for (let next = null as Parameters<typeof reader.read>[0]; ; ) {
    const batch = reader.read(next, 1000)
    for (const { event } of batch.events) {
      events++
      expect(event.seq).toBe(events)
      expect(event.kind).not.toBe('gap')
      if (event.kind === 'request') seen.push(event.target)
    }
    if (batch.events.length === 0) break
    next = batch.next
  }
  expect(asked.length).toBeGreaterThan(CLIENTS * DEATHS)
  expect(seen.sort()).toEqual(asked.sort())

  const caughtUp = await until('the inspector to have read it all', async () => {
    const [info] = (await state())?.recordings ?? []
    return info && info.behind === 0 && info.events === events ? info : undefined
  })
  expect(caughtUp.trouble).toBeUndefined()
  expect(inspector.url).toBe(url)
  expect(crashes).toHaveLength(DEATHS)
  recording.close()
})

/** Its thread, to end it as a defect would. */
function workerOf(inspector: object): Worker | undefined {
  return (inspector as { workerForTests(): Worker | undefined }).workerForTests()
}
