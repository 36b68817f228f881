/** The signs that an id was kept or made by hand. Captures prove an id that nobody issued and one that was given twice. */
import { describe, expect, it } from 'vitest'
import { MESSAGES, openSse, openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

function findings(wire: WireScript, session = 0) {
  const facts = wire.fold.facts(wire.row('session', session).id, wire.at + 1_000) as Facts
  return judge(facts).findings.filter(({ rule }) => rule === 'session-managed-by-hand')
}

describe('an id kept or made by hand', () => {
  it('is certain where the server issues ids of another form', () => {
    const wire = new WireScript()
    openSse(wire)
    wire
      .connect(51_000, 'other')
      .post('/messages/?session_id=2f6c1a52-6f0e-4f5b-9d6c-0f7a4b1c2d3e', tool(1))
      .answer(404, 'Could not find session')
    const [finding] = findings(wire, 1)
    expect(finding).toMatchObject({ causeConfidence: 'certain', alternatives: [] })
    expect(finding?.says).toContain('It is a dashed UUID; this server issues 32 hex digits.')
  })

  it('shows in the server’s own words too', () => {
    const wire = new WireScript()
    wire.connect().post(MESSAGES, tool(1)).answer(404, 'Could not find session')
    wire.log('WARNING: Could not find session for ID: 01234567-89ab-cdef-0123-456789abcdef')
    expect(findings(wire)[0]?.evidence.at(-1)?.says).toBe('Server log: Could not find session')
  })

  it('takes no line of the log for its own that is about another request', () => {
    const other = 'WARNING: Could not find session for ID: fedcba98-89ab-cdef-0123-456789abcdef'
    for (const [before, after, says] of [
      [other, 'WARNING: Received invalid session ID: zzz', 'Server log: Received invalid session ID'],
      ['WARNING: Could not find session', '', undefined],
      ['', other, undefined],
      ['', 'WARNING: Session not found', 'Server log: Session not found'],
    ] as const) {
      const wire = new WireScript()
      if (before) wire.log(before)
      wire.wait(18)
      const post = wire.connect().post('/messages/?session_id=zzz', tool(1))
      if (after) wire.log(after)
      post.answer(400, 'Invalid session ID')
      expect(findings(wire)[0]?.evidence.find(line => line.says.startsWith('Server log'))?.says).toBe(says)
    }
  })

  it('shows in two programs that post under one id', () => {
    const wire = new WireScript()
    const { stream, conn } = openSse(wire)
    conn.post(MESSAGES, tool(1)).answer(202)
    stream.event(result(1))
    expect(findings(wire)).toEqual([])
    const other = wire.connect(51_000, 'curl/8.5.0').post(MESSAGES, tool(2)).answer(202)
    const [finding] = findings(wire)
    expect(finding).toMatchObject({ severity: 'warning', confidence: 'likely' })
    expect(wire.events.find(({ seq }) => seq === finding?.evidence[1]?.seq)).toMatchObject({
      kind: 'request',
      exchange: other.ids.exchange,
    })
  })

  it('shows in a session that is answered under another id', () => {
    const wire = new WireScript()
    const { conn, headers } = openStreamable(wire)
    conn.post('/mcp', tool(1), headers).json(200, result(1), [['mcp-session-id', 'another-id-0002']])
    expect(findings(wire)).toMatchObject([
      { title: 'The server answers session session-one-0001 under another id. One session has two ids.' },
    ])
  })

  it('shows in the log of a server whose handler returned nothing', () => {
    const wire = new WireScript()
    openSse(wire)
    wire.log("TypeError: 'NoneType' object is not callable")
    expect(findings(wire)).toMatchObject([{ severity: 'warning', confidence: 'likely' }])
  })
})
