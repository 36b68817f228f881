import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChunkEvent, Draft, WireEvent } from '../core/event.ts'
import type { Exchange, Frame } from '../core/model.ts'
import { SseSplitter } from '../core/sse.ts'
import type { BodyText } from './row-index.ts'
import { MAX_TEXT_BYTES, SearchTexts } from './search-texts.ts'

let seq = 0
const stamp = (draft: Draft): WireEvent => ({ ...draft, seq: ++seq, at: draft.at ?? seq }) as WireEvent
const head = (exchange: number, type: string): WireEvent =>
  stamp({ kind: 'response', by: 'server', conn: 1, exchange, status: 200, reason: 'OK', http: '1.1', headers: [['Content-Type', type]] })
const request = (exchange: number): WireEvent =>
  stamp({ kind: 'request', conn: 1, exchange, upstream: 'mcp', method: 'GET', target: '/sse', http: '1.1', headers: [] })
/** As the fold would give it: its own id, and the record it began with. */
const rowOfExchange = (id: number, { seq }: WireEvent): Exchange => ({
  t: 'exchange',
  id,
  rev: 0,
  session: 1,
  conn: 1,
  upstream: 'mcp',
  clientPort: 1,
  serverPort: 2,
  method: 'GET',
  target: '/sse',
  path: '/sse',
  requestHeaders: [],
  requestAt: 0,
  requestSeq: seq,
  requestBytes: 0,
  responseBytes: 0,
  body: 'stream',
  calls: [],
  frames: 0,
  pings: 0,
  changes: [],
})
const chunk = (exchange: number, bytes: Uint8Array): ChunkEvent =>
  stamp({ kind: 'chunk', conn: 1, exchange, part: 'response', size: bytes.length, bytes }) as ChunkEvent
const end = (exchange: number): WireEvent =>
  stamp({ kind: 'end', conn: 1, exchange, leg: 'server', part: 'response', how: 'complete', by: 'server', bytes: 0 })

/** Feeds a stream in pieces, a batch of `perBatch` pieces at a time, with the frames that the splitter finds in each. */
function run(pieces: readonly Uint8Array[], perBatch: number): BodyText[] {
  const texts = new SearchTexts()
  const splitter = new SseSplitter()
  const found: BodyText[] = []
  let id = 1000
  const rowOf = (frame: { offset: number; size: number; kind: Frame['kind']; event: string }): Frame => ({
    ...frame,
    t: 'frame',
    id: ++id,
    rev: 0,
    session: 1,
    exchange: 41,
    index: 0,
    at: 0,
    seq: 0,
    crossed: true,
    preview: '',
  })
  const asked = request(7)
  texts.push(asked, [])
  texts.take([rowOfExchange(41, asked)])
  texts.push(head(7, 'text/event-stream; charset=utf-8'), [])
  for (let at = 0; at < pieces.length; at += perBatch) {
    const rows: Frame[] = []
    for (const piece of pieces.slice(at, at + perBatch)) {
      texts.push(chunk(7, piece), [piece])
      rows.push(...splitter.push(piece).map(rowOf))
    }
    found.push(...texts.take(rows))
  }
  texts.push(end(7), [])
  const last = splitter.end()
  found.push(...texts.take(last ? [rowOf(last)] : []))
  return found
}

describe('the text of a stream', () => {
  const data = ['{"jsonrpc":"2.0","id":1}', 'ä€😀', 'x'.repeat(100_000), 'after the big one', '', 'two\nlines']
  const body = Buffer.from(
    data
      .map(
        text =>
          `: ping\n\nevent: message\n${text
            .split('\n')
            .map(line => `data: ${line}\n`)
            .join('')}\n`,
      )
      .join(''),
  )
  const wanted = data.filter(text => text !== '').map(text => text.slice(0, MAX_TEXT_BYTES - 100))

  it.each([
    [1, 1],
    [1, 1000],
    [1000, 1],
    [40_000, 1],
    [40_000, 2],
    [1e9, 1],
  ])('is that of its events, in pieces of %i bytes, %i a batch', (size, perBatch) => {
    const pieces: Buffer[] = []
    for (let at = 0; at < body.length; at += size) pieces.push(body.subarray(at, at + size))
    const texts = run(pieces, perBatch).map(({ text }) => text)
    expect(texts.map(text => text.slice(0, MAX_TEXT_BYTES - 100))).toEqual(wanted)
    expect(Math.max(...texts.map(text => text.length))).toBeLessThanOrEqual(MAX_TEXT_BYTES)
  })

  it('stays in step however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (cuts, perBatch) => {
          const pieces: Buffer[] = []
          let at = 0
          for (const cut of cuts) {
            pieces.push(body.subarray(at, at + cut))
            at += cut
          }
          pieces.push(body.subarray(at))
          expect(run(pieces, perBatch).map(({ text }) => text.slice(0, MAX_TEXT_BYTES - 100))).toEqual(wanted)
        },
      ),
    )
  })
})

describe('the text of other bodies', () => {
  it('is their beginning, once they ended', () => {
    const texts = new SearchTexts()
    const bytes = Buffer.from(`{"a":"${'b'.repeat(100_000)}"}`)
    const asked = request(3)
    texts.push(asked, [])
    texts.push(head(3, 'application/json'), [])
    texts.push(chunk(3, bytes), [bytes])
    expect(texts.take([rowOfExchange(42, asked)])).toEqual([])
    texts.push(end(3), [])
    const [text, ...more] = texts.take([])
    expect(more).toEqual([])
    expect(text).toMatchObject({ exchange: 42, frame: 0, part: 'response' })
    expect(text?.text).toBe(bytes.toString().slice(0, MAX_TEXT_BYTES))
  })
  it('leaves out what is no text', () => {
    const texts = new SearchTexts()
    texts.push(head(4, 'image/png'), [])
    texts.push(chunk(4, Buffer.from('text all the same')), [Buffer.from('text all the same')])
    texts.push(end(4), [])
    expect(texts.take([])).toEqual([])
  })
})
