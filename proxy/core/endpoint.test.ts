/** Session ids are found where the server put them. */
import { describe, expect, it } from 'vitest'
import { guessId, idAt, lostPrefix, originOf, pathAndQuery, placeOfId, sameButSlash } from './endpoint.ts'

describe('endpoint', () => {
  it('resolves a reference as a client does', () => {
    for (const [reference, base, expected] of [
      ['/messages/?a=1', '/sse', '/messages/?a=1'],
      ['messages/?a=1', '/sse', '/messages/?a=1'],
      ['messages', '/mcp/test/sse', '/mcp/test/messages'],
      ['../m?x', '/mcp/test/sse', '/mcp/m?x'],
      ['./m', '/a/b', '/a/m'],
      ['http://127.0.0.1:8001/m?x#frag', '/sse', '/m?x'],
      ['https://host', '/sse', '/'],
      ['http://host?x=1', '/sse', '/?x=1'],
      ['//host/m', '/sse', '/m'],
      ['?x=1', '/sse?y=2', '/sse?x=1'],
    ] as const) {
      expect(pathAndQuery(reference, base), reference).toBe(expected)
      const url = new URL(reference, `http://127.0.0.1:8001${base}`)
      expect(pathAndQuery(reference, base), reference).toBe(url.pathname + url.search)
    }
  })

  it('tells slashes at the end from other differences', () => {
    expect(sameButSlash('/messages', '/messages/')).toBe(true)
    expect(sameButSlash('/messages', '/messages')).toBe(false)
    expect(sameButSlash('/messages', '/message/')).toBe(false)
  })

  it('learns where a server puts the id, and reads it from other targets', () => {
    const place = placeOfId('/m?v=2&sessionId=abc')
    expect(place).toEqual({ param: 'sessionId' })
    expect(place && idAt('/other?sessionId=d%20ef&v=1', place)).toBe('d ef')
    expect(place && idAt('/other?sessionId=', place)).toBeUndefined()
    const segment = placeOfId('/sse/0123456789abcdef/message')
    expect(segment && idAt('/sse/fedcba9876543210/message', segment)).toBe('fedcba9876543210')
    expect(segment && idAt('/other/fedcba9876543210/message', segment)).toBeUndefined()
    expect(placeOfId('/mcp/messages?')).toBeUndefined()
  })

  it('guesses an id only from a parameter that is called like one', () => {
    expect(guessId('/m?session_id=1')).toBe('1')
    expect(guessId('/m?mcp-session-id=2')).toBe('2')
    expect(guessId('/m?id=3&q=4')).toBeUndefined()
  })

  it('finds the mount prefix that an advertised path lacks', () => {
    expect(lostPrefix('/mcp/test/sse', '/messages/')).toBe('/mcp/test')
    expect(lostPrefix('/mcp/test/sse/', '/messages/')).toBe('/mcp/test')
    expect(lostPrefix('/mcp/test/sse', '/mcp/test/messages/')).toBeUndefined()
    expect(lostPrefix('/sse', '/messages/')).toBeUndefined()
    expect(lostPrefix('/mcp/sse', '/mcp-messages')).toBe('/mcp')
  })

  it('reads origins', () => {
    expect(originOf('HTTP://Host:80/x')).toBe('http://host:80')
    expect(originOf('/x')).toBeUndefined()
  })
})
