/** A server that the proxy started itself. Captures prove one that was killed; here is what else may become of it. */
import { expect, it } from 'vitest'
import { initialize, initialized, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge } from './index.ts'

const said = (wire: WireScript) => {
  const facts = wire.fold.facts(wire.row('session').id, wire.at) as Facts
  return judge(facts).findings.filter(({ rule }) => rule === 'upstream-unreachable')
}
const refuse = (wire: WireScript) =>
  wire
    .connect()
    .post('/mcp', initialize())
    .serverEnd('refused')
    .head(502, [['content-length', '0']], 'proxy')
    .clientEnd('complete', 'proxy')

it('could not be started', () => {
  const wire = new WireScript()
  wire.log('could not be started: spawn servr ENOENT', 'process')
  wire.wait(90_000)
  refuse(wire)
  expect(said(wire)).toMatchObject([
    {
      cause: 'The server’s process could not be started: spawn servr ENOENT.',
      fix: ['Correct the command after --, and begin a new run.'],
    },
  ])
})

it('ended, and something else has come in its place', () => {
  const wire = new WireScript()
  wire.log('ended with exit code 1', 'process')
  refuse(wire)
  wire.wait(3_000).connect().post('/mcp', initialize()).json(200, initialized())
  expect(said(wire)).toMatchObject([{ severity: 'warning', cause: 'The server was started after the client.' }])
})

it('ended long after it had not been reached', () => {
  const wire = new WireScript()
  refuse(wire)
  wire.wait(3_000).log('ended with exit code 1', 'process')
  expect(said(wire)).toMatchObject([{ cause: 'No program listens at this address.' }])
})
