/**
 * `seismograph open`: the dashboard on past recordings. Promise: the same page by the same code as for a live run, and files that
 * were named are only read.
 */
import { basename, resolve } from 'node:path'
import { importFile } from '../inspector/import.ts'
import { startInspector } from '../inspector/inspector.ts'
import type { Source } from '../journal/store.ts'
import { pageFolder, version } from '../product.ts'
import { openBrowser } from './browser.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { untilInterrupted } from './listening.ts'
import { type Parsed, readOptions } from './options.ts'
import { chooseSource, forUser, withScratch } from './recordings.ts'
import { plain } from './words.ts'

const help = `seismograph open [FILE…] [options]

Shows past recordings in the dashboard: the newest one, or those that are named. FILE is a recording's folder, a data folder
(its newest recording), an exported file (.jsonl, .har, .html), or a HAR that Chrome's developer tools saved.

  --dashboard-port N   port of the dashboard (default: a free one)
  --host ADDRESS       loopback address to listen on (default 127.0.0.1)
  --no-open            do not open the browser
  --json               one JSON object on standard output when it is ready; opens no browser either, unless --open says so
  --quiet              print nothing else
  --data DIR           the data folder (default: the user's own)

Examples:
  seismograph open
  seismograph open capture.har other.jsonl
  seismograph open ~/.local/share/seismograph/recordings/20260131T140311Z-7f3a91 --no-open --json
`

const flags = {
  'dashboard-port': { type: 'string' },
  host: { type: 'string' },
  open: { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  data: { type: 'string' },
} as const

const MAX_FILES = 100

function readHost(options: Parsed): string {
  const host = options.text('host') ?? '127.0.0.1'
  if (host === 'localhost') return '127.0.0.1'
  if (host === '127.0.0.1' || host === '::1') return host
  throw new UsageError(`--host takes 127.0.0.1 or ::1, not "${host}": recordings are shown on this machine only`)
}

const nameOf = (source: Source): string => (source.kind === 'recording' ? source.dir : source.file)

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(argv, flags, io, 'open')
  const host = readHost(options)
  const port = options.whole('dashboard-port', 0, 0, 65_535)
  const files = options.positionals
  if (files.length > MAX_FILES) throw new UsageError(`open takes at most ${MAX_FILES} files, not ${files.length}`)
  const sources = await Promise.all((files.length > 0 ? files : [undefined]).map(file => chooseSource(file, options.text('data'), io)))
  return withScratch(async scratch => {
    const dirs: string[] = []
    for (const source of sources) {
      if (source.kind === 'recording') dirs.push(source.dir)
      else dirs.push(await forUser(() => importFile(source, scratch, `mcp-seismograph ${version()}`)))
    }
    const inspector = await forUser(() =>
      startInspector({
        recordings: dirs.map((dir, at) => ({
          dir,
          live: false,
          ...(files[at] === undefined ? {} : { file: basename(resolve(files[at])) }),
        })),
        host,
        port,
        uiDir: pageFolder(),
        product: `mcp-seismograph ${version()}`,
        onCrash: message => io.stderr.write(`seismograph: the inspector fell and is started again: ${plain(message)}\n`),
      }),
    )
    try {
      const names = sources.map(nameOf)
      if (options.on('json'))
        io.stdout.write(`${JSON.stringify({ event: 'ready', dashboard: inspector.url, files: names, pid: process.pid })}\n`)
      if (!options.on('quiet')) io.stderr.write(`${names.map(plain).join('\n')}\nDashboard: ${inspector.url}\nCtrl+C ends it.\n`)
      if (options.on('open', !options.on('json'))) openBrowser(inspector.url, io.env)
      await untilInterrupted(io.signal)
    } finally {
      await inspector.close()
    }
    return io.signal.reason === 'SIGINT' ? 130 : 0
  })
}

export const command: Command = { name: 'open', summary: 'show past recordings in the dashboard', help, run }
