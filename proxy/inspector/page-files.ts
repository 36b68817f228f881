/**
 * The built page, served from a map made once at the start. Promise: a request chooses a key of the map and nothing else;
 * no path is ever put together from what a client sent.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'

export interface PageFile {
  readonly type: string
  readonly bytes: Buffer
  readonly etag: string
  /** Its name bears a hash of its content. */
  readonly immutable: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}
/** `index-C0ffee12.js`: Vite puts eight characters of a content hash before the extension. */
const HASHED = /-[\w-]{8}\.\w+$/

const MISSING = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Seismograph</title>
<h1>The page is not built yet</h1>
<p>Run <code>npm run build</code>, then start Seismograph again. The recording goes on meanwhile.</p>
</html>
`

const fileOf = (type: string, bytes: Buffer, immutable: boolean): PageFile => ({
  type,
  bytes,
  etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
  immutable,
})

/** URL path to file for everything below `dir` that has a known type; a plain page that says what to do when it is not there. */
export function readPageFiles(dir: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>()
  try {
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      const type = TYPES[extname(entry.name)]
      if (!entry.isFile() || type === undefined) continue
      const path = join(entry.parentPath, entry.name)
      files.set(`/${relative(dir, path).split(sep).join('/')}`, fileOf(type, readFileSync(path), HASHED.test(entry.name)))
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const index = files.get('/index.html') ?? fileOf('text/html; charset=utf-8', Buffer.from(MISSING), false)
  return files.set('/', index)
}
