/** The end of a run. Promise: what it sums up is what a check of the same recording finds, and no disk can put it off. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { initialize, initialized, tool } from '../captures/wire-script.ts'
import { TestData } from '../inspector/wire-story.fixture.ts'
import { realDisk } from '../journal/disk.ts'
import { startRun } from './run.fixture.ts'

const SESSION = 'a-session-of-1'
let data: TestData
let server: Server
/** Answers initialize, and begins every other answer with an event that bears an id: that is all. */
beforeEach(async () => {
  data = new TestData()
  server = createServer(async (request, response) => {
    // The command looks whether the target is there.
    if (request.method !== 'POST') return response.writeHead(405).end()
    const { id, method } = JSON.parse(await text(request)) as { id: number; method: string }
    if (method === 'initialize')
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': SESSION }).end(JSON.stringify(initialized(id)))
    else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`id: ${id}\ndata: \n\n`)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  vi.restoreAllMocks()
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  data.remove()
})

const target = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`

/** What both say of a run. */
interface Sum {
  readonly undelivered: number
  readonly cut: number
  readonly findings: Readonly<Record<'error' | 'warning' | 'info', number>>
}

it('tells of answers that could have been resumed when the run ended, as --check does', async () => {
  const run = startRun(['--target', target(), '--check'], data.dir)
  const { proxy } = await run.next<{ proxy: string }>()
  const post = (message: object, signal?: AbortSignal) =>
    fetch(`${proxy}/mcp`, {
      method: 'POST',
      body: JSON.stringify(message),
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': SESSION },
      ...(signal && { signal }),
    })
  await (await post(initialize())).text()
  const leaving = new AbortController()
  await post(tool(1), leaving.signal)
  const waiting = (await post(tool(2))).text().catch(() => 'cut')
  leaving.abort()
  run.interrupt()
  expect(await waiting).toBe('cut')
  const told = await run.next<Sum & { event: string }>()
  const { summary } = await run.next<{ summary: Sum }>()
  expect(told).toMatchObject({ event: 'end', undelivered: 1, cut: 1, findings: { error: 1 } })
  expect(summary).toMatchObject({ undelivered: told.undelivered, cut: told.cut, findings: told.findings })
  expect(await run.ended).toBe(1)
})

it('ends within its time though the disk stays full, and says what is lost', async () => {
  const run = startRun(['--target', target()], data.dir)
  const { proxy } = await run.next<{ proxy: string }>()
  for (const call of ['writeSync', 'writevSync', 'write', 'endSync'] as const)
    vi.spyOn(realDisk, call).mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    })
  const answer = await fetch(`${proxy}/mcp`, { method: 'POST', body: JSON.stringify(initialize()) })
  expect(await answer.json()).toMatchObject(initialized(0))
  expect(run.words()).toMatch(/^seismograph: disk full since .*: traffic goes on/m)
  run.interrupt()
  await vi.waitFor(() => expect(run.words()).toContain('Ending;'), { timeout: 60_000 })
  // Nobody waits here for what a clock can say.
  const clock = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => clock() + 60_000)
  const { event, lost } = await run.next<{ event: string; lost: number }>()
  expect(event).toBe('end')
  expect(lost).toBeGreaterThan(3)
  expect(run.words()).toContain(`seismograph: ${lost} records could not be written and are lost\n`)
  expect(await run.ended).toBe(130)
})
