import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiRoutes } from './api.ts'
import { type Inspector, startInspector } from './inspector.ts'
import { Library } from './library.ts'
import { Client, PRODUCT, TestData } from './wire-story.fixture.ts'

/** The routes as they are registered: a new one is in every test below by itself. */
const routes = apiRoutes({
  pageDir: '/nowhere',
  library: new Library([], { scratch: '/nowhere', generation: 0, product: PRODUCT, canDemo: false }),
  demo: () => Promise.resolve(),
  probe: () => Promise.reject(new Error('no')),
}).map(({ method, path }) => ({ method, path }))

const SECRET = 'a tool result that nobody else may read'
let inspector: Inspector
let data: TestData
let uiDir: string
let played = 0

beforeAll(async () => {
  uiDir = mkdtempSync(join(tmpdir(), 'seismograph-ui-'))
  mkdirSync(join(uiDir, 'assets'))
  writeFileSync(join(uiDir, 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(uiDir, 'assets', 'index-C0ffee12.js'), 'export {}')
  writeFileSync(join(uiDir, '..', 'seismograph-outside.js'), 'outside')
  data = new TestData()
  const recording = data.record()
  new Client(recording, 'a'.repeat(32)).connect().initialize().call(1, 'x').answer(1, SECRET)
  inspector = await startInspector({
    recordings: [{ dir: recording.dir, live: true }],
    host: '127.0.0.1',
    port: 0,
    uiDir,
    product: PRODUCT,
  })
  inspector.onDemo(() => {
    played += 1
  })
  await inspector.summary()
})
afterAll(async () => {
  await inspector.close()
  data.remove()
  rmSync(uiDir, { recursive: true })
  rmSync(join(tmpdir(), 'seismograph-outside.js'), { force: true })
})

/** One request exactly as written; resolves with all that came back until the server closed. */
function raw(lines: readonly string[], body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(inspector.port, '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1')
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.write(`${[...lines, 'Connection: close', ...(body ? [`Content-Length: ${body.length}`] : [])].join('\r\n')}\r\n\r\n${body}`)
  })
}
const own = () => `127.0.0.1:${inspector.port}`
const bearer = () => `Authorization: Bearer ${inspector.token}`
const statusOf = (answer: string) => Number(answer.split(' ')[1])
const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4)

/** Each takes a request that would be answered and makes it one that must not be. */
const attacks: readonly [string, number, (host: string, auth: string) => string[]][] = [
  ['no token', 401, host => [`Host: ${host}`]],
  ['a wrong token', 401, host => [`Host: ${host}`, `Authorization: Bearer ${'x'.repeat(43)}`]],
  ['an empty token', 401, host => [`Host: ${host}`, 'Authorization: Bearer ']],
  ['the token with more behind it', 401, (host, auth) => [`Host: ${host}`, `${auth}x`]],
  ['the token twice', 401, (host, auth) => [`Host: ${host}`, auth, auth]],
  ['the token in the query', 401, host => [`Host: ${host}`]],
  ['a foreign Host', 403, (_, auth) => ['Host: evil.test:8003', auth]],
  ['another port as Host', 403, (_, auth) => ['Host: 127.0.0.1:1', auth]],
  ['a Host that begins like ours', 403, (host, auth) => [`Host: ${host}.evil.test`, auth]],
  ['a Host with user name', 403, (host, auth) => [`Host: evil@${host}`, auth]],
  ['a decimal Host', 403, (host, auth) => [`Host: 2130706433:${host.split(':')[1]}`, auth]],
  ['0.0.0.0 as Host', 403, (host, auth) => [`Host: 0.0.0.0:${host.split(':')[1]}`, auth]],
  ['two Hosts', 400, (host, auth) => [`Host: ${host}`, `Host: ${host}`, auth]],
  ['no Host', 400, (_, auth) => [auth]],
  ['a foreign Origin', 403, (host, auth) => [`Host: ${host}`, auth, 'Origin: http://evil.test']],
  ['Origin null', 403, (host, auth) => [`Host: ${host}`, auth, 'Origin: null']],
  ['another port as Origin', 403, (host, auth) => [`Host: ${host}`, auth, 'Origin: http://127.0.0.1:5173']],
  ['https as Origin', 403, (host, auth) => [`Host: ${host}`, auth, `Origin: https://${host}`]],
  ['two Origins', 403, (host, auth) => [`Host: ${host}`, auth, `Origin: http://${host}`, 'Origin: http://evil.test']],
  ['a page of another site', 403, (host, auth) => [`Host: ${host}`, auth, 'Sec-Fetch-Site: cross-site']],
  ['a page of another port', 403, (host, auth) => [`Host: ${host}`, auth, 'Sec-Fetch-Site: same-site']],
  ['two Sec-Fetch-Site', 403, (host, auth) => [`Host: ${host}`, auth, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site']],
]

describe.each(routes)('$method $path', ({ method, path }) => {
  it.each(attacks)('refuses %s', async (name, status, head) => {
    const query = name.includes('query') ? `?token=${inspector.token}&t=${inspector.token}` : ''
    const post = method === 'POST' ? ['Content-Type: application/json'] : []
    const answer = await raw([`${method} ${path}${query} HTTP/1.1`, ...head(own(), bearer()), ...post], method === 'POST' ? '{}' : '')
    expect(statusOf(answer)).toBe(status)
    expect(answer).not.toContain(SECRET)
    expect(answer).not.toContain(inspector.token)
    expect(answer.toLowerCase()).not.toContain('access-control-allow')
    expect(played).toBe(0)
  })
  it('takes other methods for nothing', async () => {
    for (const other of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', method === 'GET' ? 'POST' : 'GET']) {
      const answer = await raw([`${other} ${path} HTTP/1.1`, `Host: ${own()}`, bearer(), 'Content-Type: application/json'])
      expect([other, statusOf(answer)]).toEqual([other, 405])
    }
  })
})

describe.each(routes.filter(({ method }) => method === 'POST'))('POST $path', ({ path }) => {
  it('takes only JSON, small, from a page that says where it is', async () => {
    const head = [`POST ${path} HTTP/1.1`, `Host: ${own()}`, bearer()]
    expect(statusOf(await raw([...head, 'Content-Type: text/plain'], '{}'))).toBe(415)
    expect(statusOf(await raw(head, '{}'))).toBe(415)
    expect(statusOf(await raw([...head, 'Content-Type: application/json'], ' '.repeat(5000)))).toBe(413)
    expect(statusOf(await raw([...head, 'Content-Type: application/json', 'Sec-Fetch-Site: same-origin'], '{}'))).toBe(403)
    expect(statusOf(await raw([...head, 'Content-Type: application/json', 'User-Agent: Mozilla/5.0'], '{}'))).toBe(403)
    expect(played).toBe(0)
  })
})

describe('every route there is', () => {
  it('is listed in the contract', () => {
    expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/state',
      'GET /api/rows',
      'GET /api/body',
      'GET /api/data',
      'GET /api/search',
      'GET /api/record',
      'GET /api/export',
      'POST /api/demo',
      'POST /api/probe',
    ])
  })
  it('answers the one who may ask, with headers that keep others out', async () => {
    const answer = await raw([
      'GET /api/state HTTP/1.1',
      `Host: ${own()}`,
      bearer(),
      'Sec-Fetch-Site: same-origin',
      `Origin: http://${own()}`,
    ])
    expect(statusOf(answer)).toBe(200)
    const head = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase()
    for (const line of [
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'referrer-policy: no-referrer',
      'cross-origin-opener-policy: same-origin',
      'cross-origin-resource-policy: same-origin',
    ])
      expect(head).toContain(line)
    expect(head).toContain(
      `content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' ws://${own()}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    for (const host of ['localhost', '[::1]', 'LOCALHOST'])
      expect(statusOf(await raw(['GET /api/state HTTP/1.1', `Host: ${host}:${inspector.port}`, bearer()]))).toBe(200)
  })
})

describe('the feed', () => {
  const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  const handshake = (lines: readonly string[], path = '/api/feed'): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(inspector.port, '127.0.0.1')
      socket.on('error', reject)
      socket.once('data', bytes => {
        resolve(String(bytes).split('\r\n')[0] ?? '')
        socket.destroy()
      })
      socket.write(`GET ${path} HTTP/1.1\r\n${[...lines, ...upgrade].join('\r\n')}\r\n\r\n`)
    })
  it.each(attacks.filter(([, status]) => status !== 401))('refuses %s before the handshake', async (_, status, head) => {
    expect(await handshake(head(own(), bearer()))).toContain(`HTTP/1.1 ${status} `)
  })
  it('refuses a browser without Origin', async () => {
    expect(await handshake([`Host: ${own()}`, 'User-Agent: Mozilla/5.0 (X11)'])).toContain('403')
    expect(await handshake([`Host: ${own()}`, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: websocket'])).toContain('403')
  })
  it('is nowhere else, and there for its own page and for programs', async () => {
    expect(await handshake([`Host: ${own()}`], '/api/feed2')).toContain('404')
    expect(await handshake([`Host: ${own()}`], '/')).toContain('404')
    expect(await handshake([`Host: ${own()}`])).toContain('101')
    expect(
      await handshake([`Host: ${own()}`, `Origin: http://${own()}`, 'User-Agent: Mozilla/5.0', 'Sec-Fetch-Site: same-origin']),
    ).toContain('101')
  })
})

describe('the files of the page', () => {
  it.each(attacks.filter(([, status]) => status !== 401))('are refused to %s', async (_, status, head) => {
    for (const path of ['/', '/index.html', '/assets/index-C0ffee12.js', '/nothing'])
      expect(statusOf(await raw([`GET ${path} HTTP/1.1`, ...head(own(), bearer())]))).toBe(status)
  })
  it('come without token, hashed ones for good', async () => {
    const page = await raw(['GET / HTTP/1.1', `Host: ${own()}`])
    expect(page).toContain('cache-control: no-cache')
    expect(bodyOf(page)).toBe('<!doctype html><title>page</title>')
    expect(page).not.toContain(inspector.token)
    const script = await raw(['GET /assets/index-C0ffee12.js?v=1 HTTP/1.1', `Host: ${own()}`])
    expect(script).toContain('cache-control: public, max-age=31536000, immutable')
    const etag = /etag: (.*)/.exec(page)?.[1]
    expect(statusOf(await raw(['GET / HTTP/1.1', `Host: ${own()}`, `If-None-Match: ${etag}`]))).toBe(304)
    expect(bodyOf(await raw(['HEAD / HTTP/1.1', `Host: ${own()}`]))).toBe('')
    expect(statusOf(await raw(['POST / HTTP/1.1', `Host: ${own()}`], 'x'))).toBe(405)
  })
  it('may be reached by a link from elsewhere, and by nothing else from there', async () => {
    const head = [`Host: ${own()}`, 'Sec-Fetch-Site: cross-site']
    expect(statusOf(await raw(['GET / HTTP/1.1', ...head, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']))).toBe(200)
    expect(statusOf(await raw(['GET / HTTP/1.1', ...head, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe']))).toBe(403)
    expect(statusOf(await raw(['GET / HTTP/1.1', ...head, 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: script']))).toBe(403)
  })
  it.each([
    '/../seismograph-outside.js',
    '/..%2fseismograph-outside.js',
    '/assets/..%2f..%2fseismograph-outside.js',
    '/%2e%2e/seismograph-outside.js',
    '/assets/../../seismograph-outside.js',
    '/..\\seismograph-outside.js',
    '//etc/passwd',
    '/assets/',
    '/index.html%00.js',
    '/__proto__',
    '/constructor',
  ])('do not include %s', async path => {
    const answer = await raw([`GET ${path} HTTP/1.1`, `Host: ${own()}`])
    expect(statusOf(answer)).toBe(404)
    expect(answer).not.toContain('outside')
  })
})
