import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AnyRow } from '../proxy/core/model.ts'
import { ID_SPACE } from '../proxy/core/model.ts'
import { chainOf, nearest } from './chain.ts'
import { Rows } from './rows.ts'
import { call, exchange, finding, frame, log, session } from './story.fixture.ts'

const filled = (...rows: AnyRow[]): Rows => {
  const all = new Rows()
  all.ingest(rows)
  return all
}

test('any order, any repetition, any cutting into batches gives the same lists', () => {
  const rows: AnyRow[] = [session(1), session(2, { startedAt: 500 })]
  for (let i = 0; i < 30; i++) {
    rows.push(frame(100 + i, 1 + (i % 2), { at: (i * 7) % 13, rev: 1 }), frame(100 + i, 1 + (i % 2), { at: (i * 7) % 13, rev: 5, size: 7 }))
    rows.push(
      exchange(200 + i, 1, { requestAt: (i * 5) % 11 }),
      call(300 + i, 2, { sentAt: (i * 3) % 17 }),
      log(400 + i, { at: (i * 11) % 19 }),
    )
  }
  rows.push(
    finding(500, 1, { at: 9 }),
    finding(500, 1, { at: 3, rev: 900 }),
    finding(501, 1, { rev: 2 }),
    finding(501, 1, { rev: 3, gone: true }),
  )
  const wanted = filled(...rows)
  expect(wanted.ofSession(1)?.findings.map(one => one.at)).toEqual([3])
  const lists = (all: Rows) => [1, 2].map(id => ({ ...all.ofSession(id), rev: 0 })).concat([{ logs: all.logs, rev: 0 } as never])
  fc.assert(
    fc.property(fc.shuffledSubarray([...rows, ...rows], { minLength: rows.length * 2 }), fc.integer({ min: 1, max: 40 }), (mixed, cut) => {
      const all = new Rows()
      for (let i = 0; i < mixed.length; i += cut) all.ingest(mixed.slice(i, i + cut))
      expect(lists(all)).toEqual(lists(wanted))
      for (const list of [all.ofSession(1)?.frames, all.ofSession(2)?.frames] as const)
        for (let i = 1; i < (list?.length ?? 0); i++) expect(list?.[i - 1]?.at ?? 0).toBeLessThanOrEqual(list?.[i]?.at ?? 0)
    }),
    { numRuns: 50 },
  )
})

test('an older state never replaces a newer one, and says that nothing changed', () => {
  const all = filled(session(1, { rev: 9, calls: 3 }))
  const { rev } = all
  expect(all.ingest([session(1, { rev: 8, calls: 1 })]).changed).toBe(0)
  expect(all.sessions.get(1)?.calls).toBe(3)
  expect(all.rev).toBe(rev)
})

test('new findings and ended sessions are told once', () => {
  const all = filled(session(1, { rev: 1 }))
  const end = { at: 60, how: 'fin', by: 'client', bytes: 1, seq: 5, inFlight: 1 } as const
  const first = all.ingest([session(1, { rev: 2, ended: end }), finding(7, 1, { rev: 3 })])
  expect([first.ended.length, first.findings.length]).toEqual([1, 1])
  const second = all.ingest([session(1, { rev: 4, ended: end }), finding(7, 1, { rev: 5 })])
  expect([second.ended.length, second.findings.length]).toEqual([0, 0])
})

test('a row that moves to another session leaves the first', () => {
  const all = filled(session(1), session(2), exchange(10, 1, { rev: 1 }))
  all.ingest([exchange(10, 2, { rev: 2 })])
  expect(all.ofSession(1)?.exchanges).toEqual([])
  expect(all.ofSession(2)?.exchanges.map(one => one.id)).toEqual([10])
})

test('evicted rows are gone, findings stay, and the session can be filled again', () => {
  const all = filled(session(1), exchange(10, 1), call(11, 1), frame(12, 1), finding(13, 1))
  expect(all.held).toBe(3)
  all.evict(1)
  expect(all.held).toBe(0)
  expect(all.ofSession(1)?.findings.length).toBe(1)
  all.ingest([exchange(10, 1)])
  expect(all.exchange(10)?.id).toBe(10)
})

test('a record number leads to the row that holds it, in its own recording only', () => {
  const end = { at: 1, how: 'fin', by: 'client', bytes: 0, seq: 90 } as const
  const all = filled(
    session(1),
    exchange(10, 1, { requestSeq: 5, responseSeq: 6, clientEnd: end }),
    frame(12, 1, { seq: 7 }),
    log(13, { seq: 8 }),
  )
  expect([5, 6, 90, 7, 8, 99].map(seq => all.rowOfSeq(seq, 0, [1])?.kind)).toEqual([
    'exchange',
    'exchange',
    'exchange',
    'frame',
    'log',
    undefined,
  ])
  expect(all.rowOfSeq(5, 1, [1])).toBeUndefined()
  expect(all.rowOfSeq(5, 1, [ID_SPACE + 1])).toBeUndefined()
})

test('a log line belongs to the session that was alive then', () => {
  const all = filled(session(1, { startedAt: 0, lastAt: 20 }), session(2, { startedAt: 25, lastAt: 50 }), log(9, { at: 30 }))
  expect(all.sessionOf({ kind: 'log', id: 9 }, [1, 2])).toBe(2)
})

test('a chain is followed both ways, ends on circles, and is cut around its middle', () => {
  const all = filled(session(1, { replacedBy: 2 }), session(2, { replaces: 1, replacedBy: 3 }), session(3, { replaces: 2, replacedBy: 1 }))
  expect(chainOf(all.sessions, 2).map(one => one.id)).toEqual([1, 2, 3])
  const many = Array.from({ length: 40 }, (_, i) => session(i + 1))
  expect(nearest(many, 40, 5).map(one => one.id)).toEqual([36, 37, 38, 39, 40])
  expect(nearest(many, 1, 5).map(one => one.id)).toEqual([1, 2, 3, 4, 5])
  expect(nearest(many, 20, 5).map(one => one.id)).toEqual([18, 19, 20, 21, 22])
})
