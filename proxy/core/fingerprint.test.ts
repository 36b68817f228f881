/** What the traffic gives away, with the record that shows it; and where it gives nothing away. */
import { describe, expect, it } from 'vitest'
import { initialized, MESSAGES, openSse, openStreamable, request, result, tool, WireScript } from '../captures/wire-script.ts'
import type { RawHeader } from './event.ts'
import type { Hint } from './model.ts'

const hintsOf = (wire: WireScript): readonly Hint[] => wire.row('session').hints ?? []
const about = (wire: WireScript, what: Hint['about']) => hintsOf(wire).find(hint => hint.about === what)
const UVICORN: RawHeader[] = [
  ['server', 'uvicorn'],
  ['content-type', 'text/event-stream'],
]
/** A stream of a Python server. */
function python() {
  const wire = new WireScript()
  const stream = wire.connect().get('/sse').head(200, UVICORN).event(MESSAGES, 'endpoint')
  return { wire, stream, conn: wire.connect() }
}
const TIMEOUT = 'McpError: MCP error -32001: Request timed out'
const cancelled = (reason: string) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1, reason } })

describe('the server', () => {
  it('is Python where uvicorn serves a session_id of 32 hex digits, and is shown by that head', () => {
    const { wire } = python()
    const hint = about(wire, 'server')
    expect(hint).toMatchObject({ says: 'Python SDK (mcp), served by uvicorn', confidence: 'likely' })
    expect(wire.events.find(({ seq }) => seq === hint?.evidence.seq)?.kind).toBe('response')
  })

  it('is sse-starlette for certain where its pings bear a time', () => {
    const { wire, stream } = python()
    stream.body(': ping - 2026-11-20 07:32:04.550163+00:00\r\n\r\n')
    expect(about(wire, 'server')).toMatchObject({ says: 'Python, with sse-starlette', confidence: 'certain' })
  })

  it('is TypeScript where Node issues a dashed id', () => {
    const wire = new WireScript()
    const conn = wire.connect()
    conn.post('/mcp', request(0, 'initialize', { protocolVersion: '2025-06-18' })).json(200, initialized(), [
      ['mcp-session-id', '2f6c1a52-6f0e-4f5b-9d6c-0f7a4b1c2d3e'],
      ['keep-alive', 'timeout=5'],
    ])
    expect(about(wire, 'server')).toMatchObject({ says: 'TypeScript SDK, on Node' })
  })

  it('is unknown where nothing is peculiar', () => {
    const wire = new WireScript()
    openStreamable(wire)
    expect(about(wire, 'server')).toBeUndefined()
  })
})

describe('the server’s version', () => {
  it.each([
    [202, 'Accepted', 'mcp before 1.27.2', 'certain'],
    [404, 'Could not find session', 'mcp 1.27.2 or later', 'likely'],
  ] as const)('shows in %i to a POST whose stream has ended', (status, body, says, confidence) => {
    const { wire, stream, conn } = python()
    stream.clientEnd('fin', 'client')
    wire.wait(500)
    conn.post(MESSAGES, tool(1)).answer(status, body)
    expect(about(wire, 'server version')).toMatchObject({ says, confidence })
  })

  it('is not told by what was posted as the stream closed, nor of a server written by hand', () => {
    const raced = python()
    raced.stream.clientEnd('fin', 'client')
    raced.wire.wait(1)
    raced.conn.post(MESSAGES, tool(1)).answer(202)
    expect(about(raced.wire, 'server version')).toBeUndefined()
    const wire = new WireScript()
    const target = '/messages?sessionId=2f6c1a52-6f0e-4f5b-9d6c-0f7a4b1c2d3e'
    wire.connect().get('/sse').head(200, UVICORN).event(target, 'endpoint').clientEnd('fin', 'client')
    wire.wait(500)
    wire.connect().post(target, tool(1)).answer(202)
    expect(about(wire, 'server version')).toBeUndefined()
  })

  it('shows in what becomes of a request before the handshake, and not in the answer to an unknown method', () => {
    const invalid = (id: number) => ({ jsonrpc: '2.0', id, error: { code: -32602, message: 'Invalid request parameters', data: '' } })
    const refused = python()
    refused.conn.post(MESSAGES, tool(1)).answer(202)
    refused.stream.event(invalid(1))
    expect(about(refused.wire, 'server version')).toMatchObject({ says: 'mcp 1.9.4 or later, before 2' })
    const ended = python()
    ended.conn.post(MESSAGES, tool(1)).answer(202)
    ended.wire.wait(4)
    ended.stream.serverEnd().clientEnd()
    expect(about(ended.wire, 'server version')).toMatchObject({ says: 'mcp 1.9.3 or earlier', confidence: 'likely' })
    const unknown = python()
    unknown.conn.post(MESSAGES, request(0, 'initialize', { protocolVersion: '2025-06-18' })).answer(202)
    unknown.stream.event(initialized())
    unknown.conn.post(MESSAGES, request(1, 'tasks/list')).answer(202)
    unknown.stream.event(invalid(1))
    expect(about(unknown.wire, 'server version')).toBeUndefined()
  })

  it('is not told of a server that may not be Python', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    stream.clientEnd('fin', 'client')
    wire.wait(500)
    conn.post(MESSAGES, tool(1)).answer(202)
    expect(about(wire, 'server version')).toBeUndefined()
  })
})

describe('the client', () => {
  it.each([
    ['python-httpx/0.28.1', 'Python, with httpx 0.28.1'],
    ['Go-http-client/1.1', 'Go'],
    ['node', 'node'],
    ['Mozilla/5.0 (X11) Chrome/140', 'a browser: six connections to one origin'],
  ])('is told by %s', (agent, says) => {
    const wire = new WireScript()
    wire.connect(50_000, agent).get('/sse').stream().event(MESSAGES, 'endpoint')
    expect(about(wire, 'client')?.says).toBe(says)
  })

  it('is Node’s fetch only with the other headers that it sends', () => {
    const wire = new WireScript()
    const fetched: RawHeader[] = [
      ['sec-fetch-mode', 'cors'],
      ['accept-language', '*'],
    ]
    wire.connect().get('/sse', fetched).stream().event(MESSAGES, 'endpoint')
    expect(about(wire, 'client')?.says).toContain('undici')
  })

  it.each([
    [TIMEOUT, 'TypeScript SDK 1.x'],
    ['SdkError: Request timed out', 'TypeScript SDK 2.x'],
    ['User stopped the task', undefined],
  ])('of %s is %s', (reason, says) => {
    const { wire, conn } = python()
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.wait(60_004)
    conn.post(MESSAGES, cancelled(reason)).answer(202)
    expect(about(wire, 'client version')?.says).toBe(says)
  })
})

describe('figures', () => {
  it('the ping interval is the middle one, of one stream', () => {
    const { wire, stream } = python()
    for (const span of [15_000, 15_010, 19_000, 14_990]) {
      wire.wait(span)
      stream.body(': ping\r\n\r\n')
    }
    expect(about(wire, 'ping interval')).toMatchObject({ ms: 15_010, says: '15.0 s' })
    const few = python()
    few.stream.body(': ping\r\n\r\n')
    few.wire.wait(15_000)
    few.stream.body(': ping\r\n\r\n')
    expect(about(few.wire, 'ping interval')).toBeUndefined()
  })

  it('the client’s limit is certain where it was announced, and only possible where it left', () => {
    const told = python()
    told.conn.post(MESSAGES, tool(1)).answer(202)
    told.wire.wait(60_004)
    told.conn.post(MESSAGES, cancelled(TIMEOUT)).answer(202)
    expect(about(told.wire, 'client’s limit')).toMatchObject({ ms: 60_000, says: '60 s for a request', confidence: 'certain' })
    const left = python()
    left.conn.post(MESSAGES, tool(1)).answer(202)
    left.wire.wait(30_020)
    left.stream.clientEnd('fin', 'client')
    expect(about(left.wire, 'client’s limit')).toMatchObject({ ms: 30_000, confidence: 'possible' })
  })

  it('a limit on silence is told of a stream that was cut, and of no other', () => {
    const cut = python()
    cut.conn.post(MESSAGES, tool(1)).answer(202)
    cut.stream.event(result(1))
    cut.wire.wait(60_300)
    cut.stream.serverEnd('fin').clientEnd('closed', 'proxy')
    expect(about(cut.wire, 'limit on silence')).toMatchObject({ ms: 60_000, says: '60 s, on the server’s side' })
    const clean = python()
    clean.wire.wait(60_300)
    clean.stream.serverEnd('complete').clientEnd('complete')
    expect(about(clean.wire, 'limit on silence')).toBeUndefined()
  })

  it('a limit on silence is the client’s only where clients have it', () => {
    const told = (ms: number) => {
      const { wire, stream } = python()
      wire.wait(ms)
      stream.clientEnd('fin', 'client')
      return about(wire, 'limit on silence')?.says
    }
    expect([30_100, 100_300, 300_200].map(told)).toEqual([undefined, undefined, '300 s, on the client’s side'])
  })
})
