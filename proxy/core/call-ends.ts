/**
 * How a call's wait ends, and what is known of it then. Promise: whatever ends it (an answer, a break, missing records) and whatever
 * takes that back goes through `settle`, so that verdict, counts and the list of open calls always agree.
 */
import { breakOf, type Ended, waiting } from './call-break.ts'
import { unfollowed, verdictOf } from './delivery.ts'
import { headerOf } from './fields.ts'
import type { Break } from './model.ts'
import type { CallState, ExchangeState, SessionState, World } from './state.ts'

/** A client that has not resumed by then will not: this long after the time that the stream told it to wait (ms). */
const RESUME_SPAN = 60_000
/** No stream tells its client to wait longer (ms). */
const LONGEST_RETRY = 3_600_000

export class CallEnds {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** A response body ended on one leg without answering these calls. */
  lostOwn(x: ExchangeState, ended: Ended): void {
    for (const call of x.calls) {
      if (call.answer || call.broken || call.row.kind !== 'request' || call.hops.at(-1) !== x) continue
      if (x.response?.blind) call.blind ??= 'the body could not be read'
      if (!(call.resumed && isUnderWay(call.resumed))) this.#cut(call, x, ended)
    }
  }

  /** Its stream ended: the client may take it up again elsewhere where it has an id to name. */
  #cut(call: CallState, x: ExchangeState, own: Ended): void {
    const over = call.session.row.ended
    // A server that lets go of what the client has taken back with its session does as it should.
    const ended: Ended = over?.detail === 'DELETE' && over.at <= own.at ? { ...over, what: 'deletion' } : own
    if (over || x.cursor === undefined) this.break(call, ended)
    else {
      const retry = Math.min(x.row.retry ?? call.hops.at(-1)?.row.retry ?? 0, LONGEST_RETRY)
      call.resumeUntil ??= { at: ended.at + retry + RESUME_SPAN, from: breakOf(call, ended) }
    }
  }

  /** A stream goes on where another ended, or is about to be let go: the calls that waited there now wait on it. */
  resumed(x: ExchangeState): void {
    const from = headerOf(x.row.requestHeaders, 'last-event-id')
    if (from === '' || !x.session) return
    const { open, frames } = x.session
    // A client that missed the newest events names an older one.
    const older = new Set(frames.filter(({ lastEventId }) => lastEventId === from).map(({ exchange }) => exchange))
    x.resumes = [...open].filter(call => [...call.hops, call.resumed].some(hop => hop && (hop.cursor === from || older.has(hop.row.id))))
    for (const call of x.resumes) {
      call.resumed = x
      call.resumeUntil = undefined
    }
  }

  /** A stream that had taken up calls again ended in its turn. */
  lostAgain(x: ExchangeState, ended: Ended): void {
    for (const call of x.resumes) {
      const own = call.hops.at(-1)
      if (!call.answer && !call.broken && call.resumed === x && !(own && isUnderWay(own))) this.#cut(call, x, ended)
    }
  }

  /** The stream that would have carried the answers of a whole session is gone. */
  lostAll(session: SessionState, ended: Ended): void {
    const inFlight = waiting(session, ended.at)
    for (const call of [...session.open]) this.break(call, { ...ended, inFlight })
  }

  /** A hop that was not followed until `at`. */
  unfollowed(x: ExchangeState, at: number): void {
    const { seq } = this.#world
    for (const call of x.calls) {
      if (!call.answer && call.hops.at(-1) === x)
        this.break(call, { at, seq: x.row.responseSeq ?? seq, by: 'client', how: 'complete', what: 'request' })
    }
  }

  /** Streams that nobody resumed until now. */
  expire(sessions: Iterable<SessionState>, now: number): void {
    for (const session of sessions) {
      if ([...session.openExchanges].some(isResumption)) continue
      for (const call of session.open) {
        if (call.resumeUntil && call.resumeUntil.at <= now) this.breakAs(call, call.resumeUntil.from)
      }
    }
  }

  /** Streams that nobody will resume: their client closed every connection, and did not come back. */
  abandoned(session: SessionState): void {
    if (session.exchanges.some(({ conn }) => !conn.clientClosed)) return
    for (const call of session.open) if (call.resumeUntil?.from.by === 'client') this.breakAs(call, call.resumeUntil.from)
  }

  /** Records are missing from here on: what is open may have been answered unseen. */
  blinded(session: SessionState, why: string): void {
    for (const call of session.open) {
      call.blind ??= why
      this.#world.touchCall(call)
    }
  }

  /** Records are missing: what waits may have been answered unseen, and so may what waited when its client sent FIN. */
  gap(session: SessionState): void {
    const why = 'records are missing from the journal here'
    this.blinded(session, why)
    for (const call of session.open) call.row.unseen = true
    for (const call of session.calls) {
      if (!mayReadOn(call)) continue
      call.blind ??= why
      this.settle(call)
    }
  }

  /** The client's end shows how much it took: an answer beyond that did not cross. */
  notCrossed(call: CallState, taken: number, end: NonNullable<ExchangeState['row']['clientEnd']>): void {
    if (!call.answer) return
    call.answer.crossed = false
    call.taken = taken
    this.breakAs(call, breakOf(call, { ...end, what: 'stream' }))
  }

  /** It did reach the client after all. */
  crossed(call: CallState): void {
    if (!call.answer) return
    call.answer.crossed = true
    this.mend(call)
  }

  /** What this end had broken waits on. */
  unbroken(session: SessionState, seq: number): void {
    for (const call of session.calls) {
      if (call.broken?.seq !== seq || call.answer) continue
      call.session.open.add(call)
      this.mend(call)
    }
  }

  mend(call: CallState): void {
    call.broken = undefined
    delete call.row.broken
    delete call.row.brokenAt
    this.settle(call)
  }

  break(call: CallState, ended: Ended): void {
    if (call.broken || call.answer) return
    const last = call.hops.at(-1)?.row
    const what = unfollowed(call) ? 'request' : ended.what
    this.breakAs(
      call,
      breakOf(call, { ...ended, what, ...(what === 'request' && last?.responseSeq !== undefined && { seq: last.responseSeq }) }),
    )
  }

  breakAs(call: CallState, broken: Break): void {
    call.broken = broken
    call.row.broken = broken
    call.row.brokenAt = broken.at
    call.row.seqs = [...call.row.seqs, broken.seq]
    this.settle(call)
  }

  /** What is known of it now. */
  settle(call: CallState): void {
    const delivery = verdictOf(call)
    call.row.delivery = delivery
    if (delivery !== 'pending') call.session.open.delete(call)
    const lost = delivery === 'undeliverable' || (delivery === 'unanswered' && call.row.from === 'client')
    if (lost !== call.counted) {
      call.counted = lost
      call.session.row.undelivered += lost ? 1 : -1
    }
    const cut = delivery === 'unknown' && call.row.from === 'client' && call.broken?.by === 'proxy' && call.broken.how === 'closed'
    if (cut !== call.cut) {
      call.cut = cut
      call.session.row.cut = (call.session.row.cut ?? 0) + (cut ? 1 : -1)
    }
    this.#world.touchCall(call)
  }
}

/** It asks for the rest of a stream, and has no head yet: some servers send none before the first event. */
const isResumption = ({ row, cursor }: ExchangeState): boolean => row.method === 'GET' && row.status === undefined && cursor !== undefined

const isUnderWay = ({ row }: ExchangeState): boolean => !row.clientEnd && !row.serverEnd

/** Its client has sent FIN and not closed yet: an answer may still come, and be read. */
function mayReadOn({ broken, answer, session, hops }: CallState): boolean {
  if (!broken || answer || broken.by !== 'client' || broken.how !== 'fin') return false
  const carrier = session.row.transport === 'sse' ? session.stream : hops.at(-1)
  return carrier?.conn.clientClosed === false
}
