/** Proves the splitter lossless under every cut, and equal to eventsource-parser in what it reads. */
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from './bytes.ts'
import { type SseFrame, SseSplitter } from './sse.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

interface Split {
  frames: SseFrame[]
  last: SseFrame | undefined
  rest: number
}
function split(input: Uint8Array, cuts: readonly number[], reuse = false): Split {
  const splitter = new SseSplitter()
  const frames: SseFrame[] = []
  let from = 0
  for (const cut of [...cuts, input.length]) {
    const part = input.slice(from, cut)
    frames.push(...splitter.push(part).map(frame => ({ ...frame, data: frame.data.slice() })))
    if (reuse) part.fill(0x21)
    from = cut
  }
  const last = splitter.end()
  return { frames, last, rest: splitter.restOffset }
}
const everyByte = (input: Uint8Array) => Array.from({ length: Math.max(0, input.length - 1) }, (_, i) => i + 1)
const shape = ({ frames, last }: Split) =>
  [...frames, ...(last ? [last] : [])].map(frame => ({ ...frame, data: decoder.decode(frame.data) }))

function expectLossless(input: Uint8Array, { frames, last, rest }: Split): void {
  let at = 0
  for (const frame of [...frames, ...(last ? [last] : [])]) {
    expect(frame.offset).toBe(at)
    expect(frame.size).toBeGreaterThan(0)
    at += frame.size
  }
  expect(at).toBe(rest)
  const raw = [...frames, ...(last ? [last] : [])].map(frame => input.slice(frame.offset, frame.offset + frame.size))
  expect(concat([...raw, input.slice(rest)])).toEqual(input)
  // After the end, nothing is left but line ends (and a lone BOM).
  expect(decoder.decode(input.slice(rest))).toMatch(/^\ufeff?[\r\n]*$/)
}

function oracle(text: string): { event: string; data: string; id: string | undefined }[] {
  const seen: { event: string; data: string; id: string | undefined }[] = []
  const parser = createParser({ onEvent: event => seen.push({ event: event.event ?? '', data: event.data, id: event.id }) })
  parser.feed(text)
  return seen
}
const ours = (frames: readonly SseFrame[]) =>
  frames.filter(frame => frame.kind === 'event').map(frame => ({ event: frame.event, data: decoder.decode(frame.data), id: frame.id }))

const cases: Record<string, string> = {
  'python endpoint': 'event: endpoint\r\ndata: /messages/?session_id=0123\r\n\r\n: ping - 2026-11-20\r\n\r\n',
  'typescript message': 'event: message\ndata: {"id":1}\n\n',
  'lone cr': 'data: a\rdata: b\r\rdata: c\r\r',
  'mixed ends': 'data: a\n\r\ndata: b\r\n\ndata: c\r\rdata: d\n\n',
  'cr cr lf': 'data: a\r\r\ndata: b\r\r\n\r\n',
  'leading blanks': '\n\r\n\rdata: x\n\n\n\n\ndata: y\n\n',
  bom: '\ufeffdata: x\n\n\ufeffdata: y\n\n',
  'bom only': '\ufeff\n\n',
  'nul id': 'id: a\0b\ndata: x\n\nid: 7\ndata: y\n\n',
  'empty id': 'id\ndata: x\n\nid:\ndata:\n\n',
  'no space': 'data:x\ndata:  y\nevent:e\n\n',
  'field alone': 'data\n\ndata\ndata\n\n',
  'unknown field': 'datax: 1\nfoo\nevents: 3\ndata: z\n\n',
  'very long unknown field': `${'x'.repeat(40)}: 1\ndata: z\n\n`,
  retry: 'retry: 3000\n\nretry: x1\ndata: r\n\n',
  'only event': 'event: nothing\n\ndata: x\n\n',
  unfinished: 'data: a\n\ndata: b\ndata: c',
  'unfinished field': 'data: a\n\nda',
  'colon first': ':\n\n:x\n:y\ndata: q\n\n',
  'multi-byte': 'data: äöü€😀\n\n',
}

describe('SseSplitter', () => {
  for (const [name, text] of Object.entries(cases)) {
    it(`reads the same whole and byte by byte: ${name}`, () => {
      const input = encoder.encode(text)
      const whole = split(input, [])
      const bytewise = split(input, everyByte(input), true)
      expect(shape(bytewise)).toEqual(shape(whole))
      expectLossless(input, whole)
    })
  }

  it('reads what eventsource-parser reads, for every case', () => {
    for (const [name, text] of Object.entries(cases)) {
      expect(ours(split(encoder.encode(text), []).frames), name).toEqual(oracle(text))
    }
  })

  it('reads random streams like eventsource-parser, whole, byte by byte and in random cuts, and loses no byte', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'data: x',
        'data:',
        'data',
        ': ping',
        ':',
        'event: message',
        'event: endpoint',
        'id: 7',
        'id: a\0b',
        'id',
        'retry: 100',
        'retry: no',
        'x: y',
        '',
        '',
        '',
      ),
      fc.string({ maxLength: 30 }).map(text => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
      fc.string({ unit: 'binary', maxLength: 12 }).map(text => text.replaceAll(/[\r\n\ufeff]/g, '')),
    )
    const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r', '\n')), { maxLength: 40 })
    fc.assert(
      fc.property(stream, fc.boolean(), fc.array(fc.nat(2000), { maxLength: 12 }), (lines, bom, cuts) => {
        const text = (bom ? '\ufeff' : '') + lines.map(([body, end]) => body + end).join('')
        const input = encoder.encode(text)
        const whole = split(input, [])
        expectLossless(input, whole)
        expect(shape(split(input, everyByte(input), true))).toEqual(shape(whole))
        const sorted = cuts.map(cut => cut % (input.length + 1)).sort((a, b) => a - b)
        expect(shape(split(input, sorted, true))).toEqual(shape(whole))
        // The oracle holds back an event whose blank line is a CR at the very end; a further line end settles it.
        expect(ours([...whole.frames, ...(whole.last?.kind === 'event' ? [whole.last] : [])])).toEqual(
          oracle(text.endsWith('\r') ? `${text}:` : text),
        )
      }),
      { numRuns: 2000 },
    )
  })

  it('gives an event of a lone-CR stream at its blank line, without waiting for the next byte', () => {
    const splitter = new SseSplitter()
    expect(splitter.push(encoder.encode('data: a\r\r'))).toHaveLength(1)
    expect(splitter.push(encoder.encode('data: b\r\r'))).toHaveLength(1)
  })

  it('waits for the LF of a CRLF that was cut in two, and counts it to the frame', () => {
    const splitter = new SseSplitter()
    expect(splitter.push(encoder.encode('data: a\r\n\r'))).toEqual([])
    expect(splitter.push(encoder.encode('\n'))).toMatchObject([{ offset: 0, size: 11 }])
  })

  it('tells comments, other fields and unfinished blocks apart', () => {
    const { frames, last } = split(encoder.encode(': ping\n\nretry: 5\nid: 3\n\nevent: e\ndata: 1\n\ndata: cut'), [])
    expect(frames.map(frame => frame.kind)).toEqual(['comment', 'retry', 'event'])
    expect(frames[0]).toMatchObject({ comment: 'ping' })
    expect(frames[1]).toMatchObject({ retry: 5, id: '3' })
    expect(last).toMatchObject({ kind: 'unfinished', dataBytes: 3 })
  })

  it('hands the data of an event beyond its limit to a sink, whole and in order, and keeps a beginning', () => {
    const taken: Uint8Array[] = []
    const splitter = new SseSplitter({ keepBytes: 1000, overflow: () => ({ push: bytes => taken.push(bytes.slice()) }) })
    const data = 'abcdefghij'.repeat(20_000)
    const input = encoder.encode(`event: big\ndata: ${data}\ndata: tail\n\ndata: next\n\n`)
    const frames: SseFrame[] = []
    for (let at = 0; at < input.length; at += 777) frames.push(...splitter.push(input.subarray(at, at + 777)))
    expect(frames).toHaveLength(2)
    expect(frames[0]).toMatchObject({ event: 'big', dataBytes: data.length + 5, size: data.length + 30 })
    expect(frames[0]?.data.length).toBeLessThanOrEqual(1000)
    expect(decoder.decode(concat(taken))).toBe(`${data}\ntail`)
    expect(decoder.decode(frames[1]?.data)).toBe('next')
  })

  it('is linear: a 64 MB event in small cuts and a million tiny frames end in reasonable time', () => {
    const splitter = new SseSplitter({ keepBytes: 1024 * 1024 })
    const part = encoder.encode('y'.repeat(1400))
    splitter.push(encoder.encode('data: '))
    for (let i = 0; i < 45_000; i++) splitter.push(part)
    expect(splitter.push(encoder.encode('\n\n'))).toMatchObject([{ dataBytes: 63_000_000 }])
    const many = encoder.encode('data: 1\r\n\r\n'.repeat(1_000_000))
    expect(splitter.push(many)).toHaveLength(1_000_000)
  }, 60_000)
})
