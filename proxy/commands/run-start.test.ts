/** The beginning of a run, where something is not as it should be. Promise: it is said in words that tell what to change. */
import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TestData } from '../inspector/wire-story.fixture.ts'
import { UsageError } from './command.ts'
import { startRun } from './run.fixture.ts'

let data: TestData
beforeEach(() => {
  data = new TestData()
})
afterEach(() => {
  vi.restoreAllMocks()
  data.remove()
})

it('goes on without a server that does not listen in time, and says so', async () => {
  const deaf = [process.execPath, '-e', "console.log('begun'); setInterval(() => {}, 1000)"]
  const run = startRun(['--target', 'http://127.0.0.1:0/mcp', '--', ...deaf], data.dir)
  await vi.waitFor(() => expect(run.words()).toContain('begun'), { timeout: 60_000 })
  expect(run.words()).not.toContain('does not listen')
  // Nobody waits here for what a clock can say.
  const clock = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => clock() + 60_000)
  const { proxy, proxies } = await run.next<{ proxy: string; proxies: { target: string }[] }>()
  const { origin } = new URL(proxies[0]?.target ?? '')
  expect(run.words()).toContain(
    `seismograph: the server has been started and does not listen at ${origin} after 30 s. Is it told that port?\n`,
  )
  expect((await fetch(`${proxy}/mcp`)).status).toBe(502)
  run.interrupt()
  expect(await run.ended).toBe(130)
})

it('refuses a target that is its own dashboard, before anything is recorded or started', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  await new Promise(resolve => taken.close(resolve))
  for (const name of ['127.0.0.1', 'localhost']) {
    const run = startRun(['--target', `http://${name}:${port}/sse`, '--dashboard-port', String(port), '--', 'no-such-program'], data.dir)
    await expect(run.ended).rejects.toThrow(new RegExp(`:${port} is one of Seismograph's own ports.*--dashboard-port`))
    await expect(run.ended).rejects.toBeInstanceOf(UsageError)
  }
  expect(readdirSync(data.dir)).toEqual([])
})
