import { describe, expect, it } from 'vitest'
import { MESSAGES, openSse, openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from './facts.ts'
import { type LossCause, lossCause } from './loss-cause.ts'
import type { Break, Call } from './model.ts'

/** A call that the client leaves after a span that is exactly a known limit, with what came just before. */
function left(before: (wire: WireScript, opened: ReturnType<typeof openSse>) => void, at = 60_000): LossCause {
  const wire = new WireScript()
  const opened = openSse(wire)
  opened.conn.post(MESSAGES, tool(1)).answer(202)
  wire.at = at - 1_000
  before(wire, opened)
  wire.at = at
  opened.stream.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
  const facts = wire.fold.facts(wire.row('session').id, wire.at)
  const call = facts?.calls.find(({ broken }) => broken)
  if (!facts || !call?.broken) throw new Error('no call was lost')
  return lossCause(facts, call, call.broken)
}
const sized =
  (bytes: number) =>
  (_: WireScript, { stream }: ReturnType<typeof openSse>) =>
    void stream.event('x'.repeat(bytes))

describe('the order of the evidence', () => {
  it('takes the round interval where nothing stands before it', () => {
    expect(left((_, { stream }) => void stream.body(': ping\r\n\r\n'))).toMatchObject({
      rule: 'client-timeout-shorter-than-tool',
      limit: 60_000,
    })
  })

  it('puts an event above a limit of current SDKs before a round interval', () => {
    const cause = left(sized(1_200_000))
    expect(cause).toMatchObject({ rule: 'oversized-sse-event', confidence: 'likely' })
    expect(cause.others.find(({ rule }) => rule === 'client-timeout-shorter-than-tool')).toMatchObject({ standing: 'possible' })
  })

  it('leaves what is only possible behind what is likely', () => {
    expect(left(sized(80_000))).toMatchObject({ rule: 'client-timeout-shorter-than-tool', confidence: 'likely' })
    expect(left(sized(80_000), 47_300)).toMatchObject({ rule: 'oversized-sse-event', confidence: 'possible' })
  })

  it('puts a refusal just before the close before a round interval', () => {
    const cause = left((_, { conn }) => void conn.post(MESSAGES, tool(2)).answer(403, 'Invalid Host'))
    expect(cause).toMatchObject({ rule: 'host-or-origin-rejected', confidence: 'likely' })
  })

  it.each([
    [400, 'Bad Request: Unsupported protocol version: 2099', 'protocol-version-mismatch'],
    [400, 'session_id is required', 'session-id-missing'],
    [400, 'Invalid Content-Type header', 'content-type-wrong'],
    [403, '{"error":"insufficient_scope"}', 'auth-challenge-loop'],
    [404, 'Could not find session', 'session-unknown-or-expired'],
    [404, 'Not Found', 'wrong-endpoint'],
    [503, '', 'rate-limited-or-overloaded'],
    [400, 'no', 'client-closed-early'],
  ])('names the fault by the words of the refusal: %i %s', (status, words, rule) => {
    const cause = left((_, { conn }) => void conn.post(MESSAGES, tool(2)).answer(status, words), 47_300)
    expect(cause).toMatchObject({ rule, evidence: [{ says: expect.stringContaining(`answered with ${status}`) }] })
  })

  it('looks for a large event only on what should have brought the answer', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    const big = conn.post('/mcp', tool(1), headers).stream()
    const other = wire.connect().post('/mcp', tool(2), headers).stream()
    wire.wait(500)
    big
      .event(result(1, 'x'.repeat(1_200_000)))
      .serverEnd()
      .clientEnd()
    wire.wait(1_500)
    other.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
    const facts = wire.fold.facts(wire.row('session').id, wire.at) as Facts
    const call = facts.calls.find(({ broken }) => broken) as Call
    expect(lossCause(facts, call, call.broken as Break)).toMatchObject({ rule: 'client-closed-early', confidence: 'possible' })
  })

  it('puts silence that fits a limit before all but the client’s own words', () => {
    expect(left(() => {})).toMatchObject({ rule: 'client-timeout-shorter-than-tool' })
    expect(
      left((wire, { stream }) => {
        wire.at = 5_000
        stream.body(': ping\r\n\r\n')
      }, 65_000),
    ).toMatchObject({ rule: 'idle-cut', limit: 60_000 })
  })
})
