import { expect, test } from 'vitest'
import { linesOf } from './sequence-words.ts'

const broke = {
  arrows: [],
  rung: { kind: 'break', name: 'The client closed the stream', says: 'FIN from port 46450, call 7 the only one in flight' },
} as const
const wait = { arrows: [], wait: { says: '12.0 s: 1 ping, nothing else', pings: 1 } }
const texts = (lines: ReturnType<typeof linesOf>) => lines.map(({ text }) => text)

test('wide, a name and a wait have one line each', () => {
  expect(linesOf(broke, 220)).toEqual([
    { text: 'The client closed the stream', tone: 'fail' },
    { text: 'FIN from port 46450, call 7 the only', tone: 'quiet' },
    { text: 'one in flight', tone: 'quiet' },
  ])
  expect(linesOf(wait, 220)).toEqual([{ text: '12.0 s: 1 ping, nothing else', tone: 'quiet' }])
})

test('narrow, all of them wrap', () => {
  expect(texts(linesOf(broke, 125))).toEqual([
    'The client closed',
    'the stream',
    'FIN from port 46450,',
    'call 7 the only one',
    'in flight',
  ])
  expect(texts(linesOf(wait, 125))).toEqual(['12.0 s: 1 ping,', 'nothing else'])
})

test('a word longer than its room is cut, and nothing of it is lost', () => {
  const says = `125 B, POST /${'messages/'.repeat(6)}`
  const lines = texts(linesOf({ arrows: [], rung: { kind: 'yes', name: 'Sent', says } }, 125))
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(21)
  expect(lines.slice(1).join('').replaceAll(' ', '')).toBe(says.replaceAll(' ', ''))
})

test('a moment that is no rung has no words', () => expect(linesOf({ arrows: [] }, 125)).toEqual([]))
