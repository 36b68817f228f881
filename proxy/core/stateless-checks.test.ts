/** What is learned across stateless requests, and what is forgotten again. */
import { describe, expect, it } from 'vitest'
import { request, result, WireScript } from '../captures/wire-script.ts'
import type { RawHeader } from './event.ts'

const VERSION = '2026-07-28'
const meta = { 'io.modelcontextprotocol/protocolVersion': VERSION }
const heads = (...more: RawHeader[]): RawHeader[] => [['mcp-protocol-version', VERSION], ...more]
const callsOf = (wire: WireScript) => wire.rows('call').filter(({ method }) => method === 'tools/call')

function begin() {
  const wire = new WireScript()
  const conn = wire.connect()
  let id = 0
  return {
    wire,
    list: (properties: object) =>
      conn
        .post('/mcp', request(++id, 'tools/list', { _meta: meta }), heads())
        .json(200, result(id, { tools: [{ name: 'sql', inputSchema: { type: 'object', properties } }] })),
    call: (params: object, answer: object = {}, ...more: RawHeader[]) =>
      conn.post('/mcp', request(++id, 'tools/call', { name: 'sql', ...params, _meta: meta }), heads(...more)).json(200, result(id, answer)),
  }
}

describe('annotated parameters', () => {
  const region = { region: { type: 'string', 'x-mcp-header': 'Region' } }
  it('are compared once the tool was listed, and no longer when it is listed without them', () => {
    const { wire, list, call } = begin()
    call({ arguments: { region: 'eu' } })
    list(region)
    call({ arguments: { region: 'eu' } })
    call({ arguments: { region: 'eu' } }, {}, ['Mcp-Param-Region', 'eu'])
    list({ region: { type: 'string' } })
    call({ arguments: { region: 'eu' } })
    const difference = [{ header: 'Mcp-Param-Region', body: 'eu' }]
    expect(callsOf(wire).map(({ differs }) => differs)).toEqual([undefined, difference, undefined, undefined])
  })
  it('of a tool that clients drop are not asked for', () => {
    const { wire, list, call } = begin()
    list({ ...region, zone: { type: 'array', 'x-mcp-header': 'Zone' } })
    call({ arguments: { region: 'eu' } })
    expect(callsOf(wire).map(({ differs }) => differs)).toEqual([undefined])
  })
})

describe('a requestState', () => {
  it('is known to the letter, and only where the server sealed it', () => {
    const { wire, call } = begin()
    call({}, { requestState: 'v1.abc' })
    call({ requestState: 'v1.abc' })
    call({ requestState: 'v1.abd' })
    expect(callsOf(wire).map(({ requestState }) => requestState)).toEqual([undefined, 'issued', 'unknown'])
  })
  it('is forgotten after 500 newer ones', () => {
    const { wire, call } = begin()
    for (let n = 0; n <= 500; n++) call({}, { requestState: `state-${n}` })
    call({ requestState: 'state-0' })
    call({ requestState: 'state-1' })
    expect(
      callsOf(wire)
        .slice(-2)
        .map(({ requestState }) => requestState),
    ).toEqual(['unknown', 'issued'])
  })
})
