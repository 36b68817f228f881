/** Proves that every value gets a kind, and that the scanner for large bodies finds what the parser finds, under every cut. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classify, PARSE_BYTES, type RpcMessage, readRpc, readRpcText } from './jsonrpc.ts'
import { RpcScanner } from './rpc-scan.ts'

const encoder = new TextEncoder()

describe('readRpcText', () => {
  const cases: [name: string, json: string, expected: Partial<RpcMessage>][] = [
    [
      'a request',
      '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"t"}}',
      { kind: 'request', id: '5', method: 'tools/call', name: 't' },
    ],
    ['a string id', '{"id":"5","method":"x"}', { kind: 'request', id: '"5"' }],
    ['a null id', '{"id":null,"method":"x"}', { kind: 'request', id: 'null' }],
    ['an id beyond 2^53', '{"id":12345678901234567890,"method":"x"}', { id: '12345678901234567890' }],
    ['a fractional id', '{"id":1.50,"result":{}}', { kind: 'response', id: '1.50' }],
    ['a notification', '{"method":"notifications/initialized"}', { kind: 'notification' }],
    ['a result', '{"result":{},"jsonrpc":"2.0","id":0}', { kind: 'response', id: '0' }],
    [
      'an error',
      '{"id":1,"error":{"code":-32602,"message":"Invalid request parameters","data":""}}',
      { kind: 'error', error: { code: -32602, message: 'Invalid request parameters' } },
    ],
    ['an error without id', '{"error":{"code":-32600,"message":"m"}}', { kind: 'error' }],
    [
      'a tool error',
      '{"id":1,"result":{"isError":true,"content":[{"type":"text","text":"PANOS_API_KEY is not set"}]}}',
      { kind: 'response', toolError: 'PANOS_API_KEY is not set' },
    ],
    [
      'initialize',
      '{"id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","clientInfo":{"name":"c","version":"1"}}}',
      { protocolVersion: '2025-06-18', client: { name: 'c', version: '1' } },
    ],
    [
      'an InitializeResult',
      '{"id":0,"result":{"protocolVersion":"2025-06-18","serverInfo":{"name":"s","version":"2"}}}',
      { protocolVersion: '2025-06-18', server: { name: 's', version: '2' } },
    ],
    [
      'a stateless request',
      '{"id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c"}}}}',
      { protocolVersion: '2026-07-28', client: { name: 'c' } },
    ],
    [
      'a cancellation',
      '{"method":"notifications/cancelled","params":{"requestId":5,"reason":"MCP error -32001: Request timed out"}}',
      { cancels: { id: '5', reason: 'MCP error -32001: Request timed out' } },
    ],
    ['a resource', '{"id":1,"method":"resources/read","params":{"uri":"a://b"}}', { name: 'a://b' }],
    ['not JSON', '{"id":1', { kind: 'invalid' }],
    ['a number', '5', { kind: 'invalid' }],
    ['neither', '{"id":1}', { kind: 'invalid', id: '1' }],
    ['params that are an array', '{"id":1,"method":"tools/call","params":[1]}', { kind: 'request' }],
  ]
  for (const [name, json, expected] of cases) {
    it(`reads ${name}`, () => {
      expect(readRpcText(json).messages).toMatchObject([expected])
    })
  }

  it('reads a batch as its messages, and nothing as none', () => {
    expect(readRpcText('[{"id":1,"method":"a"},{"method":"b"},7]')).toMatchObject({
      batch: true,
      messages: [{ kind: 'request' }, { kind: 'notification' }, { kind: 'invalid' }],
    })
    expect(readRpcText('[]')).toEqual({ batch: true, messages: [] })
    expect(readRpcText(' \r\n')).toEqual({ batch: false, messages: [] })
  })

  it('gives every JSON value a kind and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(['request', 'response', 'error', 'notification', 'invalid']).toContain(classify(value).kind)
      }),
    )
    fc.assert(fc.property(fc.string(), text => void readRpcText(text)))
  })
})

/** What parser and scanner both promise. */
const common = ({ kind, id, method, name, error, cancels, toolError, protocolVersion }: RpcMessage) => ({
  kind,
  id,
  method,
  name,
  error,
  cancels,
  failed: toolError !== undefined,
  protocolVersion,
})
function scan(bytes: Uint8Array, cuts: readonly number[]) {
  const scanner = new RpcScanner()
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    scanner.push(bytes.slice(from, cut))
    from = cut
  }
  return scanner.result()
}

describe('RpcScanner', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('\\', '"', '\\"', '{"id":9}', 'é😀', '],}', '\n'))
  const id = fc.oneof(fc.integer(), text, fc.constant(null))
  const junk = fc.jsonValue({ maxDepth: 3 })
  const message = fc.oneof(
    fc.record({
      jsonrpc: fc.constant('2.0'),
      id,
      method: fc.constantFrom('tools/call', 'prompts/get'),
      params: fc.record({ arguments: junk, name: text, id: junk }),
    }),
    fc.record({ params: fc.record({ uri: text, name: text }), method: fc.constant('resources/read'), id }),
    fc.record({
      method: fc.constant('notifications/cancelled'),
      params: fc.record({ requestId: fc.oneof(fc.integer(), text), reason: text }),
    }),
    fc.record({
      result: fc.record({ content: fc.array(junk), isError: fc.boolean(), id: junk, error: junk }),
      jsonrpc: fc.constant('2.0'),
      id,
    }),
    fc.record({ id, error: fc.record({ data: junk, code: fc.integer(), message: text }) }),
    fc.record({ x: junk }),
  )

  it('finds in any message what the parser finds, whole, byte by byte and in random cuts', () => {
    fc.assert(
      fc.property(
        fc.oneof(message, fc.array(message, { minLength: 1, maxLength: 4 })),
        fc.constantFrom(undefined, 1),
        fc.array(fc.nat(400)),
        (value, indent, cuts) => {
          const bytes = encoder.encode(JSON.stringify(value, null, indent))
          const parsed = readRpcText(new TextDecoder().decode(bytes))
          const expected = { batch: parsed.batch, messages: parsed.messages.map(common) }
          const everyByte = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1)
          const random = cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b)
          for (const at of [[], everyByte, random]) {
            const seen = scan(bytes, at)
            expect({ batch: seen.batch, messages: seen.messages.map(common) }).toEqual(expected)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('says that a cut or malformed text is no message, and never throws', () => {
    expect(scan(encoder.encode('{"id":5,"result":{"content":"aaa'), []).messages).toMatchObject([{ kind: 'invalid' }])
    expect(scan(encoder.encode('}}}'), []).messages.at(-1)).toMatchObject({ kind: 'invalid' })
    expect(scan(encoder.encode(''), []).messages).toEqual([])
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => void scan(bytes, [])))
  })

  it('finds the id at the end of a 40 MB result, without parsing it', () => {
    const bytes = encoder.encode(
      `{"result":{"content":[{"type":"text","text":"${'row \\"x\\" '.repeat(4_000_000)}"}]},"jsonrpc":"2.0","id":17}`,
    )
    expect(bytes.length).toBeGreaterThan(PARSE_BYTES)
    expect(readRpc(bytes).messages).toEqual([{ kind: 'response', id: '17' }])
  }, 60_000)
})
