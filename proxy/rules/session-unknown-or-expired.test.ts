/** Which history makes which fault of the same refusal. Captures prove the real cases; here are those between them. */
import { describe, expect, it } from 'vitest'
import { MESSAGES, openSse, openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

function findings(wire: WireScript, session = 0) {
  const facts = wire.fold.facts(wire.row('session', session).id, wire.at) as Facts
  return judge(facts).findings.filter(({ rule }) => TOLD_BY.has(rule))
}
/** The rules that share the refusal among them. */
const TOLD_BY = new Set([
  'session-unknown-or-expired',
  'session-managed-by-hand',
  'server-restarted',
  'wrong-worker',
  'post-before-endpoint',
])
const UNKNOWN = { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }

describe('an unknown session', () => {
  it('is an old one after a restart: all streams ended at once, without a clean end', () => {
    const wire = new WireScript()
    const one = openSse(wire, '/m?session_id=aaaaaaaa11111111')
    const two = openSse(wire, '/m?session_id=bbbbbbbb22222222')
    one.stream.serverEnd('fin').clientEnd('closed', 'proxy')
    two.stream.serverEnd('fin').clientEnd('closed', 'proxy')
    wire.wait(5_000)
    one.conn.post('/m?session_id=aaaaaaaa11111111', tool(1)).answer(404, 'Could not find session')
    const [finding] = findings(wire)
    expect(finding).toMatchObject({ rule: 'server-restarted', causeConfidence: 'likely', severity: 'error' })
    expect(finding?.evidence[0]?.says).toContain('1 other stream with it')
  })

  it('is an old one after a restart: a call under way was broken off, with a head or without', () => {
    for (const how of ['fin', 'reset'] as const) {
      for (const hasHead of [false, true]) {
        const wire = new WireScript()
        const { conn, headers } = openStreamable(wire)
        const post = conn.post('/mcp', tool(1), headers)
        if (hasHead) post.stream()
        wire.wait(2_000)
        post.serverEnd(how)
        if (hasHead) post.clientEnd('closed', 'proxy')
        else post.head(502, [], 'proxy').clientEnd('complete', 'proxy')
        wire.wait(3_000)
        const next = wire.connect()
        next.post('/mcp', tool(2), headers).json(404, UNKNOWN)
        openStreamable(wire, 'session-two-0002', next)
        const [finding] = findings(wire)
        expect(finding).toMatchObject({ rule: 'server-restarted', causeConfidence: 'likely', severity: 'error' })
        expect(finding?.title).toContain('Call 2 lost its answer.')
      }
    }
  })

  it('is no old one where a call was broken off by a limit on silence, or the server served it after that', () => {
    for (const [silence, isServed] of [
      [60_000, false],
      [2_000, true],
    ] as const) {
      const wire = new WireScript()
      const { conn, headers } = openStreamable(wire)
      const post = conn.post('/mcp', tool(1), headers).stream()
      wire.wait(silence)
      post.serverEnd('fin').clientEnd('closed', 'proxy')
      wire.wait(500)
      if (isServed) wire.connect().post('/mcp', tool(2), headers).json(200, result(2))
      wire.wait(3_000)
      wire.connect().post('/mcp', tool(3), headers).json(404, UNKNOWN)
      expect(findings(wire)).toMatchObject([{ rule: 'session-unknown-or-expired' }])
    }
  })

  it('is another worker’s where a call was broken off, and the session is served again after the refusal', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    const post = conn.post('/mcp', tool(1), headers).stream()
    wire.wait(2_000)
    post.serverEnd('fin').clientEnd('closed', 'proxy')
    wire.wait(1_000)
    const next = wire.connect()
    next.post('/mcp', tool(2), headers).json(404, UNKNOWN)
    wire.wait(10)
    next.post('/mcp', tool(2), headers).json(200, result(2))
    expect(findings(wire)).toMatchObject([{ rule: 'wrong-worker', causeConfidence: 'certain' }])
  })

  it('is another worker’s where the stream is open', () => {
    const wire = new WireScript()
    const { conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(404, 'Could not find session')
    expect(findings(wire)).toMatchObject([{ rule: 'wrong-worker', causeConfidence: 'likely' }])
  })

  it('is another worker’s where the server knew it a moment before, but not where the server says that it let it go', () => {
    for (const [gap, words, rule] of [
      [20, 'Session not found', 'wrong-worker'],
      [99, 'Session not found', 'wrong-worker'],
      [100, 'Session not found', 'session-unknown-or-expired'],
      [20, 'Not Found: Session has been terminated', 'session-unknown-or-expired'],
    ] as const) {
      for (const isStreamOpen of [false, true]) {
        const wire = new WireScript()
        const { conn, headers } = openStreamable(wire)
        if (isStreamOpen) wire.connect().get('/mcp', headers).stream()
        wire.wait(gap)
        conn.post('/mcp', tool(1), headers).json(404, { ...UNKNOWN, error: { code: -32600, message: words } })
        expect(findings(wire), `${words} after ${gap} ms`).toMatchObject([{ rule }])
      }
    }
  })

  it('is another worker’s where each new session is unknown at once', () => {
    const wire = new WireScript()
    for (const id of ['session-one-0001', 'session-two-0002']) {
      const { conn, headers } = openStreamable(wire, id)
      wire.wait(20)
      conn.post('/mcp', tool(1), headers).json(404, UNKNOWN)
      wire.wait(500)
    }
    for (const session of [0, 1]) expect(findings(wire, session)).toMatchObject([{ rule: 'wrong-worker', causeConfidence: 'likely' }])
  })

  it('has expired after a long silence, and only perhaps after a short one', () => {
    for (const [gap, cause, sure] of [
      [1_800_000, 'The server dropped the session while nothing was asked of it.', 'likely'],
      [3_000, 'The server was restarted, or dropped the session for a reason of its own.', 'possible'],
    ] as const) {
      const wire = new WireScript()
      const { conn, headers } = openStreamable(wire)
      conn.post('/mcp', tool(1), headers).json(200, result(1))
      wire.wait(gap)
      conn.post('/mcp', tool(2), headers).json(404, UNKNOWN)
      expect(findings(wire)).toMatchObject([{ rule: 'session-unknown-or-expired', cause, causeConfidence: sure }])
    }
  })

  it('was known when the server last served it: a refusal, a redirect or an answer of the proxy is no sign', () => {
    for (const [status, by] of [
      [429, 'server'],
      [307, 'server'],
      [502, 'proxy'],
    ] as const) {
      const wire = new WireScript()
      const { conn, headers } = openStreamable(wire)
      wire.wait(7_000)
      conn
        .post('/mcp', tool(1), headers)
        .head(status, [['content-length', '0']], by)
        .serverEnd()
        .clientEnd()
      wire.wait(3_000)
      conn.post('/mcp', tool(2), headers).json(404, UNKNOWN)
      expect(findings(wire)[0]?.says).toContain('The server knew the session 10.0 s before')
    }
  })

  it('is one finding however often it is refused, and a warning where the client began anew', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    wire.wait(3_000)
    for (let i = 0; i < 3; i++) conn.post('/mcp', tool(i), headers).json(404, UNKNOWN)
    expect(findings(wire)).toMatchObject([{ severity: 'error', title: 'Session session-one-0001 is unknown to the server: 404, 3 times.' }])
    wire.wait(500)
    openStreamable(wire, 'session-two-0002', conn)
    expect(findings(wire)).toMatchObject([{ severity: 'warning', says: expect.stringContaining('began a new session 500 ms later') }])
  })

  it('is recognised in the words of every SDK', () => {
    for (const [status, body] of [
      [404, 'Could not find session'],
      [404, JSON.stringify(UNKNOWN)],
      [404, '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session not found"}}'],
      [404, '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Not Found: Session has been terminated"}}'],
      [400, '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}'],
      [400, 'No transport found for sessionId'],
    ] as const) {
      const wire = new WireScript()
      const { conn, headers } = openStreamable(wire)
      conn.post('/mcp', tool(1), headers).answer(status, body)
      expect(findings(wire), body).toHaveLength(1)
    }
  })
})

describe('other refusals', () => {
  it('are none of its business', () => {
    for (const [status, body] of [
      [404, 'Not Found'],
      [404, '<html>404 page not found</html>'],
      [404, '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}'],
      [404, '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"The session method was not found"}}'],
      [400, 'session_id is required'],
      [401, 'session expired, log in'],
      [500, 'Session not found'],
    ] as const) {
      const wire = new WireScript()
      const { conn } = openSse(wire)
      conn.post(MESSAGES, tool(1)).answer(status, body)
      expect(findings(wire), body).toEqual([])
    }
  })
})
