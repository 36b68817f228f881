/**
 * A page in a file derives its rows by itself. Promise: of every capture it makes what the inspector makes, findings included.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readCapture } from '../proxy/captures/capture.ts'
import type { WireEvent } from '../proxy/core/event.ts'
import { eventToLine } from '../proxy/core/lines.ts'
import type { AnyRow, Exchange, Finding, Session } from '../proxy/core/model.ts'
import { DecodedBodies } from '../proxy/inspector/decoded-bodies.ts'
import { loadRecording } from '../proxy/inspector/load.ts'
import { FileRecorder } from '../ui/file/file-recorder.ts'
import { scratch } from './product.ts'

const { folder, clean } = scratch()
afterAll(clean)
const captures = join(import.meta.dirname, '..', 'proxy', 'captures')
const names = readdirSync(captures).filter(name => name.endsWith('.md'))

async function rowsOf(recorder: FileRecorder): Promise<AnyRow[]> {
  const rows: AnyRow[] = []
  await recorder.rows(0, [], some => rows.push(...some))
  await recorder.rows(
    0,
    rows.filter(row => row.t === 'session').map(({ id }) => id),
    some => rows.push(...some.filter(row => row.t === 'exchange' || row.t === 'frame')),
  )
  return rows
}

/** As the exporter puts it beside the chunks. */
async function decodedOf(events: readonly WireEvent[]): Promise<Map<number, Uint8Array>> {
  const bodies = new DecodedBodies()
  const decoded = new Map<number, Uint8Array>()
  for (const event of events) {
    await bodies.prepare(event)
    if (event.kind === 'chunk' && bodies.has(event.exchange, event.part)) decoded.set(event.seq, Buffer.concat(bodies.current))
  }
  bodies.close()
  return decoded
}

const inWords = (findings: readonly Finding[]): string[] =>
  findings.map(({ rule, session, says, evidence }) => `${session} ${rule} ${says} ${evidence.map(({ seq }) => seq)}`).sort()

const isCompressed = (row: Exchange): boolean => row.responseHeaders?.some(([name]) => /^content-encoding$/i.test(name)) ?? false

test.each(names)('%s', async name => {
  const { events } = readCapture(readFileSync(join(captures, name), 'utf8'))
  const file = join(folder, `${name}.jsonl`)
  writeFileSync(file, events.map(event => `${eventToLine(event)}\n`).join(''))
  const loaded = await loadRecording({ kind: 'jsonl', file })
  const recorder = new FileRecorder({ events, decoded: await decodedOf(events) }, 'mcp-seismograph test', name)
  const rows = await rowsOf(recorder)
  expect(inWords(rows.filter((row): row is Finding => row.t === 'finding'))).toEqual(inWords(loaded.findings))
  const sessions = rows.filter((row): row is Session => row.t === 'session')
  expect(sessions.map(({ id, state, calls, errors, warnings }) => ({ id, state, calls, errors, warnings }))).toEqual(
    loaded.sessions.map(({ id, state, calls, errors, warnings }) => ({ id, state, calls, errors, warnings })),
  )
  // What was written of a body can be looked at, and each event's data lies where its row says.
  for (const row of rows) {
    if (row.t === 'exchange' && !isCompressed(row)) expect((await recorder.loadBody(row.id, 'response')).totalBytes).toBe(row.responseBytes)
    if (row.t === 'frame' && row.kind === 'event')
      expect((await recorder.loadData(row.id)).text.slice(0, 20)).toBe(row.preview.slice(0, 20))
  }
})
