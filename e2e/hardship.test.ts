/**
 * A machine that makes it hard: open files run out, the terminal hangs up, output goes nowhere, two runs share a folder.
 * Promise: traffic goes on, and the recording is whole; tried on the real program.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startHostileServer } from './hostile-server.ts'
import { openRaw } from './interop/raw-client.ts'
import { main, type Product, scratch, seismograph, startProduct } from './product.ts'
import { type Ended, type StartOptions, start, until } from './program.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})
function folder(): string {
  const made = scratch()
  stops.push(made.clean)
  return made.folder
}
async function upstream(): Promise<string> {
  const server = await startHostileServer()
  stops.push(server.close)
  return `http://127.0.0.1:${server.port}/sse`
}
async function run(data: string, target: string, options: StartOptions = {}): Promise<Product> {
  const product = await startProduct(['--target', target], data, options)
  stops.push(() => product.stop())
  return product
}
const call = (id: number) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'quick', arguments: {} } })

interface Line {
  readonly kind: string
  readonly seq: number
  readonly what?: string
  readonly replacement?: string
}
/** The recording, proven whole: no number is missing, no gap, every connection that was opened is closed. */
async function wholeRecording(data: string): Promise<readonly Line[]> {
  const { code, stdout, stderr } = await seismograph(['export', '--from', data, '--format', 'jsonl'])
  expect(code, stderr).toBe(0)
  const events = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const count = (kind: string): number => events.filter(event => event.kind === kind).length
  expect([count('close'), count('gap')]).toEqual([count('open'), 0])
  return events
}

describe('open files run out', () => {
  const FILES = 256
  const CLIENTS = 1000

  /** Asks once and keeps its connection; resolves with the status, or how it ended without one. */
  function ask(port: number): { socket: net.Socket; status: Promise<string> } {
    const socket = net.connect(port, '127.0.0.1')
    const status = new Promise<string>(resolve => {
      socket.once('data', bytes => resolve(String(bytes).split(' ')[1] ?? 'no status'))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'an error'))
      socket.once('close', () => resolve('closed without a word'))
      socket.once('connect', () => socket.write(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`))
    })
    return { socket, status }
  }

  it('who is too many is told so with 503, the others are served, the page too, and nothing is lost', async ({ skip }) => {
    if (process.platform === 'win32') skip('there is no ulimit here')
    const data = folder()
    const product = await run(data, await upstream(), { launcher: ['sh', '-c', `ulimit -n ${FILES} && exec "$@"`, 'sh'] })
    const { origin, port } = new URL(product.ready.proxy)
    const session = await openRaw(origin)
    stops.push(() => session.close())
    const clients = Array.from({ length: CLIENTS }, () => ask(Number(port)))
    stops.push(() => {
      for (const { socket } of clients) socket.destroy()
    })
    const fates = await Promise.all(clients.map(({ status }) => status))
    const count = (...wanted: string[]): number => fates.filter(fate => wanted.includes(fate)).length
    // One that writes while it is being turned away may see the reset before the words.
    expect(count('404', '503', 'ECONNRESET', 'EPIPE'), [...new Set(fates)].join()).toBe(CLIENTS)
    expect(count('404')).toBeGreaterThan(10)
    expect(count('503')).toBeGreaterThan(CLIENTS / 2)

    // While all that could get a connection hold it: they are served again, and the page is there.
    const served = clients.filter((_, index) => fates[index] === '404')
    const again = served.map(({ socket }) => {
      const more = new Promise<string>(resolve => socket.once('data', bytes => resolve(String(bytes).split(' ')[1] ?? '')))
      socket.write(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
      return more
    })
    expect(new Set(await Promise.all(again))).toEqual(new Set(['404']))
    expect((await product.state()).recordings[0]?.trouble).toBeUndefined()

    for (const { socket } of clients) socket.destroy()
    await until('a new client to be served', async () => (await fetch(`${origin}/health`)).status === 404 || undefined)
    await session.post(call(1))
    await session.answer(1)
    session.close()
    await product.stop()
    expect(product.stderr()).not.toMatch(/EMFILE|fell/)
    const events = await wholeRecording(data)
    expect(events.filter(({ what }) => what === 'rejected').length).toBeGreaterThanOrEqual(CLIENTS - count('404'))
  })
})

describe('nobody listens to the program any more', () => {
  it('a terminal that hangs up ends the run in order', async () => {
    const data = folder()
    const product = await run(data, await upstream())
    const session = await openRaw(new URL(product.ready.proxy).origin)
    stops.push(() => session.close())
    await session.post(call(1))
    await session.answer(1)
    // Its output goes with it.
    product.child.stdout?.destroy()
    product.child.stderr?.destroy()
    expect(await product.stop('SIGHUP')).toEqual({ code: 0, signal: null })
    await wholeRecording(data)
  })

  it('a reader that leaves in the middle leaves the run alone', async () => {
    const data = folder()
    const product = await run(data, await upstream())
    product.child.stdout?.destroy()
    product.child.stderr?.destroy()
    const session = await openRaw(new URL(product.ready.proxy).origin)
    await session.post(call(1))
    await session.answer(1)
    session.close()
    expect(await product.stop()).toEqual({ code: 0, signal: null })
    await wholeRecording(data)
  })

  it('a full disk behind standard error leaves the run alone', async ({ skip }) => {
    if (process.platform !== 'linux') skip('there is no /dev/full here')
    const data = folder()
    const product = await run(data, await upstream(), { stderrFd: openSync('/dev/full', 'w') })
    const session = await openRaw(new URL(product.ready.proxy).origin)
    await session.post(call(1))
    await session.answer(1)
    session.close()
    expect(await product.stop()).toEqual({ code: 0, signal: null })
    await wholeRecording(data)
  })

  it('a full disk behind standard output is said, and is no success', async ({ skip }) => {
    if (process.platform !== 'linux') skip('there is no /dev/full here')
    const data = folder()
    await run(data, await upstream()).then(product => product.stop())
    const to = (command: readonly string[]): Promise<Ended & { stderr: string }> => {
      const program = start('sh', ['-c', 'exec "$@" > /dev/full', 'sh', process.execPath, main, ...command])
      return program.ended.then(ended => ({ ...ended, stderr: program.stderr() }))
    }
    for (const command of [
      ['check', data],
      ['check', data, '--format', 'sarif'],
      ['export', '--from', data],
    ]) {
      const { code, stderr } = await to(command)
      expect([command[0], code, stderr.match(/standard output cannot be written: ENOSPC/g)?.length]).toEqual([command[0], 2, 1])
      expect(stderr).not.toMatch(/^ {4}at /m)
    }
  })
})

/** A data folder on a disk of so many MiB. */
function smallDisk(skip: (reason: string) => never, size = 2): string {
  const data = folder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', data], { encoding: 'utf8' })
  if (mounted.status !== 0) skip(`mounting a tmpfs is not possible here: ${(mounted.stderr ?? String(mounted.error)).trim()}`)
  stops.push(() => spawnSync('umount', [data]))
  return data
}
/** Takes all room that is left there, with a file named "ballast". */
function fill(data: string): void {
  const ballast = openSync(join(data, 'ballast'), 'w')
  expect(() => {
    for (;;) writeSync(ballast, Buffer.alloc(4096))
  }).toThrow('ENOSPC')
  closeSync(ballast)
}

it('a disk that stays full to the end: what is lost is said, on the console and in the recording', async ({ skip }) => {
  const data = smallDisk(skip)
  const echo = createServer((request, response) => void request.on('end', () => response.end()).resume())
  await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve))
  stops.push(() => echo.close())
  const product = await run(data, `http://127.0.0.1:${(echo.address() as net.AddressInfo).port}/mcp`)
  fill(data)
  for (let asked = 0; asked < 5; asked++) {
    const answer = await fetch(product.ready.proxy, { method: 'POST', body: 'x'.repeat(20_000), headers: { connection: 'close' } })
    expect(answer.status).toBe(200)
  }
  const ended = performance.now()
  expect(await product.stop()).toEqual({ code: 0, signal: null })
  expect(performance.now() - ended).toBeLessThan(10_000)
  const { lost } = JSON.parse(product.stdout().trim().split('\n').at(-1) ?? '') as { lost: number }
  expect(lost).toBeGreaterThan(10)
  expect(product.stderr()).toContain(`seismograph: ${lost} records could not be written and are lost\n`)
  rmSync(join(data, 'ballast'))
  const { code, stdout, stderr } = await seismograph(['export', '--from', data, '--format', 'jsonl'])
  expect(code, stderr).toBe(0)
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { kind: string; detail: string }
  expect(last.kind).toBe('gap')
  expect(last.detail).not.toContain('not been forwarded')
})

it('a recording on a full disk is read all the same, and where nothing can be written at all, that is said', async ({ skip }) => {
  // Room enough while it is recorded: the log of the live index alone may take 4 MiB.
  const data = smallDisk(skip, 24)
  const product = await run(data, await upstream())
  const session = await openRaw(new URL(product.ready.proxy).origin)
  for (let id = 1; id <= 200; id++) {
    await session.post(call(id))
    await session.answer(id)
  }
  session.close()
  await product.stop()
  for (const name of readdirSync(data, { recursive: true, encoding: 'utf8' })) if (name.includes('index.sqlite')) rmSync(join(data, name))
  fill(data)
  // Room to begin an index, and none to finish it.
  truncateSync(join(data, 'ballast'), statSync(join(data, 'ballast')).size - 100 * 1024)
  const full = await seismograph(['export', '--from', data, '--format', 'jsonl'], { env: { TMPDIR: data } })
  expect([full.code, full.stdout]).toEqual([2, ''])
  expect(full.stderr).toMatch(/^seismograph: the index cannot be written: database or disk is full; it needs room .*TMPDIR\)\n$/)
  await wholeRecording(data)
  for (const command of ['sessions', 'check']) expect((await seismograph([command, data])).code).toBe(0)
})

it('a second interruption ends at once, and the recording can be read', async () => {
  const data = folder()
  const silent = createServer(() => {})
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  stops.push(() => silent.close(), silent.closeAllConnections.bind(silent))
  const product = await run(data, `http://127.0.0.1:${(silent.address() as net.AddressInfo).port}/mcp`)
  const asked = fetch(product.ready.proxy).catch(() => 'cut')
  await until('the request to be recorded', async () => (await product.rows('exchange'))[0])
  product.child.kill('SIGINT')
  await until('the first interruption to be heard', () => product.stderr().includes('Again to end at once') || undefined)
  // Two of them in one moment are one (a terminal sends its own besides that of npm).
  await new Promise(resolve => setTimeout(resolve, 400))
  product.child.kill('SIGINT')
  expect(await product.ended).toEqual({ code: 130, signal: null })
  expect(await asked).toBe('cut')
  // It did not wait for the call, nor for anything else.
  expect(product.stderr()).not.toContain('Recorded')
  const { code, stdout, stderr } = await seismograph(['export', '--from', data, '--format', 'jsonl'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('"kind":"request"')
})

it('two runs on one data folder at once keep out of each other’s way', async () => {
  const data = folder()
  const target = await upstream()
  const products = await Promise.all([run(data, target), run(data, target)])
  await Promise.all(
    products.map(async (product, index) => {
      const session = await openRaw(new URL(product.ready.proxy).origin)
      for (let id = 1; id <= 3 + index; id++) {
        await session.post(call(id))
        await session.answer(id)
      }
      session.close()
      expect((await product.rows('call')).length).toBe(3 + index)
    }),
  )
  for (const product of products) expect(await product.stop()).toEqual({ code: 0, signal: null })
  const recordings = readdirSync(`${data}/recordings`)
  expect(recordings).toHaveLength(2)
  const calls: number[] = []
  for (const name of recordings) {
    await wholeRecording(`${data}/recordings/${name}`)
    const { stdout } = await seismograph(['sessions', `${data}/recordings/${name}`, '--json'])
    calls.push((JSON.parse(stdout) as { calls: number }).calls)
  }
  expect(calls.sort()).toEqual([3, 4])
})
