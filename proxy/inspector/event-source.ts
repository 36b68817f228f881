/**
 * Wire events from whatever a person names: a recording's folder, JSON lines, a HAR, a page with a recording in it.
 * Promise: one event at a time, in order; a file that is not what it should be is refused with its name, the place and what is wrong there.
 */
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Position, WireEvent } from '../core/event.ts'
import { harToEvents } from '../core/har-import.ts'
import { lineToEvent } from '../core/lines.ts'
import { openReader } from '../journal/reader.ts'
import type { Source } from '../journal/store.ts'
import { recordingIn } from './page-file.ts'

/** A line holds one event: a chunk of at most some MiB as base64. */
const MAX_LINE_BYTES = 256 << 20
/** A HAR or a page is read whole. */
const MAX_FILE_BYTES = 500 << 20
const BATCH_EVENTS = 2000

export interface SourcedEvent {
  readonly event: WireEvent
  /** For a recording's folder. */
  readonly position?: Position
}

/** Events in lists, so that what follows may do something between them. Throws an Error that names the file. */
export async function* eventsOf(source: Source): AsyncGenerator<readonly SourcedEvent[]> {
  if (source.kind === 'recording') yield* recordedEvents(source.dir)
  else if (source.kind === 'jsonl') yield* lineEvents(source.file, createReadStream(source.file, { highWaterMark: 1 << 20 }))
  else if (source.kind === 'html') yield* lineEvents(source.file, embeddedLines(source.file))
  else yield* harEvents(source.file)
}

/** What is there now; of a live recording, up to its end at this moment. */
async function* recordedEvents(dir: string): AsyncGenerator<readonly SourcedEvent[]> {
  const reader = openReader(dir)
  try {
    for (let cursor: Position | null = null, more = true; more; ) {
      const batch = reader.read(cursor, BATCH_EVENTS)
      cursor = batch.next
      more = batch.more
      yield batch.events
    }
  } finally {
    reader.close()
  }
}

async function* lineEvents(file: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<readonly SourcedEvent[]> {
  let number = 0
  let last: WireEvent | undefined
  let list: SourcedEvent[] = []
  for await (const { text: line, isWhole } of linesOf(file, bytes)) {
    number += 1
    const text = number === 1 ? line.replace(/^\uFEFF/, '') : line
    if (text.trim() === '') continue
    const read = lineToEvent(text, number)
    if ('error' in read && (isWhole || !last || isJson(text))) throw new Error(`${file}: ${read.error}`)
    const event = 'error' in read && last ? tornAt(last, number, Buffer.byteLength(line)) : (read as WireEvent)
    if (last && event.seq <= last.seq)
      throw new Error(
        `${file}: line ${number}: record ${event.seq} comes after record ${last.seq}. A file holds one recording, its records in their order: put each recording into a file of its own.`,
      )
    last = event
    list.push({ event })
    if (list.length < BATCH_EVENTS) continue
    yield list
    list = []
  }
  if (!last) throw new Error(`${file} holds no event: it is empty`)
  yield list
}

/** What `seismograph export --format html` wrote. Throws an Error that names the file. */
async function* embeddedLines(file: string): AsyncGenerator<Buffer> {
  const { size } = await stat(file)
  const recording = size > MAX_FILE_BYTES ? undefined : recordingIn(await readFile(file))
  if (!recording) throw new Error(`${file} is no page that "seismograph export" wrote: there is no recording in it`)
  try {
    for await (const bytes of Readable.from([recording]).pipe(createGunzip())) yield bytes as Buffer
  } catch {
    throw new Error(`${file} is damaged: the recording in it cannot be read to its end`)
  }
}

/** What is whole was not cut off: a fault in it is told as one. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Stands for what was cut off behind the last whole line. */
function tornAt({ seq, at }: WireEvent, line: number, lostBytes: number): WireEvent {
  const detail = `the file ends in the middle of line ${line}`
  return { kind: 'gap', seq: seq + 1, at, since: at, reason: 'torn-tail', lost: 1, lostBytes, detail }
}

/** Lines of UTF-8 text, without their ends; the last may lack its end. */
async function* linesOf(file: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<{ text: string; isWhole: boolean }> {
  let rest: Buffer[] = []
  let restBytes = 0
  for await (const bytes of chunks) {
    let from = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      yield { text: Buffer.concat([...rest, bytes.subarray(from, end)]).toString('utf8'), isWhole: true }
      rest = []
      restBytes = 0
      from = end + 1
    }
    rest.push(bytes.subarray(from))
    restBytes += bytes.length - from
    if (restBytes > MAX_LINE_BYTES)
      throw new Error(`${file}: a line is longer than ${MAX_LINE_BYTES >> 20} MiB; this is no JSON lines recording`)
  }
  if (restBytes > 0) yield { text: Buffer.concat(rest).toString('utf8'), isWhole: false }
}

async function* harEvents(file: string): AsyncGenerator<readonly SourcedEvent[]> {
  const { size } = await stat(file)
  if (size > MAX_FILE_BYTES)
    throw new Error(
      `${file} is ${size >> 20} MiB; a HAR may have ${MAX_FILE_BYTES >> 20} MiB. Export JSON lines instead, which have no limit.`,
    )
  const events = harToEvents(parseHar(await readFile(file, 'utf8'), file))
  if ('error' in events) throw new Error(`${file}: ${events.error}`)
  for (let at = 0; at < events.length; at += BATCH_EVENTS) yield events.slice(at, at + BATCH_EVENTS).map(event => ({ event }))
}

function parseHar(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    const position = /position (\d+)/.exec(words)?.[1]
    const before = text.slice(0, Number(position ?? text.length))
    const line = before.split('\n').length
    throw new Error(`${file}: line ${line}, column ${before.length - before.lastIndexOf('\n')}: this is no JSON, so no HAR`)
  }
}
