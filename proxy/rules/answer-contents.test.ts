/** What the words and the size of an answer prove, and what they do not. */
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { initialize, initialized, MESSAGES, openSse, result, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

const findings = (wire: WireScript, rule: string) =>
  judge(wire.fold.facts(wire.row('session').id, wire.at) as Facts).findings.filter(one => one.rule === rule)

function answered(value: unknown) {
  const wire = new WireScript()
  const { stream, conn } = openSse(wire)
  conn.post(MESSAGES, tool(1, 'check_health')).answer(202)
  wire.wait(500)
  stream.event(value)
  return { wire, stream, conn }
}
const toolError = (text: string) => result(1, { isError: true, content: [{ type: 'text', text }] })
const kindOf = (value: unknown) => {
  const [one] = findings(answered(value).wire, 'tool-error-credentials')
  return one && `${one.severity} ${one.title.includes('missing') ? 'missing' : 'refused'}`
}

describe('credentials', () => {
  it.each([
    ['PANOS_API_KEY is not set', 'error missing'],
    ["Error calling tool 'credential': PANOS_API_KEY is not set", 'error missing'],
    ['Error: environment variable TAVILY_API_KEY is required', 'error missing'],
    ['No token: set GITHUB_TOKEN', 'error missing'],
    ['PANOS_HOSTNAME must be set', 'error missing'],
    ['HOSTNAME missing', 'error missing'],
    ['No api key found, look at your environment', 'warning missing'],
    ['Missing API key. Please provide one.', 'info missing'],
    ['missing required access token', 'info missing'],
    ['No password configured', 'info missing'],
    ['panos_api_key is not configured', 'info missing'],
    ['Unauthorized', 'error refused'],
    ['HTTP 401 Unauthorized', 'error refused'],
    ['Invalid API key provided', 'error refused'],
    ['PANOS_API_KEY is invalid', 'error refused'],
    ['The access token is expired', 'error refused'],
    ['Authentication failed for user admin', 'error refused'],
    ['Request failed with status code 401', 'warning refused'],
    ['HTTP 403: Forbidden', 'warning refused'],
    ["Client error '401 Unauthorized' for url 'https://example.com/private'", 'warning refused'],
    ['Failed to fetch https://example.com/robots.txt: status code 403', 'warning refused'],
  ])('%s: %s', (text, told) => expect(kindOf(toolError(text))).toBe(told))

  it.each([
    'vsys403 has no zone named trust-token-ring',
    'next_page_token is required',
    'No such address object',
    '403 objects were skipped',
    'Pipeline error: 403 rows rejected',
    'Timeout after 401 ms',
    'The secretary list is empty',
    'The hostname is missing in the zone file of object web-1',
    "1 validation error for loginArguments\npassword\n  Field required [type=missing, input_value={'user': 'x'}, input_type=dict]",
    'MCP error -32602: Input validation error: Invalid arguments for tool login: api_key is required',
    'Missing required argument: token',
    'SyntaxError at line 403: unexpected indent',
    'Error on line 401',
    'Issue #401: error not found',
    'AssertionError: expected 200, got status 403',
    'Invalid token in expression near "SELECT"',
    'Unexpected token } is invalid here',
    'Token limit exceeded: max_tokens is required',
    'No token found in file parser.c',
  ])('about something else: %s', text => expect(kindOf(toolError(text))).toBeUndefined())

  it('are also found in an internal error, and not in any other', () => {
    const error = (code: number) => ({ jsonrpc: '2.0', id: 1, error: { code, message: 'API_KEY is not set' } })
    expect(kindOf(error(-32603))).toBe('error missing')
    expect(kindOf(error(-32602))).toBeUndefined()
    expect(kindOf(result(1, { content: [{ type: 'text', text: 'API_KEY is not set' }] }))).toBeUndefined()
  })

  it('are one finding for each variable, however many calls fail', () => {
    const { wire, stream, conn } = answered(toolError('PANOS_API_KEY is not set'))
    for (const id of [2, 3]) {
      conn.post(MESSAGES, tool(id)).answer(202)
      stream.event({ ...toolError('PANOS_API_KEY is not set'), id })
    }
    expect(findings(wire, 'tool-error-credentials')).toMatchObject([{ says: expect.stringContaining('3 calls') }])
  })
})

describe('an event above 1 MiB', () => {
  const large = () => answered(result(1, { content: [{ type: 'text', text: 'x'.repeat(1_100_000) }] }))
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1, reason: 'Request timed out' } }

  it('is advice as long as the client does not show that it missed it', () => {
    expect(findings(large().wire, 'oversized-sse-event')).toMatchObject([{ severity: 'info', confidence: 'possible' }])
  })

  it('is a fault when the client gives up later, and none when both crossed', () => {
    const { wire, conn } = large()
    wire.wait(100)
    conn.post(MESSAGES, cancel).answer(202)
    expect(findings(wire, 'oversized-sse-event')).toMatchObject([{ severity: 'info' }])
    wire.wait(59_000)
    conn.post(MESSAGES, cancel).answer(202)
    expect(findings(wire, 'oversized-sse-event')).toMatchObject([{ severity: 'error', confidence: 'likely' }])
  })

  it('is a fault when the client breaks off with bytes unread, and none when it just leaves', () => {
    for (const [how, told] of [
      ['reset', 'error'],
      ['fin', 'info'],
    ] as const) {
      const { wire, stream } = large()
      wire.wait(20)
      stream.clientEnd(how, 'client')
      expect(findings(wire, 'oversized-sse-event')).toMatchObject([{ severity: told }])
    }
  })

  it.each([
    [1_200_000, 'oversized-sse-event'],
    [2_000, 'client-closed-early'],
  ])('is the cause of the loss when the client leaves %d B into it', (size, cause) => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.wait(700)
    stream.body(`data: {"jsonrpc":"2.0","id":1,"result":"${'x'.repeat(size)}`)
    wire.wait(15)
    stream.clientEnd('reset', 'client')
    expect(findings(wire, 'undeliverable-response')).toMatchObject([{ cause: expect.stringContaining(`(${cause})`) }])
  })

  it.each([
    ['python-httpx2/2.16.2', 'error'],
    ['python-httpx2/2.9.0', 'info'],
    ['python-httpx/0.28.1', 'info'],
  ])('is read or not by %s', (agent, told) => {
    const wire = new WireScript()
    const stream = wire.connect(50_000, agent).get('/sse').stream().event(MESSAGES, 'endpoint')
    wire.connect(50_001, agent).post(MESSAGES, tool(1)).answer(202)
    stream.event(result(1, { text: 'x'.repeat(1_100_000) }))
    expect(findings(wire, 'oversized-sse-event')).toMatchObject([{ severity: told }])
  })

  it('is certain when the client resumes after the event before it', () => {
    const { wire, stream, conn } = answered(result(0))
    stream.body('id: e1\ndata: \n\n').body(`id: e2\ndata: ${JSON.stringify(result(1, { text: 'x'.repeat(1_100_000) }))}\n\n`)
    const again = wire.connect()
    wire.wait(300)
    again.request('GET', MESSAGES, [
      ['accept', 'text/event-stream'],
      ['last-event-id', 'e1'],
    ])
    expect(conn.number).not.toBe(again.number)
    expect(findings(wire, 'oversized-sse-event')).toMatchObject([{ severity: 'error', confidence: 'certain' }])
  })
})

describe('a compressed stream', () => {
  /** Decodes at once what has come whole. */
  const inflate = () => ({ push: (bytes: Uint8Array) => (bytes.length > 20 ? [new Uint8Array(gunzipSync(bytes))] : []), end: () => [] })
  const streamOf = (gap: number) => {
    const wire = new WireScript({ inflate })
    const trip = wire
      .connect()
      .get('/sse')
      .head(200, [
        ['content-type', 'text/event-stream'],
        ['content-encoding', 'gzip'],
      ])
    trip.body(new Uint8Array(10))
    wire.wait(gap)
    trip.body(gzipSync(`event: endpoint\ndata: ${MESSAGES}\n\n`))
    return findings(wire, 'sse-compressed')
  }

  it('is an error when an event was held, else a warning', () => {
    expect(streamOf(4_000)).toMatchObject([{ severity: 'error', title: expect.stringContaining('held for 4.0 s') }])
    expect(streamOf(5)).toMatchObject([{ severity: 'warning' }])
  })
})

describe('a list of tools', () => {
  const listed = (capabilities: unknown, tools: unknown[]) => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, initialize()).answer(202)
    stream.event(result(0, { ...(initialized() as { result: object }).result, capabilities }))
    conn.post(MESSAGES, { jsonrpc: '2.0', id: 1, method: 'tools/list' }).answer(202)
    stream.event(result(1, { tools }))
    return findings(wire, 'tool-list-empty-or-rejected').length
  }

  it('that is empty is a fault only of a server that offers tools', () => {
    expect(listed({ tools: {} }, [])).toBe(1)
    expect(listed({ tools: {} }, [{ name: 'a', inputSchema: { type: 'object' } }])).toBe(0)
    expect(listed({ resources: {} }, [])).toBe(0)
  })
})
