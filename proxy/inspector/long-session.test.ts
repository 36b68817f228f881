/** Sessions longer than what the fold keeps. Promise: what was found of one is neither withdrawn nor turned into something else. */
import { describe, expect, it } from 'vitest'
import { MESSAGES, openSse, result, tool, WireScript } from '../captures/wire-script.ts'
import { SessionJudge } from './session-judge.ts'

/** What is found of a session in which `odd` came once, five calls after its beginning and `more` before its end. */
function foundAfter(odd: string, more: number): string[] {
  const wire = new WireScript()
  const judge = new SessionJudge(wire.fold, 0)
  const { stream, conn } = openSse(wire)
  const live = new Map<number, string>()
  const look = (): void => {
    for (const { id, rule, gone } of judge.judgeDue(wire.at, wire.at))
      if (gone) live.delete(id)
      else live.set(id, rule)
  }
  for (let id = 1; id <= more + 5; id++) {
    conn.post(MESSAGES, tool(id)).answer(202)
    stream.event(result(id))
    wire.wait(10)
    if (id === 5) stream.event(odd)
    if (id % 200 === 0) look()
  }
  look()
  return [...live.values()]
}

describe.each([600, 2_600])('%i calls after it', more => {
  it.each([
    ['response-unknown-id', JSON.stringify(result(99_999))],
    ['duplicate-response', JSON.stringify(result(3))],
    ['invalid-json-or-utf8', '{"jsonrpc":"2.0","id":'],
  ])('%s stands, alone', (rule, odd) => {
    const family = ['response-unknown-id', 'duplicate-response', 'invalid-json-or-utf8']
    expect(foundAfter(odd, more).filter(one => family.includes(one))).toEqual([rule])
  })
})

it('an answer that is repeated when its call has left memory is called nothing that it is not', () => {
  const wire = new WireScript()
  const judge = new SessionJudge(wire.fold, 0)
  const { stream, conn } = openSse(wire)
  for (let id = 1; id <= 2_600; id++) {
    conn.post(MESSAGES, tool(id)).answer(202)
    stream.event(result(id))
    wire.wait(10)
  }
  stream.event(result(3))
  expect(judge.judgeDue(wire.at, wire.at).map(({ rule }) => rule)).not.toContain('response-unknown-id')
})
