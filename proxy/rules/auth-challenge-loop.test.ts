/** One refusal for want of a scope: a fault only where nothing comes of it. */
import { describe, expect, it } from 'vitest'
import { openStreamable, result, tool, WireScript } from '../captures/wire-script.ts'
import type { RawHeader } from '../core/event.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

const CHALLENGE: RawHeader[] = [['www-authenticate', 'Bearer error="insufficient_scope", scope="mcp:admin"']]

/** What is found in the session `after` ms later. */
function found(after: number, then: (wire: WireScript, refused: ReturnType<typeof openStreamable>) => void = () => {}) {
  const wire = new WireScript()
  const session = openStreamable(wire)
  session.conn.post('/mcp', tool(1), session.headers).answer(403, 'Insufficient scope', CHALLENGE)
  wire.wait(1_000)
  then(wire, session)
  const facts = wire.fold.facts(wire.row('session').id, wire.at + after) as Facts
  return judge(facts).findings.filter(({ rule }) => rule === 'auth-challenge-loop')
}
const looksAtMetadata = (wire: WireScript) =>
  void wire.connect().request('GET', '/.well-known/oauth-protected-resource/mcp').json(200, { resource: 'http://127.0.0.1:8002/mcp' })

describe('a single 403 insufficient_scope', () => {
  it('is a warning where nothing follows', () => {
    expect(found(10_000)).toMatchObject([{ severity: 'warning', confidence: 'likely', says: expect.stringContaining('scope mcp:admin') }])
  })
  it('is none yet while the client may still act', () => expect(found(3_000)).toEqual([]))
  it('is none while somebody may be signing in, and is one after that', () => {
    expect(found(30_000, looksAtMetadata)).toEqual([])
    expect(found(90_000, looksAtMetadata)).toHaveLength(1)
  })
  it('is none where the call is repeated, in this session or in a new one', () => {
    expect(found(90_000, (_, { conn, headers }) => conn.post('/mcp', tool(2), headers).json(200, result(2)))).toEqual([])
    expect(found(90_000, wire => openStreamable(wire, 'session-two-0002'))).toEqual([])
  })
})
