import { expect, it } from 'vitest'
import { MESSAGES, openSse, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from './facts.ts'
import { ownRequests } from './own-requests.ts'

function count(lines: readonly string[], until = Number.POSITIVE_INFINITY) {
  const wire = new WireScript()
  const { conn } = openSse(wire)
  conn.post(MESSAGES, tool(1)).answer(202)
  for (const line of lines) {
    wire.wait(10)
    wire.log(line)
  }
  const facts = wire.fold.facts(wire.row('session').id, wire.at) as Facts
  const call = facts.calls.find(({ method }) => method === 'tools/call')
  if (!call) throw new Error('no call')
  const found = ownRequests(facts, call, call.sentAt + until)
  return found && { count: found.count, span: Math.round(found.last.at - found.first.at) }
}
const times = (line: string, many: number): string[] => Array.from({ length: many }, () => line)

it('counts what httpx and urllib3 say', () => {
  const httpx = 'INFO httpx HTTP Request: POST https://panorama.example.test/api/ "HTTP/1.1 200 OK"'
  expect(count(times(httpx, 50))).toEqual({ count: 50, span: 490 })
  expect(count(times('DEBUG:urllib3.connectionpool:https://fw:443 "GET /api/?type=op HTTP/1.1" 200 311', 20))?.count).toBe(20)
})

it('does not count few, what came later, or what others asked of the server', () => {
  expect(count(times('INFO httpx HTTP Request: GET http://fw/api/ "HTTP/1.1 200 OK"', 19))).toBeUndefined()
  expect(count(times('INFO httpx HTTP Request: GET http://fw/api/ "HTTP/1.1 200 OK"', 50), 100)).toBeUndefined()
  expect(count(times('INFO:     127.0.0.1:51000 - "POST /messages/ HTTP/1.1" 202 Accepted', 90))).toBeUndefined()
})
