/**
 * Bodies in memory that is written again, as the inspector reads the journal. Promise: what fold and rules keep of a chunk is their own,
 * so that nothing they say changes when its bytes do.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { WireEvent } from '../core/event.ts'
import { Fold } from '../core/fold.ts'
import { judge } from '../rules/index.ts'
import { readCapture } from './capture.ts'

/** Pieces of `size` bytes, each overwritten as soon as it is folded where `isReused`. */
function folded(events: readonly WireEvent[], size: number, isReused: boolean): unknown {
  const fold = new Fold({ recording: 0 })
  let lastAt = 0
  for (const event of events) {
    lastAt = Math.max(lastAt, event.at)
    if (event.kind !== 'chunk' || event.bytes.length < event.size) fold.push(event)
    else
      for (let at = 0; at < event.size; at += size) {
        const bytes = Buffer.from(event.bytes.subarray(at, at + size))
        fold.push({ ...event, bytes, size: bytes.length })
        if (isReused) bytes.fill('{')
      }
  }
  fold.finish()
  const rows = fold.takeRows()
  const findings = rows.flatMap(row => {
    const facts = row.t === 'session' ? fold.facts(row.id, lastAt) : undefined
    return facts ? judge(facts).findings : []
  })
  return { rows, findings }
}

it.each([Number.POSITIVE_INFINITY, 50, 7])('in pieces of %s bytes', size => {
  for (const name of readdirSync(import.meta.dirname).filter(file => file.endsWith('.md'))) {
    const { events } = readCapture(readFileSync(join(import.meta.dirname, name), 'utf8'))
    expect(folded(events, size, true), name).toEqual(folded(events, size, false))
  }
})
