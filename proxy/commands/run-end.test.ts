/** The end of a run. Promise: what it sums up is what a check of the same recording finds. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { initialize, initialized, tool } from '../captures/wire-script.ts'
import { TestData } from '../inspector/wire-story.fixture.ts'
import { command } from './run.ts'

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
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  data.remove()
})

/** Standard output, line by line. */
class Lines extends Writable {
  readonly #taken: string[] = []
  readonly #waiting: ((line: string) => void)[] = []
  override _write(chunk: Buffer, _: string, done: () => void): void {
    for (const line of String(chunk).trim().split('\n')) {
      const wake = this.#waiting.shift()
      if (wake) wake(line)
      else this.#taken.push(line)
    }
    done()
  }
  async next<T>(): Promise<T> {
    const line = this.#taken.shift() ?? (await new Promise<string>(resolve => this.#waiting.push(resolve)))
    return JSON.parse(line) as T
  }
}

/** What both say of a run. */
interface Sum {
  readonly undelivered: number
  readonly cut: number
  readonly findings: Readonly<Record<'error' | 'warning' | 'info', number>>
}

it('tells of answers that could have been resumed when the run ended, as --check does', async () => {
  const stdout = new Lines()
  const stderr = new Writable({ write: (_chunk, _encoding, done) => done() })
  const controller = new AbortController()
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const ports = ['--port', '0', '--dashboard-port', '0']
  const ended = command.run(['--target', target, ...ports, '--no-open', '--json', '--check', '--data', data.dir], {
    env: { HOME: data.dir },
    stdout,
    stderr,
    signal: controller.signal,
  })
  const { proxy } = await stdout.next<{ proxy: string }>()
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
  controller.abort('SIGINT')
  expect(await waiting).toBe('cut')
  const told = await stdout.next<Sum & { event: string }>()
  const { summary } = await stdout.next<{ summary: Sum }>()
  expect(told).toMatchObject({ event: 'end', undelivered: 1, cut: 1, findings: { error: 1 } })
  expect(summary).toMatchObject({ undelivered: told.undelivered, cut: told.cut, findings: told.findings })
  expect(await ended).toBe(1)
})
