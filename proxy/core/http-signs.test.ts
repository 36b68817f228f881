/** Proves the plain readings of heads at their edges: origins in all spellings, refusals in words, streams in name only. */
import { describe, expect, it } from 'vitest'
import { initialize, tool, WireScript } from '../captures/wire-script.ts'
import type { RawHeader } from './event.ts'
import { foreignOrigin, isForeignBody, isLikeEndpoint, isStreamOfText, redirectOrigin, refusalWords } from './http-signs.ts'
import type { Exchange } from './model.ts'

const asked = (host: RawHeader[] = []): Exchange => {
  const script = new WireScript()
  script.connect().post('/mcp', initialize()).answer(202)
  const exchange = script.row('exchange')
  return host.length > 0 ? { ...exchange, requestHeaders: host } : exchange
}

describe('foreignOrigin', () => {
  it.each([
    ['a path', '/messages/', undefined],
    ['its own origin', 'http://127.0.0.1:8002/mcp', undefined],
    ['its own origin in capitals', 'HTTP://127.0.0.1:8002/mcp', undefined],
    ['its own host without a scheme', '//127.0.0.1:8002/mcp', undefined],
    ['another scheme', 'https://127.0.0.1:8002/mcp', 'https://127.0.0.1:8002'],
    ['another port', 'http://127.0.0.1:8001/mcp', 'http://127.0.0.1:8001'],
    ['another host without a scheme', '//example.com/mcp', 'http://example.com'],
  ])('%s', (_, url, origin) => expect(foreignOrigin(asked(), url)).toBe(origin))

  it('takes a default port for none', () => {
    expect(foreignOrigin(asked([['Host', 'example.com']]), 'http://example.com:80/mcp')).toBeUndefined()
    expect(foreignOrigin(asked([['Host', 'example.com:80']]), 'http://example.com/mcp')).toBeUndefined()
    expect(foreignOrigin(asked([['Host', 'example.com']]), 'http://example.com:8080/')).toBe('http://example.com:8080')
  })

  it('knows nothing without a Host', () => expect(foreignOrigin(asked([['accept', '*/*']]), 'https://example.com/')).toBeUndefined())

  it('takes the scheme of a client that was recorded without the proxy between', () => {
    const upstream = { name: 'mcp', url: 'https://example.com', listen: { address: 'example.com', port: 443 } }
    const script = new WireScript()
    const options = { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 0, masked: false } as const
    script.write({ kind: 'recording', version: 1, id: 'x', startedAt: 0, product: 'x', pid: 0, upstreams: [upstream], options })
    script.connect().post('/mcp', initialize()).answer(202)
    const exchange = { ...script.row('exchange'), requestHeaders: [['host', 'example.com']] as const }
    expect(foreignOrigin(exchange, 'https://example.com/mcp/')).toBeUndefined()
    expect(foreignOrigin(exchange, 'http://example.com/mcp/')).toBe('http://example.com')
  })
})

describe('redirectOrigin', () => {
  const redirected = (location: string, led?: string): Exchange => {
    const script = new WireScript()
    const trip = script.connect().post('/mcp', initialize())
    if (led) trip.change('location', location, led)
    trip.answer(307, '', [['location', location]])
    return script.row('exchange')
  }
  it('is that of a Location elsewhere', () => expect(redirectOrigin(redirected('https://a.example/mcp'))).toBe('https://a.example'))
  it('is none where the redirect stays', () => expect(redirectOrigin(redirected('/mcp/'))).toBeUndefined())
  it('is none where the proxy led it back', () =>
    expect(redirectOrigin(redirected('http://127.0.0.1:8001/mcp/', 'http://127.0.0.1:8002/mcp/'))).toBeUndefined())
})

describe('refusalWords', () => {
  const refused = (errorText: string): string => refusalWords({ ...asked(), errorText })
  it('are the message of a JSON-RPC error', () =>
    expect(refused('{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Session \\"a\\" not found"}}')).toBe(
      'Session "a" not found',
    ))
  it('are the title of a page', () =>
    expect(refused('<!DOCTYPE html>\n<html><head><title> 502 Bad\nGateway </title>')).toBe('502 Bad Gateway'))
  it('name a page without a title', () => expect(refused('<html><body>no')).toBe('a page of HTML'))
  it('are short, and on one line', () => expect(refused(`a\r\n${'b '.repeat(100)}`)).toMatch(/^a b b [b ]{74}$/))
})

describe('bodies that are not what they seem', () => {
  const answered = (type: string, body: string): Exchange => {
    const script = new WireScript()
    script
      .connect()
      .post('/mcp', tool(1))
      .answer(200, body, [['content-type', type]])
    return script.row('exchange')
  }
  it('text under the type of a stream', () => {
    expect(isStreamOfText(answered('text/event-stream', 'Bad gateway'))).toBe(true)
    expect(isStreamOfText(answered('text/event-stream', 'data: {}\n\n'))).toBe(false)
    expect(isStreamOfText(answered('text/event-stream', ': ping\n\n'))).toBe(false)
    expect(isStreamOfText(answered('text/event-stream', ''))).toBe(false)
  })
  it('a page where a message should be', () => {
    expect(isForeignBody(answered('text/html', '<html>'))).toBe(true)
    expect(isForeignBody(answered('application/json', '{}'))).toBe(false)
    expect(isForeignBody(answered('text/html', ''))).toBe(false)
  })
  it('a message path under another event name', () => {
    const framed = (event: string): boolean => {
      const script = new WireScript()
      script.connect().get('/sse').stream().body(event)
      return isLikeEndpoint(script.row('frame'))
    }
    expect(framed('data: /messages/?session_id=1\n\n')).toBe(true)
    expect(framed('event: endpoint\ndata: /messages/?session_id=1\n\n')).toBe(false)
    expect(framed('data: {"jsonrpc":"2.0"}\n\n')).toBe(false)
  })
})
