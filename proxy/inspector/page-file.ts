/**
 * A recording and the page that shows it, in one HTML file: for whoever has nothing but a browser.
 * Promise: opened from a disk it asks no host for anything, runs no script but the page's own, and holds the recording as data.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'

/** Told to whoever wants such a file of an installation whose page is not built. */
export class PageMissing extends Error {}

const SCRIPT = /<script type="module"[^>]* src="\.\/([^"]+)"[^>]*><\/script>/
const STYLE = /<link rel="stylesheet"[^>]* href="\.\/([^"]+)"[^>]*>/
const ICON = /<link rel="icon"[^>]* href="\.\/([^"]+)"[^>]*>/
/** Multiple of 3: pieces of base64 can be put together. */
const BASE64_BYTES = 3 << 16

const BEGIN = '<script type="application/gzip" id="recording">'
const END = '</script>'

/**
 * @param pageDir the built page  @param recording as JSON lines, sanitised
 * Throws PageMissing where there is no built page.
 */
export async function* pageFile(pageDir: string, title: string, recording: AsyncIterable<string>): AsyncGenerator<string> {
  const [head, tail] = wholePage(pageDir, title)
  yield head
  yield BEGIN
  yield* base64(Readable.from(recording).pipe(createGzip()))
  yield END
  yield tail
}

/** The gzipped JSON lines out of such a file; undefined when it is none. */
export function recordingIn(html: Buffer): Buffer | undefined {
  const from = html.indexOf(BEGIN)
  const to = html.indexOf(END, from)
  return from < 0 || to < 0 ? undefined : Buffer.from(html.toString('latin1', from + BEGIN.length, to), 'base64')
}

/** What a browser can still hold as one text, packed. */
const MAX_PACKED_BYTES = 256 << 20

async function* base64(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let packed = 0
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of bytes) {
    packed += piece.length
    if (packed > MAX_PACKED_BYTES)
      throw new Error('this is more than a page can hold (256 MiB, packed): export one session, or JSON lines, which have no limit')
    const all = Buffer.concat([rest, piece])
    const size = all.length - (all.length % BASE64_BYTES)
    if (size > 0) yield all.toString('base64', 0, size)
    rest = all.subarray(size)
  }
  if (rest.length > 0) yield rest.toString('base64')
}

/** The page with all its parts inside, cut where the recording goes. */
function wholePage(dir: string, title: string): [string, string] {
  const read = (path: string): Buffer => readFileSync(join(dir, path))
  let html: string
  try {
    html = read('index.html').toString()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new PageMissing('the page is not built, so it cannot be written into a file: run "npm run build" first')
  }
  const part = (pattern: RegExp): string => pattern.exec(html)?.[1] ?? fail(pattern)
  // What would end the element early, or the hash be taken of something else than the browser sees.
  const script = lines(read(part(SCRIPT)))
    .replaceAll('</script', '<\\/script')
    .replaceAll('<!--', '<\\!--')
  const stylePath = part(STYLE)
  const style = withFonts(lines(read(stylePath)), name => read(join(stylePath, '..', name)))
  const icon = `data:image/svg+xml;base64,${read(part(ICON)).toString('base64')}`
  const policy = `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'; font-src data:; img-src data: blob:; base-uri 'none'; form-action 'none'`
  const page = html
    .replace('<meta charset="utf-8" />', only => `${only}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`)
    .replace(/<title>[^<]*<\/title>/, () => `<title>${escaped(title)}</title>`)
    .replace(ICON, () => `<link rel="icon" type="image/svg+xml" href="${icon}" />`)
    .replace(SCRIPT, '')
    .replace(STYLE, () => `<style>${style}</style>`)
    .replace('<div id="root"></div>', '<div id="root">Opening the recording …</div>')
  const at = page.indexOf('</body>')
  // The script stands last: what it reads is all there when it runs.
  return [page.slice(0, at), `<script type="module">${script}</script>\n  ${page.slice(at)}`]
}

function withFonts(style: string, read: (name: string) => Buffer): string {
  return style.replace(
    /url\(["']?\.\/([^"')]+\.woff2)["']?\)/g,
    (_, name: string) => `url(data:font/woff2;base64,${read(name).toString('base64')})`,
  )
}

/** A browser hashes what it parsed: lines that end in LF. */
const lines = (bytes: Buffer): string => bytes.toString().replace(/\r\n?/g, '\n')
const hash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`
const escaped = (text: string): string => text.replace(/[&<>"]/g, one => `&#${one.charCodeAt(0)};`)

function fail(pattern: RegExp): never {
  throw new Error(`the built page has nothing that looks like ${pattern}`)
}
