import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call, exchange, finding, frame, log, session } from '../story.fixture.ts'
import type { SessionRows } from '../view.ts'
import { curlOf } from './curl.ts'
import { hexDump, isBinary } from './hex.ts'
import { rungsOf, summaryOf } from './ladder-model.ts'
import { sequenceOf } from './sequence-model.ts'
import { subjectOf } from './subject.ts'
import { callTiming, exchangeTiming } from './timing-model.ts'

const lost = call(1, 1, {
  sentAt: 0,
  number: 6,
  name: 'retrieve_address_objects',
  exchange: 2,
  exchanges: [2, 3],
  answerExchange: 4,
  delivery: 'undeliverable',
  brokenAt: 60_000,
  broken: { at: 60_000, seq: 226, by: 'client', how: 'fin', says: 'The client closed the stream', detail: 'FIN from port 52114' },
  ladder: [
    { name: 'sent', state: 'yes', at: 0, says: '125 B' },
    { name: 'accepted', state: 'yes', at: 9, says: '202' },
    { name: 'answered', state: 'yes', at: 71_204, says: '11.2 s later' },
    { name: 'written', state: 'no', says: '0 B' },
    { name: 'received', state: 'no', says: 'no stream' },
  ],
})
const gaveUp = call(1, 1, {
  sentAt: 0,
  exchange: 2,
  exchanges: [2],
  answerExchange: 4,
  answeredAt: 94_700,
  cancelled: { at: 60_600, seq: 97, reason: 'Request timed out' },
  ladder: [
    { name: 'sent', state: 'yes', at: 0, says: '125 B' },
    { name: 'accepted', state: 'yes', at: 9, says: '202' },
    { name: 'answered', state: 'yes', at: 94_700, says: '103 B' },
    { name: 'written', state: 'yes', at: 94_700, says: '103 B to the client' },
    { name: 'received', state: 'yes', at: 94_700, says: "taken by the client's system" },
  ],
})
const rows: SessionRows = {
  session: session(1, { stream: 4 }),
  exchanges: [exchange(2, 1, { calls: [1] }), exchange(3, 1), exchange(4, 1, { method: 'GET', path: '/sse' })],
  calls: [lost],
  frames: [frame(5, 1, { exchange: 4, call: 1, index: 2 })],
  findings: [
    finding(7, 1, { rule: 'redirect-path-mismatch', exchange: 3 }),
    finding(8, 1, { call: 1 }),
    finding(9, 1, { call: 1, gone: true }),
  ],
  rev: 1,
}

describe('subjectOf', () => {
  it('gathers the exchanges of a call, its answer included, and puts its findings first', () => {
    const subject = subjectOf({ kind: 'call', id: 1 }, rows, [])
    expect(subject?.crumb).toBe('call 6')
    expect(subject?.exchanges.map(({ id }) => id)).toEqual([2, 3, 4])
    expect(subject?.findings.map(({ id }) => id)).toEqual([7, 8])
  })
  it('resolves frames, findings, log lines and sessions, and misses what is not there', () => {
    expect(subjectOf({ kind: 'frame', id: 5 }, rows, [])?.call?.id).toBe(1)
    expect(subjectOf({ kind: 'finding', id: 8 }, rows, [])).toMatchObject({ crumb: 'finding', own: 1, call: { id: 1 } })
    expect(subjectOf({ kind: 'log', id: 3 }, rows, [log(3)])?.title).toBe('stderr')
    expect(subjectOf({ kind: 'session', id: 1 }, rows, [])?.exchanges[0]?.path).toBe('/sse')
    expect(subjectOf({ kind: 'call', id: 99 }, rows, [])).toBeUndefined()
  })
})

describe('the ladder', () => {
  it('puts the break where it happened', () => {
    expect(rungsOf(lost).map(({ name }) => name)).toEqual([
      'Sent',
      'Accepted',
      'The client closed the stream',
      'Answered',
      'Written',
      'Received',
    ])
    expect(summaryOf(lost)).toBe('broken between accepted and written')
  })
  it('puts in when the client gave up by its own limit, and does not call complete what it threw away', () => {
    expect(rungsOf(gaveUp).map(({ kind, name, at }) => [kind, name, at])).toEqual([
      ['yes', 'Sent', 0],
      ['yes', 'Accepted', 9],
      ['break', 'The client gave up', 60_600],
      ['yes', 'Answered', 94_700],
      ['yes', 'Written', 94_700],
      ['yes', 'Received', 94_700],
    ])
    expect(rungsOf(gaveUp)[2]).toMatchObject({ seq: 97, says: 'its time limit: Request timed out' })
    expect(summaryOf(gaveUp)).toBe('the client had given up when the answer came')
  })
  it('of a call that a person cancelled has no break', () => {
    const stopped = call(1, 1, {
      delivery: 'cancelled',
      cancelled: { at: 60_600, seq: 97, reason: 'User stopped the task' },
      brokenAt: 300_000,
      broken: { at: 300_000, seq: 226, by: 'client', how: 'fin', says: 'The client closed the stream', detail: '' },
      ladder: [{ name: 'sent', state: 'yes', at: 0, says: '125 B' }],
    })
    expect(rungsOf(stopped).map(({ kind, name }) => [kind, name])).toEqual([
      ['yes', 'Sent'],
      ['unknown', 'The client cancelled it'],
    ])
  })
  it('is not complete where the answer was a refusal', () => {
    const steps = gaveUp.ladder.map(step => (step.name === 'accepted' ? { ...step, state: 'no' as const, says: 'refused with 404' } : step))
    expect(summaryOf(call(1, 1, { status: 404, ladder: steps }))).toBe('refused with 404')
    expect(summaryOf(call(1, 1, { status: 202, ladder: gaveUp.ladder }))).toBe('complete')
  })
  it('of a whole call has no break', () => {
    expect(rungsOf(call(1, 1, { ladder: lost.ladder })).some(({ kind }) => kind === 'break')).toBe(false)
  })
})

describe('hexDump', () => {
  it('shows every byte once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 1, max: 20 }), (bytes, width) => {
        const hex = hexDump(bytes, width)
          .map(line => line.slice(8, 8 + width * 3 - 1).trim())
          .filter(Boolean)
          .join(' ')
        expect(hex).toBe(
          Buffer.from(bytes)
            .toString('hex')
            .replace(/(..)(?=.)/g, '$1 '),
        )
      }),
    )
    expect(hexDump(Buffer.from('event: a\r\n'), 8)).toEqual([
      '000000  65 76 65 6e 74 3a 20 61  event: a',
      '000008  0d 0a                    ..',
    ])
  })
})

describe('curlOf', () => {
  it('survives any header and body in a real shell', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter(value => !value.includes('\0'))
    fc.assert(
      fc.property(text, text, text, (value, path, body) => {
        const command = curlOf(exchange(1, 1, { target: `/${path}`, requestHeaders: [['X-Test', value]] }), 'http://h', body)
        const argv = execFileSync('sh', ['-c', command.replace(/^curl/, 'printf "%s\\0"')], { encoding: 'utf8' })
          .split('\0')
          .slice(0, -1)
        expect(argv).toEqual([
          '--include',
          '--no-buffer',
          '--request',
          'POST',
          `http://h/${path}`,
          '--header',
          `X-Test: ${value}`,
          ...(body ? ['--data-raw', body] : []),
        ])
      }),
      { numRuns: 60 },
    )
  })
})

describe('sequenceOf', () => {
  const exchanges = [
    exchange(2, 1, { requestAt: 0, responseAt: 4, status: 307, location: '/messages/' }),
    exchange(3, 1, { requestAt: 5, responseAt: 9 }),
    exchange(4, 1, { method: 'GET', path: '/sse', body: 'stream', held: { from: 60_000, to: 71_243 } }),
  ]
  const pings = [1, 2].map(index => frame(10 + index, 1, { exchange: 4, kind: 'comment', at: index * 15_000 }))
  const sequence = sequenceOf(lost, exchanges, pings)
  it('tells the story in order: hop, wait with its pings, break, wait, answer without a stream, close', () => {
    expect(sequence.moments.map(({ rung, wait, arrows }) => rung?.name ?? wait?.says ?? arrows.at(-1)?.label)).toEqual([
      'Sent',
      '307, 4 ms',
      'Accepted',
      '60.0 s: 2 pings, nothing else',
      'The client closed the stream',
      '11.2 s: nobody is listening',
      'Answered',
      'close, held 11.2 s',
      'Written',
      'Received',
    ])
  })
  it('ends the client leg at the break and the server leg when the proxy let go', () => {
    expect(sequence).toMatchObject({ clientEnds: 4, serverEnds: 7, held: { from: 4, to: 7 } })
    expect(sequence.moments[6]?.arrows).toEqual([
      { from: 'server', to: 'proxy', tone: 'fail', label: '0 B' },
      { from: 'proxy', to: 'client', tone: 'fail', lost: true, label: 'no stream' },
    ])
  })
})

describe('sequenceOf a call that its client gave up', () => {
  const exchanges = [exchange(2, 1), exchange(4, 1, { method: 'GET', path: '/sse', body: 'stream' })]
  const pings = [15_000, 30_000, 75_000].map((at, i) => frame(10 + i, 1, { exchange: 4, kind: 'comment', at }))
  const { moments, clientEnds } = sequenceOf(gaveUp, exchanges, pings)
  it('parts the wait at the limit, sends the cancellation to the server, and the answer to nobody', () => {
    expect(moments.map(({ rung, wait }) => rung?.name ?? wait?.says)).toEqual([
      'Sent',
      'Accepted',
      '60.6 s: 2 pings, nothing else',
      'The client gave up',
      '34.1 s: nobody is waiting',
      'Answered',
      'Written',
      'Received',
    ])
    expect(moments[3]?.arrows).toEqual([
      { from: 'client', to: 'proxy', tone: 'fail', label: 'cancelled' },
      { from: 'proxy', to: 'server', tone: 'fail' },
    ])
    expect(moments[5]?.arrows.at(-1)).toEqual({ from: 'proxy', to: 'client', tone: 'fail', label: 'too late' })
    expect(clientEnds).toBeUndefined()
  })
})

describe('timing', () => {
  it('splits a call at its acceptance, its break and its answer', () => {
    expect(callTiming({ ...lost, acceptedAt: 9, sentAt: 0, answeredAt: 71_204 }, 99_999)).toEqual({
      from: 0,
      to: 71_204,
      phases: [
        { name: 'To accepted', tone: 'post', from: 0, to: 9 },
        { name: 'Server works', tone: 'call', from: 9, to: 60_000 },
        { name: 'After the break', tone: 'late', from: 60_000, to: 71_204 },
      ],
    })
  })
  it('shows what came after its client had given up', () => {
    expect(callTiming({ ...gaveUp, acceptedAt: 9 }, 99_999).phases).toEqual([
      { name: 'To accepted', tone: 'post', from: 0, to: 9 },
      { name: 'Server works', tone: 'call', from: 9, to: 60_600 },
      { name: 'After the break', tone: 'late', from: 60_600, to: 94_700 },
    ])
  })
  it('leaves out what is not known yet', () => {
    const pending = exchangeTiming(exchange(1, 1, { requestAt: 10, requestEndAt: 12, responseAt: undefined as never }), 50)
    expect(pending.phases.map(({ name, from, to }) => [name, from, to])).toEqual([
      ['Sending', 10, 12],
      ['Waiting', 12, 50],
    ])
  })
})

describe('a body nobody can read as text', () => {
  it('holds a NUL or is no UTF-8; a character cut by the end is text', () => {
    expect(isBinary(new Uint8Array([0x89, 0x50, 0x4e, 0x47]))).toBe(true)
    expect(isBinary(new Uint8Array([0x61, 0, 0x62]))).toBe(true)
    expect(isBinary(new TextEncoder().encode(`${'x'.repeat(4095)}\u20ac`))).toBe(false)
    expect(isBinary(new TextEncoder().encode('مرحبا 👋'))).toBe(false)
    expect(isBinary(new Uint8Array())).toBe(false)
  })
})
