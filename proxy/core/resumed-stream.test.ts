/** A resumed stream repeats what had come before. Promise: no repetition is taken for a second answer, however long ago the first came. */
import { expect, it } from 'vitest'
import { openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import { judge } from '../rules/index.ts'

it('is not answered twice, though the first answers have left memory', () => {
  const wire = new WireScript()
  const { conn, headers } = openStreamable(wire)
  const answer = (id: number) => `id: e${id}\ndata: ${JSON.stringify(result(id))}\n\n`
  for (let id = 1; id <= 500; id++) {
    conn.post('/mcp', tool(id), headers).stream().body(answer(id)).serverEnd().clientEnd()
    wire.wait(10)
  }
  const resumed = wire
    .connect()
    .get('/mcp', [...headers, ['last-event-id', 'e0']])
    .stream()
  for (let id = 1; id <= 500; id++) resumed.body(answer(id))
  const facts = wire.fold.facts(wire.row('session').id, wire.at)
  expect(facts && judge(facts).findings.map(({ rule }) => rule)).not.toContain('duplicate-response')
})
