/** Advice names what this client and this server have; where nothing is known it names nothing. */
import { describe, expect, it } from 'vitest'
import { initialize, initialized, openSse, openStreamable, WireScript } from '../captures/wire-script.ts'
import type { RawHeader } from '../core/event.ts'
import type { Facts } from '../core/facts.ts'
import { clientLog, connectSetting, keepalive, limitSetting, serverStack } from './advice.ts'

const factsOf = (wire: WireScript): Facts => wire.fold.facts(wire.row('session').id, wire.at + 10_000) as Facts

/** A Streamable session of this client, by its name and its user agent. */
function client(name: string, agent = 'agent/1'): Facts {
  const wire = new WireScript()
  wire
    .connect(50_000, agent)
    .post('/mcp', initialize(0, name))
    .json(200, initialized(), [['mcp-session-id', 'session-one-0001']])
  return factsOf(wire)
}

describe('the client’s limit', () => {
  it.each([
    ['claude-code', 'claude-code/2.1', /MCP_TOOL_TIMEOUT/],
    ['gemini-cli-mcp-client', 'node', /settings\.json/],
    ['windsurf-client', 'Go-http-client/1.1', /documents no setting/],
    ['mcp', 'python-httpx/0.28.1', /read_timeout_seconds/],
    ['my-agent', 'node', /timeout: 300_000/],
    ['my-agent', 'curl/8.9', /if it has a setting for it/],
  ])('of %s (%s)', (name, agent, words) => expect(limitSetting(client(name, agent))).toMatch(words))

  it('on connecting is named for the one that documents it', () => {
    expect(connectSetting(client('claude-code'))).toContain('MCP_TIMEOUT,')
    expect(connectSetting(client('my-agent'))).toContain('if it has')
  })
})

it.each([
  ['claude-code', '(start it with claude --debug)'],
  ['Visual Studio Code', '(MCP: List Servers, Show Output)'],
  ['cursor-vscode', '(its Output panel, MCP)'],
  ['my-agent', 'of the close: the wire'],
])('the log of %s', (name, words) => expect(clientLog(client(name))).toContain(words))

describe('the server’s keepalive', () => {
  const sse = (endpoint: string) => {
    const wire = new WireScript()
    openSse(wire, endpoint)
    return factsOf(wire)
  }
  const streamable = (headers: readonly RawHeader[]) => {
    const wire = new WireScript()
    const { conn } = openStreamable(wire)
    conn.get('/mcp', [['mcp-session-id', 'session-one-0001']]).head(200, [['content-type', 'text/event-stream'], ...headers])
    return factsOf(wire)
  }
  it('is that of its stack and transport', () => {
    expect(keepalive(sse('/messages/?session_id=0123456789abcdef0123456789abcdef'))).toContain('sse-starlette')
    expect(keepalive(sse('/messages?sessionId=0f8fad5b-d9cb-469f-a165-70867728950e'))).toContain('setInterval')
    expect(keepalive(sse('/messages?s=1'))).toContain('SSE comment')
  })
  it('is not guessed by a head that many send', () => expect(serverStack(streamable([['server', 'nginx']]))).toBe('unknown'))
})
