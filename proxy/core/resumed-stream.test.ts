/** A resumed stream repeats what had come before. Promise: no repetition is taken for a second answer, however long ago the first came. */
import { expect, it } from 'vitest'
import { openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import { judge } from '../rules/index.ts'

const event = (id: string, data: unknown = '') => `id: ${id}\ndata: ${data === '' ? '' : JSON.stringify(data)}\n\n`
const found = (wire: WireScript): string[] => {
  const facts = wire.fold.facts(wire.row('session').id, wire.at)
  return facts ? judge(facts).findings.map(({ rule }) => rule) : []
}

/** A call whose stream the server ends after its first event, as it does where it lets clients poll. */
function cutCall(retry = '') {
  const wire = new WireScript()
  const { conn, headers } = openStreamable(wire)
  conn
    .post('/mcp', tool(1), headers)
    .stream()
    .body(`${retry}${event('e1')}`)
    .serverEnd()
    .clientEnd()
  const call = () => wire.rows('call').find(({ rpcId }) => rpcId === '1')
  const resume = (from: string) => {
    const next = wire.connect()
    return { next, stream: next.get('/mcp', [...headers, ['last-event-id', from]]).stream() }
  }
  return { wire, conn, headers, call, resume }
}

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

it('is waited for as long as the stream told the client to wait', () => {
  const { wire, call } = cutCall('retry: 45000\n')
  wire.wait(60_000)
  expect(found(wire)).not.toContain('not-resumable-drop')
  wire.wait(20_000)
  expect(found(wire)).toContain('not-resumable-drop')
  wire.wait(40_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'unanswered', broken: { by: 'server' } })
})

it('carries the call from then on: a client that leaves it loses the answer', () => {
  const { wire, conn, call, resume } = cutCall()
  wire.wait(1000)
  const { next, stream } = resume('e1')
  wire.wait(120_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'pending' })
  stream.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
  next.close()
  conn.close()
  wire.wait(61_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'undeliverable', broken: { by: 'client', how: 'fin' } })
  expect(found(wire)).toContain('undeliverable-response')
})

it('may be cut and resumed again', () => {
  const { wire, call, resume } = cutCall()
  wire.wait(1000)
  resume('e1').stream.body(event('e2')).serverEnd('reset').clientEnd('reset', 'proxy')
  wire.wait(50_000)
  const { stream } = resume('e2')
  wire.wait(50_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'pending' })
  stream.body(event('e3', result(1)))
  expect(call()).toMatchObject({ delivery: 'delivered' })
})

it('of another call does not carry it', () => {
  const { wire, call, resume } = cutCall()
  wire.wait(1000)
  resume('other')
  wire.wait(60_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'unanswered', broken: { by: 'server' } })
})

it('may be asked for before the one that it replaces is seen to end', () => {
  const wire = new WireScript()
  const { conn, headers } = openStreamable(wire)
  const own = conn.post('/mcp', tool(1), headers).stream().body(event('e1'))
  const next = wire.connect().get('/mcp', [...headers, ['last-event-id', 'e1']])
  next.stream()
  own.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
  wire.wait(90_000)
  wire.fold.tick(wire.at)
  const call = () => wire.rows('call').find(({ rpcId }) => rpcId === '1')
  expect(call()).toMatchObject({ delivery: 'pending' })
  next.clientEnd('reset', 'client').serverEnd('closed', 'proxy')
  wire.wait(61_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'undeliverable', broken: { by: 'client', how: 'reset' } })
})

it('ends with its session: what the client has taken back is no loss', () => {
  const { wire, conn, call, resume } = cutCall()
  const { stream } = resume('e1')
  conn.request('DELETE', '/mcp', [['mcp-session-id', wire.row('session').key]]).answer(200)
  stream.serverEnd().clientEnd()
  expect(call()).toMatchObject({ broken: { says: 'The client ended the session' } })
})

it('may bring nothing before it is cut, and is resumed from the same event once more', () => {
  const { wire, call, resume } = cutCall()
  resume('e1').stream.body(event('e2')).serverEnd('reset').clientEnd('reset', 'proxy')
  resume('e2').stream.body(': ping\n\n').serverEnd('reset').clientEnd('reset', 'proxy')
  const { stream } = resume('e2')
  wire.wait(120_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'pending' })
  stream.body(event('e3', result(1)))
  expect(call()).toMatchObject({ delivery: 'delivered' })
})

it('is known by the event that it goes on from, however much came on other streams since', () => {
  const { wire, call, resume, headers } = cutCall()
  const other = wire.connect().get('/mcp', headers).stream()
  for (let i = 0; i < 3000; i++) other.body(event(`g${i}`, { jsonrpc: '2.0', method: 'notifications/message', params: {} }))
  resume('e1')
  wire.wait(120_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'pending' })
})

it('may have no head before its first event', () => {
  const { wire, call, headers } = cutCall()
  const next = wire.connect().get('/mcp', [...headers, ['last-event-id', 'e1']])
  wire.wait(120_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'pending' })
  next.stream().body(event('e2', result(1)))
  expect(call()).toMatchObject({ delivery: 'delivered' })
})

it('that says nothing of its own lets its client wait as the one before it did', () => {
  const { wire, call, resume } = cutCall('retry: 120000\n')
  wire.wait(120_000)
  resume('e1').stream.body(event('e2')).serverEnd().clientEnd()
  wire.wait(125_000)
  wire.fold.tick(wire.at)
  expect(call()).toMatchObject({ delivery: 'pending' })
})
