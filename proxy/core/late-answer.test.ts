/** An answer that comes when its client has left a stream that could be resumed. Promise: lost unless the client asks for it again. */
import { describe, expect, it } from 'vitest'
import { openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import { judge } from '../rules/index.ts'

const ANSWER = `id: 2\r\ndata: ${JSON.stringify(result(7))}\r\n\r\n`

/** The client has closed the response; its upstream is held open, and the answer comes. */
function late() {
  const wire = new WireScript()
  const { conn, headers } = openStreamable(wire)
  const trip = conn.post('/mcp', tool(7), headers).stream().body('id: 1\r\ndata: \r\n\r\n')
  wire.wait(1000)
  trip.clientEnd('fin', 'client').change('linger-begin', 'the client has gone', 'held')
  wire.wait(3000)
  trip.body(ANSWER).serverEnd()
  return { wire, headers }
}
const call = (wire: WireScript) => wire.rows('call').find(({ method }) => method === 'tools/call')

describe('an answer after its client has left', () => {
  it('is told as lost', () => {
    const { wire } = late()
    expect(call(wire)).toMatchObject({ delivery: 'undeliverable', broken: { by: 'client' } })
    const facts = wire.fold.facts(wire.row('session').id, wire.at)
    expect(facts && judge(facts).findings.map(({ rule }) => rule)).toEqual(['undeliverable-response'])
  })

  it('is delivered when the client asks for it again', () => {
    const { wire, headers } = late()
    wire.wait(500)
    wire
      .connect()
      .get('/mcp', [...headers, ['last-event-id', '1']])
      .stream()
      .body(ANSWER)
    expect(call(wire)).toMatchObject({ delivery: 'delivered' })
    expect(wire.row('session').undelivered).toBe(0)
  })
})
