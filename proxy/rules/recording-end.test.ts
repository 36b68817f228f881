/** A recording that ends soon after a failure. Promise: a client that had gone by then tries nothing else; one that was still there might. */
import { expect, it } from 'vitest'
import { initialize, WireScript } from '../captures/wire-script.ts'
import { judge } from './index.ts'

function verdictsAtEnd(closes: boolean): string[] {
  const wire = new WireScript()
  const conn = wire.connect()
  conn.post('/sse', initialize()).answer(405, 'Method Not Allowed', [['allow', 'GET']])
  wire.wait(20)
  if (closes) conn.close()
  const { id } = wire.row('session')
  wire.fold.finish()
  const facts = wire.fold.facts(id, wire.at)
  return facts ? judge(facts).findings.map(({ rule }) => rule) : []
}

it('after the client closed its connections, its failure is told at once', () => {
  expect(verdictsAtEnd(true)).toEqual(['transport-mismatch'])
})

it('while the client may still try another way, nothing is told', () => {
  expect(verdictsAtEnd(false)).toEqual([])
})
