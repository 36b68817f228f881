/** How things end: truncation, resets, hang-ups, half-closes, refusals to connect, drains, and what the journal says of each. */
import { afterEach, describe, expect, test } from 'vitest'
import { type RawPeer, RawServer, type Stage, stage } from './raw-peers.ts'

let server: RawServer | undefined
let proxy: Stage
afterEach(async () => {
  await proxy?.stop()
  await server?.stop()
  server = undefined
})

const CHUNKED = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
const get = (path = '/sse') => `GET ${path} HTTP/1.1\r\nHost: ${proxy.host}\r\nAccept: text/event-stream\r\n\r\n`

/** A server whose first answer begins with `begin`; a client that has received all of it. */
async function underWay(begin: string, options = {}): Promise<{ client: RawPeer; upstream: RawPeer }> {
  server = await RawServer.answering(() => begin)
  proxy = await stage(server.url, options)
  const client = await proxy.client()
  client.write(get())
  await client.until(peer => peer.size >= begin.length)
  expect(client.text).toBe(begin)
  return { client, upstream: await server.peer() }
}

describe('the server ends a stream', () => {
  test('in the middle, with FIN: the client sees FIN without a terminator', async () => {
    const begin = `${CHUNKED}8\r\ndata: x\n\r\n`
    const { client, upstream } = await underWay(begin)
    upstream.socket.end()
    await client.untilFinish()
    expect(client.finish).toBe('fin')
    expect(client.text).toBe(begin)
    await proxy.recorded(journal => journal.close('client') !== undefined)
    expect(proxy.journal.end('server', 'response')).toBe('fin by server')
    expect(proxy.journal.end('client', 'response')).toBe('closed by proxy')
    expect(proxy.journal.close('server')).toBe('fin by server')
    expect(proxy.journal.close('client')).toBe('closed by proxy')
    expect(
      proxy.journal
        .of('end')
        .filter(({ part }) => part === 'response')
        .map(({ bytes }) => bytes),
    ).toEqual([8, 8])
  })

  test('in the middle, with a reset: the client has all bytes, then a reset', async () => {
    for (let round = 0; round < 20; round++) {
      const begin = `${CHUNKED}7\r\ndata: {\r\n`
      const { client, upstream } = await underWay(begin)
      upstream.socket.resetAndDestroy()
      await client.untilFinish()
      expect(client.finish).toBe('reset')
      expect(client.text).toBe(begin)
      await proxy.recorded(journal => journal.close('client') !== undefined)
      expect(proxy.journal.end('server', 'response')).toBe('reset by server')
      expect(proxy.journal.of('end').find(({ how }) => how === 'reset')?.code).toBe('ECONNRESET')
      expect(proxy.journal.close('server')).toBe('reset by server')
      await proxy.stop()
      await server?.stop()
    }
  })

  test('at every byte of a stream: what was received is recorded and forwarded, and nothing more', async () => {
    const stream = 'event: message\r\ndata: h\xc3\xa9llo w\xf0\x9f\x8c\x8drld\r\n\r\n: ping\n\ndata: 2\n\n'
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
    server = await RawServer.answering((request, peer) => {
      const n = Number(/n=(\d+)/.exec(request)?.[1])
      peer.socket.write(Buffer.from(head.replace('\r\n\r\n', '\r\nContent-Length: 9999\r\n\r\n') + stream.slice(0, n), 'latin1'), () => {
        setTimeout(() => peer.socket.resetAndDestroy(), 5)
      })
      return undefined
    })
    proxy = await stage(server.url)
    for (let n = 0; n <= stream.length; n++) {
      const client = await proxy.client()
      client.write(get(`/sse?n=${n}`))
      await client.untilFinish()
      expect(client.text.slice(client.text.indexOf('\r\n\r\n') + 4)).toBe(stream.slice(0, n))
      expect(client.finish).toBe('reset')
      expect(proxy.journal.body('response', n + 1).toString('latin1')).toBe(stream.slice(0, n))
    }
  }, 30_000)

  test('a body without framing: a reset is no clean end of it', async () => {
    const { client, upstream } = await underWay('HTTP/1.1 200 OK\r\n\r\nso far')
    upstream.socket.resetAndDestroy()
    await client.untilFinish()
    expect(client.finish).toBe('reset')
    await proxy.recorded(journal => journal.close('client') !== undefined)
    expect(proxy.journal.end('server', 'response')).toBe('reset by server')
    expect(proxy.journal.end('client', 'response')).toBe('closed by proxy')
  })

  test('before the announced length: no clean end', async () => {
    const { client, upstream } = await underWay('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')
    upstream.socket.end()
    await client.untilFinish()
    expect(client.text).toBe('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')
    await proxy.recorded(journal => journal.close('client') !== undefined)
    expect(proxy.journal.end('server', 'response')).toBe('fin by server')
  })

  test('cleanly: the terminator passes, and the connection stays', async () => {
    const { client, upstream } = await underWay(`${CHUNKED}1\r\nx\r\n`)
    upstream.write('0\r\n\r\n')
    await client.untilText('0\r\n\r\n')
    client.write(get('/again'))
    await client.until(peer => peer.text.split('200 OK').length === 3)
    expect(proxy.journal.end('server', 'response')).toBe('complete by server')
    expect(proxy.journal.end('client', 'response')).toBe('complete by server')
    expect(server?.peers.length).toBe(1)
  })

  test('with garbage in the middle: cut, never a second head', async () => {
    const begin = `${CHUNKED}1\r\nx\r\n`
    const { client, upstream } = await underWay(begin)
    upstream.write('HTTP/1.1 500 Oops\r\n\r\n')
    await client.untilFinish()
    expect(client.text).toBe(begin)
    await proxy.recorded(journal => journal.end('server', 'response') !== undefined)
    expect(proxy.journal.end('server', 'response')).toBe('garbage by server')
  })

  test('a slow reader still gets what had come before a reset', async () => {
    const size = 8 * 1024 * 1024
    server = await RawServer.answering((_, peer) => {
      peer.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size * 2}\r\n\r\n`)
      peer.socket.write(Buffer.alloc(size, 'z'), () => {
        setTimeout(() => peer.socket.resetAndDestroy(), 50)
      })
      return undefined
    })
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.socket.pause()
    client.write(get())
    setTimeout(() => client.socket.resume(), 300)
    await client.until(peer => peer.closed, 10_000)
    await proxy.recorded(journal => journal.close('client') !== undefined)
    // What the proxy had received went on: the reset follows the last byte.
    const received = proxy.journal.body('response').length
    expect(received).toBeGreaterThan(0)
    expect(client.size).toBe(received + client.text.indexOf('\r\n\r\n') + 4)
  }, 20_000)
})

describe('the server hangs up without an answer', () => {
  test.each(['fin', 'reset'] as const)('%s reaches the client as it was', async how => {
    server = await RawServer.answering((_, peer) => {
      if (how === 'fin') peer.socket.end()
      else peer.socket.resetAndDestroy()
      return undefined
    })
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(get())
    await client.untilFinish()
    expect(client.finish).toBe(how)
    expect(client.text).toBe('')
    await proxy.recorded(journal => journal.close('client') !== undefined)
    expect(proxy.journal.end('server', 'response')).toBe(`${how} by server`)
    expect(proxy.journal.close('server')).toBe(`${how} by server`)
    expect(proxy.journal.end('client', 'response')).toBe('closed by proxy')
  })

  test('with more requests waiting behind the one that it answered', async () => {
    server = await RawServer.answering((_, peer) => {
      peer.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok')
      peer.socket.end()
      return undefined
    })
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(get('/1') + get('/2'))
    await client.untilFinish()
    expect(client.text).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok')
    await proxy.recorded(journal => journal.of('close').length === 2 && journal.of('end').length === 8)
    expect(proxy.journal.end('client', 'response', 1)).toBe('complete by server')
    expect(proxy.journal.end('client', 'response', 2)).toBe('closed by proxy')
    expect(server.peers.length).toBe(1)
    expect(proxy.forwarder.connections).toBe(0)
  })

  test.each(['fin', 'reset'] as const)('%s of an idle connection closes the other leg', async how => {
    const { client, upstream } = await underWay('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    if (how === 'fin') upstream.socket.end()
    else upstream.socket.resetAndDestroy()
    await client.untilFinish()
    expect(client.finish).toBe(how)
    await proxy.recorded(journal => journal.of('close').length === 2)
    expect(proxy.journal.close('server')).toBe(`${how} by server`)
    expect(proxy.journal.close('client')).toBe('closed by proxy')
  })
})

describe('the client ends a stream', () => {
  test('with FIN, closing whole: the server sees it at once', async () => {
    const { client, upstream } = await underWay(`${CHUNKED}1\r\nx\r\n`)
    client.socket.destroy()
    await upstream.untilFinish()
    expect(upstream.finish).toBe('fin')
    await proxy.recorded(journal => journal.end('client', 'response') !== undefined)
    expect(proxy.journal.end('client', 'response')).toBe('fin by client')
    upstream.socket.end()
    await proxy.recorded(journal => journal.of('close').length === 2 && journal.of('end').length === 4)
    expect(proxy.journal.close('client')).toBe('fin by client')
    // Their numbers tell who was first.
    const seq = (leg: string) => proxy.journal.of('end').find(end => end.leg === leg && end.part === 'response')?.seq as number
    expect(seq('client')).toBeLessThan(seq('server'))
  })

  test('with a reset: the server sees a reset', async () => {
    const { client, upstream } = await underWay(`${CHUNKED}1\r\nx\r\n`)
    client.socket.resetAndDestroy()
    await upstream.untilFinish()
    expect(upstream.finish).toBe('reset')
    await proxy.recorded(journal => journal.of('close').length === 2)
    expect(proxy.journal.end('client', 'response')).toBe('reset by client')
    expect(proxy.journal.end('server', 'response')).toBe('closed by proxy')
    expect(proxy.journal.close('client')).toBe('reset by client')
    expect(proxy.journal.close('server')).toBe('closed by proxy')
  })

  test('a half-close is passed on, and the answer still comes', async () => {
    server = await RawServer.start(peer => {
      void peer
        .until(({ finish }) => finish === 'fin')
        .then(() => {
          peer.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate')
          peer.socket.end()
        })
    })
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(`POST /mcp HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: 2\r\n\r\n{}`)
    client.socket.end()
    await client.untilFinish()
    expect(client.text).toBe('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate')
    expect(client.finish).toBe('fin')
    await proxy.recorded(journal => journal.of('close').length === 2)
    expect(proxy.journal.end('client', 'response')).toBe('fin by client')
    expect(proxy.journal.end('server', 'response')).toBe('complete by server')
  })

  test('a client that closed and is written to: the reset of its kernel reaches the server', async () => {
    const { client, upstream } = await underWay(`${CHUNKED}1\r\nx\r\n`)
    client.socket.destroy()
    await upstream.untilFinish()
    // This server does not mind a half-close and goes on.
    const writing = setInterval(() => upstream.socket.writable && upstream.write('1\r\ny\r\n'), 10)
    await upstream.until(peer => peer.closed || peer.finish === 'reset')
    clearInterval(writing)
    expect(upstream.finish).toBe('reset')
    await proxy.recorded(journal => journal.of('close').length === 2)
    expect(proxy.journal.close('client')).toBe('fin by client')
  })

  test.each(['destroy', 'resetAndDestroy'] as const)('in the middle of its request (%s): recorded, and the server is left', async how => {
    server = await RawServer.start()
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(`POST /mcp HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: 100\r\n\r\nhalf`)
    const upstream = await server.peer()
    await upstream.untilText('half')
    client.socket[how]()
    await upstream.untilFinish()
    expect(upstream.finish).toBe(how === 'destroy' ? 'fin' : 'reset')
    await proxy.recorded(journal => journal.of('close').length === 2)
    expect(proxy.journal.end('client', 'request')).toBe(how === 'destroy' ? 'fin by client' : 'reset by client')
    expect(proxy.journal.of('end').find(({ leg, part }) => leg === 'client' && part === 'request')?.bytes).toBe(4)
    expect(proxy.journal.end('server', 'request')).toBe('closed by proxy')
  })

  test('before any answer: the server sees it', async () => {
    server = await RawServer.start()
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(get())
    const upstream = await server.peer()
    await upstream.untilText('\r\n\r\n')
    client.socket.resetAndDestroy()
    await upstream.untilFinish()
    await proxy.recorded(journal => journal.of('close').length === 2 && journal.of('end').length === 4)
    expect(proxy.journal.end('client', 'response')).toBe('reset by client')
    expect(proxy.journal.end('server', 'response')).toBe('closed by proxy')
  })

  test('with a reset, while several requests wait: all are recorded, none is left', async () => {
    server = await RawServer.start()
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(get('/1') + get('/2') + get('/3'))
    const upstream = await server.peer()
    await upstream.untilText('/1')
    await proxy.recorded(journal => journal.of('request').length === 3)
    client.socket.resetAndDestroy()
    await upstream.untilFinish()
    await proxy.recorded(journal => journal.of('close').length === 2 && journal.of('end').length === 12)
    expect(upstream.text).not.toContain('/2')
    for (const exchange of [1, 2, 3]) {
      expect(proxy.journal.end('client', 'response', exchange)).toBe('reset by client')
      expect(proxy.journal.end('server', 'response', exchange)).toBe('closed by proxy')
    }
    expect(proxy.forwarder.connections).toBe(0)
  })

  test('not at all: a silent stream stays open, and nothing is put into it', async () => {
    const begin = `${CHUNKED}1\r\nx\r\n`
    const { client, upstream } = await underWay(begin)
    await new Promise(resolve => setTimeout(resolve, 7000))
    expect([client.finish, upstream.finish, client.text]).toEqual(['open', 'open', begin])
    upstream.write('1\r\ny\r\n')
    await client.untilText('1\r\ny\r\n')
  }, 20_000)

  test('an idle close is passed on', async () => {
    const { client, upstream } = await underWay('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    client.socket.end()
    await upstream.untilFinish()
    expect(upstream.finish).toBe('fin')
    upstream.socket.end()
    await proxy.recorded(journal => journal.of('close').length === 2)
    expect(proxy.journal.close('client')).toBe('fin by client')
    expect(proxy.journal.close('server')).toBe('closed by proxy')
  })

  test.each(['destroy', 'resetAndDestroy'] as const)('100 streams (%s) leave none upstream', async how => {
    server = await RawServer.answering(() => `${CHUNKED}1\r\nx\r\n`)
    // As node's and Python's servers do: a FIN from the client is answered by closing.
    proxy = await stage(server.url)
    const clients = await Promise.all(Array.from({ length: 100 }, () => proxy.client()))
    for (const client of clients) client.write(get())
    await Promise.all(clients.map(client => client.untilText('1\r\nx\r\n')))
    for (const peer of server.peers) peer.socket.on('end', () => peer.socket.end())
    for (const client of clients) client.socket[how]()
    await Promise.all((server as RawServer).peers.map(peer => peer.until(({ closed }) => closed)))
    await proxy.recorded(journal => journal.of('close').length === 200)
    expect(proxy.forwarder.connections).toBe(0)
  })
})

describe('--linger', () => {
  test('holds the server while the answer comes, and records it', async () => {
    const { client, upstream } = await underWay(`${CHUNKED}1\r\nx\r\n`, { lingerMs: 60_000 })
    client.socket.resetAndDestroy()
    await proxy.recorded(journal => journal.of('change').some(({ what }) => what === 'linger-begin'))
    expect(upstream.finish).toBe('open')
    upstream.write('4\r\nlate\r\n0\r\n\r\n')
    await proxy.recorded(journal => journal.of('close').length === 2)
    expect(proxy.journal.body('response').toString()).toBe('xlate')
    expect(proxy.journal.of('change').map(({ what }) => what)).toEqual(['linger-begin', 'linger-end'])
    expect(proxy.journal.end('client', 'response')).toBe('reset by client')
    expect(proxy.journal.end('server', 'response')).toBe('complete by server')
    expect(proxy.journal.close('server')).toBe('closed by proxy')
    expect(proxy.journal.of('end').find(({ leg, part }) => leg === 'client' && part === 'response')?.bytes).toBe(1)
  })

  test.each(['', 'and the server resets'])('after a FIN of the client, the answer ends both legs %s', async then => {
    const { client, upstream } = await underWay(`${CHUNKED}1\r\nx\r\n`, { lingerMs: 60_000 })
    client.socket.destroy()
    await proxy.recorded(journal => journal.of('change').some(({ what }) => what === 'linger-begin'))
    upstream.write('4\r\nlate\r\n0\r\n\r\n')
    if (then !== '') upstream.socket.resetAndDestroy()
    else await upstream.untilFinish()
    await proxy.recorded(journal => journal.of('close').length === 2)
    expect(proxy.journal.end('server', 'response')).toBe('complete by server')
    expect(proxy.forwarder.connections).toBe(0)
  })

  test('ends with its time', async () => {
    const { client, upstream } = await underWay(`${CHUNKED}1\r\nx\r\n`, { lingerMs: 200 })
    client.socket.destroy()
    await upstream.untilFinish()
    upstream.socket.end()
    await proxy.recorded(journal => journal.of('close').length === 2)
    const [begin, end] = proxy.journal.of('change')
    expect((end?.at as number) - (begin?.at as number)).toBeGreaterThan(190)
    expect(proxy.journal.end('server', 'response')).toBe('closed by proxy')
  })
})

describe('drain', () => {
  test('lets a short request finish, ends streams, closes idle connections', async () => {
    server = await RawServer.answering((request, peer) => {
      if (request.includes('/sse')) return `${CHUNKED}1\r\nx\r\n`
      setTimeout(() => peer.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone'), 300)
      return undefined
    })
    proxy = await stage(server.url)
    const [idle, stream, short] = (await Promise.all([proxy.client(), proxy.client(), proxy.client()])) as [RawPeer, RawPeer, RawPeer]
    stream.write(get())
    await stream.untilText('1\r\nx\r\n')
    short.write(`POST /mcp HTTP/1.1\r\nHost: ${proxy.host}\r\nContent-Length: 0\r\n\r\n`)
    await (await server.peer(1)).untilText('POST')
    const drained = proxy.forwarder.drain(10_000)
    await short.untilText('done')
    await Promise.all([idle, stream, short].map(peer => peer.untilFinish()))
    expect(stream.text.endsWith('1\r\nx\r\n')).toBe(true)
    for (const peer of [idle, stream, short]) peer.socket.end()
    await drained
    expect(proxy.journal.of('change').map(({ what }) => what)).toEqual(['drain'])
    expect(proxy.journal.end('client', 'response', 1)).toBe('closed by proxy')
    expect(proxy.journal.end('client', 'response', 2)).toBe('complete by server')
  })

  test('is over by its time though a call never ends', async () => {
    server = await RawServer.start()
    proxy = await stage(server.url)
    const client = await proxy.client()
    client.write(get('/hangs'))
    await (await server.peer()).untilText('hangs')
    await proxy.forwarder.drain(200)
    await client.untilFinish()
    expect(proxy.journal.end('client', 'response')).toBe('closed by proxy')
    expect(proxy.forwarder.connections).toBe(0)
  })
})
