/** Which fault speaks for an answer that never came. Captures prove the plain cases; here are those between them, and those that must stay silent. */
import { describe, expect, it } from 'vitest'
import {
  type Conn,
  initialize,
  initialized,
  MESSAGES,
  openSse,
  openStreamable,
  request,
  result,
  type Trip,
  tool,
  WireScript,
} from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

const FAMILY =
  /^(oversized|tool-(error|list)|duplicate|response-unknown|orphan|stream-(ended|resumed)|request-accepted|single-slot|sse-|invalid-json|not-resumable|protocol-probe|answer-before)/
/** Findings of this family: severity and rule. */
function found(wire: WireScript, session = 0): string[] {
  const facts = wire.fold.facts(wire.row('session', session).id, wire.at) as Facts
  const { findings, failures } = judge(facts)
  expect(failures).toEqual([])
  return findings.filter(({ rule }) => FAMILY.test(rule)).map(({ severity, rule }) => `${severity} ${rule}`)
}
const finding = (wire: WireScript, rule: string) =>
  judge(wire.fold.facts(wire.row('session').id, wire.at) as Facts).findings.find(one => one.rule === rule)

/** Rules that told an error of the only session. */
const errors = (wire: WireScript) =>
  judge(wire.fold.facts(wire.row('session').id, wire.at) as Facts).findings.flatMap(({ severity, rule }) =>
    severity === 'error' ? [rule] : [],
  )
const timedOut = (requestId: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId, reason: 'McpError: MCP error -32001: Request timed out' },
})

/** A legacy session with one call on its way. */
function asked(id: unknown = 1) {
  const wire = new WireScript()
  const { stream, conn } = openSse(wire)
  conn.post(MESSAGES, initialize()).answer(202)
  stream.event(initialized())
  conn.post(MESSAGES, tool(id)).answer(202)
  return { wire, stream, conn }
}

function askedBack(stream: Trip, conn: Conn): void {
  stream.event(request(9, 'elicitation/create'))
  conn.post(MESSAGES, result(9, { action: 'accept' })).answer(202)
}

describe('a request without an answer on a stream that lives', () => {
  it('is left alone for a minute, told as a warning after it, and as an error after five', () => {
    const { wire, stream } = asked()
    const told = [30_000, 30_000, 240_000].map(ms => {
      wire.wait(ms)
      stream.body(': ping\n\n')
      return found(wire)
    })
    expect(told).toEqual([[], ['warning orphan-request'], ['error orphan-request']])
  })

  it('is only possible where nothing came since, and likely where pings do', () => {
    const silent = asked()
    silent.wire.wait(90_000)
    expect(finding(silent.wire, 'orphan-request')).toMatchObject({ confidence: 'possible' })
    const alive = asked()
    alive.wire.wait(89_000)
    alive.stream.body(': ping\n\n')
    expect(finding(alive.wire, 'orphan-request')).toMatchObject({ confidence: 'likely' })
  })

  it.each<[string, (a: ReturnType<typeof asked>) => unknown]>([
    ['reports progress', ({ stream }) => stream.event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 1 } })],
    ['asks the user something', ({ stream }) => stream.event(request(9, 'elicitation/create'))],
    ['has just had the answer to its own question', ({ stream, conn }) => askedBack(stream, conn)],
    [
      'has been cancelled',
      ({ conn }) =>
        conn.post(MESSAGES, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1, reason: 'stop' } }).answer(202),
    ],
    ['has been answered', ({ stream }) => stream.event(result(1))],
  ])('is no orphan when it %s', (_, then) => {
    const all = asked()
    all.wire.wait(50_000)
    then(all)
    all.wire.wait(50_000)
    expect(found(all.wire).filter(one => one.includes('orphan'))).toEqual([])
  })

  it('is one when nothing follows the answer to its own question', () => {
    const { wire, stream, conn } = asked()
    wire.wait(180_000)
    askedBack(stream, conn)
    wire.wait(61_000)
    expect(finding(wire, 'orphan-request')).toMatchObject({
      severity: 'warning',
      title: 'Call 2, slow, has had no answer for 61.0 s since the server’s own question was answered. The stream is open.',
    })
  })

  it('is no orphan while it listens on purpose', () => {
    const wire = new WireScript()
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
    const headers = [['mcp-protocol-version', '2026-07-28']] as const
    wire
      .connect()
      .post('/mcp', request(1, 'subscriptions/listen', { _meta: meta }), headers)
      .stream()
    wire.wait(600_000)
    expect(found(wire)).toEqual([])
  })
})

describe('what came in the answer’s place', () => {
  const told = (then: (a: ReturnType<typeof asked>) => unknown) => {
    const all = asked()
    then(all)
    all.wire.wait(90_000)
    return found(all.wire)
  }

  it.each<[string, string, (a: ReturnType<typeof asked>) => unknown]>([
    ['invalid-json-or-utf8', 'text that is no JSON', ({ stream }) => stream.event("{'id': 1, 'result': None}")],
    ['sse-framing', 'a message under another name', ({ stream }) => stream.event(result(1), 'response')],
    ['response-unknown-id', 'another id', ({ stream }) => stream.event(result(77))],
  ])('%s: %s', (rule, _, then) => expect(told(then)).toEqual([`error ${rule}`]))

  it('is not a keepalive that is no JSON: the request is an orphan all the same', () => {
    expect(told(({ stream }) => stream.event('ping')).sort()).toEqual(['warning invalid-json-or-utf8', 'warning orphan-request'])
  })

  it('is the fault also when the client gives up and leaves: leaving did not lose it', () => {
    const { wire, stream } = asked()
    stream.event(result(1), 'response')
    wire.wait(60_000)
    stream.clientEnd('fin', 'client')
    expect(found(wire)).toEqual(['error sse-framing'])
    expect(finding(wire, 'undeliverable-response')).toBeUndefined()
  })

  it.each<[string, string, (a: ReturnType<typeof openSse>) => unknown]>([
    ['a message under another name', 'sse-framing', ({ stream }) => stream.event(result(1), 'response')],
    ['another id', 'response-unknown-id', ({ stream }) => stream.event(result(77))],
    ['text that is no JSON', 'invalid-json-or-utf8', ({ stream }) => stream.event('{"id":1,"result":NaN}')],
  ])('is the only fault also where the client then gives up by its limit: %s', (_, rule, then) => {
    const called = asked()
    called.conn.post(MESSAGES, { jsonrpc: '2.0', method: 'notifications/initialized' }).answer(202)
    const begun = openSse(new WireScript())
    begun.conn.post(MESSAGES, initialize(1)).answer(202)
    for (const { stream, conn } of [called, begun]) {
      then({ stream, conn, streamConn: conn })
      conn.script.wait(60_005)
      conn.post(MESSAGES, timedOut(1)).answer(202)
      expect(errors(conn.script)).toEqual([rule])
    }
    const left = openSse(new WireScript())
    left.conn.post(MESSAGES, initialize(1)).answer(202)
    then(left)
    left.conn.script.wait(10_000)
    left.stream.clientEnd('fin', 'client')
    expect(errors(left.conn.script)).toEqual([rule])
  })

  it('is not what comes after the client has given up', () => {
    const { wire, stream, conn } = asked()
    wire.wait(60_005)
    conn.post(MESSAGES, timedOut(1)).answer(202)
    wire.wait(10_000)
    stream.event('{"id":1,"result":NaN}')
    expect(errors(wire)).toContain('client-timeout-shorter-than-tool')
  })

  it('is not an error without an id: the request is an orphan all the same', () => {
    const error = { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } }
    expect(told(({ stream }) => stream.event(error)).sort()).toEqual(['info response-unknown-id', 'warning orphan-request'])
  })

  it('is held back by a reader that waits for what follows a carriage return', () => {
    const { wire, stream } = asked()
    stream.body(`data: ${JSON.stringify(result(1))}\r\r`).body(': ping\r\r')
    expect(found(wire)).toEqual(['warning sse-framing'])
  })

  it('is an answer with another type of id, which the SDKs take', () => {
    const { wire, stream } = asked()
    stream.event(result('1'))
    expect(found(wire)).toEqual(['info response-unknown-id'])
  })

  it('is an answer that another session waits for', () => {
    const wire = new WireScript()
    const one = openSse(wire, '/m?session_id=aaaaaaaa11111111')
    const two = openSse(wire, '/m?session_id=bbbbbbbb22222222')
    one.conn.post('/m?session_id=aaaaaaaa11111111', tool(41)).answer(202)
    two.stream.event(result(41))
    expect(found(wire, 1)).toEqual(['error response-unknown-id'])
  })
})

describe('ids used twice', () => {
  it('cross only while both are in flight', () => {
    const { wire, stream, conn } = asked()
    stream.event(result(1))
    conn.post(MESSAGES, tool(1)).answer(202)
    stream.event(result(1))
    expect(found(wire)).toEqual([])
    conn.post(MESSAGES, tool(1)).answer(202)
    conn.post(MESSAGES, tool(1)).answer(202)
    expect(found(wire)).toEqual(['error duplicate-in-flight-id'])
    wire.wait(5)
    stream.event(result(1)).event(result(1))
    expect(found(wire)).toEqual(['warning duplicate-in-flight-id'])
  })

  it('are no fault on a server without sessions, where two clients look like one', () => {
    const wire = new WireScript()
    const open = (conn: Conn) => conn.post('/mcp', initialize()).json(200, initialized())
    const [one, two] = [wire.connect(), wire.connect()] as const
    open(one)
    one.post('/mcp', tool(1))
    two.post('/mcp', tool(1))
    expect(found(wire)).toEqual([])
  })

  it('are told when a second answer comes, and not when a resumption replays the first', () => {
    const { wire, stream } = asked()
    stream.event(result(1)).event(result(1))
    expect(found(wire)).toEqual(['warning duplicate-response'])
  })
})

describe('a response that ends without the answer', () => {
  const posted = () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    return { wire, trip: conn.post('/mcp', tool(1), headers) }
  }

  it('is one fault when it ended and another when it was cut', () => {
    const ended = posted()
    ended.trip.stream().serverEnd().clientEnd()
    expect(found(ended.wire)).toEqual(['error stream-ended-unanswered'])
    const cut = posted()
    cut.trip.stream().serverEnd('reset').clientEnd('closed', 'proxy')
    expect(found(cut.wire)).toEqual(['error not-resumable-drop'])
  })

  it('with an event id waits 30 s for the client to come back', () => {
    const { wire, trip } = posted()
    trip.stream().body('id: 1\ndata: \n\n').serverEnd('fin').clientEnd('closed', 'proxy')
    wire.wait(20_000)
    expect(found(wire)).toEqual([])
    wire.wait(15_000)
    expect(found(wire)).toEqual(['error not-resumable-drop'])
  })

  it('is the client’s own doing when it left first', () => {
    const { wire, trip } = posted()
    trip.stream().clientEnd('fin', 'client').serverEnd('closed', 'proxy')
    expect(found(wire)).toEqual([])
  })
})
