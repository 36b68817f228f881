/** Header lists: what crosses, what is stated anew, what is taken out. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headerOf, headersOf, isChunked, pairsOf, requestHead, responseHead } from './headers.ts'

const linesOf = (flat: readonly string[]) =>
  pairsOf(flat)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')

test('looking up', () => {
  const flat = ['A', '1', 'b', '2', 'a', '3']
  expect(headerOf(flat, 'a')).toBe('1')
  expect(headerOf(flat, 'c')).toBeUndefined()
  expect(headersOf(flat, 'a')).toEqual(['1', '3'])
  expect(pairsOf(flat)).toEqual([
    ['A', '1'],
    ['b', '2'],
    ['a', '3'],
  ])
})

test('any end-to-end fields cross as they are, in both directions', () => {
  const taken = new Set([
    'te',
    'trailer',
    'upgrade',
    'connection',
    'content-length',
    'proxy-connection',
    'transfer-encoding',
    'proxy-authenticate',
    'proxy-authorization',
  ])
  const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,24}$/).filter(found => !taken.has(found.toLowerCase()))
  const value = fc.stringMatching(/^[!-~\u0080-\u00ff]{0,20}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), fields => {
      const flat = fields.flat()
      expect(requestHead(flat, { http10: false })).toEqual({ lines: linesOf(flat), framing: [] })
      expect(responseHead(flat, { http10: false, status: 200 })).toEqual({ lines: linesOf(flat), framing: [] })
    }),
  )
})

describe('requests', () => {
  test('one framing field leaves, in its own spelling', () => {
    expect(requestHead(['CONTENT-length', '3'], { http10: false })).toEqual({
      lines: 'CONTENT-length: 3\r\n',
      framing: ['CONTENT-length', '3'],
    })
    expect(requestHead(['transfer-ENCODING', 'gzip, Chunked'], { http10: false }).framing).toEqual(['transfer-ENCODING', 'gzip, Chunked'])
  })
  test.each([
    ['keep-alive', 'Connection: keep-alive\r\n'],
    ['Close', 'Connection: Close\r\n'],
    ['Upgrade, Keep-Alive , HTTP2-Settings', 'Connection: Keep-Alive\r\n'],
    ['Mcp-Session-Id', ''],
    ['', ''],
    ['xclose, keep-alivex', ''],
  ])('Connection: %s', (value, lines) => expect(requestHead(['Connection', value], { http10: false }).lines).toBe(lines))
  test('the standard set goes, whatever its case; fields that Connection nominates stay', () => {
    const gone = ['tE', 'trailers', 'UPGRADE', 'h2c', 'Proxy-Connection', 'x', 'Proxy-Authorization', 'y', 'Trailer', 'X']
    expect(requestHead([...gone, 'Mcp-Session-Id', 's', 'Connection', 'Mcp-Session-Id'], { http10: false }).lines).toBe(
      'Mcp-Session-Id: s\r\n',
    )
  })
  test('Trailer stays with chunks', () => {
    expect(requestHead(['Trailer', 'X', 'Transfer-Encoding', 'chunked'], { http10: false }).lines).toContain('Trailer: X\r\n')
  })
  test('an HTTP/1.0 client closes after the answer unless it says otherwise', () => {
    expect(requestHead(['A', 'b'], { http10: true }).lines).toBe('A: b\r\nConnection: close\r\n')
    expect(requestHead(['Connection', 'keep-alive'], { http10: true }).lines).toBe('Connection: keep-alive\r\n')
  })
  test('values are replaced where asked, in their place', () => {
    const replace = new Map([
      ['host', 'h'],
      ['origin', 'o'],
    ])
    expect(requestHead(['a', 'b', 'HOST', 'x', 'Origin', 'y', 'c', 'd'], { http10: false, replace, append: ['E', 'f'] }).lines).toBe(
      'a: b\r\nHOST: h\r\nOrigin: o\r\nc: d\r\nE: f\r\n',
    )
  })
})

describe('responses', () => {
  const chunked = ['Transfer-Encoding', 'chunked', 'Trailer', 'X', 'Connection', 'keep-alive', 'Keep-Alive', 'timeout=5']
  test('of a connection that is mirrored, its life is stated again', () => {
    expect(responseHead(chunked, { http10: false, status: 200 }).lines).toBe(linesOf(chunked))
  })
  test('without chunks for an HTTP/1.0 client, and for answers that have no body', () => {
    expect(responseHead(chunked, { http10: true, status: 200 })).toEqual({ lines: 'Keep-Alive: timeout=5\r\n', framing: [] })
    expect(responseHead(chunked, { http10: false, status: 204 }).framing).toEqual([])
    expect(responseHead(['Content-Length', '7'], { http10: false, status: 304 }).framing).toEqual(['Content-Length', '7'])
  })
  test.each([
    ['a length', 200, ['Content-Length', '2'], true],
    ['no body', 204, [], true],
    ['no length', 200, [], false],
    ['a close by the server', 200, ['Content-Length', '2', 'Connection', 'Close'], false],
  ] as const)('for an HTTP/1.0 client that asked to keep its connection: %s', (_, status, flat, kept) =>
    expect(responseHead(flat, { http10: true, keeps: true, status }).lines.includes('Connection: keep-alive')).toBe(kept),
  )
  test('with another length where the body changed', () => {
    expect(responseHead(['content-length', '7'], { http10: false, status: 200, length: 9 })).toEqual({
      lines: 'content-length: 9\r\n',
      framing: ['content-length', '9'],
    })
  })
})

test('chunked', () => {
  expect(isChunked(['Transfer-Encoding', 'gzip, CHUNKED'])).toBe(true)
  expect(isChunked(['Transfer-Encoding', 'gzip'])).toBe(false)
  expect(isChunked(['proxy-connection1', 'chunked'])).toBe(false)
})
