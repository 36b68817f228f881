/**
 * Builds one exchange from its wire events, head to end. Promise: it reports each moment that
 * matters for sessions and calls exactly once, in the order of the wire.
 */
import { AnswerFold } from './answer-fold.ts'
import { beginExchange } from './begin-exchange.ts'
import { BodyReader, type Inflate } from './body.ts'
import type { CallEnds } from './call-ends.ts'
import type { CallFold } from './call-fold.ts'
import type { Cancellations } from './cancellations.ts'
import { type ChangeEvent, type ChunkEvent, type EndEvent, isFinal, type RequestEvent, type ResponseEvent } from './event.ts'
import { ExchangeEnds, endOf } from './exchange-ends.ts'
import { encodingOf, headerOf, lengthOf } from './fields.ts'
import { tookAfterFin } from './half-close.ts'
import type { End } from './model.ts'
import type { Redirects } from './redirects.ts'
import { Retries } from './retries.ts'
import type { SessionFinder } from './session-finder.ts'
import type { SessionFold } from './session-fold.ts'
import type { ConnState, ExchangeState, World } from './state.ts'
import { noteSilence } from './stream-notes.ts'

export interface Parts {
  readonly world: World
  readonly finder: SessionFinder
  readonly sessions: SessionFold
  readonly calls: CallFold
  readonly callEnds: CallEnds
  readonly cancellations: Cancellations
  readonly redirects: Redirects
  readonly inflate: Inflate | undefined
}

export class ExchangeFold {
  readonly #parts: Parts
  readonly #answers: AnswerFold
  readonly #ends: ExchangeEnds
  readonly #retries = new Retries()
  readonly open = new Map<number, ExchangeState>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#answers = new AnswerFold(parts)
    this.#ends = new ExchangeEnds(parts, this.#answers)
  }

  request(event: RequestEvent, conn: ConnState): void {
    const { world, finder, sessions, redirects } = this.#parts
    const post = event.method === 'POST'
    const x = beginExchange(event, conn, this.#parts)
    this.open.set(event.exchange, x)
    world.access.saw(x.row)
    conn.open.add(x)
    conn.last = x
    const hop = post ? redirects.likely(x) : redirects.join(x)
    const session = hop?.session ?? finder.atHead(x)
    if (session) sessions.enter(x, session)
    if (hop && !post) world.touchExchange(hop)
    if (!post) x.requestRead = true
  }

  response(event: ResponseEvent): void {
    const { world, finder, sessions, calls, callEnds, redirects, inflate } = this.#parts
    const x = this.open.get(event.exchange)
    if (!x || !isFinal(event)) return
    const { row } = x
    if (row.requestEndAt !== undefined || (x.requestLength >= 0 && row.requestBytes >= x.requestLength)) this.#readRequest(x)
    // An early answer: the body goes on, but the exchange needs its place now.
    else if (!x.session) sessions.enter(x, finder.atBody(x, []))
    row.status = event.status
    world.outages.saw(row, event)
    row.reason = event.reason
    row.responseBy = event.by
    row.responseHeaders = event.headers
    row.responseAt = event.at
    row.responseSeq = event.seq
    x.responseLength = lengthOf(event.headers)
    const type = headerOf(event.headers, 'content-type').toLowerCase()
    const mode = type.startsWith('text/event-stream') ? 'sse' : type.includes('json') ? 'json' : 'text'
    row.body = mode === 'sse' ? (row.method === 'GET' ? 'stream' : 'sse') : mode === 'json' ? 'json' : 'none'
    x.response = new BodyReader({ mode, encoding: encodingOf(event.headers), inflate })
    const location = headerOf(event.headers, 'location')
    if (event.status >= 300 && event.status < 400 && location !== '') {
      row.location = location
      redirects.note(x, event.at)
    }
    sessions.responseHead(x)
    if (row.body === 'stream' && event.status < 300) {
      row.streams = this.#streamsOf(x.client)
      sessions.streamed(x)
      callEnds.resumed(x)
    }
    calls.accepted(x)
    world.touchExchange(x)
  }

  #streamsOf(client: string): number {
    let count = 0
    for (const x of this.open.values()) if (x.client === client && x.row.body === 'stream' && !x.row.clientEnd) count++
    return count
  }

  chunk(event: ChunkEvent): void {
    const x = this.open.get(event.exchange)
    if (!x) return
    if (event.part === 'request') this.#requestChunk(x, event)
    else this.#responseChunk(x, event)
    if (x.session) {
      x.session.row.bytes += event.size
      x.session.row.lastAt = event.at
    }
    this.#parts.world.touchExchange(x)
  }

  #requestChunk(x: ExchangeState, event: ChunkEvent): void {
    x.row.requestBytes += event.size
    x.request?.push(event.bytes, event.size)
    if (x.requestLength >= 0 && x.row.requestBytes >= x.requestLength) this.#readRequest(x)
  }

  #responseChunk(x: ExchangeState, event: ChunkEvent): void {
    const { row } = x
    row.responseBytes += event.size
    if (x.lump.seq !== event.seq)
      x.lump = { seq: event.seq, at: event.at, events: 0, pings: 0, silence: event.at - (row.lastByteAt ?? row.responseAt ?? event.at) }
    noteSilence(x, event.at)
    row.firstByteAt ??= event.at
    row.lastByteAt = event.at
    row.lastByteSeq = event.seq
    if (row.body === 'none') row.body = 'other'
    if (tookAfterFin(x, event.at)) this.#ends.readsOn(x)
    const seen = x.response?.blind
    for (const frame of x.response?.push(event.bytes, event.size) ?? []) this.#answers.frame(x, frame, event.at, event.seq)
    if (x.response?.blind && !seen && x.session && row.body === 'stream')
      this.#parts.callEnds.blinded(x.session, 'the recording kept no more of the stream')
    if (row.body === 'json' && x.responseLength >= 0 && row.responseBytes >= x.responseLength) this.#answers.body(x)
  }

  change(event: ChangeEvent): void {
    const x = this.open.get(event.exchange)
    if (!x) return
    const { row } = x
    row.changes = [
      ...row.changes,
      { seq: event.seq, at: event.at, what: event.what, original: event.original, replacement: event.replacement },
    ]
    if (event.what === 'linger-begin') row.held = { from: event.at }
    else if (event.what === 'linger-end' && row.held) {
      row.held = { from: row.held.from, to: event.at }
      this.serverEnd(x, { at: event.at, how: 'closed', by: 'proxy', bytes: row.responseBytes, seq: event.seq, detail: event.original })
    } else if (event.what === 'rejected') row.trouble = event.replacement || event.original
    else if (event.what === 'endpoint' || event.what === 'resource-metadata')
      x.shift += byteLength(event.replacement) - byteLength(event.original)
    this.#parts.world.touchExchange(x)
    this.#finishIfOver(x)
  }

  end(event: EndEvent): void {
    const x = this.open.get(event.exchange)
    if (!x) return
    const end = endOf(event, event.bytes)
    if (event.part === 'request') {
      if (event.how !== 'complete') x.row.requestEnd ??= end
      if (event.leg === 'client') {
        x.row.requestEndAt ??= event.at
        this.#readRequest(x)
      }
    } else if (event.leg === 'server') this.serverEnd(x, end)
    else this.clientEnd(x, end)
    if (x.session) x.session.row.lastEndAt = event.at
    this.#parts.world.touchExchange(x)
    this.#finishIfOver(x)
  }

  serverEnd(x: ExchangeState, end: End): void {
    if (x.row.serverEnd) return
    this.#readRequest(x)
    if (x.row.status === undefined) this.#retries.note(x, end)
    this.#ends.server(x, end)
  }

  clientEnd(x: ExchangeState, end: End): void {
    if (x.row.clientEnd) return
    this.#readRequest(x)
    this.#ends.client(x, end)
  }

  /** The client's connection is over. */
  clientClosed(x: ExchangeState, isReset: boolean): void {
    if (this.#ends.closed(x, isReset)) this.#finishIfOver(x)
  }

  #finishIfOver(x: ExchangeState): void {
    const { clientEnd, serverEnd, responseBy, afterFin } = x.row
    // What the client's connection comes to will tell whether it read on.
    if (x.after && afterFin === undefined && !x.conn.clientClosed) return
    if (clientEnd && (serverEnd || responseBy === 'proxy')) this.finish(x)
  }

  finish(x: ExchangeState): void {
    if (x.finished) return
    x.finished = true
    this.open.delete(x.number)
    x.conn.open.delete(x)
    x.session?.openExchanges.delete(x)
    x.request = undefined
    x.response = undefined
    x.marks = []
    x.lateMarks = []
    x.resumes = []
  }

  #readRequest(x: ExchangeState): void {
    if (x.requestRead) return
    x.requestRead = true
    const { finder, sessions, calls, redirects, world } = this.#parts
    const messages = x.request?.rpc().messages ?? []
    x.body = `${x.row.requestBytes} ${x.request?.hash} ${messages.map(message => `${message.id} ${message.method}`).join()}`
    const hop = redirects.join(x) ?? this.#retries.join(x)
    if (!x.session) sessions.enter(x, hop?.session ?? finder.atBody(x, messages))
    if (hop) world.touchExchange(hop)
    sessions.learnRequest(x, messages)
    const { status = 0, requestEnd, clientEnd } = x.row
    // Cut short by its own redirect: the follow-up carries the message.
    if (x.row.method !== 'POST' || (requestEnd !== undefined && status >= 300 && status < 400)) return
    calls.posted(x, messages, hop)
    if (status === 0) return
    calls.accepted(x)
    if (x.responseRead && status >= 400) calls.refused(x, clientEnd === undefined || clientEnd.how === 'complete')
  }
}

const byteLength = (text: string) => new TextEncoder().encode(text).length
