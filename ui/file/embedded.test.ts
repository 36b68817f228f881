/** Reading the recording in a page's file. Promise: whatever the pieces in which it unpacks, and in words where it was cut. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bytesToBase64 } from '../../proxy/core/base64.ts'
import type { ChunkEvent, WireEvent } from '../../proxy/core/event.ts'
import { eventToLine, lineToEvent } from '../../proxy/core/lines.ts'
import { readEmbedded } from './embedded.ts'

const folder = join(import.meta.dirname, '..', '..', 'proxy', 'captures')
const capture = readdirSync(folder).find(name => name.startsWith('healthy.sse-python'))
const [, wire = ''] = /```jsonl\n([\s\S]*?)\n```/.exec(readFileSync(join(folder, capture ?? ''), 'utf8')) ?? []
const events = wire.split('\n').map(line => lineToEvent(line) as WireEvent)
const packed = (lines: readonly string[]): string => gzipSync(lines.join('\n')).toString('base64')

test('all events come out, with what compressed chunks decode to', async () => {
  // Longer than the pieces in which browsers and Node unpack, and with letters of several bytes at their seams.
  const long = events.map(event => (event.kind === 'chunk' ? big(event) : event))
  const plain = new Uint8Array([1, 2, 3])
  const lines = long.map(event => eventToLine(event, event.kind === 'chunk' ? { decoded: bytesToBase64(plain) } : {}))
  const read = await readEmbedded(packed([...lines, '']))
  expect(read.events).toEqual(long)
  const chunks = long.filter(({ kind }) => kind === 'chunk').map(({ seq }) => seq)
  expect([...read.decoded]).toEqual(chunks.map(seq => [seq, plain]))
})

function big(event: ChunkEvent): WireEvent {
  const bytes = new TextEncoder().encode('ä€😀'.repeat(20_000))
  return { ...event, bytes, size: bytes.length }
}

test.each([
  ['cut', packed(events.map(event => eventToLine(event))).slice(0, 400), /cannot be read to its end/],
  ['no base64', '%%%', /cannot be read to its end/],
  ['not packed', bytesToBase64(new Uint8Array([1, 2, 3, 4])), /cannot be read to its end/],
  ['empty', packed(['']), /the beginning of its recording is missing/],
  ['something else', packed(['{"kind":"nothing"}']), /has an error in line 1/],
])('%s: said in words', async (_, block, words) => {
  await expect(readEmbedded(block)).rejects.toThrow(words)
})
