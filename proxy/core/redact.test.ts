/** Planted canaries never come through, in any place or form; what is no secret does, unaltered. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RawHeader } from './event.ts'
import { apply, createMasker, type Masker } from './redact.ts'

const fingerprint = (value: string) => createHash('sha256').update(`salt${value}`).digest('hex').slice(0, 8)
const pseudonym = (id: string) => `${fingerprint(id)}-session`
const masker = () => createMasker({ fingerprint })
const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
/** A body as an export masks it: at byte offsets. */
function maskBytes(mask: Masker, text: string): string {
  const binary = Buffer.from(text).toString('latin1')
  return Buffer.from(apply(binary, mask.edits(encode(text))), 'latin1').toString()
}

const CANARY = 'Canary7f3aQ91xZ2mK8wP4'
const HEX = '5f4dcc3b5aa765d61d8327deb882cf99'

describe('headers', () => {
  const secretNames = `authorization proxy-authorization x-pan-key x-api-key api-key apikey x-auth-token x-access-token x-csrf-token x-xsrf-token
    x-amz-security-token x-goog-api-key x-goog-iap-jwt-assertion cf-access-jwt-assertion cf-access-client-secret x-vault-token private-token
    x-gitlab-token x-functions-key ocp-apim-subscription-key DD-APPLICATION-KEY sec-websocket-protocol Mcp-Param-Api-Key X-My-Password x-mcp-remote-auth x-mcp-proxy-auth X_SECRET`
  test.each(secretNames.trim().split(/\s+/))('%s', name => {
    for (const spelt of [name, name.toUpperCase(), name.toLowerCase()]) {
      const [[, value] = ['', '']] = masker().headers([[spelt, CANARY]])
      expect(value).toBe(`[REDACTED len=22 id=${fingerprint(CANARY)}]`)
    }
  })
  test.each([
    ['Authorization', `Bearer ${CANARY}`, `Bearer [REDACTED len=22 id=${fingerprint(CANARY)}]`],
    ['Authorization', `Digest username="a", response="${CANARY}"`, /^Digest \[REDACTED len=\d+ id=[0-9a-f]{8}\]$/],
    ['Cookie', `a=${CANARY}; theme="${CANARY}"`, /^a=\[REDACTED len=22 id=\w+\]; theme=\[REDACTED len=24 id=\w+\]$/],
    ['Cookie', `a; b sid = ${CANARY}; c=`, /^\[REDACTED len=1 id=\w+\]; b sid = \[REDACTED len=22 id=\w+\]; c=$/],
    ['Set-Cookie', `sid=${CANARY}; Path=/; HttpOnly`, /^sid=\[REDACTED len=22 id=\w+\]; Path=\/; HttpOnly$/],
    [
      'Location',
      `https://user:${CANARY}@fw/api/?type=op&key=${CANARY}#x`,
      /^https:\/\/user:\[REDACTED[^@]+@fw\/api\/\?type=op&key=\[REDACTED\+len=22\+id=\w+\]#x$/,
    ],
    ['Location', `https://${CANARY}@github.com/x`, /^https:\/\/\[REDACTED len=22 id=\w+\]@github\.com\/x$/],
    ['Cookie', `${CANARY}; a=b1; =c`, /^\[REDACTED len=22 id=\w+\]; a=\[REDACTED len=2 id=\w+\]; =\[REDACTED len=1 id=\w+\]$/],
    ['Set-Cookie', `${CANARY}; Path=/`, /^\[REDACTED len=22 id=\w+\]; Path=\/$/],
    ['Host', `user:${CANARY}@127.0.0.1:8002`, /^user:\[REDACTED len=22 id=\w+\]@127\.0\.0\.1:8002$/],
    ['Origin', `http://user:${CANARY}@evil.test`, /^http:\/\/user:\[REDACTED len=22 id=\w+\]@evil\.test$/],
    ['WWW-Authenticate', `Bearer resource_metadata="http://h/x?api_key=${CANARY}"`, /x\?api_key=\[REDACTED len=22 id=\w+\]"$/],
    ['Mcp-Name', `https://u:${CANARY}@h/r?api_key=${CANARY}`, /^https:\/\/u:\[REDACTED.*\]@h\/r\?api_key=\[REDACTED/],
    ['X-Custom', `Bearer ${CANARY}`, /^Bearer \[REDACTED len=22 id=\w+\]$/],
    ['X-Debug-Url', `https://${CANARY}@h/`, /^https:\/\/\[REDACTED len=22 id=\w+\]@h\/$/],
    ['Referer', `/x?access_token=${CANARY}`, /^\/x\?access_token=\[REDACTED\+len=22\+id=\w+\]$/],
  ])('%s: %s', (name, value, wanted) => {
    expect(masker().header(name, value)).toMatch(wanted instanceof RegExp ? wanted : wanted.replace(/.*/, '$&'))
    expect(masker().header(name, value)).not.toContain(CANARY)
    expect(masker().header(name, masker().header(name, value))).toBe(masker().header(name, value))
  })
  test('a head that comes again and again is masked alike each time, also between others and when its value is a mask already', () => {
    const mask = masker()
    const head = (key: string): RawHeader[] => [
      ['Authorization', `Bearer ${key}`],
      ['Location', `/x?token=${key}`],
    ]
    const marks = [CANARY, HEX, CANARY, `[REDACTED len=22 id=${fingerprint(CANARY)}]`].map(key => mask.headers(head(key)))
    const masked = (key: string) => [
      `Bearer [REDACTED len=${key.length} id=${fingerprint(key)}]`,
      `[REDACTED len=${key.length} id=${fingerprint(key)}]`,
    ]
    expect(marks.map(list => [list[0]?.[1], list[1]?.[1].slice('/x?token='.length).replaceAll('+', ' ')])).toEqual(
      [CANARY, HEX, CANARY, CANARY].map(masked),
    )
    const targets = ['/a', `/a?token=${CANARY}`, '/a'].map(target => mask.target(target))
    expect(targets).toEqual(['/a', `/a?token=[REDACTED+len=22+id=${fingerprint(CANARY)}]`, '/a'])
  })
  test('a target that was plain gets its pseudonym once the session in it is known', () => {
    const mask = createMasker({ fingerprint, pseudonym })
    expect(mask.target(`/s/${HEX}`)).toBe(`/s/${HEX}`)
    mask.learnSession(HEX)
    expect(mask.target(`/s/${HEX}`)).toBe(`/s/${pseudonym(HEX)}`)
  })
  test('words of ours name a session by the beginning of its pseudonym, whatever its id is made of', () => {
    for (const id of ['12345678-0000-4000-8000-000000000000', 'deadbeef-dead-4eef-8eef-deadbeefdead', 'session_of_the_firewall_one', HEX]) {
      const mask = createMasker({ fingerprint, pseudonym })
      mask.learnSession(id)
      const short = id.slice(0, 8)
      const seen = pseudonym(id).slice(0, 8)
      expect(mask.prose(`Session ${short} is unknown: POST /m?session_id=${id} (${short}).`)).toBe(
        `Session ${seen} is unknown: POST /m?session_id=${pseudonym(id)} (${seen}).`,
      )
      // What only looks like it, in a body, is left alone.
      expect(mask.text(`{"bytes":${short}}`)).toBe(`{"bytes":${short}}`)
      expect(mask.prose(`${short}9 and x${short}`)).toBe(`${short}9 and x${short}`)
    }
    expect(masker().prose('Session 12345678 is unknown.')).toBe('Session 12345678 is unknown.')
  })
  test('an event id is the same in the stream and in the header that resumes it', () => {
    for (const id of ['e1', '42', 'a1b2c3d4-5e6f-4711-8c9d-0e1f2a3b4c5d_1795166400000_x7', '1795166400000']) {
      const mask = createMasker({ fingerprint: () => '0', pseudonym: () => 'pseudonym' })
      const header = mask.header('Last-Event-ID', id)
      expect(mask.text(`id: ${id}`)).toBe(`id: ${header}`)
      expect(header === id).toBe(id.length < 20)
    }
  })
  test('what is no secret stays the same object', () => {
    const headers: RawHeader[] = [
      ['Host', '127.0.0.1:8002'],
      ['Accept', 'application/json, text/event-stream'],
      ['Mcp-Session-Id', HEX],
      ['Last-Event-ID', 'a_1'],
      ['WWW-Authenticate', 'Bearer resource_metadata="http://127.0.0.1/x"'],
      ['Location', '/messages/'],
      ['MCP-Protocol-Version', '2025-06-18'],
      ['X-Author', 'me'],
      ['Link', '<https://git@github.com/>; rel=next'],
      ['Mcp-Name', 'get_token'],
    ]
    expect(masker().headers(headers)).toBe(headers)
  })
  test('duplicates and order stay', () => {
    const masked = masker().headers([
      ['A', '1'],
      ['X-API-Key', 'k1'],
      ['x-api-key', 'k2'],
      ['A', '2'],
    ])
    expect(masked.map(([name]) => name)).toEqual(['A', 'X-API-Key', 'x-api-key', 'A'])
  })
})

describe('targets', () => {
  test.each(
    'apikey api_key access_token refresh_token id_token token code code_verifier client_secret client_assertion assertion password passwd pwd secret sig signature SAMLRequest SAMLResponse state nonce X-Amz-Signature X-Amz-Credential X-Amz-Security-Token my_access_token'.split(
      ' ',
    ),
  )('%s', name => {
    expect(masker().target(`/p?a=1&${name}=${CANARY}&b=2`)).toMatch(/^\/p\?a=1&[\w-]+=\[REDACTED\+len=22\+id=\w{8}\]&b=2$/)
  })
  test.each([
    ['/api/?type=keygen&key=short', /key=\[REDACTED/],
    ['/api?key=short', /key=\[REDACTED/],
    ['/x?type=op&key=short', /key=\[REDACTED/],
    ['/x?key=name', /key=name$/],
    [`/x?key=${HEX}`, /key=\[REDACTED/],
    ['/messages/?session_id=0123456789abcdef0123456789abcdef', /session_id=0123456789abcdef0123456789abcdef$/],
    ['/cb?code=abc%2Fdef&state=xyz', /^\/cb\?code=\[REDACTED\+len=7\+id=\w+\]&state=\[REDACTED\+len=3\+id=\w+\]$/],
  ])('%s', (target, wanted) => expect(masker().target(target)).toMatch(wanted))
  test('the same secret has the same id in a header and in a URL', () => {
    const mask = masker()
    const id = /id=\w+/.exec(mask.header('X-API-Key', CANARY))?.[0]
    expect(mask.target(`/?api_key=${CANARY}`)).toContain(id)
  })
})

/** Each place holds the canary once; `%` stands for it. */
const PLACES: readonly [string, string][] = [
  ['JSON member', '{"password":"%","user":"u"}'],
  ['JSON member, other case', '{"apiKey" : "%"}'],
  ['JSON member, kebab', '{"client-secret":"%"}'],
  ['JSON header echo', '{"headers":{"X-PAN-KEY":"%"}}'],
  ['JSON Authorization echo', '{"Authorization":"Bearer %"}'],
  ['JSON in a JSON string', JSON.stringify({ text: JSON.stringify({ password: '%' }) })],
  ['JSON in JSON in JSON', JSON.stringify({ text: JSON.stringify({ text: JSON.stringify({ token: '%' }) }) })],
  ['JSON with escapes in the name', '{"pass\\u0077ord":"%"}'.replace('\\u0077', 'w')],
  [
    'XML in a JSON string',
    JSON.stringify({ content: [{ type: 'text', text: '<response status="success"><result><key>%</key></result></response>' }] }),
  ],
  ['XML key', '<response status="success"><result><key>%</key></result></response>'],
  ['XML phash', '<entry name="admin"><phash>%</phash></entry>'],
  ['XML password with attribute', '<password admin="x">%</password>'],
  ['XML pre-shared-key', '<pre-shared-key>\n<key>%</key></pre-shared-key>'],
  ['XML CDATA', '<secret><![CDATA[%<&]]></secret>'],
  ['XML private-key', '<private-key>%</private-key>'],
  ['XML auth-pwd', '<auth-pwd>%</auth-pwd>'],
  ['XML community', '<community>%</community>'],
  ['form', 'type=keygen&user=admin&password=%'],
  ['form PAN-OS key', 'type=op&cmd=%3Cshow%3E&key=%'.replace('%3C', '<').replace('%3E', '>')],
  ['form access_token', 'a=b&access_token=%&c=d'],
  ['form code', 'grant_type=authorization_code&code=%&code_verifier=%'],
  ['multipart', '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n%\r\n--x--'],
  ['multipart with type', '--x\r\nContent-Disposition: form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\n%\r\n--x--'],
  ['URL in prose', 'GET https://fw.example/api/?type=op&key=% failed'],
  ['URL user info', 'connect to https://admin:%@fw.example:8443/x'],
  ['log line header', '10:00 DEBUG headers: X-PAN-KEY: % sent'],
  ['log line Authorization', 'Authorization: Bearer %'],
  ['log line Authorization basic', 'authorization: Basic %'],
  ['log line Cookie', 'Cookie: a=b; sid=%'],
  ['log line pair', 'login user=admin password=% ok'],
  ['log line colon', 'password: %'],
  ['Python dict', "{'api_key': '%', 'x': 1}"],
  ['Python header dict', "{'Authorization': 'Bearer %'}"],
  ['escaped JSON in prose', 'sent {\\"password\\":\\"%\\"} to'],
  ['SSE data', 'event: message\r\ndata: {"jsonrpc":"2.0","id":1,"result":{"token":"%"}}\r\n\r\n'],
  ['SSE data JSON in text', `data: ${JSON.stringify({ result: { content: [{ type: 'text', text: 'api_key=% and more' }] } })}\n\n`],
  ['Bearer in prose', 'used Bearer % for it'],
  ['Bearer in JSON text', '{"message":"used Bearer %"}'],
  ['attribute', '<login user="a" password="%"/>'],
  ['yaml', 'server:\n  password: %\n  port: 1'],
  ['env', 'export PANOS_API_KEY=%'],
  ['torn JSON', '{"a":1,"password":"%'],
  ['after an odd quote', 'he said "go\n{"password":"%"}'],
]
describe('text', () => {
  test.each(PLACES)('%s', (_, template) => {
    const text = template.replaceAll('%', CANARY)
    for (const masked of [masker().text(text), maskBytes(masker(), text)]) {
      expect(masked).not.toContain(CANARY)
      expect(masked).toContain('[REDACTED len=')
      // All around the secret is untouched.
      const [before = '', after = ''] = [template.slice(0, template.indexOf('%')), template.slice(template.lastIndexOf('%') + 1)]
      expect(masked.startsWith(before.slice(0, -12))).toBe(true)
      expect(masked.endsWith(after.slice(12))).toBe(true)
    }
  })
  test('JSON stays JSON, and masking is idempotent', () => {
    for (const [, template] of PLACES) {
      const once = masker().text(template.replaceAll('%', CANARY))
      expect(masker().text(once)).toBe(once)
      if (template.startsWith('{"') && template.endsWith('}')) expect(() => JSON.parse(once)).not.toThrow()
    }
  })
  const SHAPES = [
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P',
    '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----',
    `sk-${CANARY}`,
    'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    'github_pat_11ABCDEFG0123456789_abcdefghijklmnop',
    'xoxb-123456789012-abcdef',
    'AKIAIOSFODNN7EXAMPLE',
    'AIzaSyA1234567890abcdefghijklmnopqrstuv',
    'LUFRPT14MW5xOEo1R09KVlBZNnpnemh0VHRBOWl6TGM9bXcwM3JHUGVhRlNiY0dCR0srNERUQT09',
    '-AQ==5en6G6MezRroT3XKqkdPOmY/BfQ=DQXFZSERZfqRA',
    '$1$mtpnbxqx$ZcA7l8hTf2nOpL4xVt2aS/',
    '$6$rounds=5000$saltsalt$Zk0Qm1pW2eR3tY4u',
  ]
  test.each(SHAPES)('%s shows what it is', value => {
    for (const text of [
      `before ${value} after`,
      JSON.stringify({ text: value }),
      JSON.stringify({ text: JSON.stringify([value]) }),
      `<a>${value}</a>`,
    ]) {
      const masked = masker().text(text)
      expect(masked).toContain('[REDACTED len=')
      for (const piece of value.split('\n')) if (piece.length > 12) expect(masked).not.toContain(piece)
    }
  })
})

describe('what is no secret survives', () => {
  test.each([
    '{"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"Invalid params"}}',
    '{"jsonrpc":"2.0","id":"a","result":{"content":[{"type":"text","text":"state: up, key fields: name"}],"isError":false}}',
    '{"method":"tools/call","params":{"name":"retrieve_address_objects","_meta":{"progressToken":17}}}',
    '{"_meta":{"progressToken":"abc-123-def-456-ghi"},"nextCursor":"eyJwYWdlIjoy"}',
    '{"tools":[{"inputSchema":{"type":"object","properties":{"password":{"type":"string"},"api_key":{"type":"string"}},"required":["password","api_key"]}}]}',
    '{"code":"invalid_type","state":"running","key":"retrieve_address_objects"}',
    '<response status="success"><result><entry name="web"><ip-netmask>10.0.0.1</ip-netmask></entry></result></response>',
    'event: endpoint\r\ndata: /messages/?session_id=0123456789abcdef0123456789abcdef\r\n\r\n',
    ': ping - 2025-01-01 10:00:00\r\n\r\n',
    'INFO: 127.0.0.1:51000 - "POST /messages/?session_id=abc HTTP/1.1" 202 Accepted',
    'Basic authentication is required; the password: the one that you chose',
    "Error calling tool 'credential': PANOS_API_KEY is not set",
    '{"token_endpoint":"https://a/token","token_type":"Bearer","code_challenge_methods_supported":["S256"]}',
    'key=value&type=button&page=2',
    'anyio.BrokenResourceError',
  ])('%s', text => {
    expect(masker().text(text)).toBe(text)
    expect(maskBytes(masker(), text)).toBe(text)
  })
})

describe('known secrets', () => {
  const forms: readonly [string, (value: string) => string][] = [
    ['raw', value => value],
    ['URL-encoded', value => encodeURIComponent(value)],
    ['URL-encoded twice', value => encodeURIComponent(encodeURIComponent(value))],
    ['JSON-escaped', value => JSON.stringify(value).slice(1, -1)],
    ['JSON-escaped twice', value => JSON.stringify(JSON.stringify(value)).slice(3, -3)],
    ['base64', value => Buffer.from(value).toString('base64')],
    ['base64 behind one byte', value => Buffer.from(`x${value}y`).toString('base64')],
    ['base64 behind two bytes', value => Buffer.from(`xx${value}yz`).toString('base64')],
    ['base64url', value => Buffer.from(`ab${value}`).toString('base64url')],
    ['hex', value => Buffer.from(value).toString('hex')],
    ['hex in capitals', value => Buffer.from(value).toString('hex').toUpperCase()],
    ['XML-escaped', value => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
  ]
  const secrets = [CANARY, 'p&ss<w>rd/1+2=ü"x\\y', 'Zm9vYmFyMTIzNDU2/+==']
  test.each(forms.flatMap(([form, make]) => secrets.map(secret => [form, secret, make(secret)] as const)))(
    '%s of %s',
    (_, secret, made) => {
      const mask = masker()
      mask.header('X-API-Key', secret)
      const text = `some words ${made} and more`
      for (const masked of [mask.text(text), maskBytes(mask, text)]) {
        expect(masked).not.toContain(made)
        // Of a base64 only the characters that depend on other bytes too may stay.
        expect(masked.length).toBeLessThan(`some words and more`.length + 60)
        expect(masked).toMatch(/^some words .*\[REDACTED len=.* and more$/)
      }
    },
  )
  test('a secret that was masked when it was stored is recognised by its mask', () => {
    const atRest = masker().headers([['Authorization', `Bearer ${CANARY}`]])
    const exporting = masker()
    expect(exporting.headers(atRest)).toBe(atRest)
    expect(exporting.text(`{"echo":"it was ${CANARY}"}`)).toBe(`{"echo":"it was [REDACTED len=22 id=${fingerprint(CANARY)}]"}`)
  })
  test('words are not learned from places where secrets stand', () => {
    const mask = masker()
    expect(mask.text('{"password":"required"}')).toContain('REDACTED')
    expect(mask.text('{"required":["name"]}')).toBe('{"required":["name"]}')
  })
})

describe('session ids', () => {
  test('one pseudonym stands for an id in headers, URLs, endpoint events and text', () => {
    const mask = createMasker({ fingerprint, pseudonym })
    const name = pseudonym(HEX)
    expect(mask.headers([['Mcp-Session-Id', HEX]])).toEqual([['Mcp-Session-Id', name]])
    expect(mask.target(`/messages/?session_id=${HEX}`)).toBe(`/messages/?session_id=${name}`)
    expect(mask.text(`event: endpoint\ndata: /messages/?session_id=${HEX}\n\n`)).toBe(
      `event: endpoint\ndata: /messages/?session_id=${name}\n\n`,
    )
    expect(mask.text(`Received message for ${HEX}`)).toBe(`Received message for ${name}`)
    expect(mask.target(`/other/${HEX}/x`)).toBe(`/other/${name}/x`)
    expect(mask.text(mask.text(`session_id=${HEX}`))).toBe(`session_id=${name}`)
  })
})

describe('any text', () => {
  const pieces = fc.array(
    fc.constantFrom(
      '{"',
      '"}',
      'password',
      '":"',
      ':',
      '=',
      '&',
      '\\',
      '\\"',
      'key',
      '<key>',
      '</key>',
      CANARY,
      '\n',
      '\r\n',
      'token',
      "'",
      'ä',
      ' ',
      '%',
      'Bearer ',
    ),
    {
      maxLength: 60,
    },
  )
  test('never throws; edits are in order and within; masking twice is masking once', () => {
    fc.assert(
      fc.property(pieces, parts => {
        const text = parts.join('')
        const edits = masker().edits(encode(text))
        let done = 0
        for (const { start, end } of edits) {
          expect(start).toBeGreaterThanOrEqual(done)
          expect(end).toBeGreaterThan(start)
          done = end
        }
        expect(done).toBeLessThanOrEqual(encode(text).length)
        decode(encode(masker().text(text)))
      }),
      { numRuns: 1000 },
    )
  })
  test('no value under a secret name survives in JSON of any shape', () => {
    const key = fc.constantFrom('password', 'apiKey', 'client_secret', 'access-token', 'X-PAN-KEY')
    const tree = fc.letrec(tie => ({
      node: fc.oneof(
        { maxDepth: 5, depthSize: 'medium' },
        fc.tuple(key).map(([name]) => ({ [name]: CANARY })),
        fc.dictionary(fc.string(), fc.oneof({ maxDepth: 5 }, fc.string(), fc.integer(), tie('node')), { maxKeys: 4 }),
        fc.array(tie('node'), { maxLength: 4 }),
        tie('node').map(node => ({ text: JSON.stringify(node) })),
      ),
    })).node
    fc.assert(
      fc.property(tree, value => {
        const masked = masker().text(JSON.stringify(value))
        expect(masked).not.toContain(CANARY)
        expect(() => JSON.parse(masked)).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })
  test('hostile text costs linear work', () => {
    const hostile = [
      '"'.repeat(300_000),
      '\\"'.repeat(300_000),
      '<a '.repeat(100_000),
      'password:'.repeat(60_000),
      '<secret><![CDATA['.repeat(20_000),
      'eyJaaaaaaaaa.'.repeat(30_000),
      'key=?type='.repeat(20_000),
      'name="a"\r\nform-data'.repeat(20_000),
      `${'://a:'.repeat(50_000)}@`,
      'a'.repeat(1_000_000),
      '-----BEGIN PRIVATE KEY-----'.repeat(5_000),
      'eyJ'.repeat(300_000),
      `form-data ${'name="a" '.repeat(100_000)}`,
      `form-data\r\n${'name="a"\r\n'.repeat(100_000)}`,
      `{"a":"form-data${'\\nname=\\"a\\"'.repeat(100_000)}"}`,
    ]
    // Quadratic work on these would take minutes: the test's time limit is the assertion.
    for (const text of hostile) masker().text(text)
    masker().header('Cookie', 'a'.repeat(1_000_000))
    masker().target(`/?${'a'.repeat(1_000_000)}`)
  }, 30_000)
})
