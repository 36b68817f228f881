/**
 * What the fold may forget. Promise: nothing that is open; then the newest 2,000 of each session and up to 500 noteworthy
 * ones stay; beyond a total, the sessions that were quiet longest keep their row alone; beyond 10,000 sessions the oldest go.
 */
import type { SessionBook } from './session-book.ts'
import type { CallState, ExchangeState, SessionState } from './state.ts'

const NEWEST = 2_000
const NOTED = 500
const TOTAL = 20_000
const SESSIONS = 10_000
/** Pruned only once this much is over, so that each row is moved once and not at every sweep. */
const SLACK = 200

const worthExchange = ({ row }: ExchangeState) =>
  (row.status ?? 0) >= 300 ||
  row.trouble !== undefined ||
  row.body === 'stream' ||
  row.method === 'DELETE' ||
  row.follows !== undefined ||
  row.followedBy !== undefined ||
  (row.clientEnd !== undefined && row.clientEnd.how !== 'complete')
const worthCall = ({ row, repeated }: CallState) =>
  repeated || row.delivery === 'undeliverable' || row.delivery === 'unanswered' || row.error !== undefined || row.method === 'initialize'

export class Retention {
  readonly #book: SessionBook
  constructor(book: SessionBook) {
    this.#book = book
  }

  sweep(at: number): void {
    let total = 0
    for (const session of this.#book.all.values()) {
      session.exchanges = pruned(session, session.exchanges, session.noted.exchanges, worthExchange, x => x.finished)
      session.calls = pruned(session, session.calls, session.noted.calls, worthCall, call => !session.open.has(call))
      total += session.exchanges.length + session.calls.length
    }
    if (total > TOTAL) this.#dropOldest(total, at)
    if (this.#book.all.size > SESSIONS) this.#forgetOldest()
  }

  #dropOldest(total: number, at: number): void {
    let left = total
    const idle = [...this.#book.all.values()].filter(isIdle).sort((a, b) => a.row.lastAt - b.row.lastAt)
    for (const session of idle) {
      if (left <= TOTAL || at - session.row.lastAt < 5_000) return
      left -= session.exchanges.length + session.calls.length
      drop(session)
    }
  }

  #forgetOldest(): void {
    const idle = [...this.#book.all.values()].filter(isIdle).sort((a, b) => a.row.lastAt - b.row.lastAt)
    for (const session of idle.slice(0, this.#book.all.size - SESSIONS)) this.#book.forget(session)
  }
}

const isIdle = (session: SessionState) => session.openExchanges.size === 0 && session.open.size === 0 && session.row.transport !== 'other'

function drop(session: SessionState): void {
  if (session.exchanges.length + session.calls.length > 0) {
    session.partial = true
    session.dropped = true
  }
  session.exchanges = []
  session.calls = []
  session.frames = []
  session.noted = { exchanges: [], calls: [] }
}

function pruned<T>(session: SessionState, list: T[], noted: T[], worth: (item: T) => boolean, done: (item: T) => boolean): T[] {
  if (list.length <= NEWEST + SLACK) return list
  const over = list.length - NEWEST
  const kept: T[] = []
  for (const [i, item] of list.entries()) {
    if (i >= over || !done(item)) kept.push(item)
    else if (worth(item)) noted.push(item)
    else session.partial = true
  }
  if (noted.length > NOTED) {
    session.partial = true
    noted.splice(0, noted.length - NOTED)
  }
  return kept
}
