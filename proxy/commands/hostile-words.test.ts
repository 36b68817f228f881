/** Recorded words made to harm whoever reads them: a terminal, an XML or JSON reader, a browser. They come out as words, in every command and form. */
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Client, TestData } from '../inspector/wire-story.fixture.ts'
import { command as check } from './check.ts'
import type { Command } from './command.ts'
import { command as exporting } from './export.ts'
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
async function run(command: Command, argv: readonly string[]) {
  const stdout = new Words()
  const stderr = new Words()
  const code = await command.run(argv, { env: { HOME: data.dir }, stdout, stderr, signal: new AbortController().signal })
  return { code, out: stdout.text, err: stderr.text }
}

/** Sets a terminal's title, clears it, turns the text around, ends a CDATA and a script, begins a formula. */
const EVIL = '\u001b]0;evil\u0007\u001b[2J\u009b31m\u202e\u2066\r\n]]><script>alert(1)</script>&x;" onload="x\u0000\ufffe=cmd|calc'
/** What no line for people may hold: it steers terminals. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/
const KEY = 'abcdef0123456789abcdef0123456789'

/** A session in which client, server, tool and log are all hostile, and which was broken off, so that there is much to tell. */
function hostile(): string {
  const evil = JSON.stringify(EVIL).slice(1, -1)
  const recording = data.record()
  new Client(recording, KEY, 1)
    .connect([['Server', EVIL.replace(/[\r\n\0]/g, '')]])
    .endpoint()
    .post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"clientInfo":{"name":"${evil}","version":"${evil}"}}}`)
    .event(
      `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"${evil}","serverInfo":{"name":"${evil}","version":"1"},"capabilities":{}}}`,
    )
    .call(1, evil)
    .event(`{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"${evil}"}}`)
    .call(2, evil)
    .leave()
  recording.append({ kind: 'log', upstream: 'mcp', source: 'stderr', text: `BrokenResourceError ${EVIL}` })
  recording.close()
  return recording.dir
}

describe('hostile words', () => {
  it('reach no terminal as they are', async () => {
    const dir = hostile()
    const told = [await run(check, [dir]), await run(sessions, [dir])]
    // The finding names the tool, the table the client: they were there.
    expect(told[0]?.out).toContain('undeliverable-response')
    for (const { out, err } of told) {
      expect(out).toContain('\\u001b]0;evil\\u0007')
      expect(out).not.toMatch(STEERING)
      expect(err).not.toMatch(STEERING)
    }
  })

  it('break neither JUnit nor SARIF', async () => {
    const dir = hostile()
    const junit = (await run(check, [dir, '--format', 'junit'])).out
    expect(junit).not.toMatch(STEERING)
    expect(junit).not.toMatch(/<script|\ufffe|&x;/)
    // Nothing but our own elements and the five entities.
    expect(new Set([...junit.matchAll(/<\/?([\w!-]+)/g)].map(([, name]) => name))).toEqual(
      new Set(['testsuites', 'testsuite', 'testcase', 'failure', ...(junit.includes('<system-out>') ? ['system-out'] : [])]),
    )
    expect(junit.replace(/&(amp|lt|gt|quot|apos);/g, '')).not.toContain('&')
    const sarif = JSON.parse((await run(check, [dir, '--format', 'sarif'])).out) as { runs: { results: { message: { text: string } }[] }[] }
    const texts = sarif.runs[0]?.results.map(({ message }) => message.text) ?? []
    expect(texts.length).toBeGreaterThan(0)
    for (const text of texts) expect(text).not.toMatch(STEERING)
  })

  it('are data in the forms for machines, and come back as they were', async () => {
    const dir = hostile()
    const [line] = (await run(sessions, [dir, '--json'])).out.trim().split('\n')
    expect((JSON.parse(line ?? '') as { client: { name: string } }).client.name).toBe(EVIL)
    for (const format of ['har', 'jsonl']) {
      const file = join(data.dir, `copy.${format}`)
      const { code } = await run(exporting, ['--from', dir, '--output', file, '--with-secrets'])
      expect(code).toBe(0)
      const [again] = (await run(sessions, [file, '--json'])).out.trim().split('\n')
      expect((JSON.parse(again ?? '') as { client: { name: string } }).client.name).toBe(EVIL)
    }
  })
})

it('a recording of a thousand sessions is listed whole, and each is found by its number', async () => {
  const recording = data.record()
  const key = (n: number) => n.toString(16).padStart(32, '0')
  for (let n = 1; n <= 1000; n++) {
    const client = new Client(recording, key(n), n).connect().initialize().call(1, 'x')
    if (n === 700) client.leave()
    else client.answer(1, 'y').finish()
  }
  recording.close()
  const lines = (await run(sessions, [recording.dir, '--json'])).out.trim().split('\n')
  expect(new Set(lines.map(line => (JSON.parse(line) as { key: string }).key)).size).toBe(1000)
  const judged = await run(check, [recording.dir])
  expect(judged.code).toBe(1)
  expect(judged.out.match(/^error\[/gm)).toHaveLength(1)
  expect(judged.out).toContain(key(700))
})
