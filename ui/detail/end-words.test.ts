import { expect, test } from 'vitest'
import { exchangeOutcome } from '../calls/words.ts'
import { exchange } from '../story.fixture.ts'
import { endWords, legWords } from './end-words.ts'

const end = { at: 1500, how: 'fin', by: 'client', bytes: 90, seq: 7 } as const

test('an end is told with who, when and how much', () => {
  expect(endWords(end, 500, false)).toBe('FIN, by the client, at +1.000 s, 90 B')
  expect(endWords({ ...end, by: 'server' }, 500, false)).toBe('FIN (no terminator), by the server, at +1.000 s, 90 B')
  expect(endWords({ ...end, how: 'complete' }, 500, true)).toBe('clean, by the client, at +1.000 s, 90 B')
})

test('what a recording saw no end of is open only while it goes on, in the words of the table', () => {
  const stream = exchange(1, 1, { body: 'stream', status: 200 })
  expect([endWords(undefined, 0, false), legWords(stream, false)]).toEqual(['open', 'both legs open'])
  expect(endWords(undefined, 0, true)).toBe(exchangeOutcome(stream, false, true).text)
  expect(legWords(stream, true)).toBe('end not seen on either leg')
  expect(legWords({ ...stream, clientEnd: end }, true)).toBe('client leg: FIN, by the client; server leg: end not seen')
})
