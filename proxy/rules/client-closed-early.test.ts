/** A stream that is closed without a POST. Promise: a client that only reconnected is not taken for one that never began. */
import { expect, it } from 'vitest'
import { MESSAGES, WireScript } from '../captures/wire-script.ts'
import type { RawHeader } from '../core/event.ts'
import { clientClosedEarly } from './client-closed-early.ts'

function verdictsOf(headers: readonly RawHeader[]): number {
  const wire = new WireScript()
  const conn = wire.connect()
  const stream = conn.get('/sse', headers).stream().event(MESSAGES, 'endpoint')
  wire.wait(5000)
  stream.clientEnd('fin', 'client')
  conn.close()
  const facts = wire.fold.facts(wire.row('session').id, wire.at)
  return facts ? clientClosedEarly.check(facts).length : -1
}

it('is told of a client that comes for the first time', () => {
  expect(verdictsOf([])).toBe(1)
})

it('is not told of an event source that reconnected and was idle', () => {
  expect(verdictsOf([['mcp-protocol-version', '2025-11-25']])).toBe(0)
})
