/** Proves that memory is bounded by what is open and not by what has passed. */
import { expect, it } from 'vitest'
import { initialize, MESSAGES, openSse, openStreamable, result, SSE_ID, tool, WireScript } from '../captures/wire-script.ts'

/** Throws away what a reader of a live recording would have stored long ago. */
function drain(wire: WireScript): void {
  wire.fold.takeRows()
  wire.fold.takeSlices()
  wire.events.length = 0
}

it('keeps the newest and the noteworthy of 200,000 exchanges on one session', () => {
  const wire = new WireScript()
  const { stream, conn } = openSse(wire)
  conn.post(MESSAGES, initialize()).answer(202)
  stream.event(result(0, { protocolVersion: '2025-06-18' }))
  const slashless = MESSAGES.replace('/?', '?')
  for (let i = 1; i <= 200_000; i++) {
    wire.wait(1)
    if (i === 500) conn.post(slashless, tool(i)).answer(307, '', [['location', MESSAGES]])
    if (i !== 1000) conn.post(MESSAGES, tool(i)).answer(202)
    else conn.post(MESSAGES, tool(i)).answer(403, 'no')
    stream.event(result(i))
    if (i % 1000 === 0) drain(wire)
  }
  const sizes = wire.fold.sizes()
  expect(sizes).toMatchObject({ conns: 2, openExchanges: 1, sessions: 1 })
  expect(sizes.exchanges).toBeLessThan(6000)
  expect(sizes.calls).toBeLessThan(6000)
  expect(sizes.frames).toBeLessThan(500)
  const facts = wire.fold.facts(2, wire.at)
  expect(facts?.session).toMatchObject({ calls: 200_001, exchanges: 200_003, redirects: 1 })
  // What a rule needs from long ago is still there, in order.
  expect(facts?.exchanges.filter(({ status = 0 }) => status >= 300).map(({ status }) => status)).toEqual([307, 403])
  expect(facts?.calls[0]?.method).toBe('initialize')
  expect(facts?.exchanges.map(({ requestAt }) => requestAt)).toEqual(
    facts?.exchanges.map(({ requestAt }) => requestAt).toSorted((a, b) => a - b),
  )
}, 120_000)

it('lets sessions go to their row, and in the end altogether, the longest quiet first', () => {
  const wire = new WireScript()
  for (let i = 0; i < 12_000; i++) {
    const id = `session-${String(i).padStart(8, '0')}`
    wire.wait(100)
    const { conn, headers } = openStreamable(wire, id, wire.connect(50_000, `agent-${i % 3000}`))
    conn.post('/mcp', tool(1), headers).json(200, result(1))
    conn.close()
    if (i % 1000 === 0) drain(wire)
  }
  const sizes = wire.fold.sizes()
  expect(sizes.conns).toBe(0)
  expect(sizes.openExchanges).toBe(0)
  expect(sizes.sessions).toBeLessThanOrEqual(10_100)
  expect(sizes.exchanges + sizes.calls).toBeLessThan(25_000)
}, 120_000)

it('does not let go of what is open, and knows a dropped session again', () => {
  const wire = new WireScript()
  const { conn } = openSse(wire, `/m?session_id=${SSE_ID}`)
  conn.post(`/m?session_id=${SSE_ID}`, tool('open')).answer(202)
  const old = openStreamable(wire, 'old-session-00001', wire.connect(50_010, 'old'))
  wire.wait(10_000)
  for (let i = 0; i < 40; i++) {
    const other = openStreamable(wire, `busy-session-${i}000`, wire.connect(50_020 + i, `busy-${i}`))
    for (let n = 0; n < 600; n++) other.conn.post('/mcp', tool(n), other.headers).json(200, result(n))
    wire.wait(10_000)
  }
  const [first, second] = wire.rows('session')
  expect(wire.fold.facts(second?.id ?? 0, wire.at), 'the old one was dropped').toBeUndefined()
  expect(wire.fold.facts(first?.id ?? 0, wire.at)?.calls).toMatchObject([{ delivery: 'pending' }])
  old.conn.post('/mcp', tool(9), old.headers).json(404, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } })
  expect(wire.rows('session')).toHaveLength(42)
  expect(wire.fold.facts(second?.id ?? 0, wire.at)).toMatchObject({ partial: true, exchanges: [{ status: 404 }] })
}, 60_000)
