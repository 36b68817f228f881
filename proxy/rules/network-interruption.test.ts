/** A break beside a session that became unknown. Promise: only what lies in the time in which the server forgot it is told with that. */
import { expect, it } from 'vitest'
import { MESSAGES, openSse, openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import { judge } from './index.ts'

const UNKNOWN = { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }

/** A stream that breaks off after 12 s (`served`: a call is answered after it), and a session that is unknown at the end. */
function found(served: boolean): readonly string[] {
  const wire = new WireScript()
  const { conn, headers } = openStreamable(wire)
  const stream = wire.connect().get('/mcp', headers).stream()
  wire.wait(12_345)
  stream.body(': ping\n\n').serverEnd('reset').clientEnd('reset', 'proxy')
  wire.wait(10_000)
  if (served) conn.post('/mcp', tool(1), headers).json(200, result(1))
  wire.wait(10_000)
  conn.post('/mcp', tool(2), headers).json(404, UNKNOWN)
  const facts = wire.fold.facts(wire.row('session').id, wire.at)
  return facts ? judge(facts).findings.map(({ rule }) => rule) : []
}

it('is told of its own where the session was served after it', () => {
  expect(found(true)).toContain('network-interruption')
  expect(found(true)).toContain('session-unknown-or-expired')
})

it('is told with the unknown session where nothing was served in between', () => {
  expect(found(false)).not.toContain('network-interruption')
  expect(found(false)).toContain('session-unknown-or-expired')
})

it('is not told of a stream that the server closes while it answers its last request', () => {
  const wire = new WireScript()
  const { conn, headers } = openStreamable(wire)
  const stream = wire.connect().get('/mcp', headers).stream()
  wire.wait(12_345)
  const last = conn.post('/mcp', tool(1), headers)
  wire.wait(10)
  stream.serverEnd('fin').clientEnd('closed', 'proxy')
  wire.wait(40)
  last.json(200, result(1))
  wire.wait(2_000)
  conn.post('/mcp', tool(2), headers).json(404, UNKNOWN)
  const facts = wire.fold.facts(wire.row('session').id, wire.at)
  const rules = facts ? judge(facts).findings.map(({ rule }) => rule) : []
  expect(rules).toContain('server-restarted')
  expect(rules).not.toContain('network-interruption')
})

it('is not told beside a session that is unknown for the end of its stream', () => {
  const wire = new WireScript()
  const { stream, conn } = openSse(wire)
  wire.wait(12_345)
  stream.serverEnd('reset').clientEnd('reset', 'proxy')
  wire.wait(500)
  conn.post(MESSAGES, tool(1)).answer(202)
  wire.wait(500)
  conn.post(MESSAGES, tool(2)).answer(404, 'Could not find session')
  const facts = wire.fold.facts(wire.row('session').id, wire.at)
  const rules = facts ? judge(facts).findings.map(({ rule }) => rule) : []
  expect(rules).toContain('session-unknown-or-expired')
  expect(rules).not.toContain('network-interruption')
})
