import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Draft } from '../core/event.ts'
import { TestData } from '../inspector/wire-story.fixture.ts'
import { openReader } from '../journal/reader.ts'
import { LateJournal } from './late-journal.ts'

let data: TestData
beforeEach(() => {
  data = new TestData()
})
afterEach(() => data.remove())

const line = (text: string): Draft => ({ kind: 'log', upstream: 'mcp', source: 'stderr', text })
const textsOf = (dir: string): Map<number, string> => {
  const reader = openReader(dir)
  const { events } = reader.read(null, 100)
  reader.close()
  return new Map(events.flatMap(({ event }) => (event.kind === 'log' ? [[event.seq, event.text] as const] : [])))
}

it('keeps what came before the recording, in its order, ahead of what comes later, and each under the number that was told', () => {
  const journal = new LateJournal()
  const told = new Map<number, string>()
  const say = (text: string) => told.set(journal.append(line(text)), text)
  for (const text of ['first', 'second', 'third']) say(text)
  // Whoever forwards asks for it all the same.
  journal.flush()
  expect(journal.now()).toBe(0)
  const recording = data.record()
  journal.begin(recording)
  // They lie in the file at once.
  expect([...textsOf(recording.dir).values()]).toEqual(['first', 'second', 'third'])
  say('fourth')
  expect(journal.now()).toBeGreaterThan(0)
  journal.flush()
  expect(textsOf(recording.dir)).toEqual(told)
})
