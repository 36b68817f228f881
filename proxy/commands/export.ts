/**
 * `seismograph export`: a recording or one of its sessions as a file for others. Promise: sanitised unless --with-secrets says otherwise,
 * and the file is for its owner alone.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, rename, rm } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { didYouMean } from '../core/did-you-mean.ts'
import type { Session } from '../core/model.ts'
import { EXPORT_FORMATS, type ExportFormat, exportPieces } from '../inspector/exports.ts'
import { importFile } from '../inspector/import.ts'
import { Library } from '../inspector/library.ts'
import { pageFolder, version } from '../product.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { readOptions } from './options.ts'
import { chooseSource, forUser, withScratch } from './recordings.ts'
import { REPORT_FORMATS } from './report-forms.ts'
import { plain } from './words.ts'

const help = `seismograph export [SESSION] [options]

Writes a recording, or one session of it, to a file: HAR 1.2 for Chrome's developer tools and other HAR viewers, JSON lines, which
hold every recorded event, or a web page that shows the recording in any browser, with nothing installed. All of them can be opened
and checked again here.

SESSION is the number or the id that "seismograph sessions" lists; the beginning of an id is enough.

  --from FILE          the recording: its folder, a data folder, .jsonl, .har or .html (default: the newest recording)
  --format FORM        har, jsonl or html (default: by the ending of --output, else har)
  --output FILE        where to write; without it standard output
  --with-secrets       bodies and session ids as they are: keep the file to yourself
  --data DIR           the data folder (default: the user's own)

Credentials are masked and session ids replaced, unless --with-secrets is given. Look through the file all the same before you give it away.

Examples:
  seismograph export --output broken.har
  seismograph export 7f3a90c2 --format jsonl --output session.jsonl
  seismograph export 7f3a90c2 --output for-support.html
  seismograph export --from capture.har --format jsonl | jq 'select(.kind == "end")'
`

const flags = {
  from: { type: 'string' },
  format: { type: 'string' },
  output: { type: 'string', short: 'o' },
  'with-secrets': { type: 'boolean' },
  data: { type: 'string' },
} as const

const SHORTEST_PREFIX = 4
const FORM_NAMES: Readonly<Record<ExportFormat, string>> = { har: 'HAR', jsonl: 'JSON lines', html: 'a web page' }

/** The one session that is meant. */
function findSession(wanted: string, sessions: readonly Session[]): Session {
  const byNumber = /^\d{1,10}$/.test(wanted) ? sessions.find(({ id }) => id === Number(wanted)) : undefined
  if (byNumber) return byNumber
  const found = sessions.filter(({ key }) => key === wanted || (wanted.length >= SHORTEST_PREFIX && key.startsWith(wanted)))
  if (found.length === 1 && found[0]) return found[0]
  const listed = sessions.slice(0, 10).map(({ id, key }) => `  ${id}  ${plain(key)}`)
  const what = found.length > 1 ? `"${wanted}" means ${found.length} sessions` : `there is no session "${wanted}" in this recording`
  const meant =
    found.length > 1
      ? ''
      : didYouMean(
          wanted,
          sessions.map(({ key }) => plain(key)),
        )
  throw new UsageError([`${what}.${meant} Sessions:`, ...listed, ...(sessions.length > 10 ? ['  …'] : [])].join('\n'))
}

/** All of a recording, folded into a private index. */
async function withLibrary<T>(dir: string, scratch: string, use: (library: Library) => Promise<T>): Promise<T> {
  const setting = { scratch, generation: 0, product: `mcp-seismograph ${version()}`, canDemo: false }
  const library = await forUser(() => new Library([{ dir, live: false }], setting))
  try {
    for (const follower of library.followers) await forUser(() => follower.readAll())
    return await use(library)
  } finally {
    library.close()
  }
}

/** What the ending of a file's name asks for. */
function formatOf(output: string | undefined): ExportFormat {
  if (/\.html?$/i.test(output ?? '')) return 'html'
  return /\.(jsonl|ndjson)$/i.test(output ?? '') ? 'jsonl' : 'har'
}

interface OutputFile {
  readonly writer: Writable
  /** Puts it in its place. */
  keep(): Promise<void>
  /** Leaves what was there before. */
  drop(): Promise<void>
}

/** Readable by its owner only, and in its place only when it is whole; what a link leads to is not written. */
async function outputFile(path: string): Promise<OutputFile> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants
  const found = await lstat(path).catch(() => undefined)
  const isPlain = found === undefined || found.isFile()
  const beside = isPlain ? `${path}.${randomBytes(4).toString('hex')}.part` : path
  const flags = O_WRONLY | O_NOFOLLOW | (isPlain ? O_CREAT | O_EXCL : 0)
  const file = await forUser(() => open(beside, flags, 0o600)).catch((error: Error) => {
    throw new UsageError(`--output ${path} cannot be written: ${/ENOENT/.test(error.message) ? 'its folder is not there' : error.message}`)
  })
  return {
    writer: file.createWriteStream(),
    keep: async () => (isPlain ? rename(beside, path) : undefined),
    drop: async () => (isPlain ? rm(beside, { force: true }) : undefined),
  }
}

/** Standard output stays open for whoever comes next. */
const borrowed = (stream: Writable): Writable =>
  new Writable({ write: (chunk, encoding, done) => void stream.write(chunk, encoding, error => done(error)) })

/** Resolves with the exit code. What was interrupted leaves no half of a file. */
async function write(
  pieces: AsyncIterable<string>,
  { output, format, withSecrets }: { output: string | undefined; format: ExportFormat; withSecrets: boolean },
  io: CommandIo,
): Promise<number> {
  const path = output === '-' ? undefined : output
  const file = path === undefined ? undefined : await outputFile(path)
  try {
    await pipeline(pieces, file?.writer ?? borrowed(io.stdout), { signal: io.signal })
    await file?.keep()
  } catch (error) {
    // The reader of a pipe had enough: `| head`.
    if (path === undefined && (error as NodeJS.ErrnoException).code === 'EPIPE') return 0
    await file?.drop()
    if (io.signal.aborted) return 130
    throw new UsageError(`${path ?? 'standard output'} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (path !== undefined)
    io.stderr.write(`${plain(path)} written as ${FORM_NAMES[format]}, ${withSecrets ? 'with secrets' : 'sanitised'}.\n`)
  return 0
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(argv, flags, io, 'export')
  const [wanted, more] = options.positionals
  if (more !== undefined)
    throw new UsageError(`export takes one SESSION; "${more}" is one too many. A file to read is given as --from FILE`)
  const output = options.text('output')
  const format = options.oneOf('format', EXPORT_FORMATS, formatOf(output), REPORT_FORMATS)
  if (format === 'html' && options.on('with-secrets'))
    throw new UsageError('a page is made to be passed on and holds no secrets: leave out --with-secrets, or write --format jsonl')
  const source = await chooseSource(options.text('from'), options.text('data'), io)
  return withScratch(async scratch => {
    const dir = source.kind === 'recording' ? source.dir : await forUser(() => importFile(source, scratch, `mcp-seismograph ${version()}`))
    return withLibrary(dir, scratch, async library => {
      const sessions = [...(library.followers[0]?.index.rowsOf('session') ?? [])].map(({ json }) => JSON.parse(json) as Session)
      const session = wanted === undefined ? undefined : findSession(wanted, sessions)
      const pieces = exportPieces(
        library,
        { format, session: session?.id, recording: 0, withSecrets: options.on('with-secrets') },
        pageFolder(),
      )
      return write(pieces, { output, format, withSecrets: options.on('with-secrets') }, io)
    })
  })
}

export const command: Command = { name: 'export', summary: 'write a recording or a session as HAR, JSON lines or a web page', help, run }
