/** A connection that the server closes between requests. Promise: a sign of its end only where no limit on idle connections explains it. */
import { describe, expect, it } from 'vitest'
import { openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import { judge } from '../rules/index.ts'
import type { RawHeader } from './event.ts'

const UNKNOWN = { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }

interface Case {
  /** How long each connection in turn lay idle (ms) before `by` closed it. The session is unknown `later` (default 3 s) after the last. */
  readonly idle: readonly number[]
  readonly later?: number
  readonly by?: 'server' | 'client'
  readonly said?: readonly RawHeader[]
  /** Requests on each connection. */
  readonly uses?: number
}

function ruleOf({ idle, later = 3_000, by = 'server', said = [], uses = 2 }: Case): string | undefined {
  const wire = new WireScript()
  const { headers } = openStreamable(wire)
  for (const span of idle) {
    const conn = wire.connect()
    for (let use = 0; use < uses; use++) {
      wire.wait(700)
      conn
        .post('/mcp', tool(wire.at), headers)
        .answer(200, JSON.stringify(result(wire.at)), [['content-type', 'application/json'], ...said])
    }
    wire.wait(span)
    wire.write({ kind: 'close', conn: conn.number, leg: 'server', how: 'fin', by, received: 0, sent: 0 })
  }
  wire.wait(later)
  wire.connect().post('/mcp', tool(0), headers).json(404, UNKNOWN)
  const facts = wire.fold.facts(wire.row('session').id, wire.at)
  const found = facts ? judge(facts).findings.find(({ exchange }) => exchange !== undefined) : undefined
  return found?.rule
}

describe('a kept connection', () => {
  it.each<[string, Case]>([
    ['at once', { idle: [9] }],
    ['between whole seconds', { idle: [2_480] }],
    ['after others that lay idle otherwise', { idle: [5_003, 420] }],
  ])('is closed by a server that ends: %s', (_, told) => expect(ruleOf(told)).toBe('server-restarted'))

  it.each<[string, Case]>([
    ['after 5 s', { idle: [5_002] }],
    ['after 2 s, a little late', { idle: [2_140] }],
    ['after the same time as another', { idle: [420, 431] }],
    ['by the client', { idle: [9], by: 'client' }],
    ['as was said', { idle: [9], said: [['Connection', 'close']] }],
    ['after its only request', { idle: [9], uses: 1 }],
    ['after a limit that is looked after now and then', { idle: [9_420] }],
    ['so long before that the session may have expired', { idle: [9], later: 1_800_000 }],
  ])('tells nothing where it is closed %s', (_, told) => expect(ruleOf(told)).toBe('session-unknown-or-expired'))

  it('that ends just before another worker answers is that of one worker', () =>
    expect(ruleOf({ idle: [9], later: 30 })).toBe('wrong-worker'))
})
