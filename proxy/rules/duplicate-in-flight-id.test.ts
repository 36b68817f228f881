/** Ids that are used twice at once. Promise: what is said of their number is what was in flight together. */
import { expect, test } from 'vitest'
import { openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import { duplicateInFlightId } from './duplicate-in-flight-id.ts'

/** `count` requests under id 1, one soon after the other, answered when all are sent. */
function burst(wire: WireScript, headers: Parameters<ReturnType<WireScript['connect']>['post']>[2], count: number): void {
  const trips = Array.from({ length: count }, () => {
    wire.wait(10)
    return wire.connect().post('/mcp', tool(1), headers)
  })
  wire.wait(10)
  for (const trip of trips) trip.json(200, result(1))
  wire.wait(60_000)
}

test.each([
  [[2], '2 requests were in flight under id 1. '],
  [[3], '3 requests were in flight under id 1. '],
  [[2, 3], '5 requests were in flight under id 1, up to 3 at once. '],
])('in bursts of %j', (bursts, title) => {
  const wire = new WireScript()
  const { headers } = openStreamable(wire, 'aaaa-bbbb-cccc-0001')
  for (const count of bursts) burst(wire, headers, count)
  const facts = wire.fold.facts(wire.rows('session')[0]?.id ?? 0, wire.at)
  expect(facts && duplicateInFlightId.check(facts)[0]?.title).toContain(title)
})
