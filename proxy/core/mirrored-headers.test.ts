import { describe, expect, it } from 'vitest'
import { headerDifferences, mirroredParams } from './mirrored-headers.ts'

const schema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    page: { type: 'object', properties: { size: { type: 'integer', 'x-mcp-header': 'Page-Size' } } },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
    query: { type: 'string' },
  },
}
const params = mirroredParams(schema)
const V = '2026-07-28'

describe('mirroredParams', () => {
  it('finds annotations at any depth, and nothing where there are none', () => {
    expect(params).toEqual([
      { path: ['region'], header: 'Mcp-Param-Region' },
      { path: ['page', 'size'], header: 'Mcp-Param-Page-Size' },
      { path: ['dry'], header: 'Mcp-Param-Dry' },
    ])
    for (const none of [undefined, null, 'x', [], {}, { properties: 3 }, { properties: { a: null } }])
      expect(mirroredParams(none)).toEqual([])
  })

  it('ends in a schema that holds itself', () => {
    const loop: Record<string, unknown> = { type: 'object' }
    loop.properties = { again: loop }
    expect(mirroredParams(loop)).toEqual([])
  })
})

describe('headerDifferences', () => {
  const differences = (headers: [string, string][], args: unknown, version?: string) =>
    headerDifferences(headers, { version, args }, params)

  it.each<[string, [string, string][], unknown]>([
    ['the same text', [['Mcp-Param-Region', 'eu-west']], { region: 'eu-west' }],
    ['text in base64', [['mcp-param-region', '=?base64?WsO8cmljaA==?=']], { region: 'Zürich' }],
    ['a number in another spelling', [['Mcp-Param-Page-Size', '42.0']], { page: { size: 42 } }],
    ['a boolean', [['Mcp-Param-Dry', 'true']], { dry: true }],
    ['no header for null', [], { region: null, page: null }],
    ['no header for what is left out', [], {}],
    ['no arguments at all', [], undefined],
    ['a header for what is left out, which servers ignore', [['Mcp-Param-Region', 'eu-west']], {}],
  ])('takes %s for the same', (_, headers, args) => expect(differences(headers, args)).toEqual([]))

  it.each<[[string, string][], unknown, object]>([
    [[], { region: 'eu-west' }, { header: 'Mcp-Param-Region', body: 'eu-west' }],
    [[['Mcp-Param-Region', 'us-east']], { region: 'eu-west' }, { header: 'Mcp-Param-Region', body: 'eu-west', sent: 'us-east' }],
    [[['Mcp-Param-Page-Size', '']], { page: { size: 0 } }, { header: 'Mcp-Param-Page-Size', body: '0' }],
    [[['Mcp-Param-Dry', 'yes']], { dry: true }, { header: 'Mcp-Param-Dry', body: 'true', sent: 'yes' }],
  ])('tells %j from %j', (headers, args, difference) => expect(differences(headers, args)).toEqual([difference]))

  it('takes no member that all objects have for an argument', () => {
    const params = [{ path: ['constructor'], header: 'Mcp-Param-Constructor' }]
    expect(headerDifferences([], { args: {} }, params)).toEqual([])
  })

  it('compares the version, where the body names one', () => {
    expect(differences([['mcp-protocol-version', V]], undefined, V)).toEqual([])
    expect(differences([], undefined)).toEqual([])
    expect(differences([['MCP-Protocol-Version', '2025-11-25']], undefined, V)).toEqual([
      { header: 'MCP-Protocol-Version', body: V, sent: '2025-11-25' },
    ])
    expect(differences([], undefined, V)).toEqual([{ header: 'MCP-Protocol-Version', body: V }])
  })
})
