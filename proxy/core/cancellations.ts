/**
 * Which call a cancellation takes back: it names an id, and nothing else. Promise: where clients that cannot be told apart have a call
 * under the same id, none of them counts as taken back before it shows which was meant.
 */
import type { CallEnds } from './call-ends.ts'
import type { RpcMessage } from './jsonrpc.ts'
import { isTimeout } from './lifecycle.ts'
import type { SessionBook } from './session-book.ts'
import { hasNoId } from './session-finder.ts'
import type { CallState, Cancellation, ExchangeState, SessionState, World } from './state.ts'

/** How late a cancellation may come after its client closed the response (ms). */
const RACE_SPAN = 500

export class Cancellations {
  readonly #world: World
  readonly #ends: CallEnds
  readonly #book: SessionBook

  constructor(world: World, ends: CallEnds, book: SessionBook) {
    this.#world = world
    this.#ends = ends
    this.#book = book
  }

  /** A client of this session takes a call back. */
  sent(session: SessionState, { id, reason }: NonNullable<RpcMessage['cancels']>): void {
    const { at, seq } = this.#world
    const cancellation = { at, seq, ...(reason !== undefined && { reason: this.#world.preview(reason) }) }
    const calls = this.#meant(session, id)
    if (calls.length > 1) this.#mayMean(calls, cancellation)
    else if (calls[0]) this.#takeBack(calls[0], cancellation)
  }

  /** The client closed this response: if it may have taken the call back, it has. */
  left(x: ExchangeState): void {
    for (const call of x.calls) if (!call.answer && call.hops.at(-1) === x) this.#decide(call)
  }

  /** Several, oldest first, only where nothing on the wire tells whose call it is. */
  #meant(session: SessionState, id: string): CallState[] {
    if (!hasNoId(session)) return [session.open.under(id, 'client', isWaited) ?? this.#justLeft(session, id) ?? []].flat()
    const sessions = [...this.#book.all.values()].filter(one => one.client === session.client && hasNoId(one))
    const left = sessions.flatMap(one => this.#justLeft(one, id) ?? [])
    if (left.length > 0) return left.slice(0, 1)
    return sessions.flatMap(({ open }) => open.named(id).filter(isWaited)).sort((a, b) => a.row.sentAt - b.row.sentAt)
  }

  /** A client that closes the response and cancels on another connection: the close may be seen first. */
  #justLeft(session: SessionState, id: string): CallState | undefined {
    const { at } = this.#world
    return session.calls.findLast(
      call =>
        call.row.from === 'client' &&
        call.row.kind === 'request' &&
        call.row.rpcId === id &&
        isWaited(call) &&
        !call.answer &&
        call.broken?.by === 'client' &&
        at - call.broken.at <= RACE_SPAN,
    )
  }

  #mayMean(calls: readonly CallState[], cancellation: Cancellation): void {
    const doubt = calls.find(call => call.doubt)?.doubt ?? { cancellations: [], calls: 0 }
    doubt.cancellations.push(cancellation)
    for (const call of calls) {
      if (call.doubt === doubt) continue
      call.doubt = doubt
      doubt.calls++
    }
    // As many as there are calls: each of them is meant.
    if (doubt.cancellations.length >= doubt.calls) for (const call of calls) this.#decide(call)
  }

  #decide(call: CallState): void {
    const { doubt } = call
    const index = doubt?.cancellations.findIndex(({ at }) => at >= call.row.sentAt) ?? -1
    const [cancellation] = index === -1 ? [] : (doubt?.cancellations.splice(index, 1) ?? [])
    if (!doubt || !cancellation) return
    doubt.calls--
    call.doubt = undefined
    this.#takeBack(call, cancellation)
  }

  #takeBack(call: CallState, cancellation: Cancellation): void {
    call.row.cancelled = cancellation
    call.timedOut = isTimeout(cancellation.reason)
    if (call.broken) this.#ends.settle(call)
    else this.#world.touchCall(call)
  }
}

const isWaited = ({ row }: CallState) => row.cancelled === undefined
