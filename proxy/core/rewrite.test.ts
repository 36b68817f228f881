/** Rewriting of a server's own absolute URLs: whole, byte by byte, and cut at random. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BodyRewriter, type Origins, originsFor, reorigin, upstreamOrigins } from './reorigin.ts'
import { bodyRewriterFor, rewriteChallenge, rewriteHead } from './rewrite.ts'
import { EndpointRewriter } from './rewrite-endpoint.ts'
import { MetadataRewriter } from './rewrite-metadata.ts'

const origins: Origins = {
  upstream: upstreamOrigins(new URL('http://localhost:8001/sse')),
  scheme: 'http:',
  proxy: 'http://127.0.0.1:8002',
  announced: new Set(),
}
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (parts: readonly Uint8Array[]) =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(parts.flatMap(part => [...part])))

/** Feeds `input` in the given pieces, and asserts that nothing comes out that was not due. */
function run(rewriter: BodyRewriter, pieces: readonly Uint8Array[]) {
  const out: Uint8Array[] = []
  for (const piece of pieces) out.push(...rewriter.push(piece))
  const before = text(out)
  out.push(...rewriter.finish())
  return { out: text(out), before, changes: rewriter.takeChanges() }
}

function cut(input: Uint8Array, at: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(at.map(n => n % (input.length + 1)))].sort((a, b) => a - b)
  return [0, ...cuts].map((from, i) => input.slice(from, cuts[i] ?? input.length))
}

describe('reorigin', () => {
  test.each([
    ['http://localhost:8001/messages/?a=b', 'http://127.0.0.1:8002/messages/?a=b'],
    ['http://127.0.0.1:8001/%7e/../x#y', 'http://127.0.0.1:8002/%7e/../x#y'],
    ['HTTP://[::1]:8001', 'http://127.0.0.1:8002'],
    ['http://LOCALHOST:8001?x', 'http://127.0.0.1:8002?x'],
    ['//localhost:8001/x', '//127.0.0.1:8002/x'],
    ['http://localhost:8001\\x', 'http://127.0.0.1:8002\\x'],
  ])('%s', (url, expected) => expect(reorigin(url, origins)).toBe(expected))

  test.each([
    '/messages',
    'messages/?x',
    '',
    'https://localhost:8001/',
    'http://localhost:8003/',
    'http://localhost/',
    'http://localhost:8001.evil.test/',
    'http://example.test/?u=http://localhost:8001/',
    'http://',
    'http://[::1',
    'urn:x',
    'http://127.0.0.1:8002/',
  ])('%s stays', url => expect(reorigin(url, origins)).toBeUndefined())

  test('default ports and names beyond loopback', () => {
    const https = {
      upstream: upstreamOrigins(new URL('https://mcp.example.test/mcp')),
      scheme: 'https:',
      proxy: 'http://localhost:9',
      announced: new Set<string>(),
    }
    expect(reorigin('https://mcp.example.test:443/a', https)).toBe('http://localhost:9/a')
    expect(reorigin('//mcp.example.test/a', https)).toBe('//localhost:9/a')
    expect(reorigin('http://mcp.example.test/a', https)).toBeUndefined()
  })

  test.each([
    ['https://mcp.example.test/', 'http://127.0.0.1:8002', ['https://127.0.0.1:8002']],
    ['https://mcp.example.test/', 'http://BOX.test:8002', ['https://box.test:8002']],
    // Somebody else speaks TLS in front of us, under the same name.
    ['https://mcp.example.test/', 'http://box.test', []],
    ['https://mcp.example.test/', 'http://not a host:8002', []],
    ['http://mcp.example.test/', 'http://127.0.0.1:8002', []],
  ])('%s calls itself, to clients of %s, %j too', (target, proxy, more) =>
    expect(originsFor(new URL(target), ['x'], proxy, 'http://127.0.0.1:8002')).toEqual(['x', ...more]),
  )
})

describe('heads', () => {
  test('Location and WWW-Authenticate; every other field, its case and order stay', () => {
    const head = [
      'locATION',
      'http://localhost:8001/m/',
      'X',
      'http://localhost:8001/',
      'WWW-Authenticate',
      'Bearer error="x", resource_metadata="http://[::1]:8001/.well-known/oauth-protected-resource/mcp", scope="a b"',
    ]
    const rewritten = rewriteHead(head, origins)
    expect(rewritten.headers).toEqual([
      'locATION',
      'http://127.0.0.1:8002/m/',
      'X',
      'http://localhost:8001/',
      'WWW-Authenticate',
      'Bearer error="x", resource_metadata="http://127.0.0.1:8002/.well-known/oauth-protected-resource/mcp", scope="a b"',
    ])
    expect(rewritten.changes).toMatchObject([
      { what: 'location', original: 'http://localhost:8001/m/', replacement: 'http://127.0.0.1:8002/m/' },
      { what: 'resource-metadata' },
    ])
    expect(head[1]).toBe('http://localhost:8001/m/')
  })

  test('a head without them comes back as the same list', () => {
    const head = ['Location', '/messages/', 'WWW-Authenticate', 'Bearer realm="http://localhost:8001/"']
    expect(rewriteHead(head, origins).headers).toBe(head)
  })

  test('each of several challenges is told', () => {
    const challenges = ['Bearer', 'DPoP'].map(scheme => `${scheme} resource_metadata="http://localhost:8001/${scheme}"`)
    const { changes } = rewriteHead(
      challenges.flatMap(challenge => ['WWW-Authenticate', challenge]),
      origins,
    )
    expect(changes.map(({ original }) => original)).toEqual(challenges)
  })

  test('an unquoted challenge', () => {
    expect(rewriteChallenge('Bearer resource_metadata=http://localhost:8001/x, a=b', origins)).toBe(
      'Bearer resource_metadata=http://127.0.0.1:8002/x, a=b',
    )
    expect(rewriteChallenge('Bearer resource_metadata="https://as.example.test/x"', origins)).toBeUndefined()
  })
})

describe('endpoint events', () => {
  const rest = 'event: message\ndata: http://localhost:8001/x\n\n'
  const changed: [string, string][] = []
  for (const eol of ['\n', '\r\n', '\r']) {
    for (const [before, after] of [
      ['event: endpoint\ndata: URL\n\n', ''],
      ['data: URL\nevent: endpoint\n\n', ''],
      ['event:endpoint\ndata:URL\n\n', ''],
      ['\uFEFFevent: endpoint\nid: 1\ndata: URL\nretry: 5\n\n', ''],
      [': hello\n: padding\n\nevent: endpoint\ndata: URL\n\n', ''],
      ['retry: 3000\n\n\nevent: endpoint\ndata: URL\n\n', ''],
      ['\n\nevent: endpoint\ndata: URL\n\n', rest],
      ['event: endpoint\ndata: URL\n\n', rest],
    ] as [string, string][]) {
      changed.push([before.replaceAll('\n', eol), after.replaceAll('\n', eol)])
    }
  }
  const absolute = 'http://localhost:8001/messages/?session_id=4f%20b&x=é'
  const led = 'http://127.0.0.1:8002/messages/?session_id=4f%20b&x=é'

  test.each(changed)('%j then %j', (first, after) => {
    const input = bytes(first.replace('URL', absolute) + after)
    const expected = first.replace('URL', led) + after
    const whole = run(new EndpointRewriter(origins), [input])
    expect(whole.out).toBe(expected)
    expect(whole.before).toBe(expected)
    expect(whole.changes.length).toBe(1)
    const single = run(
      new EndpointRewriter(origins),
      [...input].map(byte => Uint8Array.of(byte)),
    )
    expect(single.out).toBe(expected)
    expect(single.before).toBe(expected)
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), at => {
        const { out, before } = run(new EndpointRewriter(origins), cut(input, at))
        expect(out).toBe(expected)
        expect(before).toBe(expected)
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    'event: endpoint\ndata: /messages/?session_id=1\n\n',
    'event: endpoint\ndata: messages\n\n',
    'event: endpoint\ndata: http://other.test/messages\n\n',
    'event: endpoint\ndata: https://localhost:8001/messages\n\n',
    'event: message\ndata: http://localhost:8001/\n\n',
    'event: endpoints\ndata: http://localhost:8001/\n\n',
    'data: http://localhost:8001/\n\nevent: endpoint\ndata: http://localhost:8001/\n\n',
    'event: message\ndata: 1\n\nevent: endpoint\ndata: http://localhost:8001/\n\n',
    'data\nevent: endpoint\ndata: http://localhost:8001/\n\n',
    'event\n: x\nfoo: bar\nid\n\n\n',
    '\uFEFF',
    '\r\r\r',
    'event: endpoint\ndata: http://localhost:8001',
    `: ${'x'.repeat(20_000)}\n\nevent: message\ndata: 1\n\n`,
    `event: endpoint\ndata: http://localhost:8001/${'x'.repeat(9000)}\n\n`,
    `id: ${'y'.repeat(9000)}`,
  ])('unchanged: %j', stream => {
    const input = bytes(stream)
    expect(run(new EndpointRewriter(origins), [input]).out).toBe(stream)
    const single = run(
      new EndpointRewriter(origins),
      [...input].map(byte => Uint8Array.of(byte)),
    )
    expect(single.out).toBe(stream)
    expect(single.changes).toEqual([])
  })

  test('any stream that has no such event crosses unaltered, however it is cut', () => {
    const line = fc.constantFrom(
      'event: endpoint',
      'event: message',
      'data: /x',
      'data: {}',
      'data: http://a.test/',
      ': ping',
      'id: 1',
      'retry: 1',
      '',
      'data:',
      'ev',
      '\uFEFF',
      'é',
    )
    const eol = fc.constantFrom('\n', '\r\n', '\r')
    fc.assert(
      fc.property(fc.array(fc.tuple(line, eol), { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), (lines, at) => {
        const stream = lines.map(([a, b]) => a + b).join('')
        expect(run(new EndpointRewriter(origins), cut(bytes(stream), at)).out).toBe(stream)
      }),
      { numRuns: 500 },
    )
  })

  test('holds nothing back that cannot be one', () => {
    const rewriter = new EndpointRewriter(origins)
    expect(text(rewriter.push(bytes('event: endpoint\n')))).toBe('event: endpoint\n')
    expect(text(rewriter.push(bytes('data: ')))).toBe('')
    expect(text(rewriter.push(bytes('/m')))).toBe('data: /m')
    expect(text(rewriter.push(bytes('x')))).toBe('x')
    const comment = new EndpointRewriter(origins)
    expect(text(comment.push(bytes(': ping')))).toBe(': ping')
    expect(text(comment.push(bytes(' more')))).toBe(' more')
    const foreign = new EndpointRewriter(origins)
    expect(text(foreign.push(bytes('data: http://other.test/')))).toBe('data: http://other.test/')
    const message = new EndpointRewriter(origins)
    expect(text(message.push(bytes('data: {"json')))).toBe('data: {"json')
  })
})

describe('protected-resource metadata', () => {
  const document = `{\n  "resource": "http:\\/\\/localhost:8001/mcp",\n "authorization_servers": ["http://localhost:8001"], "x": {"resource": "http://localhost:8001/"},
    "resource_name": "http://localhost:8001/ \\" }", "resource_metadata" : "http://[::1]:8001/é" , "resource_policy_uri": "http://localhost:8001/"}`
  const expected = document
    .replace('"http:\\/\\/localhost:8001/mcp"', '"http://127.0.0.1:8002/mcp"')
    .replace('"http://[::1]:8001/é"', '"http://127.0.0.1:8002/é"')

  test('only the two members of the outermost object change; authorization_servers never', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 10 }), at => {
        const { out, before, changes } = run(new MetadataRewriter(origins), cut(bytes(document), at))
        expect(out).toBe(expected)
        expect(before).toBe('')
        expect(changes.map(({ original }) => original)).toEqual(['http://localhost:8001/mcp', 'http://[::1]:8001/é'])
      }),
    )
  })

  test.each([
    '',
    '{',
    'null',
    '["resource", "http://localhost:8001/"]',
    '{"resource": 5}',
    '{"resource": ["http://localhost:8001/"]}',
    '{"a": "resource", "b": "http://localhost:8001/"}',
    'not json "resource": "http',
  ])('unchanged: %s', document =>
    expect(run(new MetadataRewriter(origins), [bytes(document)])).toEqual({ out: document, before: '', changes: [] }),
  )

  test('what is not UTF-8 or too large passes as it is', () => {
    const broken = Uint8Array.of(0x7b, 0xff, 0x7d)
    const rewriter = new MetadataRewriter(origins)
    expect([...rewriter.push(broken), ...rewriter.finish()]).toEqual([broken])
    const large = `{"pad": "${'x'.repeat(300_000)}", "resource": "http://localhost:8001/"}`
    expect(run(new MetadataRewriter(origins), cut(bytes(large), [100_000, 200_000])).out).toBe(large)
  })
})

test('which bodies are looked at', () => {
  const stream = ['Content-Type', 'Text/Event-Stream; charset=utf-8']
  const pick = (method: string, target: string, status: number, headers: readonly string[]) =>
    bodyRewriterFor({ method, target }, { status, headers }, origins)
  expect(pick('GET', '/sse', 200, stream)).toBeInstanceOf(EndpointRewriter)
  expect(pick('POST', '/mcp', 200, stream)).toBeUndefined()
  expect(pick('GET', '/sse', 200, [...stream, 'Content-Encoding', 'gzip'])).toBeUndefined()
  expect(pick('GET', '/sse', 200, [...stream, 'Content-Length', '44'])).toBeUndefined()
  expect(pick('GET', '/.well-known/oauth-protected-resource/mcp', 200, ['content-type', 'application/json'])).toBeInstanceOf(
    MetadataRewriter,
  )
  expect(pick('GET', '/.well-known/oauth-protected-resource', 404, ['content-type', 'application/json'])).toBeUndefined()
  expect(pick('HEAD', '/.well-known/oauth-protected-resource', 200, ['content-type', 'application/json'])).toBeUndefined()
  expect(pick('GET', '/.well-known/oauth-authorization-server', 200, ['content-type', 'application/json'])).toBeUndefined()
})

describe('metadata that lies where a challenge says (RFC 9728 5.1)', () => {
  const json = { status: 200, headers: ['Content-Type', 'application/json'] }
  test('is rewritten there, and nowhere that no challenge named', () => {
    const own: Origins = { ...origins, announced: new Set() }
    const at = (target: string) => bodyRewriterFor({ method: 'GET', target }, json, own)
    expect(at('/custom/metadata.json?v=1')).toBeUndefined()
    rewriteHead(['WWW-Authenticate', 'Bearer resource_metadata="http://localhost:8001/custom/metadata.json?v=1"'], own)
    expect(at('/custom/metadata.json?v=1')).toBeInstanceOf(MetadataRewriter)
    expect(at('/custom/metadata.json')).toBeUndefined()
    expect(at('/mcp')).toBeUndefined()
  })
  test('is not looked for on another origin, and remembers a bounded number of places', () => {
    const own: Origins = { ...origins, announced: new Set() }
    rewriteHead(['WWW-Authenticate', 'Bearer resource_metadata="https://as.example.test/x"'], own)
    for (let i = 0; i < 3000; i++) rewriteHead(['WWW-Authenticate', `Bearer resource_metadata="http://localhost:8001/${i}"`], own)
    expect(own.announced.has('/x')).toBe(false)
    expect(own.announced.size).toBe(1000)
  })
})
