/** What a judgement costs. Promise: counted in values read, not in time: twice the session costs about twice, for every rule and shape. */
import { describe, expect, it } from 'vitest'
import { initialize, initialized, MESSAGES, openSse, openStreamable, request, result, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { rules } from './index.ts'

/** Sessions that give rules the most to do, each with `n` of its faults. */
const shapes: Readonly<Record<string, (wire: WireScript, n: number) => void>> = {
  'calls in flight when the client leaves HTTP+SSE': (wire, n) => {
    const { stream, conn } = openSse(wire)
    for (let id = 1; id <= n; id++) {
      conn.post(MESSAGES, tool(id)).answer(202)
      if (id % 3 > 0) stream.event(result(id))
      wire.wait(20)
    }
    stream.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
  },
  'calls without an answer, the stream open': (wire, n) => {
    const { stream, conn } = openSse(wire)
    for (let id = 1; id <= n; id++) {
      conn.post(MESSAGES, tool(id)).answer(202)
      if (id % 5 === 0) stream.event(result(id + 100_000))
      wire.wait(20)
    }
    wire.wait(90_000)
  },
  'each response left by the client, always the same id': (wire, n) => {
    const { headers } = openStreamable(wire)
    for (let i = 0; i < n; i++) {
      const trip = wire.connect().post('/mcp', tool(1), headers).stream()
      wire.wait(60_000)
      trip.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
    }
  },
  'each response cut by the server': (wire, n) => {
    const { headers } = openStreamable(wire)
    for (let id = 1; id <= n; id++) {
      const trip = wire.connect().post('/mcp', tool(id), headers).stream()
      wire.wait(2_000)
      trip.serverEnd('reset').clientEnd('closed', 'proxy')
    }
  },
  'refusals of a session': (wire, n) => {
    const { conn, headers } = openStreamable(wire)
    for (let id = 1; id <= n; id++) {
      const gone = { jsonrpc: '2.0', id, error: { code: -32600, message: 'Session not found' } }
      conn.post('/mcp', tool(id), headers).json(404, gone)
      wire.wait(500)
    }
  },
  'a redirect for each message': (wire, n) => {
    const { conn, headers } = openStreamable(wire)
    for (let id = 1; id <= n; id++) {
      conn.post('/mcp', tool(id), headers).answer(307, '', [['location', '/mcp/']])
      if (id % 2 === 0) conn.post('/mcp/', tool(id), headers).json(200, result(id))
      wire.wait(500)
    }
  },
  'streams opened and refused in turn': (wire, n) => {
    const { conn, headers } = openStreamable(wire)
    for (let i = 0; i < n; i++) {
      const stream = wire.connect().get('/mcp', headers).stream()
      wire.wait(100)
      conn.get('/mcp', headers).json(409, { error: 'a stream already exists' })
      stream.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
      wire.wait(30_000)
    }
  },
  'large answers, each cancelled': (wire, n) => {
    const { conn, headers } = openStreamable(wire)
    const text = 'x'.repeat(70_000)
    for (let id = 1; id <= n; id++) {
      conn
        .post('/mcp', tool(id), headers)
        .stream()
        .body(`id: ${id}\ndata: ${JSON.stringify(result(id, { text }))}\n\n`)
        .serverEnd()
        .clientEnd()
      wire.wait(2_000)
      const params = { requestId: id, reason: 'timed out' }
      conn.post('/mcp', { jsonrpc: '2.0', method: 'notifications/cancelled', params }, headers).answer(202)
    }
  },
  'answers that are no JSON': (wire, n) => {
    const { conn, headers } = openStreamable(wire)
    for (let id = 1; id <= n; id++) {
      conn.post('/mcp', tool(id), headers).answer(200, '{"jsonrpc":"2.0",', [['content-type', 'application/json']])
      wire.wait(500)
    }
  },
  'calls that fail for want of a key': (wire, n) => {
    const { conn, headers } = openStreamable(wire)
    for (let id = 1; id <= n; id++) {
      const text = 'PANOS_API_KEY is not set'
      conn.post('/mcp', tool(id), headers).json(200, result(id, { isError: true, content: [{ type: 'text', text }] }))
      wire.wait(500)
    }
  },
  'stateless requests': (wire, n) => {
    const conn = wire.connect()
    for (let id = 1; id <= n; id++) {
      const head: [string, string][] = [['mcp-protocol-version', '2026-07-28']]
      const trip = conn.post('/mcp', request(id, 'tools/list'), head).stream()
      wire.wait(500)
      trip.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
    }
  },
  'a handshake again and again': (wire, n) => {
    const conn = wire.connect()
    for (let id = 1; id <= n; id++) {
      conn.post('/mcp', initialize(id)).json(200, initialized(id), [['mcp-session-id', 'session-one-0001']])
      wire.wait(500)
    }
  },
}

/** The facts of a session with `n` faults, and how many values have been read from its rows. */
function counted(shape: (wire: WireScript, n: number) => void, n: number): { facts: () => Facts; reads: () => number } {
  const wire = new WireScript()
  shape(wire, n)
  const session = wire.rows('session').find(({ transport }) => transport !== 'other')
  const plain = wire.fold.facts(session?.id ?? 0, wire.at + 60_000)
  if (!plain) throw new Error('there is no session')
  let reads = 0
  const watched = <T extends object>(row: T): T =>
    new Proxy(row, {
      get(target, key) {
        reads++
        return Reflect.get(target, key, target)
      },
    })
  const exchanges = watched(plain.exchanges.map(watched))
  const calls = watched(plain.calls.map(watched))
  const frames = watched(plain.frames.map(watched))
  return { facts: () => ({ ...plain, exchanges, calls, frames }), reads: () => reads }
}

const SIZE = 150

describe.each(Object.entries(shapes))('%s', (_, shape) => {
  it('costs each rule in proportion', () => {
    const [small, large] = [counted(shape, SIZE), counted(shape, 2 * SIZE)]
    const costs = rules.map(({ id, check }) => {
      const cost = [small, large].map(({ facts, reads }) => {
        const before = reads()
        check(facts())
        return reads() - before
      })
      return { id, cost }
    })
    const worse = costs.filter(({ cost: [one = 0, two = 0] }) => two > 2.5 * one + 500)
    expect(worse.map(({ id, cost }) => `${id} reads ${cost.join(', then ')}`)).toEqual([])
  })
})
