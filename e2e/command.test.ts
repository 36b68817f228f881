/**
 * The command line's contract: help, exit codes, the ready line, interruption, errors. Promise: what scripts and people rely on is
 * tested on the real program.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createConnection } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startHostileServer } from './hostile-server.ts'
import { openRaw } from './interop/raw-client.ts'
import { type CheckReport, check, scratch, seismograph, startProduct } from './product.ts'
import { start, until } from './program.ts'

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
const call = (id: number, name: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } })

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('help', () => {
  it.each(['', 'open', 'sessions', 'export', 'check', 'panos', 'simulator'])('of "%s" tells what it does, with examples', async command => {
    const { code, stdout, stderr } = await seismograph([...(command ? [command] : []), '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^seismograph ${command}`.trim()))
    expect(stdout).toMatch(/Examples:\n {2}.*\bseismograph/)
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(150)
  })

  it('names every command, and the version is one line', async () => {
    const { stdout } = await seismograph(['--help'])
    for (const command of ['open', 'sessions', 'export', 'check', 'panos', 'simulator'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect((await seismograph(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('what the user gets wrong', () => {
  it.each([
    ['an unknown command', ['nonsense'], /no command "nonsense"/],
    ['a mistyped command', ['chek'], /no command "chek"\. Did you mean check\?/],
    ['an unknown flag', ['--nonsense'], /--nonsense/],
    ['a target that is no URL', ['--target', 'localhost:8001'], /--target .*http/],
    ['a port that is none', ['--target', 'http://127.0.0.1:9/', '--port', '70000'], /--port .*65535/],
    ['an address beyond loopback', ['--target', 'http://127.0.0.1:9/', '--host', '0.0.0.0'], /--dangerously-bind/],
    ['a recording that is not there', ['check', '/nonexistent/recording'], /nonexistent/],
    ['a form that is none', ['check', '--format', 'nonsense'], /--format/],
    ['a server without a target', ['--', 'node', 'server.js'], /--target/],
  ])('%s is one clear message and exit code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await seismograph(args)
    expect(code, stderr).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  it('a server that cannot be started ends the run with exit code 2', async () => {
    const args = ['--target', 'http://127.0.0.1:9/', '--port', '0', '--dashboard-port', '0', '--no-open', '--json', '--data', folder()]
    const { code, stdout, stderr } = await seismograph([...args, '--', 'no-such-program'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/-- no-such-program: the server could not be started: .*ENOENT/)
    expect(stderr).not.toContain('is recording')
  })

  it('a server that fails before it listens ends the run with exit code 3, its words on the screen', async () => {
    const args = ['--target', 'http://127.0.0.1:0/mcp', '--port', '0', '--dashboard-port', '0', '--no-open', '--json', '--data', folder()]
    const { code, stdout, stderr } = await seismograph([
      ...args,
      '--',
      process.execPath,
      '-e',
      'console.error("no config"); process.exit(7)',
    ])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(/no config.*the server ended with exit code 7 before it listened at http:\/\/127\.0\.0\.1:\d+; its own words/s)
  })

  it('a port that is taken is said by its number, with what to do', async () => {
    const target = await upstream()
    const first = await startProduct(['--target', target], folder())
    stops.push(() => first.stop())
    const { port } = new URL(first.ready.proxy)
    const second = await seismograph(['--target', target, '--no-open', '--port', port, '--dashboard-port', '0', '--data', folder()])
    expect(second.code).toBe(2)
    expect(second.stderr).toContain(port)
    expect(second.stderr).toMatch(/--port/)
    expect(second.stderr).not.toMatch(/^ {4}at /m)
  })
})

describe('a run', () => {
  it('says in one line of JSON when it is ready, and nothing else on standard output', async () => {
    const target = await upstream()
    const product = await startProduct(['--target', target], folder())
    stops.push(() => product.stop())
    expect(product.ready).toMatchObject({ event: 'ready', pid: product.pid })
    for (const url of [product.ready.proxy, product.ready.dashboard]) expect(new URL(url).hostname).toBe('127.0.0.1')
    expect(product.ready.dashboard).toMatch(/#t=[\w-]{20,}$/)
    expect(existsSync(product.ready.data)).toBe(true)
    await product.stop()
    for (const line of product.stdout().trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
  })

  it('keeps what it writes from other users', async () => {
    const product = await startProduct(['--target', await upstream()], folder())
    stops.push(() => product.stop())
    await openRaw(new URL(product.ready.proxy).origin).then(session => session.close())
    const files = readdirSync(product.data, { recursive: true, encoding: 'utf8' }).map(name => join(product.data, name))
    expect(files.length).toBeGreaterThan(1)
    for (const file of files) {
      const stat = statSync(file)
      expect(`${file} ${(stat.mode & 0o777).toString(8)}`).toBe(`${file} ${stat.isDirectory() ? '700' : '600'}`)
    }
  })

  // The watchdog of `stop` kills after 15 s; the contract is 10.
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'drains on %s within 10 s, with a stream and a call open, and leaves a whole recording',
    async signal => {
      const data = folder()
      const product = await startProduct(['--target', await upstream()], data)
      const session = await openRaw(new URL(product.ready.proxy).origin)
      stops.push(() => session.close())
      await session.post(call(1, 'quick'))
      await session.answer(1)
      await session.post(call(2, 'slow'))
      const asked = performance.now()
      const ended = await product.stop(signal)
      expect(ended.signal, product.stderr()).toBeNull()
      expect([0, 130]).toContain(ended.code)
      expect(performance.now() - asked).toBeLessThan(10_000)
      expect(product.stderr()).toMatch(/Recorded 1 session, 2 calls, 0 not delivered, 1 cut by this end before an answer came; /)
      const last = product.stdout().trim().split('\n').at(-1) ?? ''
      expect(JSON.parse(last)).toMatchObject({ event: 'end', calls: 2, undelivered: 0, cut: 1 })

      const exported = await seismograph(['export', '--from', data, '--format', 'jsonl'])
      expect(exported.code, exported.stderr).toBe(0)
      const events = exported.stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as { kind: string; seq: number; leg?: string })
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
      const count = (kind: string): number => events.filter(event => event.kind === kind).length
      expect(count('close'), 'every connection that was opened is closed on record').toBe(count('open'))
      expect(count('gap')).toBe(0)
      const listed = await seismograph(['sessions', data, '--json'])
      expect(
        listed.stdout
          .trim()
          .split('\n')
          .map(line => JSON.parse(line) as { transport: string; calls: number }),
      ).toMatchObject([{ transport: 'sse', calls: 2 }])
    },
  )

  it('ends when the npm that started it is ended', async () => {
    const args = ['--target', await upstream(), '--port', '0', '--dashboard-port', '0', '--no-open', '--json', '--data', folder()]
    const npm = start('npm', ['start', '--silent', '--', ...args])
    stops.push(() => npm.stop('SIGKILL'))
    const line = await until('the ready line', () => /^\{.*\}\n/.exec(npm.stdout())?.[0])
    const { pid, recording } = JSON.parse(line) as { pid: number; recording: string }
    npm.child.kill('SIGTERM')
    await until('the end of the run', () => !isAlive(pid) || undefined)
    expect((await seismograph(['check', recording])).stdout).toContain('No findings')
  })

  it('says who is ready only when its server listens, records its output and ends it', async () => {
    const port = await freePort()
    // It takes its time to listen, as real ones do: who is told "ready" gets an answer all the same.
    const script = `console.log('begun'); console.error('Traceback: none')
      setTimeout(() => require('http').createServer((q, s) => s.end('ok')).listen(${port}, '127.0.0.1'), 700)`
    const data = folder()
    const product = await startProduct(['--target', `http://127.0.0.1:${port}/sse`, '--', process.execPath, '-e', script], data)
    stops.push(() => product.stop())
    expect((await fetch(`${new URL(product.ready.proxy).origin}/health`)).status).toBe(200)
    await product.stop()
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
    const { stdout } = await seismograph(['export', '--from', data, '--format', 'jsonl'])
    const logs = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { kind: string; source?: string; text?: string })
      .filter(({ kind }) => kind === 'log')
    expect(logs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ source: 'stdout', text: 'begun' }),
        expect.objectContaining({ source: 'stderr', text: 'Traceback: none' }),
      ]),
    )
  })

  it('says what is wrong with a target that cannot be reached, to client and recording', async () => {
    const data = folder()
    const port = await freePort()
    const product = await startProduct(['--target', `http://127.0.0.1:${port}/sse`], data)
    stops.push(() => product.stop())
    const answer = await fetch(`${new URL(product.ready.proxy).origin}/sse`)
    expect(answer.status).toBe(502)
    const words = await answer.text()
    expect(() => JSON.parse(words)).not.toThrow()
    expect(words).toContain('ECONNREFUSED')
    expect(words).toContain(String(port))
    expect(await product.rows('exchange')).toMatchObject([{ status: 502, responseBy: 'proxy' }])
  })

  it('refuses a foreign Host and a foreign Origin on both ports', async () => {
    const product = await startProduct(['--target', await upstream()], folder())
    stops.push(() => product.stop())
    for (const url of [product.ready.proxy, product.ready.dashboard].map(text => new URL(text))) {
      const own = `${url.hostname}:${url.port}`
      for (const head of [
        `Host: evil.example:${url.port}`,
        `Host: ${own}\r\nOrigin: http://evil.example`,
        `Host: ${own}\r\nHost: ${own}`,
        'X: none',
      ])
        expect(`${head} ${await firstLineOf(url, head)}`).toMatch(/ 40[03]\b/)
    }
  })
})

describe('check', () => {
  it('ends with 1 only when something is at or above --fail-on', async () => {
    const data = folder()
    const product = await startProduct(['--target', await upstream()], data)
    const session = await openRaw(new URL(product.ready.proxy).origin)
    await session.post({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    })
    await session.answer(1)
    await session.post({ jsonrpc: '2.0', method: 'notifications/initialized' })
    await session.post(call(2, 'slow'))
    session.close()
    await until('the close to be recorded', async () => ((await product.rows('session'))[0]?.ended ? true : undefined))
    await product.stop()

    const text = await seismograph(['check', data])
    expect(text.code).toBe(1)
    expect(text.stdout).toContain('undeliverable-response')
    const json = await seismograph(['check', data, '--format', 'json'])
    expect(json.code).toBe(1)
    const report = JSON.parse(json.stdout) as CheckReport
    expect(report.findings).toMatchObject([{ rule: 'undeliverable-response', severity: 'error', confidence: 'certain' }])
    expect(report.findings[0]?.evidence.length).toBeGreaterThan(1)
    expect((await seismograph(['check', data, '--fail-on', 'never'])).code).toBe(0)
    expect(await check(data)).toEqual(report)
  })

  it('ends with 0 on a healthy recording', async () => {
    const data = folder()
    const product = await startProduct(['--target', await upstream()], data)
    await product.stop()
    expect((await seismograph(['check', data])).code).toBe(0)
  })
})

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** The status line that a bare request with these header lines gets. */
function firstLineOf(url: URL, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: url.hostname, port: Number(url.port) })
    let text = ''
    socket.setEncoding('latin1').on('data', part => {
      text += part
      if (text.includes('\r\n')) {
        resolve(text.slice(0, text.indexOf('\r\n')))
        socket.destroy()
      }
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.write(`GET / HTTP/1.1\r\n${head}\r\nConnection: close\r\n\r\n`)
  })
}
