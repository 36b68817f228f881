/**
 * The two ends of a response, and what each of them loses or gives back. Promise: what the client's end shows not to have crossed is
 * told so, until a client that had only half-closed is seen to read on.
 */
import type { AnswerFold } from './answer-fold.ts'
import type { CloseEvent, EndEvent } from './event.ts'
import type { Parts } from './exchange-fold.ts'
import { settleAfterFin } from './half-close.ts'
import type { End } from './model.ts'
import type { CallState, ExchangeState } from './state.ts'
import { noteSilence } from './stream-notes.ts'

export class ExchangeEnds {
  readonly #parts: Parts
  readonly #answers: AnswerFold

  constructor(parts: Parts, answers: AnswerFold) {
    this.#parts = parts
    this.#answers = answers
  }

  server(x: ExchangeState, end: End): void {
    x.row.serverEnd = end
    if (end.how !== 'complete' && x.row.status === undefined && end.detail) x.row.trouble ??= end.detail
    for (const frame of x.response?.end() ?? []) this.#answers.frame(x, frame, end.at, end.seq)
    this.#answers.body(x)
    this.#ended(x, end)
  }

  client(x: ExchangeState, end: End): void {
    if (end.how === 'complete') this.#answers.body(x)
    x.row.clientEnd = end
    const taken = end.how === 'complete' ? Number.POSITIVE_INFINITY : end.bytes - x.shift
    for (const mark of x.marks) {
      if (!mark.row.crossed || mark.end <= taken) continue
      mark.row.crossed = false
      x.lateMarks.push(mark)
      this.#parts.world.frames.add(mark.row)
    }
    const { world, callEnds, cancellations } = this.#parts
    for (const call of new Set([...x.marks.map(mark => mark.call), ...x.calls])) {
      const answer = call?.answer
      if (!call || !answer?.crossed || answer.exchange !== x) continue
      world.touchCall(call)
      if (answer.end > taken) callEnds.notCrossed(call, Math.max(0, answer.bytes - (answer.end - taken)), end)
    }
    x.marks = []
    if (end.by === 'client' && end.how !== 'complete') cancellations.left(x)
    this.#ended(x, end)
    world.touchExchange(x)
  }

  /** The client's connection is over. Returns whether that settled what became of the bytes after its FIN. */
  closed(x: ExchangeState, isReset: boolean): boolean {
    const { afterFin } = x.row
    settleAfterFin(x, isReset)
    if (x.row.afterFin === afterFin) return false
    if (x.row.afterFin === 'read') this.readsOn(x)
    for (const call of answeredOn(x)) this.#parts.callEnds.settle(call)
    return true
  }

  /** The client had only half-closed: its FIN ended nothing but what it had to say. */
  readsOn(x: ExchangeState): void {
    const { world, callEnds, sessions } = this.#parts
    const { session, row } = x
    for (const mark of x.lateMarks) {
      mark.row.crossed = true
      world.frames.add(mark.row)
    }
    for (const call of answeredOn(x)) callEnds.crossed(call)
    if (!session || !row.clientEnd) return
    const { seq } = row.clientEnd
    if (session.row.ended?.seq === seq) {
      delete session.row.ended
      if (row.serverEnd) sessions.end(session, row.serverEnd)
    }
    callEnds.unbroken(session, seq)
    if (row.serverEnd) callEnds.lostOwn(x, { ...row.serverEnd, what: 'response' })
    world.touchExchange(x)
  }

  /** One leg of a response ended: a stream's calls, or this exchange's own, may now be lost. */
  #ended(x: ExchangeState, end: End): void {
    const { sessions, callEnds, world } = this.#parts
    const { session, row } = x
    if (!session) return
    const first = !(row.clientEnd && row.serverEnd)
    if (first) noteSilence(x, end.at)
    if (row.body === 'stream' && first && session.row.transport === 'sse' && session.stream === x) {
      sessions.end(session, end, end.at - (row.lastByteAt ?? row.responseAt ?? end.at))
      callEnds.lostAll(session, { ...end, what: 'stream' })
    }
    if (first) callEnds.lostAgain(x, { ...end, what: 'stream' })
    const failed = row.status === undefined || row.status < 300
    // A 202 on HTTP+SSE is no answer: that comes on the stream.
    const elsewhere = session.row.transport === 'sse' && row.status !== undefined && row.body !== 'sse'
    if (failed && !elsewhere) callEnds.lostOwn(x, { ...end, what: row.status === undefined ? 'connection' : 'response' })
    else if (row.status === undefined) callEnds.lostOwn(x, { ...end, what: 'connection' })
    world.touch(session)
  }
}

/** Calls whose answer came in this exchange. */
function answeredOn(x: ExchangeState): Set<CallState> {
  const found = [...x.lateMarks.map(mark => mark.call), ...x.calls]
  return new Set(found.filter(call => call?.answer?.exchange === x) as CallState[])
}

/** The end that an event tells of, after so many bytes. */
export function endOf({ at, how, by, seq, code, detail }: EndEvent | CloseEvent, bytes: number): End {
  return { at, how, by, bytes, seq, ...(code !== undefined && { code }), ...(detail !== undefined && { detail }) }
}
