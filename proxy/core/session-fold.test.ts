/** Which exchange belongs to which session, and which session followed which. */
import { describe, expect, it } from 'vitest'
import {
  initialize,
  initialized,
  MESSAGES,
  openSse,
  openStreamable,
  request,
  result,
  SSE_ID,
  tool,
  WireScript,
} from '../captures/wire-script.ts'
import type { RawHeader } from './event.ts'

const MODERN: RawHeader[] = [['MCP-Protocol-Version', '2026-07-28']]
const modern = (id: number, name: string) =>
  request(id, 'tools/list', {
    _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name } },
  })
const keys = (wire: WireScript) => wire.rows('session').map(session => `${session.transport} ${session.key}`)

describe('sessions on HTTP+SSE', () => {
  const endpoints: [name: string, endpoint: string, target: string, key: string][] = [
    ['a query parameter', `/messages/?session_id=${SSE_ID}`, `/messages/?session_id=${SSE_ID}`, SSE_ID],
    [
      'another name',
      '/m?sessionId=86e48d24-8767-4d18-8ef6-0d2233f7dcc6',
      '/m?sessionId=86e48d24-8767-4d18-8ef6-0d2233f7dcc6',
      '86e48d24-8767-4d18-8ef6-0d2233f7dcc6',
    ],
    ['any name at all', '/m?v=1&chan=k3j4h5g6f7d8', '/m?chan=k3j4h5g6f7d8&v=1', 'k3j4h5g6f7d8'],
    ['a segment of the path', '/sse/message/abc123def456', '/sse/message/abc123def456', 'abc123def456'],
    ['an absolute URL', `http://127.0.0.1:8001/messages/?session_id=${SSE_ID}`, `/messages/?session_id=${SSE_ID}`, SSE_ID],
    ['a relative reference', `messages/?session_id=${SSE_ID}`, `/messages/?session_id=${SSE_ID}`, SSE_ID],
    ['the slash-less variant', `/messages/?session_id=${SSE_ID}`, `/messages?session_id=${SSE_ID}`, SSE_ID],
    ['no id at all', '/mcp/messages?', '/mcp/messages?', '50000'],
  ]
  for (const [name, endpoint, target, key] of endpoints) {
    it(`finds the session of a POST by ${name}`, () => {
      const wire = new WireScript()
      const { stream, conn } = openSse(wire, endpoint)
      conn.post(target, tool(1)).answer(202)
      stream.event(result(1))
      expect(keys(wire)).toEqual([`sse ${key}`])
      expect(wire.row('session')).toMatchObject({ issued: true, exchanges: 2, calls: 1, frames: 2, stream: wire.row('exchange').id })
      expect(wire.row('call').delivery).toBe('delivered')
    })
  }

  it('keeps two clients apart that post at the same time', () => {
    const wire = new WireScript()
    const one = openSse(wire, '/m?session_id=aaaaaaaa11111111')
    const two = openSse(wire, '/m?session_id=bbbbbbbb22222222')
    two.conn.post('/m?session_id=bbbbbbbb22222222', tool(1)).answer(202)
    one.conn.post('/m?session_id=aaaaaaaa11111111', tool(1)).answer(202)
    two.stream.event(result(1))
    const [first, second] = wire.rows('session')
    expect(wire.rows('call').map(call => [call.session === second?.id, call.delivery])).toEqual([
      [true, 'delivered'],
      [false, 'pending'],
    ])
    expect(first?.state).toBe('live')
  })

  it('makes a session of an id that no server issued, and says so', () => {
    const wire = new WireScript()
    wire.connect().post(MESSAGES, tool(1)).answer(404, 'Could not find session')
    wire.connect().post(MESSAGES, tool(2)).answer(404, 'Could not find session')
    expect(wire.rows('session')).toHaveLength(1)
    expect(wire.row('session')).toMatchObject({ transport: 'sse', key: SSE_ID, issued: false, exchanges: 2 })
  })

  it('gives a POST that lost its id to the session of the same client', () => {
    const wire = new WireScript()
    const { conn } = openSse(wire)
    conn.post('/messages/', tool(1)).answer(400, 'session_id is required')
    expect(wire.rows('session')).toHaveLength(1)
  })

  it('ends with its stream, and says who ended it and what was in flight', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    conn.post(MESSAGES, tool(2)).answer(202)
    stream.event(result(1)).serverEnd('fin').clientEnd('closed', 'proxy')
    expect(wire.row('session')).toMatchObject({ state: 'broken', ended: { by: 'server', how: 'fin', inFlight: 1 } })
  })
})

describe('sessions on Streamable HTTP', () => {
  it('takes the id from the answer to initialize, and believes none before its result', () => {
    const wire = new WireScript()
    const conn = wire.connect()
    conn
      .post('/mcp', tool(1))
      .json(406, { jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message: 'Not Acceptable' } }, [
        ['mcp-session-id', 'not-a-session'],
      ])
    conn.post('/mcp', initialize()).json(200, initialized(), [['mcp-session-id', 'real-session-1']])
    conn.get('/mcp', [['mcp-session-id', 'real-session-1']]).stream()
    expect(keys(wire)).toEqual(['other other', 'streamable real-session-1'])
    expect(wire.row('session', 1)).toMatchObject({
      issued: true,
      protocolVersion: '2025-06-18',
      client: { name: 'client' },
      server: { name: 'server' },
    })
  })

  it('keeps the requests of a client together whose server issues no id', () => {
    const wire = new WireScript()
    const conn = wire.connect()
    conn.post('/mcp', initialize()).json(200, initialized())
    wire.connect().post('/mcp', tool(1)).json(200, result(1))
    wire.connect().get('/mcp').answer(405)
    expect(wire.rows('session')).toHaveLength(1)
    expect(wire.row('session')).toMatchObject({ transport: 'streamable', key: '50000', exchanges: 3 })
  })

  it('keeps clients apart by their connections whose server issues no id', () => {
    const wire = new WireScript()
    const [a, b] = [wire.connect(), wire.connect()]
    for (const conn of [a, b]) conn.post('/mcp', initialize()).json(200, initialized())
    a.post('/mcp', tool(1)).json(200, result(1))
    b.post('/mcp', tool(1)).json(200, result(1))
    wire.connect().post('/mcp', tool(2)).json(200, result(2))
    expect(wire.rows('session').map(({ key, exchanges }) => [key, exchanges])).toEqual([
      ['50000', 2],
      ['50001', 3],
    ])
  })

  it('gives the end of a handshake to one that is not at its end, where clients share their connections', () => {
    const wire = new WireScript()
    const [a, b] = [wire.connect(), wire.connect()]
    for (const conn of [a, b]) conn.post('/mcp', initialize()).json(200, initialized())
    for (let i = 0; i < 2; i++) b.post('/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' }).answer(202)
    expect(wire.rows('session').map(({ initializedAt }) => initializedAt)).toEqual([0, 0])
  })

  it('ends by DELETE, or by the server’s 404, and lives on if the server knows it after all', () => {
    const deleted = new WireScript()
    const one = openStreamable(deleted)
    one.conn.request('DELETE', '/mcp', one.headers).answer(200)
    expect(deleted.row('session').ended).toMatchObject({ by: 'client', detail: 'DELETE' })

    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    conn.post('/mcp', tool(1), headers).json(404, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } })
    expect(wire.row('session').ended).toMatchObject({ by: 'server', detail: '404 Session not found' })
    conn.post('/mcp', tool(2), headers).json(200, result(2))
    expect(wire.row('session').ended).toBeUndefined()
  })

  it('does not end by a refused DELETE', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    conn.request('DELETE', '/mcp', headers).answer(405)
    expect(wire.row('session').ended).toBeUndefined()
  })
})

describe('stateless sessions', () => {
  it('are one per client, over all its connections', () => {
    const wire = new WireScript()
    const [a, b, c] = [wire.connect(), wire.connect(), wire.connect()]
    a.post('/mcp', modern(1, 'one'), MODERN).json(200, result(1))
    b.post('/mcp', modern(1, 'one'), MODERN).json(200, result(1))
    c.post('/mcp', modern(1, 'two'), MODERN).json(200, result(1))
    c.post('/mcp', modern(2, 'two'), MODERN).json(200, result(2))
    expect(wire.rows('session').map(session => [session.transport, session.client.name, session.calls])).toEqual([
      ['stateless', 'one', 2],
      ['stateless', 'two', 2],
    ])
  })

  it('are known by their bodies where a middlebox took the header', () => {
    const wire = new WireScript()
    wire.connect().post('/mcp', modern(1, 'one')).json(200, result(1))
    expect(wire.row('session')).toMatchObject({ transport: 'stateless', protocolVersion: '2026-07-28' })
  })

  it('ignore a session id, as the revision demands', () => {
    const wire = new WireScript()
    wire
      .connect()
      .post('/mcp', modern(1, 'one'), [...MODERN, ['mcp-session-id', 'x']])
      .json(200, result(1))
    expect(keys(wire)).toEqual(['stateless 50000'])
  })
})

describe('a stream that is asked for without its name', () => {
  it('is a session at the path of streams, and a request like others elsewhere', () => {
    for (const [target, headers, transport] of [
      ['/sse', [['accept', '*/*']], 'sse'],
      ['/app/sse/', [], 'sse'],
      ['/sse', [['accept', 'text/html,*/*;q=0.8']], 'other'],
      ['/health', [['accept', '*/*']], 'other'],
    ] as const) {
      const wire = new WireScript()
      wire.connect().request('GET', target, headers).stream().event(MESSAGES, 'endpoint')
      expect(wire.row('session').transport, `${target} ${headers}`).toBe(transport)
    }
  })
})

describe('attempts', () => {
  it('of one process that has two ways to fetch are one', () => {
    const wire = new WireScript()
    wire.connect(50_000, 'undici').get('/mcp').answer(400, 'Bad Request: No valid session ID provided')
    wire.connect(50_001, 'node').get('/mcp').answer(400, 'Bad Request: No valid session ID provided')
    wire
      .connect(50_002, 'undici')
      .post('/mcp', initialize())
      .json(200, initialized(), [['mcp-session-id', 'the-session-1']])
    expect(keys(wire)).toEqual(['streamable the-session-1'])
  })

  it('join a probe to the connection that follows within five seconds', () => {
    const wire = new WireScript()
    const conn = wire.connect()
    conn
      .post('/mcp', modern(1, 'one'), MODERN)
      .json(400, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Server not initialized' } })
    wire.wait(4000)
    conn.post('/mcp', initialize()).json(200, initialized(), [['mcp-session-id', 'the-session-1']])
    expect(keys(wire)).toEqual(['streamable the-session-1'])
    expect(wire.row('session')).toMatchObject({ protocolVersion: '2025-06-18', exchanges: 2 })
  })

  it('leave it alone when the client comes later, or is another', () => {
    for (const [wait, agent] of [
      [6000, 'node'],
      [1000, 'python-httpx'],
    ] as const) {
      const wire = new WireScript()
      wire.connect().post('/mcp', initialize()).answer(404, 'Not Found')
      wire.wait(wait)
      wire.connect(60_000, agent).get('/sse').stream().event(MESSAGES, 'endpoint')
      expect(wire.rows('session')).toHaveLength(2)
    }
  })

  it('do not take over a session that has served', () => {
    const wire = new WireScript()
    const conn = wire.connect()
    conn.post('/mcp', modern(1, 'one'), MODERN).json(200, result(1))
    conn.post('/mcp', modern(2, 'one'), MODERN).json(404, { jsonrpc: '2.0', id: 2, error: { code: -32601, message: 'Method not found' } })
    conn.post('/mcp', initialize()).json(200, initialized(), [['mcp-session-id', 'the-session-1']])
    expect(keys(wire)).toEqual(['stateless 50000', 'streamable the-session-1'])
  })
})

describe('genealogy', () => {
  it('joins a new stream to the session of the same client that ended before it', () => {
    const wire = new WireScript()
    const { stream } = openSse(wire, '/m?session_id=aaaaaaaa11111111')
    stream.clientEnd('fin', 'client').serverEnd('fin')
    wire.wait(3005)
    openSse(wire, '/m?session_id=bbbbbbbb22222222')
    const [old, next] = wire.rows('session')
    expect(old?.replacedBy).toBe(next?.id)
    expect(next?.replaces).toBe(old?.id)
  })

  it('does not join separate runs: a session that ended in order is replaced at once or not at all', () => {
    for (const [wait, inFlight, joined] of [
      [4_900, false, true],
      [5_100, false, false],
      [5_100, true, true],
    ] as const) {
      const wire = new WireScript()
      const { stream, conn } = openSse(wire)
      if (inFlight) conn.post(MESSAGES, tool(1)).answer(202)
      stream.clientEnd('fin', 'client').serverEnd('fin')
      wire.wait(wait)
      openSse(wire, '/m?session_id=bbbbbbbb22222222')
      expect(wire.row('session', 1).replaces !== undefined).toBe(joined)
    }
  })

  it('unjoins a session whose client turns out to be another', () => {
    const wire = new WireScript()
    const named = (key: string, name: string) => {
      const endpoint = `/messages/?session_id=${key.repeat(32)}`
      const { stream, conn } = openSse(wire, endpoint)
      conn.post(endpoint, initialize(0, name)).answer(202)
      stream.event(initialized())
      stream.serverEnd('fin').clientEnd('closed', 'proxy')
      wire.wait(1_000)
    }
    named('a', 'cursor')
    named('b', 'cursor')
    named('c', 'windsurf')
    const [first, second, third] = wire.rows('session')
    expect(second?.replaces).toBe(first?.id)
    expect(third?.replaces).toBeUndefined()
    expect(second?.replacedBy).toBeUndefined()
    expect(third?.client).toMatchObject({ name: 'windsurf', address: '127.0.0.1' })
  })

  it('last until their last leg ends, though nothing has crossed for long', () => {
    const wire = new WireScript()
    const { stream } = openSse(wire)
    const heardAt = wire.at
    wire.wait(5_000)
    stream.clientEnd('fin', 'client')
    wire.wait(2_000)
    stream.serverEnd('closed', 'proxy')
    const { lastAt, lastEndAt = 0 } = wire.row('session')
    expect(lastAt).toBeLessThanOrEqual(heardAt)
    expect(lastEndAt).toBeGreaterThanOrEqual(heardAt + 7_000)
  })

  it('joins neither to a session that lives, nor to one of another client, nor after two minutes', () => {
    for (const [end, agent, wait] of [
      [false, 'node', 1000],
      [true, 'other', 1000],
      [true, 'node', 121_000],
    ] as const) {
      const wire = new WireScript()
      const { stream } = openSse(wire, '/m?session_id=aaaaaaaa11111111')
      if (end) stream.clientEnd('fin', 'client').serverEnd('fin')
      wire.wait(wait)
      wire.connect(60_000, agent).get('/sse').stream().event('/m?session_id=bbbbbbbb22222222', 'endpoint')
      expect(wire.rows('session').map(session => session.replaces)).toEqual([undefined, undefined])
    }
  })
})

describe('a session that nobody ended', () => {
  it('has ended 30 s after its last connection closed, and lives again when it is used', () => {
    const wire = new WireScript()
    const { conn } = openStreamable(wire)
    const state = () => wire.row('session').state
    wire.fold.tick(wire.at + 40_000)
    expect(state()).toBe('quiet')
    conn.close()
    wire.wait(100_000)
    wire.fold.tick(wire.at)
    expect(state()).toBe('ended')
    wire.connect().post('/mcp', tool(9), [['mcp-session-id', wire.row('session').key]])
    expect(state()).toBe('live')
  })

  it('has ended in a recording that is over', () => {
    const wire = new WireScript()
    openStreamable(wire)
    wire.fold.finish()
    expect(wire.row('session').state).toBe('ended')
  })
})

it('tells that the proxy itself cut a call when it was stopped', () => {
  const wire = new WireScript()
  const { stream, conn } = openSse(wire)
  conn.post(MESSAGES, tool(1)).answer(202)
  stream.clientEnd('closed', 'proxy').serverEnd('closed', 'proxy')
  expect(wire.row('call')).toMatchObject({ delivery: 'unknown', broken: { says: 'The proxy cut the stream as it was stopped' } })
  expect(wire.row('session')).toMatchObject({ undelivered: 0, cut: 1 })
})

it('puts everything else into one session per upstream', () => {
  const wire = new WireScript()
  wire.connect().request('GET', '/.well-known/oauth-protected-resource').answer(404)
  wire.connect().request('OPTIONS', '/mcp').answer(204)
  wire.connect().request('GET', '/health').answer(200, 'ok')
  wire
    .connect()
    .request('POST', '/token', [['content-type', 'application/x-www-form-urlencoded']], 'grant=x')
    .answer(200, '{}')
  wire.connect(60_000, 'curl', 'inventory').request('GET', '/health').answer(200, 'ok')
  expect(wire.rows('session').map(session => [session.upstream, session.transport, session.exchanges])).toEqual([
    ['mcp', 'other', 4],
    ['inventory', 'other', 1],
  ])
})
