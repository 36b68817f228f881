/** The JSON lines format is lossless for every kind of event, and says where a wrong line is wrong. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyEvent } from '../journal/any-event.test-data.ts'
import { checkEvent } from './check-event.ts'
import type { WireEvent } from './event.ts'
import { eventToLine, lineToEvent } from './lines.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const chunk = (bytes: Uint8Array, size = bytes.length): WireEvent => ({
  seq: 7,
  at: 1.25,
  kind: 'chunk',
  conn: 1,
  exchange: 2,
  part: 'response',
  size,
  bytes,
})

describe('round trip', () => {
  test('every kind, with every optional field or without', () => {
    fc.assert(
      fc.property(anyEvent, event => {
        const line = eventToLine(event)
        expect(line).not.toContain('\n')
        expect(lineToEvent(line)).toEqual(event)
      }),
      { numRuns: 2000 },
    )
  })
  test('every byte sequence, also one cut within a character', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => void expect(lineToEvent(eventToLine(chunk(bytes)))).toEqual(chunk(bytes))),
    )
    const cut = encode('grün').subarray(0, 3)
    expect(eventToLine(chunk(cut))).toContain('"base64"')
    expect(lineToEvent(eventToLine(chunk(cut)))).toEqual(chunk(cut))
  })
  test('a byte order mark and line ends stay', () => {
    const bytes = encode('\ufeffdata: a\r\n\r\ndata: b\n\n\u2028')
    expect(lineToEvent(eventToLine(chunk(bytes)))).toEqual(chunk(bytes))
  })
})

test('the farthest moments that pass make a date', () => {
  const farthest = { ...chunk(encode('')), at: -4.32e15 }
  expect(lineToEvent(eventToLine(farthest))).toEqual(farthest)
  expect(new Date(farthest.at + farthest.at).toISOString()).toBe('-271821-04-20T00:00:00.000Z')
})

test('the keys have one order, and bytes are readable', () => {
  expect(eventToLine(chunk(encode('data: {"id":1}\n\n')))).toBe(
    '{"seq":7,"at":1.25,"kind":"chunk","conn":1,"exchange":2,"part":"response","text":"data: {\\"id\\":1}\\n\\n"}',
  )
  expect(eventToLine(chunk(encode('ab'), 9))).toContain('"size":9,"text":"ab"')
})

test('marks are written and ignored', () => {
  const line = eventToLine(chunk(encode('x')), { masked: true })
  expect(line).toMatch(/,"masked":true}$/)
  expect(lineToEvent(line)).toEqual(chunk(encode('x')))
})

describe('wrong lines', () => {
  const cases: readonly [string, string][] = [
    ['{"seq":1,"at":0,"kind":"log"', 'line 3, column 29: this is no JSON: the line ends too early'],
    ['{"seq":1,"at":0,,}', 'line 3, column 17: this is no JSON: unexpected ",}"'],
    ['[]', 'line 3: an event is a JSON object'],
    ['{"seq":1,"at":0,"kind":"boom"}', 'line 3: unknown kind "boom"'],
    ['{"seq":0,"at":0,"kind":"log"}', 'line 3: seq must be a whole number from 1, not 0'],
    ['{"seq":1,"kind":"log"}', 'line 3: at must be a number of milliseconds, not nothing'],
    ['{"seq":1,"at":-1e300,"kind":"log"}', 'line 3: at must be a number of milliseconds within 4320000000000000, not -1e+300'],
    [
      '{"seq":1,"at":0,"kind":"recording","version":1,"id":"i","startedAt":1e300}',
      'startedAt of a recording event must be a number of milliseconds within',
    ],
    ['{"seq":1,"at":0,"kind":"gap","reason":"stall","lost":0,"lostBytes":0,"since":8e15}', 'since of a gap event must be a number of'],
    ['{"seq":1,"at":0,"kind":"log","upstream":"mcp","source":"syslog","text":"a"}', 'line 3: source of a log event must be one of "file"'],
    ['{"seq":1,"at":0,"kind":"chunk","conn":1,"exchange":1,"part":"request","base64":"%%"}', 'line 3: base64 must be base64'],
    ['{"seq":1,"at":0,"kind":"chunk","conn":1,"exchange":1,"part":"request","text":"a","base64":"YQ=="}', 'exclude each other'],
    [
      '{"seq":1,"at":0,"kind":"request","conn":1,"exchange":1,"upstream":"m","method":"GET","target":"/","http":"1.1","headers":[["a","b"],["a"]]}',
      'entry 1',
    ],
  ]
  test.each(cases)('%s', (line, says) => {
    expect(lineToEvent(line, 3)).toMatchObject({ line: 3, error: expect.stringContaining(says) })
  })
  test('no text whatever makes it throw, and what it accepts is an event', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map(json => `{"seq":1,"at":0,"kind":"open",${json.slice(1)}`),
        ),
        text => {
          const found = lineToEvent(text)
          if ('kind' in found) expect(checkEvent(found)).toEqual(found)
        },
      ),
    )
  })
  test('a million nested lists anywhere', () => {
    const deep = `${'['.repeat(1e6)}${']'.repeat(1e6)}`
    for (const name of ['seq', 'at', 'kind', 'text'])
      expect(lineToEvent(`{"seq":1,"at":0,"kind":"log","${name}":${deep}}`)).toHaveProperty('error')
  })
  test('members named __proto__ change nothing', () => {
    const event = lineToEvent(
      '{"__proto__":{"text":"x"},"seq":1,"at":0,"kind":"log","upstream":"m","source":"file","text":"a","constructor":1}',
    )
    expect(event).toEqual({ seq: 1, at: 0, kind: 'log', upstream: 'm', source: 'file', text: 'a' })
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype)
  })
})
