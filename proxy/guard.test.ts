/** The guard's table: what passes, what is refused, and with which words. */
import { describe, expect, test } from 'vitest'
import { allowedHosts, type GuardPolicy, refusalOf } from './guard.ts'

const proxy: GuardPolicy = {
  hosts: allowedHosts({ address: '127.0.0.1', port: 8002 }, ['Proxy.Test', '10.0.0.5:9000', 'https://app.test']),
  origins: 'loopback',
  moreOrigins: new Set(['https://app.test', 'vscode-file://vscode-app']),
}
const dashboard: GuardPolicy = { hosts: allowedHosts({ address: '127.0.0.1', port: 8003 }), origins: 'own' }

const ask = (headers: string[], policy = proxy, more: { method?: string; target?: string; http?: string } = {}) =>
  refusalOf({ method: 'GET', target: '/sse', http: '1.1', headers, ...more }, policy)?.status

describe('Host', () => {
  test.each(['127.0.0.1:8002', 'localhost:8002', 'LOCALHOST:8002', '[::1]:8002', 'proxy.test', 'proxy.test:8002', '10.0.0.5:9000'])(
    '%s passes',
    host => expect(ask(['hOsT', host])).toBeUndefined(),
  )
  test.each([
    '',
    'evil.test',
    'localhost',
    'localhost:8003',
    '127.0.0.1',
    '127.0.0.1:80',
    '127.0.0.1.evil.test:8002',
    'localhost:8002.',
    'localhost.:8002',
    '0.0.0.0:8002',
    '10.0.0.5:8002',
    '127.0.0.1:8002@evil.test',
    'app.test',
  ])('%j is refused', host => expect(ask(['Host', host])).toBe(403))
  test('none, or two, even the same', () => {
    expect(ask([])).toBe(400)
    expect(ask(['Host', 'localhost:8002', 'host', 'localhost:8002'])).toBe(400)
  })
  test('on port 80 the port is left out', () => {
    const web = { hosts: allowedHosts({ address: '::1', port: 80 }), origins: 'own' } as const
    expect(ask(['Host', 'localhost'], web)).toBeUndefined()
    expect(ask(['Host', '[::1]:80'], web)).toBeUndefined()
  })
})

describe('Origin', () => {
  const host = ['Host', '127.0.0.1:8002']
  test.each([
    'http://localhost:6274',
    'http://127.0.0.1:1',
    'https://localhost',
    'http://[::1]:5173',
    'http://127.0.0.1:8002',
    'http://proxy.test',
    'https://app.test',
    'vscode-file://vscode-app',
  ])('on the proxy %s passes', origin => expect(ask([...host, 'Origin', origin])).toBeUndefined())
  test.each([
    'null',
    '',
    'http://evil.test',
    'https://evil.test:8002',
    'http://localhost.evil.test',
    'http://localhost:1/path',
    'http://a@localhost:1',
    'file://',
    'chrome-extension://abc',
    'http://127.0.0.1:1, http://evil.test',
  ])('on the proxy %j is refused', origin => expect(ask([...host, 'Origin', origin])).toBe(403))
  test('two Origins are refused', () => expect(ask([...host, 'Origin', 'http://localhost', 'origin', 'http://localhost'])).toBe(403))
  test.each([
    ['http://127.0.0.1:8003', undefined],
    ['http://localhost:8003', undefined],
    ['http://localhost:6274', 403],
    ['https://127.0.0.1:8003', 403],
    ['null', 403],
  ])('on the dashboard %s: %s', (origin, status) => expect(ask(['Host', '127.0.0.1:8003', 'Origin', origin], dashboard)).toBe(status))
})

describe('target and framing', () => {
  const host = ['Host', 'localhost:8002']
  test.each([
    ['GET', '/x', undefined],
    ['OPTIONS', '*', 405],
    ['GET', '*', 400],
    ['GET', 'http://localhost:8002/x', undefined],
    ['GET', 'http://localhost:8003/x', 400],
    ['GET', 'http://evil.test/x', 400],
    ['GET', '/x#y', 400],
    ['GET', 'x', 400],
    ['CONNECT', 'localhost:8002', 405],
  ])('%s %s: %s', (method, target, status) => expect(ask(host, proxy, { method, target })).toBe(status))
  test.each([
    [['Transfer-Encoding', 'chunked'], '1.0', 400],
    [['Transfer-Encoding', 'chunked'], '1.1', undefined],
    [['Transfer-Encoding', 'chunked', 'Content-Length', '3'], '1.1', 400],
    [['Upgrade', 'WebSocket'], '1.1', 501],
    [['Upgrade', 'h2c', 'HTTP2-Settings', 'x'], '1.1', undefined],
  ] as [string[], string, number | undefined][])('%j on HTTP/%s: %s', (headers, http, status) =>
    expect(ask([...host, ...headers], proxy, { http })).toBe(status),
  )
})

test.each([
  ['GET', 'http://user:s3cret@127.0.0.1:8002/', ['Host', '127.0.0.1:8002']],
  ['GET', '/', ['Host', 'user:s3cret@127.0.0.1:8002']],
  ['GET', '/', ['Host', '127.0.0.1:8002', 'Origin', 'http://user:s3cret@evil.test']],
])('a refusal of %s %s with %j says no password again', (method, target, headers) => {
  const refusal = refusalOf({ method, target, http: '1.1', headers }, proxy)
  expect(refusal?.status).toBeGreaterThanOrEqual(400)
  expect(JSON.stringify(refusal)).not.toContain('s3cret')
})

test('a refusal says what to try', () => {
  expect(refusalOf({ method: 'GET', target: '/', http: '1.1', headers: ['Host', 'mybox:8002'] }, proxy)).toEqual({
    status: 403,
    code: 'FOREIGN_HOST',
    message: 'The request names the host "mybox:8002", which is not this port\'s.',
    try: 'If this name is meant to lead here, start with --allow-host mybox:8002.',
  })
})
