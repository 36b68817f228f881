/** What the fold keeps of a stream's peculiarities: each once, with its count, however the stream was cut. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WireScript } from '../captures/wire-script.ts'
import type { Exchange } from './model.ts'

/** A stream of these texts, each a chunk that comes `gap` ms after the one before; cut at `cuts` of its first. */
function streamOf(chunks: readonly string[], gap = 0): Exchange {
  const wire = new WireScript()
  const trip = wire.connect().get('/sse').stream()
  for (const chunk of chunks) {
    wire.wait(gap)
    trip.body(chunk)
  }
  trip.serverEnd()
  return wire.row('exchange')
}
const MESSAGE = JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} })
const ENDPOINT = 'event: endpoint\ndata: /messages/?session_id=0123456789abcdef0123456789abcdef\n\n'
const framingOf = (text: string) => streamOf([text]).framing?.map(({ what, count, rpc }) => [what, count, rpc]) ?? []

describe('framing', () => {
  it.each([
    ['LF', `${ENDPOINT}data: ${MESSAGE}\n\n`, []],
    ['CR LF', `data: ${MESSAGE}\r\n\r\ndata: ${MESSAGE}\r\n\r\n`, []],
    ['CR alone', `data: ${MESSAGE}\r\rdata: ${MESSAGE}\r\r`, [['lone-cr', 2, true]]],
    ['several lines', 'data: {"jsonrpc":\ndata: "2.0"}\n\n', [['multi-line', 1, true]]],
    ['a NUL in an id', `id: a\0b\ndata: ${MESSAGE}\n\n`, [['nul-id', 1, true]]],
    ['another name, twice', `event: response\ndata: ${MESSAGE}\n\nevent: stats\ndata: 1\n\n`, [['event-name', 2, true]]],
    ['no blank line', `data: ${MESSAGE}\n`, [['unfinished', 1, true]]],
    ['an unfinished comment', ': pin', []],
    ['keepalives', 'event: ping\ndata: \n\n: hello\n\nretry: 3\n\n', []],
  ])('%s', (_, text, framing) => expect(framingOf(text)).toEqual(framing))

  it('sees a message however long it is and wherever its version stands', () => {
    const long = JSON.stringify({ result: { text: 'x'.repeat(200_000) }, id: 1, jsonrpc: '2.0' })
    expect(framingOf(`event: answer\ndata: ${long}\n\n`)).toEqual([['event-name', 1, true]])
  })

  it('is the same for every cut', () => {
    const text = `event: a\rdata: 1\rdata: ${MESSAGE}\r\rid: \0\ndata: 2\n\ndata: ${MESSAGE}`
    const whole = framingOf(text)
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length), { maxLength: 20 }), cuts => {
        const edges = [0, ...cuts.sort((a, b) => a - b), text.length]
        const parts = edges.slice(1).map((edge, i) => text.slice(edges[i], edge))
        const cut = streamOf(parts.filter(part => part !== '')).framing?.map(({ what, count, rpc }) => [what, count, rpc])
        expect(cut).toEqual(whole)
      }),
    )
  })
})

describe('lumps and pings', () => {
  it('keeps the largest lump after a silence', () => {
    expect(streamOf([ENDPOINT, ': ping\n\n: ping\n\ndata: 1\n\n'], 30_000).burst).toMatchObject({ pings: 2, events: 1, silence: 30_000 })
    expect(streamOf([ENDPOINT, ': ping\n\n: ping\n\n', ': ping\n\n: ping\n\n: ping\n\n'], 9_000).burst).toMatchObject({ pings: 3 })
  })

  it('keeps none where frames come alone or without a silence before', () => {
    expect(streamOf([ENDPOINT, ': ping\n\n', 'data: 1\n\n'], 15_000).burst).toBeUndefined()
    expect(streamOf([ENDPOINT, 'data: 1\n\ndata: 2\n\n'], 500).burst).toBeUndefined()
  })

  it('measures how far pings lag, by the server’s own clock', () => {
    const pings = ['07:00:15.100000', '07:00:30.1', '07:00:36.100123'].map(time => `: ping - 2026-11-20 ${time}+00:00\r\n\r\n`)
    const { pingLag } = streamOf(pings, 15_000)
    expect(Math.round((pingLag?.most ?? 0) - (pingLag?.least ?? 0))).toBe(9_000)
    expect(streamOf([': ping - soon\n\n']).pingLag).toBeUndefined()
  })
})
