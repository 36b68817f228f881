/** Who wrote the wrong path, what it costs, and which redirects are another matter. */
import { describe, expect, it } from 'vitest'
import { MESSAGES, openSse, result, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

const SLASHLESS = MESSAGES.replace('/?', '?')
function findings(wire: WireScript, later = 10_000) {
  const facts = wire.fold.facts(wire.row('session').id, wire.at + later) as Facts
  return judge(facts).findings.filter(({ rule }) => rule === 'redirect-path-mismatch' || rule === 'redirect-not-followed')
}
/** `count` calls that each take a redirect of `cost` ms first. */
function detours(count: number, cost: number, location = MESSAGES): WireScript {
  const wire = new WireScript()
  const { stream, conn } = openSse(wire)
  for (let i = 1; i <= count; i++) {
    conn.post(SLASHLESS, tool(i)).answer(307, '', [['location', location]])
    wire.wait(cost)
    conn.post(MESSAGES, tool(i)).answer(202)
    stream.event(result(i))
  }
  return wire
}

describe('a redirect by a slash', () => {
  it('is one warning with its count and cost, whatever its number', () => {
    expect(findings(detours(8, 4))).toMatchObject([{ severity: 'warning', title: '307 on each of 8 POSTs, +32 ms', confidence: 'certain' }])
    expect(findings(detours(1, 4))).toMatchObject([{ title: '307 on 1 POST, +4 ms' }])
  })

  it('is the client’s where the server advertises another path, and the server’s where it advertises this one', () => {
    expect(findings(detours(2, 4))[0]?.cause).toBe('The client: the server advertises /messages/, the client posts to /messages.')
    const wire = new WireScript()
    const { conn } = openSse(wire, SLASHLESS)
    conn.post(SLASHLESS, tool(1)).answer(308, '', [['location', MESSAGES]])
    conn.post(MESSAGES, tool(1)).answer(202)
    expect(findings(wire)[0]).toMatchObject({
      cause: 'The server: it advertises /messages and routes /messages/.',
      title: '308 on 1 POST, +0.0 ms',
    })
  })

  it('says of a lost answer that it is not the cause', () => {
    const wire = detours(2, 4)
    wire.connect().post(MESSAGES, tool(9)).answer(202)
    wire.write({ kind: 'end', conn: 1, exchange: 1, leg: 'client', part: 'response', how: 'fin', by: 'client', bytes: 1e6 })
    expect(findings(wire)[0]?.title).toBe('307 on 2 POSTs, +8 ms: not the cause')
  })

  it('is an error where it is not followed, once that is sure', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(SLASHLESS, tool(1)).answer(307, '', [['location', MESSAGES]])
    expect(findings(wire, 1_000)).toMatchObject([{ severity: 'warning' }])
    expect(findings(wire, 6_000)).toMatchObject([
      { rule: 'redirect-not-followed', severity: 'error', title: '307 on 1 POST, not followed. The message was lost.' },
    ])
    stream.clientEnd('fin', 'client')
    expect(findings(wire, 0)).toMatchObject([{ rule: 'redirect-not-followed', severity: 'error' }])
  })
})

describe('other redirects', () => {
  it('are none of its business: another path, another query, another status, no Location', () => {
    for (const [status, location] of [
      [307, '/other/?x=1'],
      [307, '/messages/?session_id=another-session-1'],
      [301, MESSAGES],
      [303, MESSAGES],
      [307, undefined],
    ] as const) {
      const wire = new WireScript()
      openSse(wire)
        .conn.post(SLASHLESS, tool(1))
        .answer(status, '', location === undefined ? [] : [['location', location]])
      expect(
        findings(wire).filter(({ rule }) => rule === 'redirect-path-mismatch'),
        `${status} ${location}`,
      ).toEqual([])
    }
  })
})
