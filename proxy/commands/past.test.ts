/** The commands on past recordings, run as functions on real recordings. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { State } from '../core/feed.ts'
import { eventToLine } from '../core/lines.ts'
import { Client, TestData } from '../inspector/wire-story.fixture.ts'
import { openReader } from '../journal/reader.ts'
import { command as check } from './check.ts'
import type { Command } from './command.ts'
import { UsageError } from './command.ts'
import { command as exporting } from './export.ts'
import { command as open } from './open.ts'
import { command as sessions } from './sessions.ts'

let data: TestData
beforeEach(() => {
  data = new TestData()
})
afterEach(() => data.remove())

class Words extends Writable {
  text = ''
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += String(chunk)
    done()
  }
}

/** Runs a command to its end; `until` sees the output so far and may interrupt. */
async function run(
  command: Command,
  argv: readonly string[],
  until?: (output: string) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
) {
  const stdout = new Words()
  const stderr = new Words()
  const controller = new AbortController()
  const ended = command.run(argv, { env: { HOME: data.dir, ...env }, stdout, stderr, signal: controller.signal })
  if (until) {
    while (!stdout.text.includes('\n')) await Promise.race([ended, new Promise(resolve => setTimeout(resolve, 10))])
    await until(stdout.text)
    controller.abort('SIGINT')
  }
  return { code: await ended, out: stdout.text, err: stderr.text }
}

const LOST = 'abcdef0123456789abcdef0123456789'
const HEALTHY = 'bbbbef0123456789abcdef0123456789'
/** One session that its client left with a call in flight, and a healthy one. */
function broken(): string {
  const recording = data.record()
  const client = new Client(recording, LOST, 1).connect().initialize()
  client.call(1, 'show_system_info').answer(1, 'fine').call(2, 'retrieve_address_objects').leave()
  new Client(recording, HEALTHY, 2).connect().initialize().call(1, 'check_health').answer(1, 'ok').finish()
  recording.close()
  return recording.dir
}
function healthy(): string {
  const recording = data.record()
  new Client(recording, HEALTHY, 1).connect().initialize().call(1, 'check_health').answer(1, 'ok').finish()
  recording.close()
  return recording.dir
}
/** The same recording as JSON lines. */
function asLines(dir: string, name = 'capture.jsonl'): string {
  const reader = openReader(dir)
  const { events, more } = reader.read(null, 10_000)
  reader.close()
  expect(more).toBe(false)
  const file = join(data.dir, name)
  writeFileSync(file, `${events.map(({ event }) => eventToLine(event)).join('\n')}\n`)
  return file
}

describe('sessions', () => {
  it('lists the named recording as a table', async () => {
    const { code, out } = await run(sessions, [broken()])
    expect(code).toBe(0)
    const [head, first, second, ...more] = out.trimEnd().split('\n')
    expect(more).toEqual([])
    expect(head).toMatch(/^ *ID +STARTED +LASTED +TRANSPORT +STATE +CALLS +LOST +FINDINGS +CLIENT +SESSION$/)
    expect(first).toMatch(new RegExp(`sse +broken +3 +1 +1 error +story 1 +${LOST}$`))
    expect(second).toMatch(new RegExp(`sse +ended +2 +0 +- +story 1 +${HEALTHY}$`))
  })
  it('takes the newest recording of the data folder, or all', async () => {
    broken()
    await new Promise(resolve => setTimeout(resolve, 5))
    healthy()
    const newest = await run(sessions, ['--data', data.dir, '--json'])
    expect(
      newest.out
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).key),
    ).toEqual([HEALTHY])
    const all = await run(sessions, ['--data', data.dir, '--json', '--all'])
    expect(
      all.out
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).key),
    ).toEqual([HEALTHY, LOST, HEALTHY])
  })
  it('shows recorded words without control characters', async () => {
    const recording = data.record()
    new Client(recording, LOST, 1)
      .connect()
      .post(
        '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"clientInfo":{"name":"\\u001b]0;evil\\u0007\\u202e\\n","version":"1"}}}',
      )
    recording.close()
    const { out } = await run(sessions, [recording.dir])
    expect(out).toContain('\\u001b]0;evil\\u0007\\u202e')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  })
})

describe('check', () => {
  it('names the fault, its evidence and what to do, and fails', async () => {
    const dir = broken()
    const { code, out } = await run(check, [dir])
    expect(code).toBe(1)
    expect(out).toMatch(/^error\[undeliverable-response\]: .+$/m)
    expect(out).toContain(`--> ${dir} at +`)
    expect(out).toMatch(/evidence #\d+ \+\d+\.\d{3} s: /)
    expect(out).toMatch(/fix: /)
    expect(out).toMatch(/1 error in 2 sessions, 5 calls, \d+ records\.\n$/)
  })
  it('says nothing of healthy traffic', async () => {
    const { code, out } = await run(check, [healthy(), '--fail-on', 'info'])
    expect([code, out.split(' in ')[0]]).toEqual([0, 'No findings'])
  })
  it.each([
    ['without an answer', 'undeliverable-response.silent-cancelled.md'],
    ['confirmed by the server', 'cancelled-but-answered.silent-python.md'],
  ])('counts a call that its client took back, %s, and finds nothing in that', async (_, capture) => {
    const page = readFileSync(join(import.meta.dirname, '..', 'captures', capture), 'utf8')
    const file = join(data.dir, 'cancelled.jsonl')
    writeFileSync(file, `${/```jsonl\n(.*?)\n```/s.exec(page)?.[1]}\n`)
    const { code, out } = await run(check, [file])
    expect(code).toBe(0)
    expect(out).toMatch(/^1 call was cancelled by the client\.\nNo findings in 1 session, 2 calls/)
    const { summary } = JSON.parse((await run(check, [file, '--format', 'json'])).out)
    expect(summary).toMatchObject({ calls: 2, undelivered: 0, cancelled: 1, cut: 0 })
  })
  it('gives the machine its form', async () => {
    const { code, out } = await run(check, [broken(), '--format', 'json'])
    const report = JSON.parse(out)
    expect(code).toBe(1)
    expect(Object.keys(report)).toEqual(['findings', 'sessions', 'summary'])
    const [finding, ...more] = report.findings
    expect(more).toEqual([])
    expect(finding).toMatchObject({ rule: 'undeliverable-response', severity: 'error', session: report.sessions[0].id })
    for (const key of ['confidence', 'exchange', 'call', 'at', 'title', 'says', 'cause', 'fix']) expect(finding, key).toHaveProperty(key)
    expect(finding.evidence.every(Number.isInteger)).toBe(true)
    expect(finding.alternatives.every((rule: unknown) => typeof rule === 'string')).toBe(true)
    expect(report.summary).toMatchObject({ sessions: 2, calls: 5, undelivered: 1, findings: { error: 1, warning: 0, info: 0 } })
  })
  it('obeys --fail-on, --rule and --ignore', async () => {
    const dir = broken()
    expect((await run(check, [dir, '--fail-on', 'never'])).code).toBe(0)
    expect((await run(check, [dir, '--ignore', 'undeliverable-response'])).code).toBe(0)
    expect((await run(check, [dir, '--rule', 'redirect-path-mismatch'])).code).toBe(0)
    expect((await run(check, [dir, '--rule', 'undeliverable-response'])).code).toBe(1)
  })
  it('reads JSON lines as it reads the folder', async () => {
    const dir = broken()
    const file = asLines(dir)
    const report = async (from: string) => JSON.parse((await run(check, [from, '--format', 'json'])).out)
    expect(await report(file)).toEqual(await report(dir))
  })
  it.each([
    [['/nowhere/at/all'], /\/nowhere\/at\/all does not exist/],
    [['a', 'b'], /"b" is one too many/],
    [['--format', 'xml'], /--format takes text, json, junit, sarif, not "xml"/],
    [['--fail-on', 'always'], /--fail-on takes error, warning, info, never/],
    [['--rule', 'no-such'], /there is no rule "no-such"\. ".* scenario" lists them all/],
    [['--data', '/nowhere'], /there is no recording in \/nowhere yet/],
    [['--nonsense'], /nonsense/],
  ])('says what is wrong with %j', async (argv, words) => {
    const failed = run(check, argv)
    await expect(failed).rejects.toThrow(words)
    await expect(failed).rejects.toBeInstanceOf(UsageError)
  })
  it.each([
    ['empty.jsonl', '', /holds no event/],
    ['cut.jsonl', '{"seq":1,"at":0,"kind":"rec', /cut\.jsonl: line 1, column \d+: .*ends too early/],
    ['other.jsonl', '{"hello":"world"}\n', /other\.jsonl: line 1: /],
    ['binary.jsonl', '\u0000\u0001', /binary\.jsonl: line 1/],
  ])('says where %s is wrong', async (name, text, words) => {
    const file = join(data.dir, name)
    writeFileSync(file, text)
    await expect(run(check, [file])).rejects.toThrow(words)
    await expect(run(open, [file, '--no-open'])).rejects.toThrow(words)
  })
})

describe('a file of JSON lines', () => {
  const exported = async (): Promise<string[]> =>
    (await run(exporting, ['--from', broken(), '--format', 'jsonl', '--with-secrets'])).out.trim().split('\n')
  const write = (lines: readonly string[], end = '\n'): string => {
    const file = join(data.dir, 'lines.jsonl')
    writeFileSync(file, lines.join('\n') + end)
    return file
  }
  it('that was cut off is read up to the cut, and what is missing is said', async () => {
    const lines = await exported()
    const file = write([...lines.slice(0, -6), '{"seq":9'], '')
    const { out } = await run(check, [file])
    expect(out).toContain(`the file ends in the middle of line ${lines.length - 5}`)
    // A line that is wrong and whole is no cut.
    await expect(run(check, [write([...lines.slice(0, -6), '{"seq":9'])])).rejects.toThrow(`line ${lines.length - 5}`)
    await expect(run(check, [write([...lines, '{"seq":9999,"kind":"nothing"}'], '')])).rejects.toThrow(`line ${lines.length + 1}`)
  })
  it('that holds two recordings, or lines out of order, is refused', async () => {
    const lines = await exported()
    await expect(run(check, [write([...lines, ...lines])])).rejects.toThrow(
      new RegExp(`line ${lines.length + 1}: record 1 comes after record ${lines.length}\\. .*a file of its own`),
    )
    await expect(run(check, [write(lines.toReversed())])).rejects.toThrow(/line 2: record \d+ comes after record/)
  })
})

it('a page with secrets in it is refused before anything is written', async () => {
  const file = join(data.dir, 'page.html')
  await expect(run(exporting, ['--from', broken(), '--output', file, '--with-secrets'])).rejects.toThrow(UsageError)
  expect(existsSync(file)).toBe(false)
})

describe('SEISMOGRAPH_FORMAT', () => {
  it('says to each command what it understands', async () => {
    const dir = broken()
    const env = { SEISMOGRAPH_FORMAT: 'junit' }
    expect((await run(check, [dir], undefined, env)).out).toContain('<testsuites')
    expect((await run(exporting, ['--from', dir], undefined, env)).out).toContain('"log"')
    expect((await run(check, [dir], undefined, { SEISMOGRAPH_FORMAT: 'har' })).out).toContain('error[')
    await expect(run(check, [dir], undefined, { SEISMOGRAPH_FORMAT: 'xml' })).rejects.toThrow('SEISMOGRAPH_FORMAT takes')
    await expect(run(exporting, ['--from', dir, '--format', 'junit'])).rejects.toThrow('--format takes')
  })
})

describe('export', () => {
  it('writes HAR and JSON lines for the owner alone, that open again', async () => {
    const dir = broken()
    for (const [name, form] of [
      ['out.har', 'HAR'],
      ['out.jsonl', 'JSON lines'],
    ] as const) {
      const file = join(data.dir, name)
      const { code, out, err } = await run(exporting, ['--from', dir, '--output', file])
      expect([code, out, err]).toEqual([0, '', `${file} written as ${form}, sanitised.\n`])
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readFileSync(file, 'utf8')).not.toContain(LOST)
      expect((await run(check, [file])).code).toBe(1)
      const again = join(data.dir, `again-${name}.jsonl`)
      expect((await run(exporting, ['--from', file, '--output', again, '--with-secrets'])).err).toContain('with secrets')
      expect((await run(check, [again])).code).toBe(1)
    }
  })
  it('leaves the file that was there until the new one is whole', async () => {
    const file = join(data.dir, 'kept.har')
    writeFileSync(file, 'before')
    const gone = new AbortController()
    gone.abort('SIGINT')
    const io = { env: { HOME: data.dir }, stdout: new Words(), stderr: new Words(), signal: gone.signal }
    expect(await exporting.run(['--from', broken(), '--output', file], io)).toBe(130)
    expect(readFileSync(file, 'utf8')).toBe('before')
    expect(readdirSync(data.dir).filter(name => name.endsWith('.part'))).toEqual([])
    expect((await run(exporting, ['--from', broken(), '--output', file])).code).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('"log"')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })
  it('writes one session to standard output, named by number or by the beginning of its id', async () => {
    const dir = broken()
    const { out } = await run(sessions, [dir, '--json'])
    const [{ id }] = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const byNumber = await run(exporting, [String(id), '--from', dir, '--format', 'jsonl', '--with-secrets'])
    const byId = await run(exporting, [LOST.slice(0, 6), '--from', dir, '--format', 'jsonl', '--with-secrets'])
    expect(byNumber.out).toBe(byId.out)
    expect(byId.out).toContain(LOST)
    expect(byId.out).not.toContain(HEALTHY)
  })
  it('ends quietly when its reader has had enough', async () => {
    const recording = data.record()
    const client = new Client(recording, LOST, 1).connect().initialize()
    for (let id = 1; id < 3000; id++) client.answer(id, 'y'.repeat(200))
    await recording.settle(10_000)
    recording.close()
    const main = new URL('../main.ts', import.meta.url).pathname
    const script = `"${process.execPath}" "${main}" export --from "${recording.dir}" --format jsonl | head -c 100; echo; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script])
    expect(stdout.trim().split('\n').at(-1)).toBe('0')
    expect(stderr).toBe('')
  })
  it('says what is wrong', async () => {
    const dir = broken()
    await expect(run(exporting, ['zzzz', '--from', dir])).rejects.toThrow(
      new RegExp(`there is no session "zzzz" in this recording. Sessions:\\n.*${LOST}`),
    )
    await expect(run(exporting, ['abc', '--from', dir])).rejects.toThrow('no session "abc"')
    await expect(run(exporting, ['--from', dir, '--format', 'pdf'])).rejects.toThrow('--format takes har, jsonl, html, not "pdf"')
    await expect(run(exporting, ['--from', dir, '--output', '/nowhere/x.har'])).rejects.toThrow('/nowhere/x.har')
    await expect(run(exporting, ['a', 'b'])).rejects.toThrow('--from FILE')
    vi.stubEnv('TMPDIR', '/nowhere')
    const failed = run(exporting, ['--from', dir]).finally(() => vi.unstubAllEnvs())
    await expect(failed).rejects.toThrow(/\/nowhere/)
    await expect(failed).rejects.toBeInstanceOf(UsageError)
    symlinkSync(join(data.dir, 'target'), join(data.dir, 'link.har'))
    await expect(run(exporting, ['--from', dir, '--output', join(data.dir, 'link.har')])).rejects.toThrow('link.har')
  })
})

describe('open', () => {
  it('serves a folder and JSON lines side by side, and leaves nothing behind', async () => {
    const dir = broken()
    const file = asLines(dir)
    const scratch = join(data.dir, 'scratch')
    mkdirSync(scratch)
    vi.stubEnv('TMPDIR', scratch)
    const { code } = await run(open, [dir, file, '--no-open', '--json', '--quiet'], async output => {
      const ready = JSON.parse(output)
      expect(ready).toMatchObject({ event: 'ready', files: [dir, file], pid: process.pid })
      const url = new URL(ready.dashboard)
      const ask = async (path: string) =>
        (await fetch(new URL(path, url), { headers: { authorization: `Bearer ${url.hash.slice(3)}` } })).json()
      let state: State = await ask('/api/state')
      while (state.recordings.some(({ behind }) => behind > 0)) state = await ask('/api/state')
      expect(state.recordings.map(({ live, imported }) => [live, imported])).toEqual([
        [false, undefined],
        [false, 'jsonl'],
      ])
      expect(state.canDemo).toBe(false)
      const { rows } = await ask('/api/rows?after=0')
      const keys = rows.filter(({ t }: { t: string }) => t === 'session').map(({ key }: { key: string }) => key)
      expect(keys.sort()).toEqual([LOST, LOST, HEALTHY, HEALTHY].sort())
    })
    expect(code).toBe(130)
    vi.unstubAllEnvs()
    expect(readdirSync(scratch)).toEqual([])
    expect(existsSync(file)).toBe(true)
  })
  it('refuses to show recordings to the network', async () => {
    await expect(run(open, [broken(), '--host', '0.0.0.0'])).rejects.toThrow('--host takes 127.0.0.1 or ::1')
  })
})

describe('the command line', () => {
  const main = new URL('../main.ts', import.meta.url).pathname
  const node = (argv: readonly string[]) =>
    promisify(execFile)(process.execPath, [main, ...argv]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    )
  it('ends with the exit codes of the contract', async () => {
    const dir = broken()
    expect((await node(['check', dir])).code).toBe(1)
    expect((await node(['check', dir, '--fail-on', 'never'])).code).toBe(0)
    const usage = await node(['check', '/nowhere'])
    expect(usage).toMatchObject({ code: 2, stdout: '', stderr: 'seismograph: /nowhere does not exist.\n' })
    for (const name of ['open', 'sessions', 'check', 'export'])
      expect((await node([name, '--help'])).stdout).toMatch(/Examples:\n {2}seismograph /)
  })
})
