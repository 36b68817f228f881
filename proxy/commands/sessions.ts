/**
 * `seismograph sessions`: the sessions of a recording as a table, or as JSON lines. Promise: the same sessions, with the same numbers,
 * as the dashboard shows.
 */
import type { Session } from '../core/model.ts'
import { lastOf } from '../core/session-span.ts'
import { type Loaded, loadRecording } from '../inspector/load.ts'
import type { Source } from '../journal/store.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { readOptions } from './options.ts'
import { allRecordings, chooseSource, forUser } from './recordings.ts'
import { clientName, clock, duration, plain, plural, table } from './words.ts'

const help = `seismograph sessions [FILE|DIR] [options]

Lists the sessions of a recording: of the newest one, or of the one that is named (a recording's folder, a data folder, .jsonl, .har or .html).

  --all        sessions of every recording in the data folder, newest recording first
  --json       one JSON object per line on standard output, with everything that is known of the session
  --data DIR   the data folder (default: the user's own)

The first column is what "seismograph export" takes. LASTED counts from the session's first record to its last. STATE is live, quiet
(open, with nothing under way), ended, or broken (ended with calls that waited or were lost). LOST counts calls whose answer was not delivered.

Examples:
  seismograph sessions
  seismograph sessions capture.har
  seismograph sessions --all --json | jq 'select(.undelivered > 0) | .key'
`

const flags = { all: { type: 'boolean' }, json: { type: 'boolean' }, data: { type: 'string' } } as const

const HEAD = ['ID', 'STARTED', 'LASTED', 'TRANSPORT', 'STATE', 'CALLS', 'LOST', 'FINDINGS', 'CLIENT', 'SESSION']
const NUMBERS = new Set([0, 2, 5, 6])

function row(session: Session, startedAt: number): string[] {
  const findings = [
    session.errors > 0 ? plural(session.errors, 'error') : '',
    session.warnings > 0 ? plural(session.warnings, 'warning') : '',
  ]
  return [
    String(session.id),
    clock(startedAt + session.startedAt),
    duration(lastOf(session) - session.startedAt),
    session.transport,
    session.state,
    String(session.calls),
    String(session.undelivered),
    findings.filter(Boolean).join(', ') || '-',
    clientName(session),
    plain(session.key),
  ]
}

function write({ recording, sessions }: Loaded, source: Source, asJson: boolean, io: CommandIo): void {
  const startedAt = recording?.startedAt ?? 0
  const name = source.kind === 'recording' ? source.dir : source.file
  if (asJson) {
    for (const session of sessions) {
      const { rev: _, t: __, ...fields } = session
      const line = { recording: recording?.id, began: new Date(startedAt + session.startedAt).toISOString(), ...fields }
      io.stdout.write(`${JSON.stringify(line)}\n`)
    }
    return
  }
  io.stderr.write(`${plain(name)}\n`)
  if (sessions.length === 0) io.stderr.write('No session: no client has spoken to the server through the proxy in this recording.\n')
  else
    io.stdout.write(
      table(
        HEAD,
        sessions.map(session => row(session, startedAt)),
        NUMBERS,
      ),
    )
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(argv, flags, io, 'sessions')
  const [file, more] = options.positionals
  if (more !== undefined) throw new UsageError(`sessions takes one FILE or DIR; "${more}" is one too many`)
  if (file !== undefined && options.on('all'))
    throw new UsageError('--all lists the data folder; leave it out when a FILE is named, or name the folder with --data DIR')
  const data = options.text('data')
  const sources: Source[] = options.on('all')
    ? (await allRecordings(data, io)).map(({ dir }) => ({ kind: 'recording', dir }))
    : [await chooseSource(file, data, io)]
  if (sources.length === 0) sources.push(await chooseSource(undefined, data, io))
  for (const source of sources) write(await forUser(() => loadRecording(source)), source, options.on('json'), io)
  return 0
}

export const command: Command = { name: 'sessions', summary: 'list the sessions of a recording', help, run }
