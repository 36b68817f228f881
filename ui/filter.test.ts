import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { literalOf, parseFilter, type Term } from './filter.ts'
import { complete } from './filter-complete.ts'
import { passes, type Surroundings } from './filter-match.ts'
import { call, exchange, finding, frame, log, session } from './story.fixture.ts'

const terms = (text: string): readonly Term[] => {
  const parsed = parseFilter(text)
  if (!parsed.ok) throw new Error(`${parsed.error.message} at ${parsed.error.from}`)
  return parsed.terms
}
const wrong = (text: string) => {
  const parsed = parseFilter(text)
  return parsed.ok ? undefined : [parsed.error.from, parsed.error.to]
}

describe('the language', () => {
  test('every key is read, quotes and expressions keep their blanks', () => {
    expect(
      terms('status:4xx tool:"a b" -is:late larger-than:1.5M slower-than:200ms header:X-A=b=c body:/a b\\/c/i words http://x:1/'),
    ).toMatchObject([
      { key: 'status', from: 400, to: 499, negated: false },
      { key: 'tool', text: 'a b' },
      { key: 'is', is: 'late', negated: true },
      { key: 'larger-than', bytes: 1_500_000 },
      { key: 'slower-than', ms: 200 },
      { key: 'header', name: 'x-a', value: 'b=c' },
      { key: 'body', pattern: /a b\/c/i },
      { key: 'text', text: 'words' },
      { key: 'text', text: 'http://x:1/' },
    ])
  })

  test('an error has the position of what is wrong', () => {
    expect(wrong('a status:x')).toEqual([9, 10])
    expect(wrong('colour:red')).toEqual([0, 6])
    expect(wrong('-is:nothing')).toEqual([4, 11])
    expect(wrong('slower-than:5')).toEqual([12, 13])
    expect(wrong('body:/(/')).toEqual([5, 8])
    expect(wrong('body:/ab')).toEqual([5, 8])
    expect(wrong('tool:"ab')).toEqual([5, 8])
    expect(wrong('status:')).toEqual([7, 8])
  })

  test('any text is either read or refused with a position inside it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', 'is:', 'body:/', '-status:', 'tool:"'), (text, before) => {
        const parsed = parseFilter(before + text)
        if (!parsed.ok) expect(parsed.error.from).toBeLessThanOrEqual((before + text).length)
      }),
    )
  })
})

describe('what passes', () => {
  const redirect = exchange(10, 1, {
    status: 307,
    target: '/messages',
    path: '/messages',
    clientEnd: { at: 14, how: 'complete', by: 'server', bytes: 0, seq: 3 },
  })
  const follow = exchange(11, 1, { follows: 10, responseHeaders: [['Server', 'uvicorn']] })
  const lost = call(20, 1, {
    name: 'retrieve_address_objects',
    rpcId: '"a5"',
    exchange: 10,
    exchanges: [10, 11],
    delivery: 'undeliverable',
    sentAt: 0,
    brokenAt: 60_000,
    answeredAt: 71_204,
    answerBytes: 1_344_812,
    answerFrame: 30,
  })
  const failed = call(21, 1, {
    method: 'initialize',
    name: undefined as never,
    exchange: 11,
    exchanges: [11],
    error: { code: -32602, message: 'Invalid params' },
  })
  const unread = frame(30, 1, { exchange: 11, call: 20, crossed: false, rpc: 'response', size: 1_344_900 })
  const line = log(40, { level: 'error', text: 'Traceback', exception: 'anyio.BrokenResourceError' })
  const found = finding(50, 1, { call: 20 })
  const rows = [redirect, follow, lost, failed, unread, line, found]
  const around: Surroundings = {
    exchange: id => rows.find(one => one.t === 'exchange' && one.id === id) as typeof redirect | undefined,
    call: id => rows.find(one => one.t === 'call' && one.id === id) as typeof lost | undefined,
    session: id => (id === 1 ? session(1, { protocolVersion: '2024-11-05' }) : undefined),
    found: source => (source === 'srv-dal' ? new Set([30]) : undefined),
    now: 100_000,
  }
  const ids = (text: string, invert = false) => rows.filter(row => passes(terms(text), invert, row, around)).map(row => row.id)

  test.each([
    ['', [10, 11, 20, 21, 30, 40, 50]],
    ['status:307', [10, 20]],
    ['status:2xx', [11, 20, 21, 30]],
    ['method:initialize', [21]],
    ['method:post', [10, 11, 20, 21, 30]],
    ['tool:address', [20, 30, 50]],
    ['id:a5', [20, 30, 50]],
    ['session:7f3a', [10, 11, 20, 21, 30, 50]],
    ['era:2024', [10, 11, 20, 21, 30, 50]],
    ['era:sse -tool:address is:error', [21]],
    ['dir:server', [30, 40]],
    ['is:undelivered', [20, 30, 50]],
    ['is:redirected', [10, 11, 20, 21, 30]],
    ['is:late', [20, 30, 50]],
    ['is:error', [21, 40, 50]],
    ['larger-than:1M', [20, 30]],
    ['slower-than:60s', [11, 20]],
    ['header:server=uvicorn', [11, 20, 21, 30]],
    ['body:srv-dal', [20, 30]],
    ['body:other', []],
    ['rule:undeliverable', [50]],
    ['rule:idle', []],
    ['severity:error', [50]],
    ['severity:info', []],
    ['brokenresource', [40]],
  ])('%s', (text, wanted) => {
    expect(ids(text)).toEqual(wanted)
    if (text) expect(ids(text, true)).toEqual(rows.map(row => row.id).filter(id => !wanted.includes(id)))
  })
})

test('a call is not found by the long stream that answered it', () => {
  const stream = exchange(12, 1, { method: 'GET', target: '/sse', path: '/sse', status: 200, body: 'stream' })
  const post = exchange(13, 1, { method: 'POST', status: 202 })
  const asked = call(20, 1, { exchange: 13, exchanges: [13, 12], answerExchange: 12 })
  const byServer = call(21, 1, { from: 'server', exchange: 12, exchanges: [12] })
  const rows = [stream, post, asked, byServer]
  const around: Surroundings = {
    exchange: id => [stream, post].find(one => one.id === id),
    call: () => undefined,
    session: () => undefined,
    found: () => undefined,
    now: 0,
  }
  const ids = (text: string) => rows.filter(row => passes(terms(text), false, row, around)).map(row => row.id)
  expect(ids('method:GET')).toEqual([12, 21])
  expect(ids('status:202')).toEqual([13, 20])
})

test('a mistyped key or word is told the one that was meant', () => {
  const said = (text: string): string => {
    const parsed = parseFilter(text)
    return parsed.ok ? '' : parsed.error.message
  }
  expect(said('metod:GET')).toContain('Did you mean method?')
  expect(said('is:undelivred')).toContain('Did you mean undelivered?')
  expect(said('zzz:1')).not.toContain('Did you mean')
})

test('the plain text of an expression is certain to be in every match', () => {
  const cases: [RegExp, string][] = [
    [/srv-dal-\d+/, 'srv-dal-'],
    [/ab?cdef/, 'cdef'],
    [/a|bcd/, ''],
    [/(abc)?de/, ''],
    [/x{2}yz[abc]+w/, 'yz'],
    [/\w\s\.com/, 'com'],
    [/^\{"error"/, '"error"'],
  ]
  for (const [pattern, literal] of cases) expect(literalOf(pattern), String(pattern)).toBe(literal)
  expect(wrong('body:/\\d+/')).toEqual([5, 10])
})

test('completion replaces the piece under the caret', () => {
  const known = {
    status: ['202', '307'],
    method: ['initialize'],
    tool: ['check health'],
    session: [],
    era: [],
    rule: ['idle-cut', 'wrong-worker'],
  }
  expect(complete('st', 2, known).offers[0]).toMatchObject({ insert: 'status:' })
  expect(complete('a status:3', 10, known)).toEqual({ from: 2, to: 10, offers: [{ insert: 'status:307', hint: '' }] })
  expect(complete('-tool:ch', 8, known).offers).toEqual([{ insert: '-tool:"check health"', hint: '' }])
  expect(complete('rule:cut severity:', 8, known).offers).toEqual([{ insert: 'rule:idle-cut', hint: '' }])
  expect(complete('severity:', 9, known).offers.map(one => one.insert)).toEqual(['severity:error', 'severity:warning', 'severity:info'])
  expect(complete('und', 3, known).offers.at(-1)).toEqual({ insert: 'is:undelivered', hint: 'state' })
  expect(complete('', 0, known).offers.length).toBe(14)
})
