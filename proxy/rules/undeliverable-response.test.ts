/** The cause of a loss, from the evidence in its order. Captures prove the real cases; here are the close calls between them. */
import { describe, expect, it } from 'vitest'
import { initialize, MESSAGES, openSse, openStreamable, result, type Trip, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { type Judged, judge } from './index.ts'

function findings(wire: WireScript): Judged[] {
  const facts = wire.fold.facts(wire.row('session').id, wire.at + 10_000) as Facts
  const { findings: found, failures } = judge(facts)
  expect(failures).toEqual([])
  return found.filter(({ rule }) => rule === 'undeliverable-response')
}
const standing = (finding: Judged | undefined, rule: string) => finding?.alternatives?.find(other => other.rule === rule)

/** A call whose client leaves after `span`; `during` happens in between. */
function lost(
  span: number,
  during: (wire: WireScript, stream: Trip) => void = () => {},
  how: 'fin' | 'reset' = 'fin',
  address = '127.0.0.1',
) {
  const wire = new WireScript()
  wire.clientAddress = address
  const { stream, conn } = openSse(wire)
  wire.wait(1000)
  conn.post(MESSAGES, tool(1, 'slow')).answer(202)
  const sent = wire.at
  during(wire, stream)
  wire.at = sent + span
  stream.clientEnd(how, 'client').serverEnd('fin')
  const found = findings(wire)
  expect(found).toHaveLength(1)
  return found[0]
}
const pings = (wire: WireScript, stream: Trip, every: number, count: number) => {
  for (let i = 0; i < count; i++) {
    wire.wait(every)
    stream.body(': ping\r\n\r\n')
  }
}

describe('the cause of a loss', () => {
  it('is the client’s limit where the span since the POST is a usual one and pings kept the stream alive', () => {
    const finding = lost(60_003, (wire, stream) => pings(wire, stream, 15_000, 3))
    expect(finding).toMatchObject({
      cause: expect.stringContaining('(client-timeout-shorter-than-tool)'),
      confidence: 'certain',
      causeConfidence: 'likely',
    })
    expect(finding?.says).toContain('waits 60 s for a call')
    expect(standing(finding, 'idle-cut')).toMatchObject({ standing: 'ruled out', why: 'last byte 15.0 s before the close' })
  })

  it('points at the record that brought the last byte, also in the middle of an event', () => {
    const finding = lost(500, (wire, stream) => {
      stream.body(': ping\r\n\r\n')
      wire.wait(100)
      stream.body('event: message\r\ndata: {"json')
    })
    const last = finding?.evidence.find(({ says }) => says.startsWith('Last byte'))
    expect(last?.at).toBe((finding?.at ?? 0) - 400)
    expect(last?.seq).toBeGreaterThan(finding?.evidence.find(({ says }) => says.startsWith('POST'))?.seq ?? Number.POSITIVE_INFINITY)
  })

  it('does not speak of a time before the answer where much of it had come', () => {
    const finding = lost(120, (_, stream) => stream.body(`event: message\r\ndata: ${'x'.repeat(1_200_000)}`))
    expect(finding).toMatchObject({ cause: expect.stringContaining('(oversized-sse-event)'), causeConfidence: 'likely' })
    expect(finding?.title).toBe('The client left at 120 ms, when 1,200,022 B of the answer had come.')
    expect(`${finding?.title} ${finding?.says}`).not.toMatch(/before the answer|still running/)
  })

  it('is only possibly that limit where the span fits loosely', () => {
    expect(lost(60_900, (wire, stream) => pings(wire, stream, 15_000, 3))).toMatchObject({
      cause: expect.stringContaining('(client-timeout-shorter-than-tool)'),
      causeConfidence: 'possible',
    })
  })

  it('is silence where nothing came for a usual span and the POST was at another time', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    stream.body(': ping\r\n\r\n')
    wire.wait(163_000)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.at = 300_040
    stream.clientEnd('fin', 'client')
    expect(findings(wire)).toMatchObject([{ cause: expect.stringContaining('(idle-cut)'), causeConfidence: 'likely' }])
  })

  it('is the limit where both fit and the POST fits far better', () => {
    const finding = lost(60_002)
    expect(finding).toMatchObject({ cause: expect.stringContaining('(client-timeout-shorter-than-tool)') })
    expect(standing(finding, 'idle-cut')).toMatchObject({ standing: 'possible' })
  })

  it('is certain where the client announced its limit', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.wait(37_000)
    const reason = 'McpError: MCP error -32001: Request timed out'
    conn.post(MESSAGES, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1, reason } }).answer(202)
    wire.wait(5)
    stream.clientEnd('fin', 'client')
    expect(findings(wire)).toMatchObject([
      {
        cause: expect.stringContaining('(client-timeout-shorter-than-tool)'),
        causeConfidence: 'certain',
        says: expect.stringContaining('waits 37 s'),
      },
    ])
  })

  it('is an event too large for the client where one came just before', () => {
    const finding = lost(4_321, (wire, stream) => {
      wire.wait(4_300)
      stream.event({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x'.repeat(1_100_000) } })
    })
    expect(finding).toMatchObject({ cause: expect.stringContaining('(oversized-sse-event)'), causeConfidence: 'likely' })
  })

  it('is an answer too large for the client where only a part of it was taken', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.wait(4_321)
    stream.event(result(1, { content: 'x'.repeat(2_000_000) }))
    wire.wait(30)
    stream.clientEnd('fin', 'client', 1_060_000)
    expect(findings(wire)).toMatchObject([
      { cause: expect.stringContaining('(oversized-sse-event)'), title: 'The client left at 4.4 s, while the answer was on its way.' },
    ])
  })

  it('is a refused POST where one came just before', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.wait(2_222)
    conn.post(MESSAGES, tool(2)).answer(403, 'Invalid Origin')
    wire.wait(10)
    stream.clientEnd('fin', 'client')
    expect(findings(wire)).toMatchObject([{ cause: expect.stringContaining('(host-or-origin-rejected)'), causeConfidence: 'likely' }])
  })

  it('is perhaps the network where the connection was reset, unless the client is on this machine', () => {
    expect(lost(7_777, () => {}, 'reset', '192.0.2.7')).toMatchObject({
      cause: expect.stringContaining('(network-interruption)'),
      causeConfidence: 'possible',
    })
    const near = lost(7_777, () => {}, 'reset')
    expect(near).toMatchObject({ cause: expect.stringContaining('(client-closed-early)') })
    expect(standing(near, 'network-interruption')).toMatchObject({ standing: 'ruled out', why: 'both ends are on this machine' })
  })

  it('is the client’s own will where it said DELETE', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    const post = wire.connect().post('/mcp', tool(1), headers).stream()
    wire.wait(3_333)
    conn.request('DELETE', '/mcp', headers).answer(200)
    wire.wait(2)
    post.clientEnd('fin', 'client')
    expect(findings(wire)).toMatchObject([{ cause: expect.stringContaining('(client-closed-early)'), causeConfidence: 'certain' }])
  })

  it('is open where nothing fits', () => {
    const finding = lost(7_777)
    expect(finding).toMatchObject({ cause: expect.stringContaining('(client-closed-early)'), causeConfidence: 'possible' })
    expect(finding?.says).toContain('the wire does not show why')
  })
})

describe('a loss', () => {
  it('of several calls by one close is one finding, told of the oldest', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.wait(100)
    conn.post(MESSAGES, tool(2)).answer(202)
    wire.wait(7_677)
    stream.clientEnd('fin', 'client')
    const found = findings(wire)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ title: 'The client left at 7.8 s with 2 calls in flight.', call: wire.row('call').id })
  })

  it('cites records that exist, in the order of their time', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    wire.wait(5_000)
    stream.body(': ping\r\n\r\n')
    wire.wait(2_777)
    stream.clientEnd('fin', 'client').change('linger-begin', '', '')
    wire.wait(1_000)
    stream.event(result(1)).change('linger-end', '', '')
    wire.log('Traceback (most recent call last):\n  File "x"\nanyio.BrokenResourceError')
    const [finding] = findings(wire)
    const kinds = finding?.evidence
      .map(({ seq }) => wire.events.find(event => event.seq === seq))
      .map(event => (event?.kind === 'change' ? event.what : event?.kind))
    expect(kinds).toEqual(['response', 'chunk', 'end', 'linger-begin', 'chunk', 'linger-end', 'log'])
    expect(finding?.evidence.map(({ at }) => at)).toEqual([0, 5000, 7777, 7777, 8777, 8777, 8777])
    expect(finding?.fix.join()).toContain('1.27.2')
  })

  it('is not reported of a call that the server left, that was cancelled, or that was delivered', () => {
    for (const finish of [
      (stream: Trip) => stream.serverEnd('fin').clientEnd('closed', 'proxy'),
      (stream: Trip) => stream.event(result(1)).clientEnd('fin', 'client'),
      (stream: Trip) => stream.clientEnd('closed', 'proxy'),
    ]) {
      const wire = new WireScript()
      const { stream, conn } = openSse(wire)
      conn.post(MESSAGES, tool(1)).answer(202)
      finish(stream)
      expect(findings(wire)).toEqual([])
    }
  })

  it('is none where the calls were posted to a dead stream, or the client left during the handshake: these are faults of their own', () => {
    for (const message of [tool(1), initialize()]) {
      const wire = new WireScript()
      const { stream, conn } = openSse(wire)
      if (message.method === 'initialize') conn.post(MESSAGES, message).answer(202)
      stream.clientEnd('fin', 'client')
      wire.wait(3_200)
      if (message.method !== 'initialize') conn.post(MESSAGES, message).answer(202)
      expect(findings(wire)).toEqual([])
    }
  })

  it('does not take another call’s large answer for its own', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1, 'big')).answer(202)
    conn.post(MESSAGES, tool(2, 'slow')).answer(202)
    wire.wait(2_000)
    stream.event(result(1, 'x'.repeat(1_200_000)))
    wire.wait(20)
    stream.clientEnd('fin', 'client')
    const [finding] = findings(wire)
    expect(finding).toMatchObject({
      cause: expect.stringContaining('oversized-sse-event'),
      says: expect.stringContaining('slow was still running'),
    })
    expect(finding?.evidence.map(({ says }) => says).join()).toContain('the answer to call 1')
  })
})
