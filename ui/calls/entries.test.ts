import { expect, test } from 'vitest'
import { Rows } from '../rows.ts'
import { call, exchange, finding, frame, log, session } from '../story.fixture.ts'
import { callsOf, tableTabFor } from '../table-tab.ts'
import type { SessionRows } from '../view.ts'
import { type EntriesInput, entriesOf, indexOf, totalsOf } from './entries.ts'
import { callOutcome, carriesWords, exchangeOutcome, frameOutcome, pathOf, sessionWords } from './words.ts'

const end = (at: number, by: 'client' | 'server', how: 'fin' | 'complete' = 'complete') => ({ at, how, by, bytes: 0, seq: at }) as const
const stream = exchange(10, 1, {
  method: 'GET',
  path: '/sse',
  requestAt: 0,
  body: 'stream',
  status: 200,
  clientEnd: end(60_000, 'client', 'fin'),
  serverEnd: end(71_243, 'server'),
})
const hop = exchange(11, 1, {
  requestAt: 20,
  status: 307,
  path: '/messages',
  location: 'http://h/messages/?session_id=1',
  calls: [20],
  followedBy: 12,
  clientEnd: end(24, 'server'),
})
const follow = exchange(12, 1, { requestAt: 24, follows: 11, calls: [20], clientEnd: end(29, 'server') })
const remove = exchange(13, 1, { requestAt: 70_000, method: 'DELETE', status: 200, clientEnd: end(70_001, 'server') })
const lost = call(20, 1, {
  number: 6,
  sentAt: 20,
  exchanges: [11, 12, 10],
  exchange: 11,
  answerFrame: 30,
  answeredAt: 71_204,
  brokenAt: 60_000,
  delivery: 'undeliverable',
})
const first = session(1, { bytes: 900, ended: { ...end(60_000, 'client', 'fin'), inFlight: 1 }, initializedAt: 3, replacedBy: 2 })
const second = session(2, { startedAt: 63_012, replaces: 1, state: 'live' })

function input(tab: EntriesInput['tab'], more: Partial<EntriesInput> = {}): EntriesInput {
  const rows = new Rows()
  rows.ingest([
    first,
    second,
    stream,
    hop,
    follow,
    remove,
    lost,
    call(21, 1, { number: 0, kind: 'notification', delivery: 'none', sentAt: 15 }),
    frame(30, 1, { call: 20, crossed: false, at: 71_204 }),
  ])
  rows.ingest([frame(31, 1, { at: 5 }), finding(40, 1, { call: 20 }), log(50)])
  const sessions = [1, 2].map(id => rows.ofSession(id) as SessionRows)
  return {
    tab,
    sessions,
    logs: rows.logs,
    gaps: rows.gaps,
    unfolded: new Set(),
    passes: () => true,
    exchangeOf: rows.exchange,
    frameOf: rows.frame,
    ...more,
  }
}
const keys = (more: EntriesInput) => entriesOf(more).rows.map(one => one.key)

test('calls in time order, streams and lone exchanges beside them, parts under an open call', () => {
  expect(keys(input('calls'))).toEqual(['s1', 'x10', 'c21', 'c20', 'x13', 's2'])
  expect(keys(input('calls', { unfolded: new Set([20]) }))).toEqual([
    's1',
    'x10',
    'c21',
    'c20',
    'c20/x11',
    'c20/x12',
    'c20/f30',
    'x13',
    's2',
  ])
})

test('the other tabs hold every mark', () => {
  expect(keys(input('exchanges'))).toEqual(['s1', 'x10', 'x11', 'x12', 'x13', 's2'])
  expect(keys(input('events'))).toEqual(['s1', 'f31', 'f30', 's2'])
  expect(keys(input('findings'))).toEqual(['s1', 'n40'])
  expect(keys(input('log'))).toEqual(['l50'])
  const gap = { t: 'gap', id: 60, rev: 1, at: 10, since: 5, seq: 9, reason: 'disk-full', lost: 3, lostBytes: 90, detail: '' } as const
  expect(keys(input('log', { gaps: [gap, { ...gap, id: 61, at: 90 }] }))).toEqual(['g60', 'l50', 'g61'])
})

test('the filter hides rows, counts them, and takes headings over nothing away', () => {
  const { rows, hidden } = entriesOf(input('calls', { passes: row => row.t === 'call' && row.delivery === 'undeliverable' }))
  expect(rows.map(one => one.key)).toEqual(['s1', 'c20'])
  expect(hidden).toBe(3)
})

test('totals count calls, not notifications', () => {
  expect(totalsOf(input('calls').sessions)).toEqual({ calls: 1, exchanges: 4, events: 2, bytes: 1000, undeliverable: 1 })
})

test('a selection finds its row, a finding that of its call', () => {
  const { rows } = entriesOf(input('calls', { unfolded: new Set([20]) }))
  const of = () => [20]
  expect(indexOf(rows, { kind: 'frame', id: 30 }, of)).toBe(6)
  expect(indexOf(rows, { kind: 'finding', id: 40 }, of)).toBe(3)
  expect(indexOf(rows, { kind: 'log', id: 50 }, () => [])).toBe(-1)
  const folded = entriesOf(input('calls')).rows
  expect(indexOf(folded, { kind: 'exchange', id: 12 }, of)).toBe(3)
  expect(indexOf(rows, null, of)).toBe(-1)
})

test('the table turns to a tab that can show what was selected', () => {
  const rows = new Rows()
  rows.ingest([first, stream, hop, follow, lost, frame(30, 1, { call: 20 }), frame(31, 1), finding(40, 1, { call: 20 }), log(50)])
  expect(tableTabFor({ kind: 'call', id: 20 }, 'log', rows)).toBe('calls')
  expect(tableTabFor({ kind: 'frame', id: 30 }, 'calls', rows)).toBe('calls')
  expect(tableTabFor({ kind: 'frame', id: 31 }, 'calls', rows)).toBe('events')
  expect(tableTabFor({ kind: 'log', id: 50 }, 'calls', rows)).toBe('log')
  expect(tableTabFor({ kind: 'finding', id: 40 }, 'calls', rows)).toBe('calls')
  expect(tableTabFor({ kind: 'finding', id: 40 }, 'exchanges', rows)).toBe('calls')
  expect(tableTabFor({ kind: 'exchange', id: 10 }, 'events', rows)).toBe('calls')
  expect(tableTabFor({ kind: 'exchange', id: 12 }, 'exchanges', rows)).toBe('exchanges')
  expect([
    callsOf({ kind: 'exchange', id: 11 }, rows),
    callsOf({ kind: 'frame', id: 30 }, rows),
    callsOf({ kind: 'exchange', id: 10 }, rows),
  ]).toEqual([[20], [20], []])
})

test('outcomes in words', () => {
  expect(callOutcome(lost)).toMatchObject({ sign: 'broken', text: 'undeliverable' })
  expect(callOutcome(call(1, 1, { error: { code: -32602, message: 'no' } }))).toMatchObject({ sign: 'error', text: '-32602', title: 'no' })
  const gaveUp = { cancelled: { at: 60_000, seq: 1, reason: 'Request timed out' } }
  expect(callOutcome(call(1, 1, { ...gaveUp, answeredAt: 90_000 }))).toMatchObject({
    sign: 'no',
    text: 'too late',
    title: 'Request timed out',
  })
  expect(callOutcome(call(1, 1, { ...gaveUp, delivery: 'cancelled' }))).toMatchObject({ sign: 'no', text: 'given up' })
  expect(callOutcome(call(1, 1, { cancelled: { at: 60_000, seq: 1, reason: 'stopped' } }))).toMatchObject({
    sign: 'dash',
    text: 'cancelled',
  })
  expect(callOutcome(call(1, 1, { toolError: 'boom' }))).toMatchObject({ sign: 'warning', text: 'tool error' })
  expect(exchangeOutcome(stream, true)).toMatchObject({ sign: 'client', text: 'client closed', broke: true })
  expect(exchangeOutcome(hop, false)).toMatchObject({ sign: 'none', text: 'to /messages/' })
  expect(exchangeOutcome(follow, false)).toMatchObject({ text: 'accepted' })
  expect(exchangeOutcome(exchange(1, 1, { status: 200, clientEnd: end(9, 'server', 'fin') }), false)).toMatchObject({
    text: 'cut, FIN',
    tone: 'fail',
  })
  expect(exchangeOutcome(exchange(1, 1, { status: undefined as never, clientEnd: end(9, 'client', 'fin') }), false).text).toBe(
    'no answer, FIN',
  )
  expect(exchangeOutcome(exchange(1, 1, { status: 502, responseBy: 'proxy' }), false).text).toBe('not reached')
  expect(frameOutcome(frame(1, 1, { crossed: false })).text).toBe('nobody there')
  expect([pathOf('http://h:1/a/?x=1'), pathOf('/b#c'), pathOf('http://h')]).toEqual(['/a/', '/b', '/'])
})

test('an event is told by what it carries, also where that is nothing', () => {
  const answer = frame(1, 1, { rpc: 'response', call: 20 })
  expect([carriesWords(answer, lost), carriesWords(answer, undefined), carriesWords({ ...answer, rpc: 'error' }, lost)]).toEqual([
    'answer to call 6',
    'answer',
    'error to call 6',
  ])
  expect(carriesWords(frame(1, 1, { method: 'notifications/progress' }), undefined)).toBe('notifications/progress')
  expect(carriesWords(frame(1, 1, { preview: 'hello' }), undefined)).toBe('hello')
  expect(carriesWords(frame(1, 1, { preview: '', lastEventId: '3_0' }), undefined)).toBe('priming event, no data')
  expect(carriesWords(frame(1, 1, { preview: '' }), undefined)).toBe('no data')
  expect(carriesWords(frame(1, 1, { kind: 'comment', preview: '' }), undefined)).toBe('')
})

test('a heading tells what a session replaced and how it ended', () => {
  expect(sessionWords(first, undefined, 0, [lost])).toBe('ended by the client at +60.000 s, FIN, with call 6 in flight')
  expect(sessionWords(second, first, 0, [])).toBe('replaces 7f3a90c2 after 3.01 s, never initialized, open')
})
