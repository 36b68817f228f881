/** What crosses: heads, framing, bodies, informational answers, HTTP/1.0, keep-alive, back-pressure. */
import { createHash } from 'node:crypto'
import dns from 'node:dns'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { MemoryJournal, RawServer, type Stage, stage } from './forward/raw-peers.ts'
import { createForwarder } from './forward.ts'

let server: RawServer
let proxy: Stage
afterEach(async () => {
  await proxy?.stop()
  await server?.stop()
})

async function behind(answer: (request: string) => string | undefined): Promise<void> {
  server = await RawServer.answering(answer)
  proxy = await stage(server.url)
}

const ok = (body = 'ok') => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

describe('heads', () => {
  test('leave with order, case, duplicates and latin1 bytes as they came, in both directions', async () => {
    const answer =
      'HTTP/1.1 299 Sehr sch\xf6n\r\nSet-Cookie: a=1\r\nX-Latin: \xe9\xc3\xa9\r\nset-COOKIE: b=2\r\nContent-Length: 2\r\nContent-Disposition: inline; filename="\xc3\xa9"\r\n__proto__: p\r\n\r\nok'
    await behind(() => answer)
    const client = await proxy.client()
    const request = `POST /p%20a/../b?x=%C3%A9&y HTTP/1.1\r\nX-A: 1\r\nhost: ${proxy.host}\r\nx-a: 2\r\nX-Latin: \xe9\xc3\xa9\r\nCONTENT-LENGTH: 3\r\nX-a: 3\r\nconstructor: c\r\nContent-Disposition: \xc3\xa9\r\n\r\nabc`
    client.write(request)
    await client.until(peer => peer.text.endsWith('\r\n\r\nok'))
    expect(client.text).toBe(answer)
    expect(server.peers[0]?.text).toBe(request)
  })

  test('keep 3,000 fields', async () => {
    const fields = Array.from({ length: 3000 }, (_, i) => `F${i}: ${i % 10}\r\n`).join('')
    await behind(() => `HTTP/1.1 200 OK\r\n${fields.slice(0, 25_000).replace(/[^\n]*$/, '')}Content-Length: 0\r\n\r\n`)
    const client = await proxy.client()
    const some = fields.slice(0, 25_000).replace(/[^\n]*$/, '')
    client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n${some}\r\n`)
    await client.untilText('\r\n\r\n')
    expect(client.text).toContain(some)
    expect(server.peers[0]?.text).toContain(some)
  })

  test('lose what describes one connection, and nothing that Connection nominates beyond it', async () => {
    await behind(
      () =>
        'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Kept\r\nKeep-Alive: timeout=5\r\nX-Kept: y\r\nProxy-Authenticate: z\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n',
    )
    const client = await proxy.client()
    client.write(
      `GET / HTTP/1.1\r\nHost: ${proxy.host}\r\nConnection: Mcp-Session-Id, keep-alive, Upgrade\r\nMcp-Session-Id: s\r\nTE: trailers\r\nUpgrade: h2c\r\nProxy-Connection: x\r\n\r\n`,
    )
    await client.untilText('\r\n\r\n')
    expect(server.peers[0]?.text).toBe(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\nConnection: keep-alive\r\nMcp-Session-Id: s\r\n\r\n`)
    expect(client.text).toBe('HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nX-Kept: y\r\nContent-Length: 0\r\n\r\n')
    expect(proxy.journal.of('request')[0]?.headers).toContainEqual(['TE', 'trailers'])
  })

  test.each(['000', '099', '999'])('a status that HTTP does not know passes: %s', async status => {
    const answer = `HTTP/1.1 ${status} X\r\nContent-Length: 2\r\n\r\nok`
    await behind(() => answer)
    const client = await proxy.client()
    for (const answers of [answer, answer + answer]) {
      client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
      await client.until(peer => peer.size >= answers.length || peer.closed)
      expect(client.text).toBe(answers)
    }
  })

  test('an answer without a reason, without a Date, with an empty value', async () => {
    await behind(() => 'HTTP/1.1 404 \r\nX:\r\nContent-Length: 0\r\n\r\n')
    const client = await proxy.client()
    client.write(`GET /messages? HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await client.untilText('\r\n\r\n')
    expect(client.text).toBe('HTTP/1.1 404 \r\nX: \r\nContent-Length: 0\r\n\r\n')
    expect(server.peers[0]?.text).toContain('GET /messages? HTTP/1.1\r\n')
  })

  test('Host is replaced, and X-Forwarded added, only when asked; recorded once a connection', async () => {
    server = await RawServer.answering(() => ok())
    proxy = await stage(server.url, { hostHeader: 'upstream', forwarded: true })
    const client = await proxy.client()
    const request = `GET / HTTP/1.1\r\nhOst: ${proxy.host}\r\nOrigin: http://${proxy.host}\r\nX-Forwarded-For: 10.0.0.9\r\n\r\n`
    client.write(request)
    await client.untilText('ok')
    client.write(request)
    await client.until(peer => peer.text.split('ok').length === 3)
    const seen = `GET / HTTP/1.1\r\nhOst: 127.0.0.1:${server.port}\r\nOrigin: ${server.url}\r\nX-Forwarded-For: 10.0.0.9\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ${proxy.host}\r\n\r\n`
    expect(server.peers[0]?.text).toBe(seen + seen)
    expect(proxy.journal.of('change').map(change => change.what)).toEqual(['host', 'host', 'forwarded'])
    expect(proxy.journal.of('request')[0]?.headers[0]).toEqual(['hOst', proxy.host])
  })

  test('Host is replaced in a target of absolute form too, for that counts for more', async () => {
    server = await RawServer.answering(() => ok())
    proxy = await stage(server.url, { hostHeader: 'upstream' })
    const client = await proxy.client()
    client.write(`GET HTTP://${proxy.host}/mcp?x=http://${proxy.host}/ HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await client.untilText('ok')
    expect(server.peers[0]?.text).toBe(`GET ${server.url}/mcp?x=http://${proxy.host}/ HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`)
    expect(proxy.journal.of('change').map(({ original }) => original)).toEqual([`Host: ${proxy.host}`, `HTTP://${proxy.host}`])
  })
})

describe('framing', () => {
  const cases: [name: string, request: string, answer: string, seen: string | undefined][] = [
    [
      'chunked both ways',
      'POST / HTTP/1.1\r\nHost: H\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      undefined,
    ],
    [
      'a DELETE with a chunked body',
      'DELETE / HTTP/1.1\r\nHost: H\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      'HTTP/1.1 204 No Content\r\n\r\n',
      undefined,
    ],
    ['a DELETE without a body', 'DELETE /mcp HTTP/1.1\r\nHost: H\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', undefined],
    [
      'a GET with a body',
      'GET / HTTP/1.1\r\nHost: H\r\nContent-Length: 3\r\n\r\nabc',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      undefined,
    ],
    ['a POST without any', 'POST / HTTP/1.1\r\nHost: H\r\n\r\n', 'HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n', undefined],
    ['HEAD with a length', 'HEAD / HTTP/1.1\r\nHost: H\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', undefined],
    ['HEAD chunked', 'HEAD / HTTP/1.1\r\nHost: H\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', undefined],
    ['304 with a length', 'GET / HTTP/1.1\r\nHost: H\r\n\r\n', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n', undefined],
    ['OPTIONS', 'OPTIONS /mcp HTTP/1.1\r\nHost: H\r\n\r\n', 'HTTP/1.1 204 No Content\r\n\r\n', undefined],
    ['absolute form', 'GET http://H/x HTTP/1.1\r\nHost: H\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', undefined],
    [
      'trailers both ways',
      'POST / HTTP/1.1\r\nHost: H\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\nx-t: 2\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-U\r\n\r\n2\r\nok\r\n0\r\nX-U: v\r\n\r\n',
      undefined,
    ],
    [
      'chunk extensions are taken out',
      'POST / HTTP/1.1\r\nHost: H\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: H\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
  ]
  test.each(cases)('%s', async (_, request, answer, seen) => {
    server = await RawServer.start(peer => {
      const whole = (seen ?? request).replaceAll('H/x', `${proxy.host}/x`).replace('Host: H', `Host: ${proxy.host}`)
      void peer.until(({ text }) => text.length >= whole.length).then(() => peer.write(answer))
    })
    proxy = await stage(server.url)
    const client = await proxy.client()
    const sent = request.replaceAll('H/x', `${proxy.host}/x`).replace('Host: H', `Host: ${proxy.host}`)
    client.write(sent)
    await client.until(peer => peer.text.length >= answer.length)
    expect(client.text).toBe(answer)
    expect(server.peers[0]?.text).toBe((seen ?? request).replaceAll('H/x', `${proxy.host}/x`).replace('Host: H', `Host: ${proxy.host}`))
    await proxy.recorded(journal => journal.of('end').length === 4)
    expect(proxy.journal.of('end').map(end => end.how)).toEqual(['complete', 'complete', 'complete', 'complete'])
    // The connection is still in order.
    client.write(sent)
    await client.until(peer => peer.text.length >= answer.length).catch(() => {})
    expect(client.finish).toBe('open')
  })

  test('a body that ends with the connection stays one', async () => {
    server = await RawServer.answering((_, peer) => {
      peer.write('HTTP/1.1 200 OK\r\nX: y\r\n\r\nall of it')
      peer.socket.end()
      return undefined
    })
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await client.untilFinish()
    expect(client.text).toBe('HTTP/1.1 200 OK\r\nX: y\r\n\r\nall of it')
    expect(client.finish).toBe('fin')
    await proxy.recorded(journal => journal.close('client') !== undefined)
    expect(proxy.journal.end('server', 'response')).toBe('complete by server')
    expect(proxy.journal.close('server')).toBe('fin by server')
    expect(proxy.journal.close('client')).toBe('closed by proxy')
  })

  test('an HTTP/1.0 client gets no chunks, and its connection ends after the answer', async () => {
    await behind(() => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n2\r\nok\r\n0\r\n\r\n')
    const client = await proxy.client()
    client.write(`GET / HTTP/1.0\r\nHost: ${proxy.host}\r\n\r\n`)
    await client.untilFinish()
    expect(client.text).toBe('HTTP/1.1 200 OK\r\n\r\nok')
    expect(server.peers[0]?.text).toBe(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\nConnection: close\r\n\r\n`)
    expect(proxy.journal.of('request')[0]?.http).toBe('1.0')
  })

  test('an HTTP/1.0 client that asked to keep its connection is told so where it stays, and asks again', async () => {
    await behind(request => (request.includes('/last') ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' : ok()))
    const client = await proxy.client()
    const ask = (path: string) => client.write(`GET ${path} HTTP/1.0\r\nHost: ${proxy.host}\r\nConnection: Keep-Alive\r\n\r\n`)
    ask('/')
    await client.untilText('ok')
    ask('/last')
    await client.untilFinish()
    expect(client.text).toBe('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n')
  })

  test('bytes beyond the announced length never become the next answer', async () => {
    await behind(request => (request.includes('GET /1') ? 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcSURPLUS' : ok('next')))
    const client = await proxy.client()
    client.write(`GET /1 HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await client.untilFinish()
    expect(client.text).toBe('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc')
    await proxy.recorded(journal => journal.close('server') !== undefined)
    expect(proxy.journal.close('server')).toBe('garbage by server')
    const other = await proxy.client()
    other.write(`GET /2 HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await other.untilText('next')
    expect(other.text).toBe(ok('next'))
  })

  test('bytes that no request asked for close the connection', async () => {
    await behind(() => ok())
    const client = await proxy.client()
    client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await client.untilText('ok')
    const upstream = await server.peer()
    upstream.write(ok('poison'))
    await client.untilFinish()
    expect(client.text).toBe(ok())
    await proxy.recorded(journal => journal.close('server') !== undefined)
    expect(proxy.journal.close('server')).toBe('garbage by server')
  })
})

describe('informational answers', () => {
  test('100 comes from the server, not from us, before the body', async () => {
    server = await RawServer.start(peer => {
      void peer
        .untilText('\r\n\r\n')
        .then(() => new Promise(resolve => setTimeout(resolve, 50)))
        .then(() => peer.write('HTTP/1.1 100 Continue\r\n\r\n'))
        .then(() => peer.untilText('abc'))
        .then(() => peer.write(ok()))
    })
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(`POST / HTTP/1.1\r\nHost: ${proxy.host}\r\nExpect: 100-continue\r\nX-L: \xe9\r\nContent-Length: 3\r\n\r\n`)
    await client.untilText('100 Continue\r\n\r\n')
    expect(server.peers[0]?.text).toContain('Expect: 100-continue\r\nX-L: \xe9\r\n')
    client.write('abc')
    await client.untilText('ok')
    expect(client.text).toBe(`HTTP/1.1 100 Continue\r\n\r\n${ok()}`)
    expect(proxy.journal.of('response').map(({ status }) => status)).toEqual([100, 200])
  })

  test('a refusal instead of 100 passes, and the client is not wedged', async () => {
    await behind(() => undefined)
    const client = await proxy.client()
    client.write(`POST / HTTP/1.1\r\nHost: ${proxy.host}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`)
    const upstream = await server.peer()
    await upstream.untilText('\r\n\r\n')
    upstream.write('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n')
    await client.untilText('417 No')
    expect(client.text).toBe('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n')
  })

  test.each([
    ['100 Go on\r\nX-Note: k\xe9pt', 'Expect: 100-continue\r\n'],
    ['103 Hints\r\nlink: </a>\r\nLink: nonsense', ''],
    ['199 \r\nX: ', ''],
  ])('they leave with reason, order, case and latin1 bytes as they came, and the connection stays: %s', async (head, expects) => {
    const answer = `HTTP/1.1 ${head}\r\n\r\n${ok()}`
    await behind(() => answer)
    const client = await proxy.client()
    for (const answers of [answer, answer + answer]) {
      client.write(`POST / HTTP/1.1\r\nHost: ${proxy.host}\r\n${expects}Content-Length: 3\r\n\r\nabc`)
      await client.until(peer => peer.size >= answers.length || peer.finish !== 'open')
      expect(client.text).toBe(answers)
    }
  })

  test('none for a client of HTTP/1.0; those of a request that waits come behind the answer to the one before it', async () => {
    await behind(() => `HTTP/1.1 103 Hints\r\n\r\n${ok()}`)
    const old = await proxy.client()
    old.write(`GET / HTTP/1.0\r\nHost: ${proxy.host}\r\n\r\n`)
    await old.untilFinish()
    expect(old.text).toBe(ok())
    const client = await proxy.client()
    client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`.repeat(3))
    const answers = `HTTP/1.1 103 Hints\r\n\r\n${ok()}`.repeat(3)
    await client.until(peer => peer.size >= answers.length)
    expect(client.text).toBe(answers)
  })

  test('hundreds of them pass in order before the answer', async () => {
    const flood = Array.from({ length: 300 }, (_, i) => `HTTP/1.1 103 Early Hints\r\nLink: </${i}>; rel=preload\r\n\r\n`).join('')
    await behind(() => flood + ok())
    const client = await proxy.client()
    client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await client.until(peer => peer.text.endsWith('ok'))
    expect(client.text).toBe(flood + ok())
  })
})

describe('at once', () => {
  test('a head goes out before the first byte of its body, in both directions', async () => {
    server = await RawServer.start()
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(`POST / HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: 3\r\n\r\n`)
    const upstream = await server.peer()
    await upstream.untilText('\r\n\r\n')
    upstream.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
    await client.untilText('\r\n\r\n')
    upstream.write('1\r\nd\r\n')
    await client.untilText('1\r\nd\r\n')
    client.write('a')
    await upstream.untilText('\r\n\r\na')
  })

  test('records are in the journal before the peer has the bytes; one write for what comes together', async () => {
    const early: number[] = []
    await behind(() => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n2\r\nef\r\n0\r\n\r\n')
    const client = await proxy.client()
    client.socket.on('data', () => early.push(proxy.journal.body('response').length))
    client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    const before = proxy.journal.flushes
    await client.untilText('0\r\n\r\n')
    expect(early[0]).toBe(6)
    expect(proxy.journal.of('chunk').map(chunk => Buffer.from(chunk.bytes).toString())).toEqual(['ab', 'cd', 'ef'])
    expect(proxy.journal.flushes - before).toBeLessThanOrEqual(8)
  })
})

describe('many requests', () => {
  test('keep-alive: one upstream connection for one of the client', async () => {
    await behind(request => ok(/x=(\d+)/.exec(request)?.[1]))
    const clients = await Promise.all([proxy.client(), proxy.client()])
    for (let i = 0; i < 20; i++) {
      for (const [n, client] of clients.entries()) {
        client.write(`POST /?x=${i * 2 + n} HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: 2\r\n\r\nhi`)
        await client.until(peer => peer.text.endsWith(ok(String(i * 2 + n))))
      }
    }
    expect(server.peers.length).toBe(2)
    expect(
      proxy.journal
        .of('open')
        .filter(open => open.leg === 'server')
        .map(open => open.local.port),
    ).toEqual(server.peers.map(peer => peer.socket.remotePort))
    await proxy.recorded(journal => journal.of('end').length === 160)
    expect(new Set(proxy.journal.of('end').map(end => end.how))).toEqual(new Set(['complete']))
  })

  test('pipelined requests are answered in order, one upstream request each', async () => {
    await behind(request => ok(/x=(\d+)/.exec(request)?.[1]))
    const client = await proxy.client()
    const one = (i: number) => `POST /?x=${i} HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: 26\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n\r\n`
    client.write(Array.from({ length: 9 }, (_, i) => one(i)).join(''))
    const all = Array.from({ length: 9 }, (_, i) => ok(String(i))).join('')
    await client.until(peer => peer.text.length >= all.length)
    expect(client.text).toBe(all)
    expect(server.peers.length).toBe(1)
    expect(server.peers[0]?.text).toBe(Array.from({ length: 9 }, (_, i) => one(i)).join(''))
    expect(proxy.journal.of('request').length).toBe(9)
  })

  test('numbers run through a recording, whichever upstream they belong to', async () => {
    server = await RawServer.answering(() => ok())
    proxy = await stage(server.url)
    const other = createForwarder(proxy.journal, { name: 'other', target: new URL(server.url) })
    const { port } = await other.listen(0)
    for (const at of [proxy.port, port, proxy.port]) await (await fetch(`http://127.0.0.1:${at}/`)).text()
    await other.drain(0)
    const requests = proxy.journal.of('request')
    expect(requests.map(({ exchange }) => exchange)).toEqual([1, 2, 3])
    expect(requests.map(({ upstream }) => upstream)).toEqual(['mcp', 'other', 'mcp'])
    expect(new Set(requests.map(({ conn }) => conn)).size).toBeGreaterThanOrEqual(2)
  })
})

describe('large bodies', () => {
  test('a reader that stalls stops the server; then all arrives unaltered', async () => {
    const size = 96 * 1024 * 1024
    const block = Buffer.alloc(1024 * 1024, 'seismograph ')
    let written = 0
    server = await RawServer.answering((_, peer) => {
      peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
      const more = () => {
        while (written < size) {
          written += block.length
          if (!peer.socket.write(block)) return peer.socket.once('drain', more)
        }
      }
      more()
      return undefined
    })
    proxy = await stage(server.url, { bodyCap: 1024 * 1024 })
    const client = await proxy.client()
    client.socket.removeAllListeners('data')
    client.socket.pause()
    client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
    await proxy.recorded(journal => journal.of('chunk').length > 0)
    let before = -1
    while (before !== written) {
      before = written
      await new Promise(resolve => setTimeout(resolve, 200))
    }
    expect(written).toBeLessThan(32 * 1024 * 1024)
    const hash = createHash('sha256')
    let got = 0
    const head = await new Promise<number>(resolve => {
      let first = 0
      client.socket.on('data', bytes => {
        const from = first === 0 ? bytes.indexOf('\r\n\r\n') + 4 : 0
        first ||= from
        hash.update(bytes.subarray(from))
        got += bytes.length - from
        if (got === size) resolve(first)
      })
      client.socket.resume()
    })
    expect(head).toBeGreaterThan(0)
    const whole = createHash('sha256')
    for (let i = 0; i < size; i += block.length) whole.update(block)
    const sha256 = whole.digest('hex')
    expect(hash.digest('hex')).toBe(sha256)
    await proxy.recorded(journal => journal.end('client', 'response') !== undefined)
    const end = proxy.journal.of('end').find(({ leg, part }) => leg === 'server' && part === 'response')
    expect(end).toMatchObject({ bytes: size, sha256, how: 'complete' })
    expect(end?.tail?.length).toBe(64 * 1024)
    expect(proxy.journal.body('response').length).toBe(1024 * 1024)
    expect(proxy.journal.of('chunk').reduce((sum, chunk) => sum + chunk.size, 0)).toBe(size)
  }, 30_000)

  test('a server that does not read stops the client', async () => {
    server = await RawServer.start(peer => peer.socket.pause())
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(`POST / HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: ${64 * 1024 * 1024}\r\n\r\n`)
    let sent = 0
    const block = Buffer.alloc(256 * 1024)
    const more = () => {
      while (sent < 64 * 1024 * 1024) {
        sent += block.length
        if (!client.socket.write(block)) return client.socket.once('drain', more)
      }
    }
    more()
    let before = -1
    while (before !== sent) {
      before = sent
      await new Promise(resolve => setTimeout(resolve, 200))
    }
    expect(sent).toBeLessThan(32 * 1024 * 1024)
    server.peers[0]?.socket.resume()
    await (await server.peer()).until(peer => peer.size > 64 * 1024 * 1024, 20_000)
    await proxy.recorded(journal => journal.end('client', 'request') !== undefined)
    expect(proxy.journal.body('request').length).toBe(64 * 1024 * 1024)
  }, 30_000)

  test.each(['keeps the connection and reads on', 'closes without reading'])(
    'an early 307 to a 3 MB body passes: the server %s',
    async how => {
      server = await RawServer.start(peer => {
        void peer.untilText('\r\n\r\n').then(() => {
          peer.write('HTTP/1.1 307 Temporary Redirect\r\nLocation: /messages/\r\nContent-Length: 0\r\n\r\n')
          if (how === 'closes without reading') peer.socket.destroy()
        })
      })
      proxy = await stage(server.url)
      for (let round = 0; round < 20; round++) {
        const client = await proxy.client()
        client.write(`POST /messages HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: 3000000\r\n\r\n`)
        const body = Buffer.alloc(3_000_000, 'x')
        for (let at = 0; at < body.length; at += 100_000) client.write(body.subarray(at, at + 100_000))
        await client.untilText('\r\n\r\n')
        expect(client.text).toBe('HTTP/1.1 307 Temporary Redirect\r\nLocation: /messages/\r\nContent-Length: 0\r\n\r\n')
        if (how === 'closes without reading') await client.untilFinish()
        else await (await server.peer(round)).until(peer => peer.size > 3_000_000)
        client.socket.destroy()
      }
    },
    30_000,
  )
})

test('nobody can connect before the name of the target has been looked up, and is turned away for it', async () => {
  const spare = createServer()
  await new Promise<void>(resolve => spare.listen(0, '127.0.0.1', resolve))
  const { port } = spare.address() as AddressInfo
  await new Promise(resolve => spare.close(resolve))
  const found = Promise.withResolvers<dns.LookupAddress[]>()
  const lookup = vi.spyOn(dns.promises, 'lookup').mockReturnValue(found.promise as never)
  try {
    const forwarder = createForwarder(new MemoryJournal(), { name: 'mcp', target: new URL('http://slow.test:9/mcp') })
    const listening = forwarder.listen(port)
    const outcome = () =>
      new Promise<string>(resolve => {
        const socket = connect(port, '127.0.0.1')
        socket.once('connect', () => resolve('taken')).once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
        socket.once('connect', () => socket.destroy())
      })
    expect(await outcome()).toBe('ECONNREFUSED')
    found.resolve([{ address: '127.0.0.1', family: 4 }])
    await listening
    expect(await outcome()).toBe('taken')
    await forwarder.drain(1000)
  } finally {
    lookup.mockRestore()
  }
})
