/** Sessions longer than what the fold keeps. Promise: what was found of one is neither withdrawn nor turned into something else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCapture } from '../captures/capture.ts'
import { MESSAGES, openSse, result, tool, WireScript } from '../captures/wire-script.ts'
import type { RequestEvent, WireEvent } from '../core/event.ts'
import { Fold } from '../core/fold.ts'
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

describe('what was found of a capture stands when its session has grown by 2,600 healthy calls', () => {
  it.each([
    'content-type-wrong.get-json',
    'invalid-json-or-utf8.latin-1',
    'method-changing-redirect.repeated',
    'request-accepted-without-answer.empty',
    'session-unknown-or-expired.terminated',
    'single-slot-server.released',
    'tool-error-credentials.missing',
    'undeliverable-response.deleted',
  ])('%s', name => {
    const { events } = readCapture(readFileSync(join(import.meta.dirname, '..', 'captures', `${name}.md`), 'utf8'))
    const grown = new Grown(events)
    const before = grown.after(20)
    expect(before).not.toEqual([])
    expect(grown.after(2_600)).toEqual(before)
  })
})

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The last Streamable session of a capture, which goes on. */
class Grown {
  readonly #fold = new Fold({ recording: 0 })
  readonly #judge = new SessionJudge(this.#fold, 0)
  readonly #live = new Map<number, string>()
  readonly #model: RequestEvent
  #seq: number
  #at: number
  #calls = 0

  constructor(events: readonly WireEvent[]) {
    for (const event of events) this.#fold.push(event)
    const last = events.at(-1)
    const model = events.findLast((event): event is RequestEvent => event.kind === 'request' && named(event) && event.method === 'POST')
    if (!last || !model) throw new Error('the capture has no such session')
    this.#seq = last.seq
    this.#at = last.at
    this.#model = model
  }

  #push(event: Record<string, unknown>): void {
    this.#fold.push({ seq: ++this.#seq, at: this.#at, conn: 90_000, ...event } as unknown as WireEvent)
  }

  #call(): void {
    const exchange = 90_000 + ++this.#calls
    this.#at += 10
    const request = bytesOf(`{"jsonrpc":"2.0","id":${exchange},"method":"tools/call","params":{"name":"x"}}`)
    const answer = bytesOf(`{"jsonrpc":"2.0","id":${exchange},"result":{"content":[]}}`)
    const { upstream, target } = this.#model
    const headers = this.#model.headers.filter(([name]) => name.toLowerCase() !== 'content-length')
    this.#push({ kind: 'request', exchange, upstream, method: 'POST', target, http: '1.1', headers })
    this.#push({ kind: 'chunk', exchange, part: 'request', size: request.length, bytes: request })
    this.#push({ kind: 'end', exchange, leg: 'client', part: 'request', how: 'complete', by: 'client', bytes: request.length })
    const type = [['content-type', 'application/json']]
    this.#push({ kind: 'response', exchange, by: 'server', status: 200, reason: '', http: '1.1', headers: type })
    this.#push({ kind: 'chunk', exchange, part: 'response', size: answer.length, bytes: answer })
    for (const leg of ['server', 'client'])
      this.#push({ kind: 'end', exchange, leg, part: 'response', how: 'complete', by: 'server', bytes: answer.length })
  }

  /** What is found when it has had so many calls more. */
  after(calls: number): string[] {
    while (this.#calls < calls) {
      this.#call()
      if (this.#calls % 200 === 0 || this.#calls === calls) this.#look()
    }
    return [...this.#live.values()].sort()
  }

  #look(): void {
    for (const { id, rule, severity, gone } of this.#judge.judgeDue(this.#at, this.#at))
      if (gone) this.#live.delete(id)
      else this.#live.set(id, `${rule}: ${severity}`)
    this.#fold.takeRows()
  }
}

const named = ({ headers }: RequestEvent): boolean => headers.some(([name]) => name.toLowerCase() === 'mcp-session-id')
