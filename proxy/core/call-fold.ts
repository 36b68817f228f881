/**
 * Pairs requests with their answers. Promise: a JSON-RPC id is never a key. An answer belongs to a call of its own exchange
 * first; only then to the oldest call of its session that still waits under that id.
 */

import { argumentsHint } from './arguments-hint.ts'
import type { CallEnds } from './call-ends.ts'
import type { Cancellations } from './cancellations.ts'
import type { RpcMessage } from './jsonrpc.ts'
import type { Answer, CallState, ExchangeState, SessionState, World } from './state.ts'
import { StatelessChecks } from './stateless-checks.ts'

export class CallFold {
  readonly #world: World
  readonly #ends: CallEnds
  readonly #cancellations: Cancellations
  readonly #stateless: StatelessChecks

  constructor(world: World, ends: CallEnds, cancellations: Cancellations) {
    this.#world = world
    this.#ends = ends
    this.#cancellations = cancellations
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
      resumed: undefined,
      blind: undefined,
      doubt: undefined,
      timedOut: false,
      counted: false,
      cut: false,
      taken: undefined,
      repeated: false,
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
      this.#ends.mend(call)
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
    this.#ends.settle(call)
  }

  /** What a message does to other calls: a cancellation, or the client's answer to the server. */
  #effects(x: ExchangeState, session: SessionState, message: RpcMessage): void {
    const { at, seq } = this.#world
    const { cancels } = message
    if (cancels) {
      const own = x.calls.at(-1)
      if (own) own.row.cancels = { id: cancels.id, ...(cancels.reason !== undefined && { reason: this.#world.preview(cancels.reason) }) }
      this.#cancellations.sent(session, cancels)
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
    if (!answer.crossed && x.row.clientEnd) this.#ends.break(call, { ...x.row.clientEnd, what: 'stream' })
    return call
  }

  #answer(call: CallState, message: RpcMessage, answer: Answer): void {
    const { row } = call
    call.answer = answer
    if (row.from === 'server') answer.exchange.answers.push(call)
    // What came after its client had left was not taken, though it might have been asked for again.
    if (!answer.crossed && call.resumeUntil && !call.broken) this.#ends.breakAs(call, call.resumeUntil.from)
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
    if (answer.crossed && call.broken) this.#ends.mend(call)
    else this.#ends.settle(call)
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
        this.#ends.break(call, { at: this.#world.at, seq: ended.seq, by: ended.by, how: ended.how, what: 'session' })
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
}

/** An error for the whole POST, not for one request of it. */
const isWhole = ({ kind, id }: RpcMessage) => kind === 'error' && (id === undefined || id === 'null' || id === '"server-error"')
