/** Cases of the fold that are rare on a real wire: each is written event by event. */
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { initialize, initialized, MESSAGES, openSse, openStreamable, request, result, tool, WireScript } from '../captures/wire-script.ts'

const deliveries = (wire: WireScript) => wire.rows('call').map(call => call.delivery)

describe('pairing answers with calls', () => {
  it('takes an answer that comes before the 202 of its POST', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    const post = conn.post(MESSAGES, tool(1))
    stream.event(result(1))
    wire.wait(2)
    post.answer(202, 'Accepted')
    expect(wire.row('call')).toMatchObject({ delivery: 'delivered', answeredAt: 0, acceptedAt: 2, status: 202 })
  })

  it('keeps ids apart that repeat in flight on one stream: the oldest is answered first', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1, 'first')).answer(202)
    conn.post(MESSAGES, tool(1, 'second')).answer(202)
    stream.event(result(1))
    expect(wire.rows('call').map(call => [call.name, call.delivery])).toEqual([
      ['first', 'delivered'],
      ['second', 'pending'],
    ])
    stream.event(result(1))
    expect(deliveries(wire)).toEqual(['delivered', 'delivered'])
  })

  it('keeps ids apart that repeat in flight on Streamable HTTP: each exchange answers its own', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    const first = conn.post('/mcp', tool(1, 'first'), headers)
    const second = wire.connect().post('/mcp', tool(1, 'second'), headers)
    second.stream().event(result(1)).serverEnd().clientEnd()
    expect(
      wire
        .rows('call')
        .filter(call => call.name)
        .map(call => [call.name, call.delivery]),
    ).toEqual([
      ['first', 'pending'],
      ['second', 'delivered'],
    ])
    first.json(200, result(1))
    expect(wire.rows('call').map(call => call.delivery)).toEqual(['delivered', 'none', 'delivered', 'delivered'])
  })

  it('numbers requests only, and keeps batches together', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, [tool('a'), { jsonrpc: '2.0', method: 'notifications/x' }, tool('b')]).answer(202)
    stream.event([result('b'), result('a')])
    expect(wire.rows('call').map(call => [call.number, call.kind, call.rpcId, call.delivery])).toEqual([
      [1, 'request', '"a"', 'delivered'],
      [0, 'notification', undefined, 'none'],
      [2, 'request', '"b"', 'delivered'],
    ])
    expect(wire.row('exchange', 1).calls).toHaveLength(3)
  })

  it('tells 1 and "1" apart while both wait, and takes one for the other only when nothing else fits', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1, 'number')).answer(202)
    conn.post(MESSAGES, tool('1', 'text')).answer(202)
    stream.event(result('1'))
    expect(wire.rows('call').map(call => call.delivery)).toEqual(['pending', 'delivered'])
    stream.event(result('1'))
    expect(deliveries(wire)).toEqual(['delivered', 'delivered'])
  })

  it('pairs an error for the whole POST with its call', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    conn.post('/mcp', tool(7), headers).json(400, { jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message: 'Bad' } })
    expect(wire.row('call', -1)).toMatchObject({ delivery: 'delivered', error: { code: -32600, message: 'Bad' } })
  })

  it('ignores an answer that nobody asked for, and a second one', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    stream.event(result(99)).event(result(1))
    stream.event(result(1, { content: [{ type: 'text', text: 'again' }] }))
    expect(wire.rows('call')).toHaveLength(1)
    expect(wire.rows('frame').map(frame => frame.call !== undefined)).toEqual([false, false, true, false])
  })

  it('follows a request of the server to the client’s answer', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    stream.event(request(0, 'sampling/createMessage'))
    conn.post(MESSAGES, result(0, { role: 'assistant' })).answer(202)
    expect(wire.rows('call').map(call => [call.from, call.kind, call.number, call.delivery])).toEqual([
      ['server', 'request', 0, 'delivered'],
      ['client', 'response', 0, 'none'],
    ])
  })

  it('marks what a cancellation takes back, and the client’s own time limit', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    conn.post(MESSAGES, tool(2)).answer(202)
    conn.post(MESSAGES, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1, reason: 'not needed' } }).answer(202)
    conn
      .post(MESSAGES, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2, reason: 'Request timed out' } })
      .answer(202)
    stream.clientEnd('fin', 'client').serverEnd('fin')
    const [first, second] = wire.rows('call')
    expect(first).toMatchObject({ delivery: 'cancelled', cancelled: { reason: 'not needed' } })
    expect(second).toMatchObject({ delivery: 'undeliverable', cancelled: { reason: 'Request timed out' } })
    expect(wire.row('session').ended).toMatchObject({ by: 'client', inFlight: 1 })
  })
})

describe('delivery', () => {
  it('is undeliverable from the moment the client leaves, and says so on the ladder', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.wait(60_000)
    stream.clientEnd('fin', 'client')
    expect(wire.row('call')).toMatchObject({
      delivery: 'undeliverable',
      brokenAt: 60_000,
      broken: {
        by: 'client',
        how: 'fin',
        says: 'The client closed the stream',
        detail: 'FIN from port 50000, call 1 the only one in flight',
      },
    })
    expect(wire.row('call').ladder.map(step => `${step.name} ${step.state}`)).toEqual([
      'sent yes',
      'accepted yes',
      'answered unknown',
      'written no',
      'received no',
    ])
  })

  it('keeps the answer that comes after the client has gone, and does not let it cross', () => {
    const wire = new WireScript()
    const { stream, streamConn, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.wait(60_000)
    stream.clientEnd('fin', 'client').change('linger-begin', '', '')
    wire.wait(11_204)
    stream.event(result(1, { content: 'x'.repeat(1000) })).change('linger-end', '', '')
    const call = wire.row('call')
    expect(call).toMatchObject({ delivery: 'undeliverable', brokenAt: 60_000, answeredAt: 71_204 })
    expect(call.ladder[2]?.says).toMatch(/^11\.2 s later, 1,0\d\d B$/)
    expect(call.ladder[3]).toMatchObject({ state: 'no', says: expect.stringMatching(/^0 of 1,0\d\d B to the client$/) })
    expect(wire.rows('frame').map(frame => frame.crossed)).toEqual([true, false])
    expect(wire.row('exchange')).toMatchObject({ held: { from: 60_000, to: 71_204 }, serverEnd: { by: 'proxy' } })
    streamConn.close()
    expect(wire.fold.sizes().openExchanges).toBe(0)
  })

  it('takes back an answer of which the client’s system did not take the last byte', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    const before = 27 + MESSAGES.length
    stream.event(result(1, { content: 'x'.repeat(5000) }))
    expect(wire.row('call').delivery).toBe('delivered')
    stream.clientEnd('reset', 'client', before + 2000)
    expect(wire.row('call')).toMatchObject({ delivery: 'undeliverable', broken: { how: 'reset' } })
    expect(wire.row('call').ladder[3]?.says).toMatch(/^1,9\d\d of 5,0\d\d B to the client$/)
    expect(wire.row('frame', 1).crossed).toBe(false)
  })

  it('counts bytes as the client got them when the proxy rewrote the endpoint', () => {
    const upstream = `http://127.0.0.1:8001${MESSAGES}`
    const ours = `http://127.0.0.1:8002/longer${MESSAGES}`
    for (const [missing, delivery] of [
      [0, 'delivered'],
      [3, 'undeliverable'],
    ] as const) {
      const wire = new WireScript()
      const stream = wire.connect().get('/sse').stream().change('endpoint', upstream, ours).event(upstream, 'endpoint')
      wire.connect().post(MESSAGES, tool(1)).answer(202)
      stream.event(result(1))
      const total = wire.row('exchange').responseBytes
      stream.clientEnd('fin', 'client', total + ours.length - upstream.length - missing)
      expect(wire.row('call').delivery).toBe(delivery)
    }
  })

  it('is unanswered when the server ends the stream, or its own response, without the answer', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    stream.serverEnd('fin').clientEnd('closed', 'proxy')
    const other = openStreamable(wire)
    other.conn.post('/mcp', tool(2), other.headers).stream().serverEnd().clientEnd()
    const own = wire.rows('call').filter(call => call.name)
    expect(own.map(call => [call.delivery, call.broken?.by])).toEqual([
      ['unanswered', 'server'],
      ['unanswered', 'server'],
    ])
  })

  it('waits for the rest of a stream that can be resumed, for a while', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    conn.post('/mcp', tool(1), headers).stream().body('id: 1\ndata: \n\n').serverEnd().clientEnd()
    expect(wire.row('call', -1).delivery).toBe('pending')
    wire.wait(1000)
    conn
      .get('/mcp', [...headers, ['last-event-id', '1']])
      .stream()
      .event(result(1))
    expect(wire.row('call', -1).delivery).toBe('delivered')
    conn.post('/mcp', tool(2), headers).stream().body('id: 2\ndata: \n\n').serverEnd().clientEnd()
    wire.fold.tick(wire.at + 61_000)
    expect(wire.row('call', -1).delivery).toBe('unanswered')
  })

  it('waits no longer for a client that closed every connection and did not come back', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    conn.post('/mcp', tool(1), headers).stream().body('id: 1\ndata: \n\n').clientEnd('fin', 'client').serverEnd('closed', 'proxy')
    wire.fold.tick(wire.at + 31_000)
    expect(wire.row('call', -1).delivery).toBe('pending')
    conn.close()
    wire.fold.tick(wire.at + 29_000)
    expect(wire.row('call', -1).delivery).toBe('pending')
    wire.fold.tick(wire.at + 31_000)
    expect(wire.row('call', -1)).toMatchObject({ delivery: 'undeliverable', brokenAt: wire.at })
    expect(wire.row('session')).toMatchObject({ state: 'ended', undelivered: 1 })
  })

  it('takes no time from the clock that settles it: what comes later bears its own', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    wire.fold.tick(wire.at + 8 * 3_600_000)
    conn.post('/mcp', tool(1), headers).json(200, result(1))
    expect(wire.row('session')).toMatchObject({ lastAt: wire.at })
    conn.post('/mcp', tool(2), headers).stream().body('id: 1\ndata: \n\n').serverEnd().clientEnd()
    wire.fold.tick(wire.at + 61_000)
    expect(wire.row('call', -1)).toMatchObject({ delivery: 'unanswered', brokenAt: wire.at })
  })

  it('is unanswered when the proxy could not reach the server', () => {
    const wire = new WireScript()
    const post = wire.connect().post('/mcp', initialize())
    const body = JSON.stringify({ error: { code: 'ECONNREFUSED', message: 'Nothing accepts connections' } })
    post
      .head(
        502,
        [
          ['content-type', 'application/json'],
          ['content-length', String(body.length)],
        ],
        'proxy',
      )
      .body(body)
    post.serverEnd('refused', 'server').clientEnd('complete', 'proxy')
    expect(wire.row('call')).toMatchObject({ delivery: 'unanswered', error: { code: 502 } })
    expect(wire.row('exchange').trouble).toContain('Nothing accepts connections')
    expect(wire.row('session').state).toBe('broken')
  })

  it('is unknown over a gap, beyond the recording’s cap, and after the recording’s end', () => {
    const gap = new WireScript()
    const one = openSse(gap)
    one.conn.post(MESSAGES, tool(1)).answer(202)
    gap.write({ kind: 'gap', reason: 'disk-full', lost: 3, lostBytes: 100, since: 0, detail: 'ENOSPC' })
    one.stream.clientEnd('fin', 'client')
    expect(gap.row('call').delivery).toBe('unknown')
    expect(gap.row('gap')).toMatchObject({ lost: 3, reason: 'disk-full' })

    const cap = new WireScript()
    const two = openSse(cap)
    two.conn.post(MESSAGES, tool(1)).answer(202)
    two.stream.body('data: x', 5000).clientEnd('fin', 'client')
    expect(cap.row('call').delivery).toBe('unknown')

    const end = new WireScript()
    openSse(end).conn.post(MESSAGES, tool(1)).answer(202)
    expect(end.row('call').delivery).toBe('pending')
    end.fold.finish()
    expect(end.row('call').delivery).toBe('unknown')
    expect(end.row('session').state).toBe('ended')
  })

  it('survives a gap that lost nothing', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.write({ kind: 'gap', reason: 'stall', lost: 0, lostBytes: 0, since: 0, detail: '' })
    stream.clientEnd('fin', 'client')
    expect(wire.row('call').delivery).toBe('undeliverable')
  })

  it('sees ends that only the connection told of', () => {
    const wire = new WireScript()
    const { streamConn, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    streamConn.close('client', 'reset')
    expect(wire.row('call')).toMatchObject({ delivery: 'undeliverable', broken: { how: 'reset' } })
    expect(wire.row('session')).toMatchObject({ state: 'broken', ended: { by: 'client', inFlight: 1 } })
  })
})

describe('bodies', () => {
  /** Gives everything at its end, as a decoder may that never flushes between. */
  const gunzip = () => {
    const parts: Uint8Array[] = []
    return {
      push(bytes: Uint8Array): Uint8Array[] {
        parts.push(bytes.slice())
        return []
      },
      end: (): Uint8Array[] => [gunzipSync(Buffer.concat(parts))],
    }
  }

  it('looks into a compressed answer through the given decoder', () => {
    const wire = new WireScript({ inflate: encoding => (encoding === 'gzip' ? gunzip() : undefined) })
    const { conn, headers } = openStreamable(wire)
    conn.post('/mcp', tool(1), headers).answer(200, gzipSync(JSON.stringify(result(1))), [
      ['content-type', 'application/json'],
      ['content-encoding', 'GZIP'],
    ])
    expect(wire.row('call', -1).delivery).toBe('delivered')
  })

  it('says unknown, and not unanswered, of an answer that it cannot decode', () => {
    const wire = new WireScript({ inflate: () => undefined })
    const { conn, headers } = openStreamable(wire)
    conn.post('/mcp', tool(1), headers).answer(200, zstdCompressSync(JSON.stringify(result(1))), [
      ['content-type', 'application/json'],
      ['content-encoding', 'zstd'],
    ])
    expect(wire.row('call', -1).delivery).toBe('unknown')
    const broken = new WireScript({
      inflate: () => ({
        push() {
          throw new Error('bad data')
        },
        end: () => [],
      }),
    })
    const two = openStreamable(broken)
    two.conn.post('/mcp', tool(1), two.headers).answer(200, 'xx', [
      ['content-type', 'application/json'],
      ['content-encoding', 'br'],
    ])
    expect(broken.row('call', -1).delivery).toBe('unknown')
  })

  it('pairs an answer of 20 MB, on a stream and as JSON, without keeping it', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    stream.body('event: message\ndata: {"result":{"content":"')
    for (let i = 0; i < 20; i++) stream.body('y'.repeat(1_000_000))
    wire.wait(39)
    stream.body('"},"jsonrpc":"2.0","id":1}\n\n')
    expect(wire.row('call')).toMatchObject({ delivery: 'delivered', answerBytes: 20_000_048, answeredAt: 39 })
    expect(wire.row('call').ladder[2]?.says).toBe('20,000,048 B in 39 ms')
    const other = openStreamable(wire)
    const body = `{"result":{"content":"${'z'.repeat(5_000_000)}"},"jsonrpc":"2.0","id":9}`
    other.conn.post('/mcp', tool(9), other.headers).answer(200, body, [['content-type', 'application/json']])
    expect(wire.row('call', -1).delivery).toBe('delivered')
  })

  it('masks previews before it cuts them', () => {
    const wire = new WireScript({ mask: text => text.replaceAll(/secret-(a{100}|token)/g, '[masked]') })
    const { stream, conn } = openSse(wire)
    stream.event(`${'x'.repeat(190)} secret-${'a'.repeat(100)}`)
    expect(wire.row('frame', -1).preview).toBe(`${'x'.repeat(190)} [masked]`)
    conn.post(MESSAGES, tool(1)).answer(403, 'forbidden for secret-token', [['content-type', 'text/plain']])
    expect(wire.row('exchange', -1).errorText).toBe('forbidden for [masked]')
    expect(wire.row('call').error?.message).toBe('forbidden for [masked]')
  })

  it('keeps a masked line of what a tool was called with', () => {
    const wire = new WireScript({ mask: text => text.replaceAll(/secret-token/g, '[masked]') })
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, request(1, 'tools/call', { name: 'login', arguments: { user: 'a', word: 'secret-token' } })).answer(202)
    expect(wire.row('call')).toMatchObject({ name: 'login', hint: 'user=a, word=[masked]' })
    conn.post(MESSAGES, tool(2)).answer(202)
    stream.event(result(2))
    expect(wire.row('call', -1).hint).toBeUndefined()
  })

  it('gives a slice for each chunk whose place it knows', () => {
    const wire = new WireScript()
    openSse(wire)
    expect(wire.fold.takeSlices()).toEqual([])
    const bytes = new Uint8Array([1, 2, 3])
    wire.fold.push({ kind: 'chunk', seq: 99, at: 5, conn: 1, exchange: 1, part: 'response', size: 3, bytes }, { segment: 2, offset: 77 })
    expect(wire.fold.takeSlices()).toEqual([
      { exchange: wire.row('exchange').id, part: 'response', seq: 99, at: 5, segment: 2, offset: 77, size: 3 },
    ])
  })

  it('draws comments, other fields and the unfinished rest of a stream', () => {
    const wire = new WireScript()
    const { stream } = openSse(wire)
    stream.body(': ping\r\n\r\n').body('retry: 3000\r\n\r\n').body('data: {"half":').serverEnd('reset').clientEnd('closed', 'proxy')
    expect(wire.rows('frame').map(frame => [frame.kind, frame.index, frame.preview])).toEqual([
      ['event', 0, MESSAGES],
      ['comment', 1, 'ping'],
      ['retry', 2, ''],
      ['unfinished', 3, '{"half":'],
    ])
    expect(wire.row('exchange')).toMatchObject({ frames: 1, pings: 1 })
  })
})

describe('exchanges', () => {
  it('joins a redirect to its follow-up by what it carried, not by its order', () => {
    const wire = new WireScript()
    openSse(wire)
    const target = MESSAGES.replace('/?', '?')
    const [one, two] = [wire.connect(), wire.connect()]
    one.post(target, tool(1, 'first')).answer(307, '', [['location', MESSAGES]])
    two.post(target, tool(2, 'second')).answer(307, '', [['location', `http://127.0.0.1:8002${MESSAGES}`]])
    wire.wait(4)
    // Each on the other's connection, and in the other order.
    one.post(MESSAGES, tool(2, 'second')).answer(202)
    two.post(MESSAGES, tool(1, 'first')).answer(202)
    const [, a, b, c, d] = wire.rows('exchange')
    expect([c?.follows, d?.follows]).toEqual([b?.id, a?.id])
    expect([a?.followedBy, b?.followedBy]).toEqual([d?.id, c?.id])
    expect(wire.rows('call').map(call => [call.name, call.exchanges.length, call.status])).toEqual([
      ['first', 2, 202],
      ['second', 2, 202],
    ])
    expect(wire.row('call').ladder[1]?.says).toBe('202, after a 307 that cost 4 ms')
  })

  it('joins a request that its early redirect cut short, and counts the detour', () => {
    const wire = new WireScript()
    openSse(wire)
    const conn = wire.connect()
    const whole = JSON.stringify(tool(5, 'big'))
    const hop = conn.request('POST', MESSAGES.replace('/?', '?'), [['content-length', String(whole.length)]])
    hop.send(whole.slice(0, 20)).head(307, [['location', MESSAGES]])
    wire.write({ kind: 'end', ...hop.ids, leg: 'client', part: 'request', how: 'closed', by: 'proxy', bytes: 20 })
    hop.serverEnd().clientEnd()
    wire.wait(3)
    conn.post(MESSAGES, whole).answer(202)
    expect(wire.rows('call')).toHaveLength(1)
    expect(wire.row('call')).toMatchObject({ name: 'big', sentAt: 0, status: 202 })
    expect(wire.row('call').ladder[1]?.says).toBe('202, after a 307 that cost 3 ms')
    expect(wire.row('exchange', -1).follows).toBe(wire.row('exchange', 1).id)
  })

  it('reads a request whose answer came before its body', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    const whole = JSON.stringify(tool(3, 'late'))
    const trip = conn.request('POST', '/mcp', [...headers, ['content-length', String(whole.length)]])
    trip.send(whole.slice(0, 10)).head(413, [['content-length', '0']])
    trip.send(whole.slice(10)).sent().serverEnd().clientEnd()
    expect(wire.row('call', -1)).toMatchObject({ name: 'late', delivery: 'delivered', error: { code: 413 } })
  })

  it('calls a redirect that nobody follows unanswered, and not undeliverable', () => {
    const wire = new WireScript()
    const { stream } = openSse(wire)
    wire
      .connect()
      .post(MESSAGES.replace('/?', '?'), tool(1))
      .answer(307, '', [['location', MESSAGES]])
    expect(wire.row('call').delivery).toBe('pending')
    wire.fold.tick(31_000)
    expect(wire.row('call')).toMatchObject({
      delivery: 'unanswered',
      brokenAt: 30_000,
      broken: { says: 'The client did not follow the redirect' },
    })
    stream.clientEnd('fin', 'client')
    expect(wire.row('session')).toMatchObject({ undelivered: 1, ended: { inFlight: 0 } })
  })

  it('skips informational responses', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    conn.post('/mcp', tool(1), headers).head(100).head(103).json(200, result(1))
    expect(wire.row('exchange', -1).status).toBe(200)
    expect(wire.row('call', -1).delivery).toBe('delivered')
  })

  it('knows the ports of both legs', () => {
    const wire = new WireScript()
    const conn = wire.connect(52_114)
    const trip = conn.get('/sse')
    wire.write({
      kind: 'open',
      conn: conn.number,
      leg: 'server',
      upstream: 'mcp',
      local: { address: '127.0.0.1', port: 41_000 },
      remote: { address: '127.0.0.1', port: 8001 },
    })
    trip.stream()
    expect(wire.row('exchange')).toMatchObject({ clientPort: 52_114, serverPort: 41_000, body: 'stream' })
  })

  it('says what the guard refused', () => {
    const wire = new WireScript()
    wire
      .connect()
      .request('GET', '/')
      .change('rejected', 'evil.test', 'Host evil.test is not allowed')
      .head(403, [], 'proxy')
      .clientEnd('complete', 'proxy')
    expect(wire.row('exchange')).toMatchObject({ trouble: 'Host evil.test is not allowed', responseBy: 'proxy' })
  })
})

it('folds the same rows whatever the batches in which they are taken', () => {
  const script = () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, initialize()).answer(202)
    stream.event(initialized())
    conn.post(MESSAGES, tool(1)).answer(202)
    stream.event(result(1)).clientEnd('fin', 'client').serverEnd('fin')
    return wire
  }
  const once = script()
  const whole = [...once.rows('session'), ...once.rows('exchange'), ...once.rows('call'), ...once.rows('frame')]
  const often = new WireScript()
  for (const event of script().events) {
    often.fold.push(event)
    often.rows('session')
  }
  const pieces = [...often.rows('session'), ...often.rows('exchange'), ...often.rows('call'), ...often.rows('frame')]
  const plain = (rows: readonly { id: number }[]) => rows.map(row => ({ ...row, rev: 0 })).sort((a, b) => a.id - b.id)
  expect(plain(pieces)).toEqual(plain(whole))
})

describe('a subscription', () => {
  const headers = [['mcp-protocol-version', '2026-07-28']] as const

  it('ends by the client’s leaving, and nothing is lost by that', () => {
    const wire = new WireScript()
    wire.connect().post('/mcp', request(1, 'subscriptions/listen'), headers).stream().clientEnd('fin', 'client')
    wire.connect().post('/mcp', tool(2), headers).stream().clientEnd('fin', 'client')
    expect(deliveries(wire)).toEqual(['none', 'undeliverable'])
    expect(wire.row('session').undelivered).toBe(1)
  })
})
