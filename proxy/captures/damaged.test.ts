/**
 * The captures, damaged: events lost, repeated, out of order, bodies cut or corrupted. Promise: faults of what was observed
 * are data. Nothing throws, no rule fails, and the rows stay sound.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { WireEvent } from '../core/event.ts'
import { Fold } from '../core/fold.ts'
import type { AnyRow } from '../core/model.ts'
import { judge } from '../rules/index.ts'
import { readCapture } from './capture.ts'

const captures = readdirSync(import.meta.dirname)
  .filter(name => name.endsWith('.md'))
  .map(name => readCapture(readFileSync(join(import.meta.dirname, name), 'utf8')).events)

interface Damage {
  readonly kind: 'drop' | 'repeat' | 'swap' | 'corrupt' | 'cut' | 'cap'
  readonly at: number
  readonly to: number
}
const damage = fc.record({
  kind: fc.constantFrom<Damage['kind']>('drop', 'drop', 'repeat', 'swap', 'corrupt', 'cut', 'cap'),
  at: fc.nat(10_000),
  to: fc.nat(10_000),
})

function damaged(events: readonly WireEvent[], all: readonly Damage[]): WireEvent[] {
  const list = [...events]
  for (const { kind, at, to } of all) {
    const i = at % list.length
    const event = list[i] as WireEvent
    if (kind === 'drop' && list.length > 1) list.splice(i, 1)
    else if (kind === 'repeat') list.splice(to % list.length, 0, event)
    else if (kind === 'swap') list.splice(to % list.length, 0, ...list.splice(i, 1))
    else if (event.kind === 'chunk' && event.bytes.length > 0) list[i] = spoiled(event, kind, to)
  }
  return list
}

function spoiled(event: Extract<WireEvent, { kind: 'chunk' }>, kind: Damage['kind'], to: number): WireEvent {
  const bytes = event.bytes.slice()
  const at = to % bytes.length
  if (kind === 'corrupt') bytes[at] = to % 256
  if (kind === 'corrupt') return { ...event, bytes }
  return { ...event, bytes: bytes.subarray(0, at), size: kind === 'cut' ? at : event.size }
}

function expectSound(rows: readonly AnyRow[]): void {
  const byId = new Map(rows.map(row => [row.id, row]))
  expect(byId.size).toBe(rows.length)
  for (const row of rows) {
    if (row.t === 'exchange' || row.t === 'call' || row.t === 'frame') expect(byId.get(row.session)?.t).toBe('session')
    if (row.t === 'call') {
      expect(row.ladder).toHaveLength(row.kind === 'request' ? 5 : 2)
      expect(row.delivery === 'none').toBe(row.kind !== 'request')
      expect(row.exchanges.every(id => byId.get(id)?.t === 'exchange')).toBe(true)
      expect(row.delivery).not.toBe('pending')
    }
    if (row.t === 'session') {
      const calls = rows.filter(
        other => other.t === 'call' && other.session === row.id && other.from === 'client' && other.kind === 'request',
      )
      expect(row.calls).toBe(calls.length)
      expect(row.undelivered).toBe(
        calls.filter(
          call => call.t === 'call' && call.from === 'client' && (call.delivery === 'undeliverable' || call.delivery === 'unanswered'),
        ).length,
      )
      expect(row.exchanges).toBe(rows.filter(other => other.t === 'exchange' && other.session === row.id).length)
    }
  }
}

it('folds and judges damaged traffic without failing', () => {
  fc.assert(
    fc.property(fc.nat(captures.length - 1), fc.array(damage, { minLength: 1, maxLength: 12 }), (which, all) => {
      const fold = new Fold({ recording: 0 })
      const latest = new Map<number, AnyRow>()
      const take = () => {
        for (const row of fold.takeRows()) latest.set(row.id, row)
      }
      const events = damaged(captures[which] ?? [], all)
      for (const [i, event] of events.entries()) {
        fold.push(event, { segment: 1, offset: i })
        if (i % 7 === 0) take()
        if (i % 20 !== 0) continue
        for (const id of fold.changedSessions()) {
          const facts = fold.facts(id, event.at)
          if (facts) expect(judge(facts).failures).toEqual([])
        }
      }
      fold.finish()
      for (const row of latest.values()) {
        const facts = row.t === 'session' ? fold.facts(row.id, 1e7) : undefined
        if (facts) expect(judge(facts).failures).toEqual([])
      }
      take()
      expectSound([...latest.values()])
    }),
    { numRuns: 1500 },
  )
}, 120_000)
