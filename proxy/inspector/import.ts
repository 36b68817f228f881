/**
 * Turns JSON lines or a HAR into a recording's folder, so that the code which shows a recording shows them too.
 * Promise: the folder is private and temporary; the event's numbers and times stay what they were.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { RecordingEvent, WireEvent } from '../core/event.ts'
import { encodeEvent } from '../journal/codec.ts'
import { createSegment, type OpenSegment } from '../journal/segment.ts'
import type { Source } from '../journal/store.ts'
import { eventsOf } from './event-source.ts'

/**
 * Writes the events of a file into a new folder below `parent` and returns it. Throws an Error that names the file and what is wrong
 * with it. The caller removes `parent`.
 */
export async function importFile(source: Exclude<Source, { kind: 'recording' }>, parent: string, product: string): Promise<string> {
  const dir = join(parent, `import-${randomBytes(4).toString('hex')}`)
  mkdirSync(dir, { mode: 0o700 })
  let folder: ImportFolder | undefined
  try {
    for await (const list of eventsOf(source)) {
      for (const { event } of list) {
        folder ??= new ImportFolder(dir, firstEvent(event, source, product))
        if (event.kind !== 'recording') folder.write(event)
      }
    }
  } finally {
    folder?.close()
  }
  if (!folder) throw new Error(`${source.file} holds no event: there is nothing to show`)
  return dir
}

/** The recording's own first event, marked as imported; made up for a file that begins later. */
function firstEvent(event: WireEvent, source: Exclude<Source, { kind: 'recording' }>, product: string): RecordingEvent {
  if (event.kind === 'recording') return { ...event, imported: event.imported ?? source.kind }
  return {
    seq: 0,
    at: 0,
    kind: 'recording',
    version: 1,
    id: basename(source.file),
    startedAt: 0,
    product,
    pid: 0,
    upstreams: [],
    options: { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 0, masked: false },
    imported: source.kind,
  }
}

/** One segment, however large: numbers may be missing between the events of an export, and that is no damage. */
class ImportFolder {
  readonly #marker = randomBytes(4).readUInt32LE()
  readonly #segment: OpenSegment

  constructor(dir: string, first: RecordingEvent) {
    this.#segment = createSegment(dir, 1, this.#marker, encodeEvent(first, this.#marker))
  }

  write(event: WireEvent): void {
    const bytes = encodeEvent(event, this.#marker)
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#segment.fd, bytes, done)
  }

  close(): void {
    closeSync(this.#segment.fd)
  }
}
