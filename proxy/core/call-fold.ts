/**
 * Pairs requests with their answers. Promise: a JSON-RPC id is never a key. An answer belongs to a call of its own exchange
 * first; only then to the oldest call of its session that still waits under that id.
 */

import { argumentsHint } from './arguments-hint.ts'
import { breakOf, type Ended, waiting } from './call-break.ts'
import { unfollowed, verdictOf } from './delivery.ts'
import type { RpcMessage } from './jsonrpc.ts'
import { isTimeout } from './lifecycle.ts'
import type { Break } from './model.ts'
import type { Answer, CallState, ExchangeState, FrameMark, SessionState, World } from './state.ts'
import { StatelessChecks } from './stateless-checks.ts'

/** How late a cancellation may come after its client closed the response (ms). */
const RACE_SPAN = 500

export class CallFold {
  readonly #world: World
  readonly #stateless: StatelessChecks

  constructor(world: World) {
    this.#world = world
    this.#stateless = new StatelessChecks(text => world.preview(text))
  }

  /** Messages that the client POSTed. Those that came on a hop before continue their calls; the others begin one. */
  posted(x: ExchangeState, messages: readonly RpcMessage[], hop: ExchangeState | undefined): void {
    const session = x.session
    if (!session) return
    const earlier = [...(hop?.calls ?? [])]
    for (const message of messages) {
      const at = earlier.findIndex(call => call.row.rpcId === message.id && call.row.method === (message.method ?? call.row.method))
      const call =
        at === -1 ? this.#begin(x, session, message, hop?.calls.length === 0 ? hop : undefined) : (earlier.splice(at, 1)[0] as CallState)
      if (at !== -1) this.#continue(call, x)
      x.calls.push(call)
      x.row.calls = [...x.row.calls, call.row.id]
      if (at === -1) {
        this.#stateless.posted(x, call, message)
        this.#effects(x, session, message)
      }
    }
    this.#world.touchExchange(x)
  }

  /** `hop`: a redirect before `x` whose own body never came whole. */
  #begin(x: ExchangeState, session: SessionState, message: RpcMessage, hop?: ExchangeState): CallState {
    const first = hop ?? x
    const kind = message.kind === 'error' ? 'response' : message.kind
    const counted = kind === 'request'
    const hint = argumentsHint(message.args, this.#world.mask)
    const call: CallState = {
      row: {
        t: 'call',
        id: this.#world.nextId(),
        session: session.row.id,
        number: counted ? ++session.number : 0,
        from: 'client',
        kind,
        method: message.method ?? (kind === 'invalid' ? '' : 'response'),
        ...(message.name !== undefined && { name: message.name }),
        ...(hint !== undefined && { hint }),
        ...(message.id !== undefined && { rpcId: message.id }),
        exchange: first.row.id,
        exchanges: hop ? [hop.row.id, x.row.id] : [x.row.id],
        sentAt: first.row.requestAt,
        sentBytes: x.row.requestBytes,
        delivery: counted ? 'pending' : 'none',
        ladder: [],
        seqs: [first.row.requestSeq, this.#world.seq],
      },
      session,
      hops: hop ? [hop, x] : [x],
      answer: undefined,
      broken: undefined,
      resumeUntil: undefined,
      blind: undefined,
      timedOut: false,
      counted: false,
      cut: false,
      taken: undefined,
      fact: undefined,
    }
    session.calls.push(call)
    if (counted) {
      session.open.add(call)
      session.row.calls++
    }
    this.#world.touchCall(call)
    return call
  }

  #continue(call: CallState, x: ExchangeState): void {
    call.hops.push(x)
    call.row.exchanges = [...call.row.exchanges, x.row.id]
    call.row.seqs = [...call.row.seqs, x.row.requestSeq]
    if (call.answer?.refusal && call.answer.exchange.row.responseBy === 'proxy') this.#unanswered(call)
    if (call.broken && !call.answer) {
      call.session.open.add(call)
      this.#mend(call)
    }
    this.#world.touchCall(call)
  }

  /** The proxy's own refusal was no answer: the call goes on. */
  #unanswered(call: CallState): void {
    const { row } = call
    call.answer = undefined
    delete row.answeredAt
    delete row.answerExchange
    delete row.answerBytes
    delete row.error
    call.session.open.add(call)
    this.settle(call)
  }

  /** What a message does to other calls: a cancellation, or the client's answer to the server. */
  #effects(x: ExchangeState, session: SessionState, message: RpcMessage): void {
    const { at, seq } = this.#world
    const { cancels } = message
    if (cancels) {
      const own = x.calls.at(-1)
      if (own) own.row.cancels = { id: cancels.id, ...(cancels.reason !== undefined && { reason: this.#world.preview(cancels.reason) }) }
      const call = session.open.under(cancels.id, 'client') ?? this.#justLeft(session, cancels.id)
      if (!call) return
      call.row.cancelled = { at, seq, ...(cancels.reason !== undefined && { reason: this.#world.preview(cancels.reason) }) }
      call.timedOut = isTimeout(cancels.reason)
      if (call.broken) this.settle(call)
      else this.#world.touchCall(call)
    } else if (message.kind === 'response' || message.kind === 'error') {
      const call = message.id === undefined ? undefined : session.open.under(message.id, 'server')
      if (call)
        this.#answer(call, message, {
          at,
          seq,
          bytes: x.row.requestBytes,
          exchange: x,
          end: x.row.requestBytes,
          firstAt: x.row.requestAt,
          crossed: true,
        })
    }
  }

  /** A client that closes the response and cancels on another connection: the close may be seen first. */
  #justLeft(session: SessionState, id: string): CallState | undefined {
    const { at } = this.#world
    return session.calls.findLast(
      ({ row, broken, answer }) =>
        row.from === 'client' &&
        row.kind === 'request' &&
        row.rpcId === id &&
        !answer &&
        broken?.by === 'client' &&
        at - broken.at <= RACE_SPAN,
    )
  }

  /** A message of the server, on any body. Returns the call it belongs to. */
  received(x: ExchangeState, message: RpcMessage, answer: Omit<Answer, 'exchange'>): CallState | undefined {
    const session = x.session
    if (!session) return undefined
    if (message.kind === 'request') return this.#asked(x, session, message, answer)
    if (message.kind === 'notification' || message.kind === 'invalid') return undefined
    const call = this.#answeredBy(x, session, message)
    if (!call) return undefined
    this.#answer(call, message, { ...answer, exchange: x })
    return call
  }

  #answeredBy(x: ExchangeState, session: SessionState, message: RpcMessage): CallState | undefined {
    const own = x.calls.filter(call => call.row.kind === 'request' && !call.answer)
    const exact = own.find(call => call.row.rpcId === message.id)
    if (exact) return exact
    // Some servers answer for the whole POST, with no id or one of their own making.
    const whole = isWhole(message)
    if (own.length === 1 && (whole || x.row.body === 'json')) return own[0]
    if (whole) return own[0]
    return message.id === undefined ? undefined : (session.open.under(message.id, 'client') ?? this.#lost(session, message.id))
  }

  /** A call that had been given up: its answer came after the break, or comes again. */
  #lost(session: SessionState, id: string): CallState | undefined {
    return session.calls.find(call => call.row.rpcId === id && call.row.kind === 'request' && call.broken && !call.answer?.crossed)
  }

  /** The server asks the client something. */
  #asked(x: ExchangeState, session: SessionState, message: RpcMessage, answer: Omit<Answer, 'exchange'>): CallState {
    const call = this.#begin(x, session, message)
    call.row.from = 'server'
    call.row.sentAt = answer.at
    call.row.sentBytes = answer.bytes
    call.row.number = 0
    call.row.seqs = [answer.seq]
    session.row.calls--
    session.number--
    if (!answer.crossed && x.row.clientEnd) this.#break(call, { ...x.row.clientEnd, what: 'stream' })
    return call
  }

  #answer(call: CallState, message: RpcMessage, answer: Answer): void {
    const { row } = call
    call.answer = answer
    if (row.from === 'server') answer.exchange.answers.push(call)
    // What came after its client had left was not taken, though it might have been asked for again.
    if (!answer.crossed && call.resumeUntil && !call.broken) this.#breakAs(call, call.resumeUntil.from)
    call.resumeUntil = undefined
    row.answeredAt = answer.at
    row.answerExchange = answer.exchange.row.id
    row.answerBytes = answer.bytes
    if (answer.mark) row.answerFrame = answer.mark.row.id
    if (message.error) row.error = { code: message.error.code, message: this.#world.preview(message.error.message) }
    this.#stateless.answered(answer.exchange, row.method, message)
    if (message.tools && row.method === 'tools/list') row.tools = message.tools
    if (message.id !== undefined && message.id !== row.rpcId && !isWhole(message)) row.answerId = message.id
    if (message.toolError !== undefined) row.toolError = this.#world.preview(message.toolError)
    if (!row.exchanges.includes(answer.exchange.row.id)) row.exchanges = [...row.exchanges, answer.exchange.row.id]
    row.seqs = [...row.seqs, answer.seq]
    if (answer.crossed && call.broken) {
      call.broken = undefined
      delete row.broken
      delete row.brokenAt
    }
    this.settle(call)
  }

  /** The response head of the exchange that carries these calls. */
  accepted(x: ExchangeState): void {
    const { status = 0, responseAt } = x.row
    for (const call of x.answers) this.#world.touchCall(call)
    for (const call of x.calls) {
      if (call.hops.at(-1) !== x) continue
      call.row.status = status
      if (status < 300 && responseAt !== undefined) call.row.acceptedAt = responseAt
      call.row.seqs = [...call.row.seqs, this.#world.seq]
      const { session } = call
      const ended = session.row.ended
      if (status === 202 && session.row.transport === 'sse' && ended && !call.answer && call.row.kind === 'request') {
        this.#break(call, { at: this.#world.at, seq: ended.seq, by: ended.by, how: ended.how, what: 'session' })
      }
      this.#world.touchCall(call)
    }
  }

  /** A 4xx or 5xx whose body held no JSON-RPC answer: the status is the answer. */
  refused(x: ExchangeState, crossed: boolean): void {
    const { status = 0, errorText = '', reason = '', trouble } = x.row
    for (const call of x.calls) {
      if (call.answer || call.row.kind !== 'request' || call.hops.at(-1) !== x) continue
      const message = { kind: 'error', error: { code: status, message: trouble ?? (errorText || reason) } } as const
      const { at, seq } = this.#world
      this.#answer(call, message, {
        at,
        seq,
        bytes: x.row.responseBytes,
        exchange: x,
        end: x.row.responseBytes,
        firstAt: x.row.responseAt ?? at,
        crossed,
        refusal: true,
      })
    }
  }

  /** A response body ended on one leg without answering these calls. */
  lostOwn(x: ExchangeState, own: Ended): void {
    const over = x.session?.row.ended
    // A server that lets go of what the client has taken back with its session does as it should.
    const ended: Ended = over?.detail === 'DELETE' && over.at <= own.at ? { ...over, what: 'deletion' } : own
    for (const call of x.calls) {
      if (call.answer || call.broken || call.row.kind !== 'request' || call.hops.at(-1) !== x) continue
      if (x.response?.blind) call.blind ??= 'the body could not be read'
      if (x.resumable && !call.session.row.ended) call.resumeUntil ??= { at: ended.at + 60_000, from: breakOf(call, ended) }
      else this.#break(call, ended)
    }
  }

  /** The stream that would have carried the answers of a whole session is gone. */
  lostAll(session: SessionState, ended: Ended): void {
    const inFlight = waiting(session, ended.at)
    for (const call of [...session.open]) this.#break(call, { ...ended, inFlight })
  }

  /** Hops that were not followed. */
  unfollowed(x: ExchangeState): void {
    const { at, seq } = this.#world
    for (const call of x.calls) {
      if (!call.answer && call.hops.at(-1) === x)
        this.#break(call, { at, seq: x.row.responseSeq ?? seq, by: 'client', how: 'complete', what: 'request' })
    }
  }

  /** Streams that nobody resumed in time. */
  expire(sessions: Iterable<SessionState>): void {
    for (const session of sessions) {
      for (const call of session.open) {
        if (call.resumeUntil && call.resumeUntil.at <= this.#world.at) this.#breakAs(call, call.resumeUntil.from)
      }
    }
  }

  /** Streams that nobody will resume: their client closed every connection before the recording ended. */
  abandoned(session: SessionState): void {
    if (session.exchanges.some(({ conn }) => !conn.clientClosed)) return
    for (const call of session.open) if (call.resumeUntil?.from.by === 'client') this.#breakAs(call, call.resumeUntil.from)
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
    this.#breakAs(call, breakOf(call, { ...end, what: 'stream' }))
  }

  /** It did reach the client after all. */
  crossed(call: CallState): void {
    if (!call.answer) return
    call.answer.crossed = true
    this.#mend(call)
  }

  /** What this end had broken waits on. */
  unbroken(session: SessionState, seq: number): void {
    for (const call of session.calls) {
      if (call.broken?.seq !== seq || call.answer) continue
      call.session.open.add(call)
      this.#mend(call)
    }
  }

  #mend(call: CallState): void {
    call.broken = undefined
    delete call.row.broken
    delete call.row.brokenAt
    this.settle(call)
  }

  #break(call: CallState, ended: Ended): void {
    if (call.broken || call.answer) return
    const last = call.hops.at(-1)?.row
    const what = unfollowed(call) ? 'request' : ended.what
    this.#breakAs(
      call,
      breakOf(call, { ...ended, what, ...(what === 'request' && last?.responseSeq !== undefined && { seq: last.responseSeq }) }),
    )
  }

  #breakAs(call: CallState, broken: Break): void {
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

/** Its client has sent FIN and not closed yet: an answer may still come, and be read. */
function mayReadOn({ broken, answer, session, hops }: CallState): boolean {
  if (!broken || answer || broken.by !== 'client' || broken.how !== 'fin') return false
  const carrier = session.row.transport === 'sse' ? session.stream : hops.at(-1)
  return carrier?.conn.clientClosed === false
}

/** An error for the whole POST, not for one request of it. */
const isWhole = ({ kind, id }: RpcMessage) => kind === 'error' && (id === undefined || id === 'null' || id === '"server-error"')

/** Marks frames that the client did not take, and gives the calls they answered. */
export function uncrossed(marks: readonly FrameMark[], taken: number): FrameMark[] {
  return marks.filter(mark => mark.row.crossed && mark.end > taken)
}
