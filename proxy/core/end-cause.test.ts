/** Which ends are a restart, a limit on silence, or the network. Captures prove the plain cases; here are those between them. */
import { describe, expect, it } from 'vitest'
import { MESSAGES, openSse, result, type Trip, tool, WireScript } from '../captures/wire-script.ts'
import { type EndCause, endCauses } from './end-cause.ts'
import type { Facts } from './facts.ts'
import type { Session } from './model.ts'

const OTHER = '/messages/?session_id=fedcba9876543210fedcba9876543210'
function causes(wire: WireScript, key?: string): readonly EndCause[] {
  const session = wire.rows('session').find((row: Session) => key === undefined || row.key === key)
  return endCauses(wire.fold.facts(session?.id ?? 0, wire.at + 1_000) as Facts)
}
/** A session that has been of use. */
function used(wire: WireScript, endpoint = MESSAGES) {
  const opened = openSse(wire, endpoint)
  opened.conn.post(endpoint, tool(1)).answer(202)
  opened.stream.event(result(1))
  return opened
}
const cut = (stream: Trip, how: 'fin' | 'reset' = 'fin') => stream.serverEnd(how).clientEnd('closed', 'proxy')
const refused = (wire: WireScript) => {
  const trip = wire.connect().get('/sse')
  for (const part of ['request', 'response'] as const)
    wire.write({
      kind: 'end',
      ...trip.ids,
      leg: 'server',
      part,
      how: 'refused',
      by: 'server',
      bytes: 0,
      code: 'ECONNREFUSED',
      detail: 'Nothing accepts connections.',
    })
  trip.head(502, [], 'proxy').clientEnd('complete', 'proxy')
}

describe('an end without a clean end', () => {
  it('is a restart for certain where nothing accepted connections soon after, or the process ended', () => {
    const down = new WireScript()
    cut(used(down).stream)
    down.wait(2_000)
    refused(down)
    expect(causes(down)).toMatchObject([{ rule: 'server-restarted', confidence: 'certain' }])
    const exited = new WireScript()
    cut(used(exited).stream)
    exited.log('ended by signal SIGTERM', 'process')
    expect(causes(exited)).toMatchObject([{ rule: 'server-restarted', confidence: 'certain' }])
  })

  it('is a restart perhaps where another stream ended with it by FIN, and no more than the network by reset', () => {
    for (const [how, rule] of [
      ['fin', 'server-restarted'],
      ['reset', 'network-interruption'],
    ] as const) {
      const wire = new WireScript()
      const one = used(wire)
      const two = used(wire, OTHER)
      wire.wait(4_000)
      cut(one.stream, how)
      cut(two.stream, how)
      expect(causes(wire)).toMatchObject([{ rule, confidence: 'possible' }])
    }
  })

  it('is no certain restart for an outage long before or after', () => {
    const wire = new WireScript()
    const { stream } = used(wire)
    refused(wire)
    wire.connect().get('/health').answer(200)
    wire.wait(7_000)
    cut(stream)
    wire.wait(70_000)
    refused(wire)
    expect(causes(wire)).toMatchObject([{ rule: 'server-restarted', confidence: 'possible' }])
  })

  it('is the network where the server answers at once, as no process does that was started anew', () => {
    const wire = new WireScript()
    const { stream } = used(wire)
    wire.wait(7_000)
    cut(stream)
    wire.wait(50)
    used(wire, OTHER)
    expect(causes(wire, MESSAGES.split('=')[1])).toMatchObject([{ rule: 'network-interruption' }])
  })

  it('is a limit on silence within 2 %, and certain once it has happened twice', () => {
    const wire = new WireScript()
    const { stream } = used(wire)
    wire.wait(61_000)
    cut(stream)
    expect(causes(wire)).toMatchObject([{ rule: 'idle-cut', confidence: 'likely', limit: 60_000, again: 0 }])
    wire.wait(3_000)
    const next = used(wire, OTHER)
    wire.wait(60_400)
    cut(next.stream)
    expect(causes(wire)).toMatchObject([{ rule: 'idle-cut', confidence: 'certain', again: 1 }])
  })

  it('is the network where it was reset and the silence fits no limit', () => {
    const wire = new WireScript()
    const { stream, conn } = used(wire)
    conn.post(MESSAGES, tool(2)).answer(202)
    wire.wait(45_000)
    cut(stream, 'reset')
    expect(causes(wire)).toMatchObject([{ rule: 'network-interruption', confidence: 'possible', lost: [{ number: 2 }] }])
  })
})

describe('the client’s end', () => {
  it('is none of this when it is an ordinary close, or loses a call, which is told elsewhere', () => {
    const plain = new WireScript()
    const one = used(plain)
    plain.wait(7_000)
    one.stream.clientEnd('fin', 'client')
    expect(causes(plain)).toEqual([])
    const lost = new WireScript()
    const two = used(lost)
    two.conn.post(MESSAGES, tool(2)).answer(202)
    lost.wait(300_000)
    two.stream.clientEnd('fin', 'client')
    expect(causes(lost)).toEqual([])
  })

  it('is a limit on silence where clients have it, and another one only when it happens again', () => {
    for (const [span, expected] of [
      [300_100, 'idle-cut'],
      [305_200, 'idle-cut'],
      ...[30_000, 60_500, 100_200, 125_400, 270_100, 350_300].map(quit => [quit, undefined] as const),
    ] as const) {
      const wire = new WireScript()
      const { stream } = used(wire)
      wire.wait(span)
      stream.clientEnd('fin', 'client')
      expect(causes(wire)[0]?.rule, String(span)).toBe(expected)
    }
    const wire = new WireScript()
    for (const endpoint of [MESSAGES, OTHER]) {
      const { stream } = used(wire, endpoint)
      wire.wait(100_200)
      stream.clientEnd('fin', 'client')
    }
    expect(causes(wire)).toMatchObject([{ rule: 'idle-cut', confidence: 'certain', again: 1 }])
  })

  it('is perhaps the network by reset', () => {
    const wire = new WireScript()
    const { stream } = used(wire)
    wire.wait(7_000)
    stream.clientEnd('reset', 'client')
    expect(causes(wire)).toMatchObject([{ rule: 'network-interruption', end: { by: 'client' } }])
  })
})
