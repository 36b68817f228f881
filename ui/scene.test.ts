import { expect, test } from 'vitest'
import type { RecordingInfo } from '../proxy/core/feed.ts'
import { HOME } from './address.ts'
import { Rows } from './rows.ts'
import { aired, breakRange, foremost, newest, sceneOf, spanOf } from './scene.ts'
import { call, exchange, session } from './story.fixture.ts'

const recording = { index: 0, live: true, lastAt: 90_000 } as RecordingInfo
function staged(address = {}, live = true) {
  const rows = new Rows()
  rows.ingest([
    session(1, { startedAt: 1000, lastAt: 60_000, replacedBy: 2, state: 'broken' }),
    session(2, { startedAt: 63_000, lastAt: 80_000, replaces: 1, state: live ? 'live' : 'ended' }),
    session(3, { startedAt: 70_000, transport: 'other' }),
    call(10, 1, { number: 6, sentAt: 5000, answeredAt: 71_204 }),
    exchange(11, 1, { requestAt: 5000, clientEnd: { at: 5010, how: 'complete', by: 'server', bytes: 1, seq: 1 } }),
  ])
  const focus = newest(rows.sessions.values())
  return { rows, scene: sceneOf({ rows, recordings: [{ ...recording, live }], address: { ...HOME, ...address }, focus, liveNow: 100_000 }) }
}

test('the newest MCP session is shown with its chain, the live edge at four fifths', () => {
  const { scene } = staged()
  expect(scene?.session.id).toBe(2)
  expect(scene?.shown.map(one => one.id)).toEqual([1, 2])
  expect(scene?.follow).toBe(true)
  const { from = 0, to = 0 } = scene?.range ?? {}
  expect((100_000 - from) / (to - from)).toBeCloseTo(0.8)
  expect(from).toBeLessThan(1000)
})

test('following keeps a chosen span, and ends where nothing can grow', () => {
  const { scene } = staged({ range: { from: 0, to: 10_000 }, follow: true })
  expect(scene?.range).toEqual({ from: 92_000, to: 102_000 })
  expect(staged({ range: { from: 0, to: 10_000 }, follow: false }).scene?.range).toEqual({ from: 0, to: 10_000 })
  const past = staged({}, false).scene
  expect(past?.follow).toBe(false)
  expect(past?.now).toBe(90_000)
  expect(past?.range.to).toBeGreaterThan(80_000)
})

test('zero: session start, clock, or what was selected; unknown things fall back', () => {
  expect(staged({ session: 1 }).scene?.zero).toEqual({ at: 1000, mode: 'session', label: 'session start' })
  expect(staged({ zero: 'selection', zeroAt: { kind: 'call', id: 10 } }).scene?.zero).toEqual({
    at: 5000,
    mode: 'selection',
    label: 'call 6 sent',
  })
  expect(staged({ zero: 'selection', zeroAt: { kind: 'exchange', id: 11 } }).scene?.zero.label).toBe('POST /messages/')
  expect(staged({ zero: 'selection', zeroAt: { kind: 'call', id: 99 } }).scene?.zero.mode).toBe('session')
  expect(staged({ session: 2, zeroAt: { kind: 'session', id: 1 } }).scene?.zero.at).toBe(1000)
  expect(staged({ session: 2, zeroAt: { kind: 'session', id: 3 } }).scene?.zero.at).toBe(63_000)
  expect(staged({ session: 99 }).scene?.session.id).toBe(2)
})

test('spans of things', () => {
  const { rows } = staged()
  expect(spanOf({ kind: 'call', id: 10 }, rows, 0)).toEqual({ from: 5000, to: 71_204 })
  expect(spanOf({ kind: 'exchange', id: 11 }, rows, 0)).toEqual({ from: 5000, to: 5010 })
  // It goes on: what is open has no end yet.
  expect(spanOf({ kind: 'exchange', id: 11 }, rows, 61_000)).toEqual({ from: 5000, to: 61_000 })
  expect(spanOf({ kind: 'session', id: 2 }, rows, 99_000)).toEqual({ from: 63_000, to: 99_000 })
  expect(aired({ from: 10, to: 10 }).to - aired({ from: 10, to: 10 }).from).toBeGreaterThan(20)
})

test('around a break there is some of what was before, and the late answer', () => {
  const late = breakRange(call(1, 1, { sentAt: 0, brokenAt: 60_000, answeredAt: 71_204, delivery: 'undeliverable' }))
  expect(late?.from).toBeLessThan(60_000)
  expect(late?.from).toBeGreaterThan(0)
  expect(late?.to).toBeGreaterThan(71_204)
  const never = breakRange(call(1, 1, { sentAt: 0, brokenAt: 60_000, delivery: 'undeliverable' }))
  expect(never && never.from < 60_000 && never.to > 60_000).toBe(true)
  expect(breakRange(call(1, 1))).toBeUndefined()
  const gaveUp = breakRange(call(1, 1, { sentAt: 0, answeredAt: 94_700, cancelled: { at: 60_600, seq: 97, reason: 'Request timed out' } }))
  expect(gaveUp && gaveUp.from > 0 && gaveUp.from < 60_600 && gaveUp.to > 94_700).toBe(true)
})

test('a session reaches as far as its rows, and lives on while the proxy holds its server’s leg', () => {
  const held = (over: object, live: boolean) => {
    const rows = new Rows()
    const end = { at: 60_000, by: 'client', how: 'fin', bytes: 1, seq: 1 } as const
    rows.ingest([
      session(1, { startedAt: 0, lastAt: 60_000, ended: { ...end, inFlight: 1 }, state: 'broken' }),
      exchange(10, 1, { method: 'GET', body: 'stream', requestAt: 0, clientEnd: end, held: { from: 60_000 }, ...over }),
      // The stream is the first of many.
      ...Array.from({ length: 80 }, (_, i) => exchange(20 + i, 1, { requestAt: 100 + i })),
    ])
    return sceneOf({ rows, recordings: [{ ...recording, live }], address: HOME, focus: 1, liveNow: 65_000 })
  }
  const holding = held({}, true)
  expect([holding?.open, holding?.follow, holding?.now]).toEqual([true, true, 65_000])
  const over = { serverEnd: { at: 71_243, by: 'proxy', how: 'closed', bytes: 1, seq: 2 }, held: { from: 60_000, to: 71_243 } }
  expect(held(over, true)?.open).toBe(false)
  expect(held(over, false)?.whole.to).toBeGreaterThan(71_243)
  expect(held({}, false)?.open).toBe(false)
})

test('an opened page shows the session with the worst finding, the newest of equals', () => {
  const old = session(1, { startedAt: 1000, errors: 1 })
  const newer = session(2, { startedAt: 2000, errors: 2 })
  const warned = session(3, { startedAt: 3000, warnings: 4 })
  const calm = session(4, { startedAt: 4000 })
  expect(foremost([old, newer, warned, calm])).toBe(2)
  expect(foremost([warned, calm])).toBe(3)
  expect(foremost([calm, session(5, { startedAt: 5000, transport: 'other' })])).toBe(4)
  expect(foremost([])).toBeUndefined()
})

test('the range and its zero begin with the request to which the session was issued', () => {
  const rows = new Rows()
  rows.ingest([session(1, { startedAt: 1000, lastAt: 2000, state: 'ended' }), exchange(11, 1, { requestAt: 900 })])
  const scene = sceneOf({ rows, recordings: [{ ...recording, live: false }], address: HOME, focus: 1, liveNow: 0 })
  expect(scene?.zero.at).toBe(900)
  expect(scene?.range.from).toBeLessThan(900)
  expect(spanOf({ kind: 'session', id: 1 }, rows, 0)).toEqual({ from: 900, to: 2000 })
})
