/** A request that broke off and came again. Promise: joined within one session, never with another's request of equal bytes. */
import { expect, test } from 'vitest'
import type { WireEvent } from './event.ts'
import { Fold } from './fold.ts'
import type { Call } from './model.ts'

const local = { address: '127.0.0.1', port: 8002 }
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const REQUEST = encode('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
const ANSWER = encode('{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}')

class Story {
  readonly #fold = new Fold({ recording: 0 })
  #seq = 0

  #push(event: Record<string, unknown>): void {
    this.#fold.push({ seq: ++this.#seq, ...event } as unknown as WireEvent)
  }

  /** One POST on a connection of its own. */
  #post(number: number, at: number, session: string): { at: number; conn: number; exchange: number } {
    const base = { at, conn: number, exchange: number }
    this.#push({ kind: 'open', at, conn: number, leg: 'client', upstream: 'mcp', local, remote: { ...local, port: 40_000 + number } })
    const headers = [
      ['User-Agent', 'node'],
      ['Content-Type', 'application/json'],
      ['Mcp-Session-Id', session],
    ]
    this.#push({ kind: 'request', ...base, upstream: 'mcp', method: 'POST', target: '/mcp', http: '1.1', headers })
    this.#push({ kind: 'chunk', ...base, part: 'request', size: REQUEST.length, bytes: REQUEST })
    this.#push({ kind: 'end', ...base, leg: 'client', part: 'request', how: 'complete', by: 'client', bytes: REQUEST.length })
    return base
  }

  breaks(number: number, at: number, session: string): this {
    const base = this.#post(number, at, session)
    this.#push({ kind: 'end', ...base, leg: 'server', part: 'response', how: 'fin', by: 'server', bytes: 0 })
    return this
  }

  answered(number: number, at: number, session: string): this {
    const base = this.#post(number, at, session)
    const headers = [['Content-Type', 'application/json']]
    this.#push({ kind: 'response', ...base, status: 200, reason: 'OK', http: '1.1', headers, by: 'server' })
    this.#push({ kind: 'chunk', ...base, part: 'response', size: ANSWER.length, bytes: ANSWER })
    for (const leg of ['server', 'client'])
      this.#push({ kind: 'end', ...base, leg, part: 'response', how: 'complete', by: 'server', bytes: ANSWER.length })
    return this
  }

  calls(): Pick<Call, 'delivery' | 'session'>[] {
    this.#fold.finish()
    return this.#fold.takeRows().flatMap(row => (row.t === 'call' ? [{ delivery: row.delivery, session: row.session }] : []))
  }
}

test('the same session sends it again: one call, delivered', () => {
  const calls = new Story().breaks(1, 1000, 'aaaa-1111').answered(2, 1500, 'aaaa-1111').calls()
  expect(calls).toMatchObject([{ delivery: 'delivered' }])
})

test('another session of the same program asks the same: two calls, and the first was lost', () => {
  const calls = new Story().breaks(1, 1000, 'aaaa-1111').answered(2, 1500, 'bbbb-2222').calls()
  expect(calls.map(({ delivery }) => delivery)).toEqual(['unanswered', 'delivered'])
  expect(new Set(calls.map(({ session }) => session)).size).toBe(2)
})
