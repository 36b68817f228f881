/** The handshake's faults between the captures: what came too early, too late, or not at all, and whose fault it is then. */
import { describe, expect, it } from 'vitest'
import { initialize, initialized, MESSAGES, openSse, request, result, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

const READY = { jsonrpc: '2.0', method: 'notifications/initialized' }
const REFUSED = { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'Invalid request parameters', data: '' } }
const HANDSHAKE = ['request-before-initialize', 'initialized-missing', 'reconnected-without-initialize', 'slow-initialize']
function told(wire: WireScript, session = -1) {
  const facts = wire.fold.facts(wire.row('session', session).id, wire.at + 1_000) as Facts
  return judge(facts).findings.flatMap(({ rule, severity, title }) => (HANDSHAKE.includes(rule) ? [[rule, severity, title] as const] : []))
}
/** A stream whose initialize was answered. */
function answered() {
  const wire = new WireScript()
  const opened = openSse(wire)
  opened.conn.post(MESSAGES, initialize()).answer(202)
  opened.stream.event(initialized())
  return { wire, ...opened }
}

describe('a request between the result of initialize and notifications/initialized', () => {
  it('is a warning where it was tolerated, an error where it was refused, and nothing within a race', () => {
    for (const [ahead, answer, expected] of [
      [400, result(1), ['request-before-initialize', 'warning']],
      [400, REFUSED, ['request-before-initialize', 'error']],
      [20, result(1), undefined],
    ] as const) {
      const { wire, stream, conn } = answered()
      conn.post(MESSAGES, tool(1)).answer(202)
      stream.event(answer)
      wire.wait(ahead)
      conn.post(MESSAGES, READY).answer(202)
      expect(told(wire)[0]?.slice(0, 2)).toEqual(expected)
    }
  })

  it('is told as the missing notification where that never comes', () => {
    const { wire, stream, conn } = answered()
    conn.post(MESSAGES, tool(1)).answer(202)
    stream.event(REFUSED)
    wire.wait(2_000)
    expect(told(wire)).toMatchObject([
      ['initialized-missing', 'error', 'client never sent notifications/initialized. 1 request got no result.'],
    ])
  })
})

describe('a request without any handshake', () => {
  it('is one that came too early on a first stream, and a reconnect where the GET knows the revision', () => {
    for (const [known, rule] of [
      [false, 'request-before-initialize'],
      [true, 'reconnected-without-initialize'],
    ] as const) {
      const wire = new WireScript()
      const stream = wire
        .connect()
        .get('/sse', known ? [['mcp-protocol-version', '2025-06-18']] : [])
        .stream()
        .event(MESSAGES, 'endpoint')
      wire.connect().post(MESSAGES, tool(1)).answer(202)
      stream.event(REFUSED)
      expect(told(wire).map(([id, severity]) => [id, severity])).toEqual([[rule, 'error']])
    }
  })

  it('may be a ping', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, request(1, 'ping')).answer(202)
    stream.event(result(1, {}))
    expect(told(wire)).toEqual([])
  })
})

describe('a slow initialize', () => {
  it.each([
    [29_000, undefined],
    [31_000, 'warning'],
    [60_500, 'error'],
  ])('of %i ms is %s', (span, severity) => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, initialize()).answer(202)
    wire.wait(span)
    stream.event(initialized())
    conn.post(MESSAGES, READY).answer(202)
    expect(told(wire)[0]?.[1]).toBe(severity)
  })

  it('is an error as soon as the client says that its limit was reached', () => {
    const wire = new WireScript()
    const { conn } = openSse(wire)
    conn.post(MESSAGES, initialize()).answer(202)
    wire.wait(10_000)
    const reason = 'McpError: MCP error -32001: Request timed out'
    conn.post(MESSAGES, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 0, reason } }).answer(202)
    expect(told(wire)).toMatchObject([['slow-initialize', 'error', 'initialize had no answer for 10.0 s. client gave up at 10.0 s.']])
  })
})
