import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildPage } from './page-file.fixture.ts'
import { PageMissing, pageFile, recordingIn } from './page-file.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'page-file-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function* pieces(list: readonly string[]): AsyncGenerator<string> {
  yield* list
}

async function written(lines: readonly string[], title = 'Seismograph'): Promise<string> {
  let html = ''
  for await (const piece of pageFile(dir, title, pieces(lines))) html += piece
  return html
}

it('gives back the lines that were put in, however they came', async () => {
  buildPage(dir)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'binary', maxLength: 400 })), async lines => {
      const recording = recordingIn(Buffer.from(await written(lines)))
      expect(recording && gunzipSync(recording).toString()).toBe(Buffer.from(lines.join('')).toString())
    }),
    { numRuns: 60 },
  )
  const long = Array.from({ length: 300 }, (_, index) => `${index}${createHash('sha512').update(`${index}`).digest('hex').repeat(40)}`)
  const recording = recordingIn(Buffer.from(await written(long)))
  expect(recording && gunzipSync(recording).toString()).toBe(long.join(''))
})

it('asks no host for anything, and its policy lets nothing run but the page’s own script', async () => {
  buildPage(dir, 'const a="</script><!--"\r\ndocument.title=a')
  const html = await written(['{}\n'])
  expect(html).not.toMatch(/(?:src|href)="(?!data:)/)
  expect(html).not.toContain('url(./')
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  const script = /<script type="module">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? ''
  expect(script).toBe('const a="<\\/script><\\!--"\ndocument.title=a')
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? ''
  expect(style).toBe('body{src:url(data:font/woff2;base64,AQID)}')
  for (const text of [script, style]) expect(policy).toContain(`'sha256-${createHash('sha256').update(text).digest('base64')}'`)
  // The policy stands before everything it is to hold for, and the data before the script that reads it.
  expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'))
  expect(html.indexOf('id="recording"')).toBeLessThan(html.indexOf('<script type="module">'))
})

it('shows a server’s name as text', async () => {
  buildPage(dir)
  const html = await written(['{}\n'], 'Seismograph · </title><script>alert(1)</script>$&')
  expect(html).not.toContain('<script>alert')
  expect(html).toContain('&#60;script&#62;alert(1)&#60;/script&#62;$&#38;</title>')
})

it('says what to do where the page is not built', async () => {
  await expect(written(['{}\n'])).rejects.toThrow(PageMissing)
  await expect(written(['{}\n'])).rejects.toThrow('npm run build')
})

it('finds no recording where there is none', () => {
  expect(recordingIn(Buffer.from('<!doctype html><p>Hello'))).toBeUndefined()
  expect(recordingIn(Buffer.from('<script type="application/gzip" id="recording">abc'))).toBeUndefined()
})
