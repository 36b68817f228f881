import { describe, expect, it } from 'vitest'
import type { Judged } from '../rules/index.ts'
import { Judgement } from './judgement.ts'

const fault = (rule: string, call?: number, says = 'It broke.', session = 1): Judged => ({
  rule,
  key: `${rule} ${session} ${call ?? ''}`,
  severity: rule === 'slow' ? 'warning' : 'error',
  confidence: 'certain',
  at: 1,
  title: 'T',
  says,
  cause: 'C',
  fix: ['F'],
  evidence: [{ seq: 3, at: 1, says: 'E' }],
  alternatives: [],
  ...(call === undefined ? {} : { call }),
})

describe('findings', () => {
  it('keep their id while they are the same, and are told only when they change', () => {
    const judgement = new Judgement(0)
    const [first] = judgement.update(1, [fault('broken', 7)])
    expect(judgement.update(1, [fault('broken', 7)])).toEqual([])
    const [again, more] = judgement.update(1, [fault('broken', 7, 'It broke twice.')])
    expect(more).toBeUndefined()
    expect(again).toMatchObject({ id: first?.id, says: 'It broke twice.' })
  })
  it('have the same ids in another run, whatever came between', () => {
    const one = new Judgement(0)
    one.update(1, [fault('passing')])
    one.update(1, [])
    const [a] = one.update(1, [fault('broken', 7)])
    const [b] = new Judgement(0).update(1, [fault('broken', 7)])
    expect(a?.id).toBe(b?.id)
  })
  it('have different ids for different calls, sessions and rules, all in the room of their recording', () => {
    const judgement = new Judgement(2_000_000_000)
    const rows = [
      ...judgement.update(2_000_000_001, [fault('broken', 7), fault('broken', 8), fault('slow', 8)]),
      ...judgement.update(2_000_000_002, [fault('broken', 7, 'It broke.', 2)]),
    ]
    expect(new Set(rows.map(({ id }) => id)).size).toBe(4)
    for (const { id } of rows) expect(id).toBeGreaterThanOrEqual(2_800_000_000)
    for (const { id } of rows) expect(id).toBeLessThan(3_000_000_000)
  })
  it('are said to be gone when withdrawn, and counted', () => {
    const judgement = new Judgement(0)
    judgement.update(1, [fault('broken', 7), fault('slow', 8)])
    expect(judgement.counts(1)).toEqual({ errors: 1, warnings: 1 })
    expect(judgement.update(1, [fault('slow', 8)])).toEqual([expect.objectContaining({ rule: 'broken', call: 7, gone: true })])
    expect(judgement.counts(1)).toEqual({ errors: 0, warnings: 1 })
  })
  it('are not withdrawn by a look at a part of the session', () => {
    const judgement = new Judgement(0)
    judgement.update(1, [fault('broken', 7)])
    expect(judgement.update(1, [fault('slow', 8)], () => true).map(({ rule, gone }) => [rule, gone])).toEqual([['slow', undefined]])
    expect(judgement.counts(1)).toEqual({ errors: 1, warnings: 1 })
  })
  it('of an earlier run are withdrawn when this one does not find them', () => {
    const before = new Judgement(0)
    const rows = before.update(1, [fault('broken', 7), fault('slow', 8)])
    const after = new Judgement(0)
    for (const row of rows) after.remember(row)
    after.update(1, [fault('broken', 7)])
    expect(after.takeUnconfirmed()).toEqual([expect.objectContaining({ rule: 'slow', gone: true })])
    expect(after.takeUnconfirmed()).toEqual([])
  })
})
