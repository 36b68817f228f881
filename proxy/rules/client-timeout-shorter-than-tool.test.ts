/** What the server made of a call that its client gave up. Captures prove an answer that came late. */
import { expect, it } from 'vitest'
import { openStreamable, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

const CANCEL = {
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId: 1, reason: 'McpError: MCP error -32001: Request timed out' },
}

it.each([
  [true, 'ruled out'],
  [false, 'possible'],
])('a handler that may hang is ruled out where the server confirmed the cancellation: %s', (confirms, standing) => {
  const wire = new WireScript()
  const { conn, headers } = openStreamable(wire)
  const post = conn.post('/mcp', tool(1), headers).stream()
  wire.wait(60_000).connect().post('/mcp', CANCEL, headers).answer(202)
  if (confirms) post.event({ jsonrpc: '2.0', id: 1, error: { code: 0, message: 'Request cancelled' } })
  const facts = wire.fold.facts(wire.row('session').id, wire.at) as Facts
  const finding = judge(facts).findings.find(({ rule }) => rule === 'client-timeout-shorter-than-tool')
  expect(finding?.title).toContain('No answer had come.')
  expect(finding?.evidence.some(({ says }) => says.startsWith('The server confirmed it with an error'))).toBe(confirms)
  expect(finding?.alternatives?.find(({ rule }) => rule === 'orphan-request')?.standing).toBe(standing)
})
