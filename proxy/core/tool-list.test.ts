/** What clients of 2026-07-28 drop from a list of tools, and what they keep. */
import { describe, expect, it } from 'vitest'
import { toolList } from './tool-list.ts'

const tool = (name: string, properties: unknown) => ({ name, inputSchema: { type: 'object', properties } })
const flaws = (properties: unknown) => toolList([tool('t', properties)], undefined).flawed

describe('toolList', () => {
  it('counts tools and says whether there are more', () => {
    expect(toolList([], undefined)).toEqual({ count: 0, flawed: [], more: false })
    expect(toolList([tool('a', {}), tool('b', {})], 'next')).toEqual({ count: 2, flawed: [], more: true })
  })

  it('accepts header names on parameters of simple types, also deep inside', () => {
    expect(flaws({ zone: { type: 'string', 'x-mcp-header': 'Zone' }, count: { type: 'integer', 'x-mcp-header': 'Count' } })).toEqual([])
    expect(flaws({ outer: { type: 'object', properties: { zone: { type: 'boolean', 'x-mcp-header': 'Zone' } } } })).toEqual([])
  })

  it.each([
    [{ zone: { type: 'string', 'x-mcp-header': '' } }, 't: x-mcp-header of zone is empty'],
    [{ zone: { type: 'string', 'x-mcp-header': 7 } }, 't: x-mcp-header of zone is no string'],
    [{ zone: { type: 'string', 'x-mcp-header': 'Zone Name' } }, 't: x-mcp-header of zone is "Zone Name", which is no header name'],
    [{ zone: { type: 'string', 'x-mcp-header': 'Zöne' } }, 't: x-mcp-header of zone is "Zöne", which is no header name'],
    [{ zone: { type: 'array', 'x-mcp-header': 'Zone' } }, 't: x-mcp-header of zone stands on a parameter of type array'],
    [
      { outer: { type: 'object', properties: { zone: { 'x-mcp-header': 'Z' } } } },
      't: x-mcp-header of zone stands on a parameter of type undefined',
    ],
    [
      { a: { type: 'string', 'x-mcp-header': 'Zone' }, b: { type: 'string', 'x-mcp-header': 'ZONE' } },
      't: x-mcp-header of b repeats "ZONE"',
    ],
  ])('names %j', (properties, flaw) => expect(flaws(properties)).toEqual([flaw]))

  it('takes any value without failing, and stops at ten', () => {
    expect(toolList([null, 7, 'x', { name: 'a' }, { inputSchema: [] }], undefined)).toEqual({ count: 5, flawed: [], more: false })
    const bad = Array.from({ length: 50 }, (_, i) => tool(`t${i}`, { zone: { type: 'string', 'x-mcp-header': '' } }))
    expect(toolList(bad, undefined).flawed).toHaveLength(10)
    let deep: unknown = { 'x-mcp-header': '' }
    for (let i = 0; i < 10_000; i++) deep = { type: 'object', properties: { deep } }
    expect(flaws({ deep })).toEqual([])
  })
})
