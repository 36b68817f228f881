/** What the journal's tests share: a data folder of their own, drafts, and the whole of a recording. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Draft, Position, WireEvent } from '../core/event.ts'
import { openReader, type ReadEvent } from './reader.ts'
import { createRecording, type Recording, type RecordingSetting } from './recording.ts'

export function dataFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'seismograph-journal-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export function record(dataDir: string, setting: Partial<RecordingSetting> = {}): Recording {
  const recording = createRecording(dataDir, {
    upstreams: [{ name: 'mcp', url: 'http://127.0.0.1:8001/mcp', listen: { address: '127.0.0.1', port: 8002 } }],
    options: { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 1 << 26, masked: true },
    product: 'seismograph test',
    ...setting,
  })
  onTestFinished(() => recording.close())
  return recording
}

export function chunk(text: string | Uint8Array, exchange = 1): Extract<Draft, { kind: 'chunk' }> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  return { kind: 'chunk', conn: 1, exchange, part: 'response', size: bytes.length, bytes }
}

/** Reads on until the end of what is written. */
export function readAll(dir: string, limit = 1000): ReadEvent[] {
  const reader = openReader(dir)
  try {
    const events: ReadEvent[] = []
    let after: Position | null = null
    for (;;) {
      const batch = reader.read(after, limit)
      events.push(...batch.events)
      after = batch.next
      if (!batch.more) return events
    }
  } finally {
    reader.close()
  }
}
export function eventsOf(dir: string): WireEvent[] {
  return readAll(dir).map(({ event }) => event)
}
/** The texts of all chunks. */
export function textsOf(events: readonly WireEvent[]): string[] {
  return events.filter(event => event.kind === 'chunk').map(({ bytes }) => new TextDecoder().decode(bytes))
}
