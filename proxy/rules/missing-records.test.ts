/** Captures with records cut out. Promise: wherever the recording has a hole, nobody is blamed for what fell into it, and nothing else is hidden. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
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
        for (const length of [1, 5, 20, 35, 45]) {
          const story = storyOf(cut(events, from, Math.min(events.length, from + length)))
          expect(story.match(/^ {2}finding .*: (warning|error), .*/gm), `records ${from} to ${from + length}`).toBeNull()
        }
      }
    })
  }
})

describe('a hole before a session that was seen from its beginning on', () => {
  const faulty = readdirSync(folder).filter(name =>
    /^(idle-cut|orphan-request|response-unknown-id|sse-framing|duplicate-response)\./.test(name),
  )
  for (const name of faulty) {
    it(`${name}: the same story`, () => {
      const { events, story } = readCapture(readFileSync(join(folder, name), 'utf8'))
      const first = events.findIndex(({ kind }) => kind === 'open')
      const at = (events[first]?.at ?? 0) - 0.1
      const gap: GapEvent = { seq: 0, at, since: at, kind: 'gap', reason: 'io-error', lost: 5, lostBytes: 1, detail: 'the disk failed' }
      const told = storyOf([...events.slice(0, first), gap, ...events.slice(first)])
      expect(told).toBe(`${story}\n\ngap io-error, 5 records lost`)
    })
  }
})

test.each(['server-restarted.exit-code.md', 'server-restarted.forgotten.md'])(
  '%s: a restart that was seen is told, whatever else is missing',
  name => {
    const { events } = readCapture(readFileSync(join(folder, name), 'utf8'))
    const at = events[14]?.at ?? 0
    const gap: GapEvent = { seq: 0, at, since: at, kind: 'gap', reason: 'io-error', lost: 5, lostBytes: 1, detail: 'the disk failed' }
    expect(storyOf([...events.slice(0, 15), gap, ...events.slice(15)])).toContain('finding server-restarted')
  },
)

test('what is proven by records on both sides of a hole is possible at most, and the text says so', () => {
  const name = 'header-body-mismatch.client.md'
  const { events, story } = readCapture(readFileSync(join(folder, name), 'utf8'))
  expect(story).toMatch(/finding header-body-mismatch: error, certain/)
  const shown = [...story.matchAll(/^ {4}#(\d+) /gm)].map(([, seq]) => Number(seq))
  const between = events.findIndex(({ seq }) => seq > Math.min(...shown))
  expect(Math.max(...shown)).toBeGreaterThan(events[between]?.seq ?? Number.POSITIVE_INFINITY)
  const at = events[between]?.at ?? 0
  const gap: GapEvent = { seq: 0, at, since: at - 0.01, kind: 'gap', reason: 'io-error', lost: 5, lostBytes: 1, detail: 'the disk failed' }
  const told = storyOf([...events.slice(0, between), gap, ...events.slice(between)])
  expect(told).toMatch(/finding header-body-mismatch: error, possible/)
  expect(told).toContain('so it is only possible.')
})

test('a stall that lost nothing silences nothing', () => {
  const { events, story } = readCapture(readFileSync(join(folder, 'orphan-request.hangs.md'), 'utf8'))
  const at = events.at(-1)?.at ?? 0
  const stall: GapEvent = { seq: 0, at, since: at, kind: 'gap', reason: 'stall', lost: 0, lostBytes: 0, detail: 'the disk was slow' }
  const told = storyOf([...events, stall])
  expect(told).toBe(`${story}\n\ngap stall, 0 records lost`)
})
