/** Rows are sent when they change. Promise: whoever takes them after each event knows in the end what one knows who takes them once. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCapture } from '../captures/capture.ts'
import type { WireEvent } from './event.ts'
import { Fold } from './fold.ts'
import type { AnyRow } from './model.ts'

const captures = new URL('../captures/', import.meta.url)
const pages = readdirSync(captures).filter(name => name.endsWith('.md'))

const plain = (rows: Iterable<AnyRow>) => new Map([...rows].map(row => [row.id, { ...row, rev: 0 }]))

function takenOnce(events: readonly WireEvent[]): Map<number, AnyRow> {
  const fold = new Fold({ recording: 0 })
  for (const event of events) fold.push(event)
  return plain(fold.takeRows())
}

function takenAlways(events: readonly WireEvent[]): { rows: Map<number, AnyRow>; fold: Fold } {
  const fold = new Fold({ recording: 0 })
  const latest = new Map<number, AnyRow>()
  for (const event of events) {
    fold.push(event)
    for (const row of fold.takeRows()) latest.set(row.id, row)
    // Facts are remembered in part: looking at them must not make them old.
    for (const id of fold.changedSessions()) fold.facts(id, event.at)
  }
  return { rows: plain(latest.values()), fold }
}

describe.each(pages)('%s', page => {
  const { events } = readCapture(readFileSync(new URL(page, captures), 'utf8'))

  it('is told the same in pieces', () => {
    const { rows, fold } = takenAlways(events)
    const once = takenOnce(events)
    for (const [id, row] of once) expect(rows.get(id)).toEqual(row)
    expect(rows.size).toBe(once.size)
    for (const session of rows.values()) {
      if (session.t !== 'session') continue
      const facts = fold.facts(session.id, 0)
      for (const row of [...(facts?.calls ?? []), ...(facts?.exchanges ?? [])]) expect({ ...row, rev: 0 }).toEqual(once.get(row.id))
    }
  })
})
