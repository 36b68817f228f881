/** What never passes: foreign hosts and pages, broken framing, our own ports; and servers that cannot be reached or understood. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createForwarder } from '../forward.ts'
import { MemoryJournal, type RawPeer, RawServer, type Stage, stage } from './raw-peers.ts'

let server: RawServer | undefined
let proxy: Stage | undefined
const closing: (() => void)[] = []
afterEach(async () => {
  await proxy?.stop()
  await server?.stop()
  for (const close of closing.splice(0)) close()
  server = undefined
  proxy = undefined
})

interface Told {
  readonly error: { readonly code: string; readonly message: string; readonly target: string; readonly try: string }
}
const told = (peer: RawPeer) => JSON.parse(peer.text.slice(peer.text.indexOf('\r\n\r\n') + 4)) as Told

async function send(raw: string, options = {}): Promise<{ client: RawPeer; proxy: Stage }> {
  server = await RawServer.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  proxy = await stage(server.url, options)
  const client = await proxy.client()
  client.write(raw.replaceAll('HOST', proxy.host))
  return { client, proxy }
}

describe('the guard', () => {
  test.each([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n', 400],
    ['a foreign Host', 'GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n', 403],
    ['a foreign Origin', 'POST /mcp HTTP/1.1\r\nHost: HOST\r\nOrigin: https://evil.test\r\nContent-Length: 2\r\n\r\n{}', 403],
    ['a target of another host', 'GET http://evil.test/ HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
    ['a fragment', 'GET /x#y HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
    ['HTTP/1.0 with chunks', 'POST / HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['a WebSocket', 'GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n', 501],
  ])('%s is answered with words and recorded; nothing is forwarded', async (_, raw, status) => {
    const { client, proxy } = await send(raw)
    await client.untilFinish()
    expect(client.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(told(client).error.try.length).toBeGreaterThan(10)
    await proxy.recorded(journal => journal.close('client') !== undefined)
    expect(server?.peers.length).toBe(0)
    expect(proxy.journal.of('change').map(({ what }) => what)).toEqual(['rejected'])
    expect(proxy.journal.of('response')).toMatchObject([{ by: 'proxy', status, exchange: 1 }])
    expect(proxy.journal.of('request').length).toBe(1)
    expect(proxy.journal.end('client', 'response')).toBe('complete by proxy')
  })

  test.each(['HTTP2-Settings', 'X'])('an offer of h2c passes as a plain request (%s)', async name => {
    const { client } = await send(`GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade, ${name}\r\nUpgrade: h2c\r\n${name}: abc\r\n\r\n`)
    await client.untilText('ok')
    expect(server?.peers[0]?.text).toBe(`GET / HTTP/1.1\r\nHost: ${proxy?.host}\r\n${name}: abc\r\n\r\n`)
  })

  test('more names are let in by --allow-host', async () => {
    const { client } = await send('GET / HTTP/1.1\r\nHost: box.test\r\nOrigin: https://app.test\r\n\r\n', {
      allowHosts: ['box.test', 'https://app.test'],
    })
    await client.untilText('ok')
  })
})

describe('framing that two parsers could read in two ways', () => {
  const body = '0\r\n\r\n'
  const vectors: [string, string][] = [
    ['CL and TE', `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${body}`],
    ['TE and CL', `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${body}`],
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    ['two equal lengths', 'Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc'],
    ['a list of lengths', 'Content-Length: 3, 3\r\n\r\nabc'],
    ['+3', 'Content-Length: +3\r\n\r\nabc'],
    ['-3', 'Content-Length: -3\r\n\r\nabc'],
    ['0x3', 'Content-Length: 0x3\r\n\r\nabc'],
    ['3 3', 'Content-Length: 3 3\r\n\r\nabc'],
    ['3.0', 'Content-Length: 3.0\r\n\r\nabc'],
    ['an empty length', 'Content-Length:\r\n\r\nabc'],
    ['a huge length', 'Content-Length: 99999999999999999999999\r\n\r\nabc'],
    ['a folded length', 'Content-Length:\r\n 3\r\n\r\nabc'],
    ['a folded field', 'X: a\r\n b\r\n\r\n'],
    ['xchunked', `Transfer-Encoding: xchunked\r\n\r\n${body}`],
    ['chunked, identity', `Transfer-Encoding: chunked, identity\r\n\r\n${body}`],
    ['chunked, chunked', `Transfer-Encoding: chunked, chunked\r\n\r\n${body}`],
    ['two TE', `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${body}`],
    ['TE identity', `Transfer-Encoding: identity\r\n\r\n${body}`],
    ['TE folded', `Transfer-Encoding:\r\n chunked\r\n\r\n${body}`],
    ['a quoted TE', `Transfer-Encoding: "chunked"\r\n\r\n${body}`],
    ['a space before the colon', `Transfer-Encoding : chunked\r\n\r\n${body}`],
    ['a space before the colon of a length', 'Content-Length : 3\r\n\r\nabc'],
    ['a bare LF', 'X: a\nY: b\r\n\r\n'],
    ['LF alone', '\n\n'],
    ['a bare CR', 'X: a\rY: b\r\n\r\n'],
    ['NUL in a value', 'X: a\0b\r\n\r\n'],
    ['NUL in a name', 'X\0: a\r\n\r\n'],
    ['no colon', 'X\r\n\r\n'],
    ['an empty name', ': a\r\n\r\n'],
    ['a name with a space', 'X Y: a\r\n\r\n'],
    ['a non-ASCII name', '\xe9: a\r\n\r\n'],
    ['a bad chunk size', 'Transfer-Encoding: chunked\r\n\r\nz\r\nabc\r\n0\r\n\r\n'],
    ['a negative chunk size', 'Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n'],
    ['a chunk size with a prefix', 'Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n'],
    ['chunks ended by LF', 'Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n'],
    ['a chunk without its end', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n'],
    ['a huge chunk size', 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n'],
  ]
  test.each(vectors)('%s', async (_, rest) => {
    const { client, proxy } = await send(`POST / HTTP/1.1\r\nHost: HOST\r\n${rest}`)
    await client.untilFinish()
    expect(client.text).toMatch(/^HTTP\/1\.1 (400|413|431) /)
    expect(client.text.match(/HTTP\/1\.1 \d/g)?.length).toBe(1)
    // A head may be on its way before its chunks turn out to be broken; then the upstream is reset, and never sees an end of the body.
    for (const peer of server?.peers ?? []) {
      expect(rest).toContain('chunked\r\n\r\n')
      await peer.untilFinish()
      expect(peer.text.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1)
      expect(peer.text).not.toContain('\r\n0\r\n\r\n')
    }
    await proxy.recorded(journal => journal.of('change').some(({ what }) => what === 'rejected'))
  })

  test.each([
    ['a method that is none', 'FOO / HTTP/1.1\r\nHost: HOST\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['no version', 'GET /\r\n\r\n'],
    ['HTTP/3.7', 'GET / HTTP/3.7\r\nHost: HOST\r\n\r\n'],
    ['CONNECT', 'CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n'],
    ['a head beyond 32 KiB', `GET / HTTP/1.1\r\nHost: HOST\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
  ])('%s', async (_, raw) => {
    const { client, proxy } = await send(raw)
    await client.untilFinish()
    expect(server?.peers.length).toBe(0)
    await proxy.recorded(journal => journal.close('client') !== undefined)
    if (!raw.startsWith('PRI')) expect(client.text).toMatch(/^HTTP\/1\.1 4\d\d /)
  })
})

describe('a server that cannot be reached or understood', () => {
  async function ask(target: string, ms?: number): Promise<{ client: RawPeer; proxy: Stage }> {
    proxy = await stage(target)
    const client = await proxy.client()
    client.write(`POST /mcp HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: 2\r\n\r\n{}`)
    await client.untilFinish(ms)
    await proxy.recorded(journal => journal.of('close').length === 2)
    return { client, proxy }
  }
  async function freePort(): Promise<number> {
    const probe = net.createServer()
    await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
    const { port } = probe.address() as AddressInfo
    await new Promise(resolve => probe.close(resolve))
    return port
  }

  test('refuses: 502 names the code, the target and what to try', async () => {
    const port = await freePort()
    const { client, proxy } = await ask(`http://127.0.0.1:${port}/sse`)
    expect(client.text).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/)
    expect(client.text).toContain('\r\nConnection: close\r\n')
    expect(told(client)).toEqual({
      error: {
        code: 'ECONNREFUSED',
        message: `Nothing accepts connections at 127.0.0.1:${port}.`,
        target: `http://127.0.0.1:${port}`,
        try: `Is the MCP server started, and is its port ${port}?`,
      },
    })
    expect(proxy.journal.of('response')).toMatchObject([{ by: 'proxy', status: 502 }])
    expect(proxy.journal.end('server', 'response')).toBe('refused by server')
    expect(proxy.journal.close('server')).toBe('refused by server')
    expect(proxy.journal.end('client', 'response')).toBe('complete by proxy')
    expect(proxy.journal.of('open').map(({ leg }) => leg)).toEqual(['client'])
  })

  test('refuses while a large body is on its way: the client still sees the answer', async () => {
    proxy = await stage(`http://127.0.0.1:${await freePort()}`)
    const client = await proxy.client()
    client.write(`POST /mcp HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: 3000000\r\n\r\n`)
    for (let i = 0; i < 30; i++) client.write(Buffer.alloc(100_000))
    await client.untilText('ECONNREFUSED')
    await client.untilFinish()
    expect(client.finish).toBe('fin')
  })

  test('does not resolve', async () => {
    // A name server that never answers is given up by the system, in its own time.
    const { client, proxy } = await ask('http://no-such-host.invalid:8001', 100_000)
    expect(told(client).error.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
    expect(proxy.journal.close('server')).toBe('unresolved by server')
  })

  test.each([
    ['garbage', 'hello, this is not HTTP\r\n\r\n'],
    ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    ['a response split by LF', 'HTTP/1.1 200 OK\nContent-Length: 3\n\nabc'],
    ['a head beyond 32 KiB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('answers with %s: 502, one response only', async (_, answer) => {
    server = await RawServer.answering(() => answer)
    const { client, proxy } = await ask(server.url)
    expect(client.text).toMatch(/^HTTP\/1\.1 502 /)
    expect(client.text.match(/HTTP\/1\.1 \d/g)?.length).toBe(1)
    expect(told(client).error.code).toMatch(/^HPE_/)
    expect(proxy.journal.end('server', 'response')).toBe('garbage by server')
    expect(proxy.journal.close('server')).toBe('garbage by server')
  })

  test('switches protocols unasked: the connection ends, without a head of ours', async () => {
    server = await RawServer.answering(() => 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nboo')
    const { client } = await ask(server.url)
    expect(client.text).not.toContain('boo')
  })

  test.each(['204 No Content', '304 Not Modified'])('%s with a body: the body never becomes the next answer', async status => {
    server = await RawServer.answering(() => `HTTP/1.1 ${status}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`)
    const { client } = await ask(server.url)
    expect(client.text).toBe(`HTTP/1.1 ${status}\r\n\r\n`)
  })
})

describe('TLS', () => {
  let folder: string
  let key: Buffer
  let cert: Buffer
  beforeAll(() => {
    folder = mkdtempSync(join(os.tmpdir(), 'seismograph-tls-'))
    const config = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=mcp.test',
    ]
    const names = [
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-keyout',
      join(folder, 'key.pem'),
      '-out',
      join(folder, 'cert.pem'),
    ]
    execFileSync('openssl', [...config, ...names], { stdio: 'ignore' })
    key = readFileSync(join(folder, 'key.pem'))
    cert = readFileSync(join(folder, 'cert.pem'))
    return () => rmSync(folder, { recursive: true })
  })
  async function secure(address = '127.0.0.1'): Promise<number> {
    const upstream = https.createServer({ key, cert }, (req, res) => {
      req.resume()
      res.end('secret ok')
    })
    closing.push(() => {
      upstream.closeAllConnections()
      upstream.close()
    })
    await new Promise<void>(resolve => upstream.listen(0, address, resolve))
    return (upstream.address() as AddressInfo).port
  }
  const once = async (target: string, options = {}) => {
    proxy = await stage(target, options)
    const answer = await fetch(`http://${proxy.host}/`, { method: 'POST', body: '{}', headers: { connection: 'close' } })
    return { status: answer.status, text: await answer.text(), proxy }
  }

  test('an unknown certificate is refused, with the ways out', async () => {
    const { status, text, proxy } = await once(`https://127.0.0.1:${await secure()}`)
    expect(status).toBe(502)
    expect((JSON.parse(text) as Told).error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(text).toContain('--ca FILE')
    expect(text).not.toContain('Node.js')
    await proxy.recorded(journal => journal.close('server') !== undefined)
    expect(proxy.journal.close('server')).toBe('tls by server')
  })
  test('--ca trusts it, and the journal says so', async () => {
    const { text, proxy } = await once(`https://127.0.0.1:${await secure()}`, { ca: cert.toString() })
    expect(text).toBe('secret ok')
    expect(proxy.journal.of('open')[1]?.tls).toMatchObject({ verified: true, subject: 'mcp.test' })
  })
  test('--insecure-upstream does not check, and the journal says so', async () => {
    const { text, proxy } = await once(`https://127.0.0.1:${await secure()}`, { insecure: true })
    expect(text).toBe('secret ok')
    expect(proxy.journal.of('open')[1]?.tls).toMatchObject({ verified: false })
  })
  test('a server that calls itself by the Host that it was sent is led back to the proxy', async () => {
    const upstream = https.createServer({ key, cert }, (req, res) => {
      res.writeHead(307, { location: `https://${req.headers.host}/messages/` }).end()
    })
    closing.push(() => {
      upstream.closeAllConnections()
      upstream.close()
    })
    await new Promise<void>(resolve => upstream.listen(0, '127.0.0.1', resolve))
    proxy = await stage(`https://127.0.0.1:${(upstream.address() as AddressInfo).port}`, { ca: cert.toString() })
    const answer = await fetch(`http://${proxy.host}/messages`, { redirect: 'manual', headers: { connection: 'close' } })
    expect(answer.headers.get('location')).toBe(`http://${proxy.host}/messages/`)
    expect(proxy.journal.of('change')).toMatchObject([{ what: 'location', original: `https://${proxy.host}/messages/` }])
  })
  test('a certificate that does not bear the name is refused, with the way out', async ({ skip }) => {
    // This machine too, and not in the certificate.
    if (process.platform !== 'linux') skip('127.0.0.2 is an address of its own only on Linux')
    const { status, text } = await once(`https://127.0.0.2:${await secure('127.0.0.2')}`, { ca: cert.toString() })
    expect(status).toBe(502)
    expect((JSON.parse(text) as Told).error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(text).toContain('name that the certificate')
  })
  test('plain http where TLS was meant, and the other way round', async () => {
    server = await RawServer.answering(() => 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    const plain = await RawServer.start(peer => {
      peer.socket.once('data', () => peer.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'))
    })
    closing.push(() => void plain.stop())
    const first = await once(`https://127.0.0.1:${plain.port}`)
    expect((JSON.parse(first.text) as Told).error.try).toContain('http://')
    expect((JSON.parse(first.text) as Told).error.message).toMatch(/failed: wrong version number\.$/)
    await first.proxy.stop()
    // What a TLS server says to plain text: an alert.
    const secured = await RawServer.start(peer => {
      peer.socket.once('data', () => peer.write('\x15\x03\x01\x00\x02\x02\x46'))
    })
    closing.push(() => void secured.stop())
    const second = await once(`http://127.0.0.1:${secured.port}`)
    expect((JSON.parse(second.text) as Told).error).toMatchObject({
      message: expect.stringContaining('answered with a TLS alert'),
      try: expect.stringContaining('https://'),
    })
  }, 20_000)
})

describe('our own ports', () => {
  test.each(['127.0.0.1', 'localhost', '[::1]', '127.0.0.2', '0.0.0.0', '[::ffff:127.0.0.1]', '2130706433', os.hostname()])(
    '%s as the target is refused at the start',
    async name => {
      const busy = await RawServer.start()
      closing.push(() => void busy.stop())
      const others = [{ address: '127.0.0.1', port: busy.port }]
      const forwarder = createForwarder(new MemoryJournal(), {
        name: 'mcp',
        target: new URL(`http://${name}:${busy.port}`),
        ownPorts: () => others,
      })
      await expect(forwarder.listen(0)).rejects.toThrow("one of Seismograph's own ports")
      expect(busy.peers.length).toBe(0)
    },
  )

  test('a port that became ours later is refused when connecting', async () => {
    server = await RawServer.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    const own: { address: string; port: number }[] = []
    proxy = await stage(`http://localhost:${server.port}`, { ownPorts: () => own })
    own.push({ address: '127.0.0.1', port: server.port })
    const client = await proxy.client()
    client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await client.untilFinish()
    expect(client.text).toMatch(/^HTTP\/1\.1 508 Loop Detected/)
    expect(told(client).error.code).toBe('EOWNPORT')
    expect(server.peers.length).toBe(0)
    expect(proxy.journal.of('change')).toMatchObject([{ what: 'rejected' }])
  })
})

describe('listening', () => {
  test('a port in use is named', async () => {
    server = await RawServer.start()
    const forwarder = createForwarder(new MemoryJournal(), { name: 'mcp', target: new URL('http://127.0.0.1:1') })
    await expect(forwarder.listen(server.port)).rejects.toThrow(`Port ${server.port} is in use on 127.0.0.1.`)
  })
  test('more connections than allowed are told so, and the others live on', async () => {
    server = await RawServer.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    proxy = await stage(server.url, { maxConnections: 2 })
    const first = await proxy.client()
    await proxy.client()
    const third = await proxy.client()
    await third.untilFinish()
    expect(third.text).toMatch(/^HTTP\/1\.1 503 /)
    expect(told(third).error.code).toBe('TOO_MANY_CONNECTIONS')
    first.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await first.untilText('ok')
  })
})

describe('URLs that would lead past the proxy', () => {
  const absolute = (path: string) => `http://localhost:${server?.port}${path}`
  async function answered(answer: () => string, path = '/sse'): Promise<{ client: RawPeer; proxy: Stage }> {
    server = await RawServer.answering(answer)
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(`GET ${path} HTTP/1.1\r\nHost: localhost:${proxy.port}\r\n\r\n`)
    await client.untilText('\r\n\r\n')
    return { client, proxy }
  }

  test.each([301, 302, 303, 307, 308])('Location of a %i, and never followed', async status => {
    const { client, proxy } = await answered(
      () => `HTTP/1.1 ${status} Moved\r\nlocation: ${absolute('/messages/?a=%20')}\r\nContent-Length: 0\r\n\r\n`,
    )
    expect(client.text).toBe(
      `HTTP/1.1 ${status} Moved\r\nlocation: http://localhost:${proxy.port}/messages/?a=%20\r\nContent-Length: 0\r\n\r\n`,
    )
    expect(server?.peers[0]?.text.match(/GET/g)?.length).toBe(1)
    expect(proxy.journal.of('change')).toMatchObject([{ what: 'location', original: absolute('/messages/?a=%20') }])
    expect(proxy.journal.of('response')[0]?.headers[0]).toEqual(['location', absolute('/messages/?a=%20')])
  })

  test('an endpoint event, cut in the middle; POSTs come to the proxy', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
    const { client, proxy } = await answered(() => head)
    const event = `event: endpoint\r\ndata: ${absolute('/messages/?session_id=1')}\r\n\r\n`
    for (const part of [event.slice(0, 30), event.slice(30)]) {
      server?.peers[0]?.write(`${part.length.toString(16)}\r\n${part}\r\n`)
      await new Promise(resolve => setTimeout(resolve, 30))
    }
    await client.untilText('session_id=1')
    expect(client.text).toContain(`data: http://localhost:${proxy.port}/messages/?session_id=1`)
    expect(client.text).not.toContain(`:${server?.port}`)
    expect(proxy.journal.body('response').toString()).toBe(event)
    expect(proxy.journal.of('change')).toMatchObject([
      {
        what: 'endpoint',
        original: absolute('/messages/?session_id=1'),
        replacement: `http://localhost:${proxy.port}/messages/?session_id=1`,
      },
    ])
  })

  test.each(['length', 'chunked'])('protected-resource metadata (%s), with its length', async framing => {
    const path = '/.well-known/oauth-protected-resource/mcp'
    const { client, proxy } = await answered(() => {
      const body = JSON.stringify({ resource: absolute('/mcp'), authorization_servers: [absolute('')] })
      const type = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
      if (framing === 'length') return `${type}Content-Length: ${body.length}\r\n\r\n${body}`
      return `${type}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    }, path)
    const expected = JSON.stringify({ resource: `http://localhost:${proxy.port}/mcp`, authorization_servers: [absolute('')] })
    await client.untilText(expected)
    if (framing === 'length') expect(client.text).toContain(`\r\nContent-Length: ${expected.length}\r\n`)
    expect(proxy.journal.of('change')).toMatchObject([{ what: 'resource-metadata', original: absolute('/mcp') }])
    expect(proxy.journal.body('response').toString()).toContain(absolute('/mcp'))
  })

  test('metadata is asked for uncompressed, so that it can be led back; everything else as the client asks', async () => {
    const body = () => JSON.stringify({ resource: absolute('/mcp') })
    server = await RawServer.answering(request => {
      const packed = /accept-encoding: gzip/i.test(request) ? gzipSync(body()) : undefined
      const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${packed ? 'Content-Encoding: gzip\r\n' : ''}`
      const bytes = packed ?? Buffer.from(body())
      return `${head}Content-Length: ${bytes.length}\r\n\r\n${bytes.toString('latin1')}`
    })
    proxy = await stage(server.url)
    const ask = async (path: string): Promise<{ resource: string }> => {
      const answer = await fetch(`http://localhost:${proxy?.port}${path}`, { headers: { 'accept-encoding': 'gzip, deflate' } })
      return (await answer.json()) as { resource: string }
    }
    expect((await ask('/.well-known/oauth-protected-resource/mcp')).resource).toBe(`http://localhost:${proxy.port}/mcp`)
    expect((await ask('/other')).resource).toBe(absolute('/mcp'))
    expect(proxy.journal.of('change')).toMatchObject([
      { what: 'accept-encoding', original: 'Accept-Encoding: gzip, deflate' },
      { what: 'resource-metadata' },
    ])
  })

  test('the challenge of a 401', async () => {
    const { client, proxy } = await answered(
      () =>
        `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer resource_metadata="${absolute('/.well-known/oauth-protected-resource')}"\r\nContent-Length: 0\r\n\r\n`,
    )
    expect(client.text).toContain(`resource_metadata="http://localhost:${proxy.port}/.well-known/oauth-protected-resource"`)
    expect(proxy.journal.of('change')).toMatchObject([{ what: 'resource-metadata' }])
  })
})
