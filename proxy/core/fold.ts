/**
 * The fold: wire events in, rows out. Promise: the same events give the same rows, live or years later, and memory is
 * bounded by what is open and a fixed number of the newest and of the noteworthy rows, not by what has passed.
 *
 * Feed every event of one recording in order; take the rows that changed whenever it suits. For a recording that is over,
 * call `finish()` after its last event, so that what was still open does not look as if it were still waiting.
 */
import type { Inflate } from './body.ts'
import { CallEnds } from './call-ends.ts'
import { CallFold } from './call-fold.ts'
import { Cancellations } from './cancellations.ts'
import { ConnFold } from './conn-fold.ts'
import type { GapEvent, LogEvent, Position, Upstream, WireEvent } from './event.ts'
import { ExchangeFold } from './exchange-fold.ts'
import type { Facts, Hole } from './facts.ts'
import { gatherFacts, LOG_SPAN } from './gather-facts.ts'
import { LogFold } from './log-fold.ts'
import { type AnyRow, type BodySlice, ID_SPACE } from './model.ts'
import { Redirects } from './redirects.ts'
import { Retention } from './retention.ts'
import { SessionBook } from './session-book.ts'
import { SessionFinder } from './session-finder.ts'
import { SessionFold } from './session-fold.ts'
import { type SessionState, World } from './state.ts'
import { takeRows } from './take-rows.ts'

export interface FoldOptions {
  /** Index of the recording: its rows' ids begin at index * ID_SPACE. */
  readonly recording: number
  readonly inflate?: Inflate
  /** Masks credentials in previews and error texts. */
  readonly mask?: (text: string) => string
  /** Gives the next `rev`; by default each fold counts for itself. */
  readonly nextRev?: () => number
}

/** How long the fold waits between looking for what has run out of time (ms of recording time). */
const SWEEP_SPAN = 1_000
/** A session whose connections are all closed has ended when nothing came for this long (ms). */
const GONE_SPAN = 30_000
/** Spans of missing records that are remembered, the newest. */
const HOLES_LIMIT = 1_000

export class Fold {
  readonly #world: World
  readonly #redirects = new Redirects()
  readonly #book: SessionBook
  readonly #callEnds: CallEnds
  readonly #exchanges: ExchangeFold
  readonly #conns: ConnFold
  readonly #logs: LogFold
  readonly #retention: Retention
  readonly #nextRev: () => number
  #slices: BodySlice[] = []
  #holes: readonly Hole[] = []
  #sweptAt = 0
  #rev = 0

  constructor(options: FoldOptions) {
    this.#world = new World(options.recording * ID_SPACE, options.mask ?? (text => text))
    this.#nextRev = options.nextRev ?? (() => ++this.#rev)
    this.#book = new SessionBook(this.#world)
    this.#callEnds = new CallEnds(this.#world)
    const cancellations = new Cancellations(this.#world, this.#callEnds, this.#book)
    const finder = new SessionFinder(this.#world, this.#book)
    this.#exchanges = new ExchangeFold({
      world: this.#world,
      finder,
      sessions: new SessionFold(this.#world, this.#book, finder),
      calls: new CallFold(this.#world, this.#callEnds, cancellations),
      callEnds: this.#callEnds,
      cancellations,
      redirects: this.#redirects,
      inflate: options.inflate,
    })
    this.#conns = new ConnFold(this.#world, this.#exchanges)
    this.#logs = new LogFold(this.#world)
    this.#retention = new Retention(this.#book)
  }

  /** Folds one event; `position` is where its record lies in the journal, for body slices. */
  push(event: WireEvent, position?: Position): void {
    this.#world.clock(event)
    switch (event.kind) {
      case 'open':
        this.#conns.opened(event)
        break
      case 'request':
        this.#exchanges.request(event, this.#conns.of(event.conn, event.upstream))
        break
      case 'response':
        this.#exchanges.response(event)
        break
      case 'chunk':
        if (position) this.#slice(event, position)
        this.#exchanges.chunk(event)
        break
      case 'end':
        this.#exchanges.end(event)
        break
      case 'close':
        this.#conns.closed(event)
        break
      case 'change':
        this.#exchanges.change(event)
        break
      case 'log':
        this.#logged(event)
        break
      case 'gap':
        this.#gap(event)
        break
      case 'recording':
        this.#world.startedAt = event.startedAt
        for (const upstream of event.upstreams) {
          this.#world.targets.set(upstream.name, upstream.url)
          if (isReachedByTls(upstream)) this.#world.secure.add(upstream.name)
        }
        break
    }
    this.tick(this.#world.at)
  }

  /** Time has passed, in recording ms: what settles by time settles, also where no event comes. Events still to come may be a little older. */
  tick(now: number): void {
    // A clock that had gone ahead may have been put right.
    if (Math.abs(now - this.#sweptAt) >= SWEEP_SPAN) this.#sweep(now)
  }

  /** The recording is over: what is open stays unknown. */
  finish(): void {
    const { at, seq } = this.#world
    for (const session of this.#book.all.values()) {
      this.#callEnds.abandoned(session)
      this.#callEnds.blinded(session, 'the recording ended before it')
      this.#callEnds.lostAll(session, { at, seq, by: 'proxy', how: 'closed', what: 'recording' })
      session.over = true
      this.#world.touch(session)
    }
  }

  /** Rows that changed since the last call, each in its latest state, sessions first. */
  takeRows(): AnyRow[] {
    return takeRows(this.#world, this.#nextRev)
  }

  /** Where the body bytes lie that came since the last call. */
  takeSlices(): BodySlice[] {
    const slices = this.#slices
    this.#slices = []
    return slices
  }

  /** Ids of the sessions that changed, or whose log did, since the last call. */
  changedSessions(): number[] {
    const ids = [...this.#world.changed].map(session => session.row.id)
    this.#world.changed.clear()
    return ids
  }

  /** What rules look at; undefined for a session that has left memory: its findings stand. */
  facts(sessionId: number, now: number): Facts | undefined {
    const session = this.#book.all.get(sessionId)
    if (!session || session.dropped) return undefined
    return gatherFacts(session, { world: this.#world, book: this.#book, logs: this.#logs, holes: this.#holes }, now)
  }

  /** Exchanges, calls and frames that a session has had so far; 0 for one that is forgotten. */
  rowsOf(sessionId: number): number {
    const row = this.#book.all.get(sessionId)?.row
    return row ? row.exchanges + row.calls + row.frames : 0
  }

  /** Counts of what was found, for the session's row. Does not make it a changed session. */
  judged(sessionId: number, errors: number, warnings: number): void {
    const session = this.#book.all.get(sessionId)
    if (!session || (session.row.errors === errors && session.row.warnings === warnings)) return
    session.row.errors = errors
    session.row.warnings = warnings
    this.#world.sessions.add(session)
  }

  /** Objects in memory, to prove the bound. */
  sizes(): { conns: number; openExchanges: number; sessions: number; exchanges: number; calls: number; frames: number } {
    let exchanges = 0
    let calls = 0
    let frames = 0
    for (const session of this.#book.all.values()) {
      exchanges += session.exchanges.length + session.noted.exchanges.length
      calls += session.calls.length + session.noted.calls.length
      frames += session.frames.length
    }
    return {
      conns: this.#conns.size,
      openExchanges: this.#exchanges.open.size,
      sessions: this.#book.all.size,
      exchanges,
      calls,
      frames,
    }
  }

  /** An error in the server's log may confirm what the wire of a session showed shortly before. */
  #logged(event: LogEvent): void {
    if (!this.#logs.push(event)) return
    for (const session of this.#book.all.values()) {
      const { upstream, lastAt, transport } = session.row
      if (transport !== 'other' && upstream === event.upstream && event.at - lastAt <= LOG_SPAN) this.#world.changed.add(session)
    }
  }

  #gap(event: GapEvent): void {
    const { at, since, seq, reason, lost, lostBytes, detail } = event
    this.#world.gaps.push({ t: 'gap', id: this.#world.nextId(), at, since, seq, reason, lost, lostBytes, detail })
    if (lost === 0 && lostBytes === 0) return
    // The torn record had not been forwarded: nobody has missed it.
    if (reason !== 'torn-tail') this.#holes = [...this.#holes.slice(1 - HOLES_LIMIT), { since, at }]
    for (const session of this.#book.all.values()) this.#callEnds.gap(session)
  }

  #slice(event: Extract<WireEvent, { kind: 'chunk' }>, position: Position): void {
    const x = this.#exchanges.open.get(event.exchange)
    if (!x) return
    const { part, seq, at, size } = event
    this.#slices.push({ exchange: x.row.id, part, seq, at, segment: position.segment, offset: position.offset, size })
  }

  /** A session without a connection has ended, though nobody said so: its client comes back for nothing that it waited for. */
  #settleQuiet(session: SessionState, now: number): void {
    if (session.gone || (session.row.ended && session.open.size === 0) || !isGone(session, now)) return
    session.gone = true
    this.#callEnds.abandoned(session)
    this.#world.sessions.add(session)
  }

  #sweep(now: number): void {
    this.#sweptAt = now
    for (const x of this.#redirects.overdue(now)) if (x.session) this.#world.changed.add(x.session)
    for (const { exchange, until } of this.#redirects.expire(now)) this.#callEnds.unfollowed(exchange, until)
    this.#callEnds.expire(this.#book.all.values(), now)
    for (const session of this.#book.all.values()) this.#settleQuiet(session, now)
    this.#retention.sweep(now)
  }
}

/** Nothing came for a while, and it has no connection on which more could come. */
function isGone({ row, over, openExchanges, exchanges }: SessionState, at: number): boolean {
  return over || (openExchanges.size === 0 && at - row.lastAt >= GONE_SPAN && !exchanges.some(x => !x.conn.clientClosed))
}

/** Recorded by another program, without a proxy between: the client itself came by https. */
const isReachedByTls = ({ url, listen }: Upstream): boolean =>
  url.toLowerCase() === `https://${listen.address}${listen.port === 443 ? '' : `:${listen.port}`}`.toLowerCase()
