/** A port where --target expects another protocol. Promise: certain only where the server says so; a server that has answered is no stranger. */
import { describe, expect, it } from 'vitest'
import { initialize, initialized, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

function target(url: string): WireScript {
  const wire = new WireScript()
  wire.write({
    kind: 'recording',
    version: 1,
    id: 'a',
    startedAt: 0,
    product: '',
    pid: 1,
    upstreams: [{ name: 'mcp', url, listen: { address: '127.0.0.1', port: 8002 } }],
    options: { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 1, masked: true },
  })
  return wire
}
const findings = (wire: WireScript) => {
  const facts = wire.fold.facts(wire.row('session', -1).id, wire.at) as Facts
  return judge(facts).findings.filter(({ rule }) => rule === 'upstream-unreachable' || rule === 'network-interruption')
}

const REFUSALS = [
  'Client sent an HTTP request to an HTTPS server.\n',
  '<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n</html>',
]

describe('a port that speaks TLS', () => {
  it.each(REFUSALS)('is told by its own words: %s', words => {
    const wire = target('http://10.0.0.1/mcp')
    wire.connect().post('/mcp', initialize()).answer(400, words)
    expect(findings(wire)).toMatchObject([
      { rule: 'upstream-unreachable', severity: 'error', confidence: 'certain', fix: [expect.stringContaining('https://')] },
    ])
  })

  it('is not the target where that says https://', () => {
    const wire = target('https://10.0.0.1/mcp')
    wire.connect().post('/mcp', initialize()).answer(400, REFUSALS[0])
    expect(findings(wire)).toEqual([])
  })

  it.each([
    ['http://10.0.0.1/mcp', false, true],
    ['http://10.0.0.1/mcp', true, false],
    ['https://10.0.0.1/mcp', false, false],
  ])('is possible where %s ends a request without a byte (it had answered: %s): %s', (url, hadAnswered, isPossible) => {
    const wire = target(url)
    if (hadAnswered) wire.connect().post('/mcp', initialize()).json(200, initialized())
    wire.connect(60_000, 'other').post('/mcp', initialize()).serverEnd('reset').clientEnd('closed', 'proxy')
    const [finding] = findings(wire)
    expect(finding).toMatchObject({ rule: 'network-interruption' })
    expect(finding?.fix.some(fix => fix.includes('https://'))).toBe(isPossible)
  })
})

it('a port that speaks no HTTP is told, unless it has answered before', () => {
  for (const hadAnswered of [false, true]) {
    const wire = target('http://10.0.0.1/mcp')
    if (hadAnswered) wire.connect().post('/mcp', initialize()).json(200, initialized())
    const post = wire.connect(60_000, 'other').post('/mcp', initialize())
    post
      .serverEnd('garbage')
      .head(502, [['content-length', '0']], 'proxy')
      .clientEnd('complete', 'proxy')
    expect(findings(wire).map(({ causeConfidence }) => causeConfidence)).toEqual(hadAnswered ? [] : ['possible'])
  }
})
