import { beforeEach, describe, expect, it } from 'vitest'
import { type Conn, MESSAGES, openSse, result, type Trip, tool, WireScript } from '../captures/wire-script.ts'
import { SessionJudge } from './session-judge.ts'

/** What each judgement takes, by the test's own stopwatch (ms). */
const TOOK = 50
let wire: WireScript
let judge: SessionJudge
let opened: { stream: Trip; conn: Conn; streamConn: Conn }
let ticks: number
let id: number

beforeEach(() => {
  ticks = 0
  id = 0
  wire = new WireScript()
  judge = new SessionJudge(wire.fold, 0, () => TOOK * ticks++)
  opened = openSse(wire)
  call()
  judge.judgeDue(wire.at, 0, true)
})

function call(): void {
  opened.conn.post(MESSAGES, tool(++id)).answer(202)
  opened.stream.event(result(id))
}
/** The client leaves with a call in flight: whoever judges it finds that. */
function lose(): void {
  opened.conn.post(MESSAGES, tool(++id)).answer(202)
  opened.stream.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
}
const judged = (clock: number, isPaced = true) => judge.judgeDue(wire.at, clock, isPaced).map(({ rule }) => rule)

describe('a session that goes on', () => {
  it('is not judged again before nine times as long has passed as judging took', () => {
    lose()
    expect(judged(9 * TOOK - 1)).toEqual([])
    expect(judged(9 * TOOK)).toContain('undeliverable-response')
  })

  it('is judged at once where it has grown by so much that rows may be forgotten', () => {
    for (let i = 0; i < 200; i++) call()
    lose()
    expect(judged(1)).toContain('undeliverable-response')
  })

  it('is judged at once where somebody waits for it', () => {
    lose()
    expect(judged(1, false)).toContain('undeliverable-response')
  })

  it('is judged at the end, whenever it was before', () => {
    lose()
    expect(judged(1)).toEqual([])
    wire.fold.finish()
    expect(judge.judgeLast(wire.at).map(({ rule }) => rule)).toContain('undeliverable-response')
  })

  it('waits no longer than the fold remembers it', () => {
    judge = new SessionJudge(wire.fold, 0, () => 10_000 * ticks++)
    call()
    judged(0)
    lose()
    expect(judged(3_999)).toEqual([])
    expect(judged(4_000)).toContain('undeliverable-response')
  })
})
