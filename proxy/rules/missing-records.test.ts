/** Healthy captures with records cut out. Promise: wherever the recording has a hole, nobody is blamed for what fell into it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCapture, storyOf } from '../captures/capture.ts'
import type { GapEvent, WireEvent } from '../core/event.ts'

const folder = join(import.meta.dirname, '..', 'captures')
const healthy = readdirSync(folder).filter(name => name.startsWith('healthy.') && name.endsWith('.md'))

/** The same recording, as if the disk had been full from one event to another. */
function cut(events: readonly WireEvent[], from: number, to: number): WireEvent[] {
  const lost = events.slice(from, to)
  const [first, last] = [lost[0] as WireEvent, lost.at(-1) as WireEvent]
  const gap: GapEvent = {
    seq: last.seq,
    at: last.at,
    kind: 'gap',
    reason: 'disk-full',
    lost: lost.length,
    lostBytes: 1,
    since: first.at,
    detail: 'the disk was full',
  }
  return [...events.slice(0, from), gap, ...events.slice(to)]
}

describe('a hole in a healthy recording', () => {
  for (const name of healthy) {
    it(`${name}: no fault, wherever it is`, () => {
      const { events } = readCapture(readFileSync(join(folder, name), 'utf8'))
      for (let from = 1; from < events.length; from++) {
        for (const length of [1, 5, 20]) {
          const story = storyOf(cut(events, from, Math.min(events.length, from + length)))
          expect(story.match(/^ {2}finding .*: (warning|error), .*/gm), `records ${from} to ${from + length}`).toBeNull()
        }
      }
    })
  }
})
