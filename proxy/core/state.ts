/**
 * What the fold remembers while things are open: the rows as they grow, and what is needed to go on.
 * Promise: a finished exchange or call keeps its row and nothing else.
 */
import { AccessBook } from './access-line.ts'
import type { BodyReader } from './body.ts'
import type { Endpoint, WireEvent } from './event.ts'
import type { Break, Call, Exchange, Frame, Gap, LogLine, Session } from './model.ts'
import type { OpenCalls } from './open-calls.ts'
import { Outages } from './outages.ts'

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }
/** A row before its number of revision: that is given when it is taken. */
export type Grown<T> = Mutable<Omit<T, 'rev'>>

export interface ConnState {
  readonly number: number
  upstream: string
  client: Endpoint
  serverPort: number
  serverAddress?: string
  readonly open: Set<ExchangeState>
  /** Its newest exchange. */
  last?: ExchangeState
  /** The session of its newest request that belongs to one. */
  session?: SessionState
  clientClosed: boolean
  serverClosed: boolean
}

/** A frame that may still turn out not to have crossed. */
export interface FrameMark {
  readonly row: Grown<Frame>
  /** Raw body bytes that had come when it was complete. */
  readonly end: number
  call?: CallState
}

export interface ExchangeState {
  readonly number: number
  readonly row: Mutable<Exchange>
  readonly conn: ConnState
  /** Who sent it, as far as the wire tells: upstream, address and user agent. */
  readonly client: string
  readonly userAgent: string
  session: SessionState | undefined
  calls: CallState[]
  /** Requests of the server that it answers. */
  readonly answers: CallState[]
  request: BodyReader | undefined
  response: BodyReader | undefined
  requestRead: boolean
  responseRead: boolean
  /** Content-Length of either part; -1 where the head names none. */
  readonly requestLength: number
  responseLength: number
  /** Identity of the request's body, for redirects. */
  body: string
  marks: FrameMark[]
  /** Frames that were not written when the client sent FIN: it may read on. */
  lateMarks: FrameMark[]
  /** When bytes first went to a client after its FIN, and when again after time enough for a reset. */
  after: { readonly from: number; again: number | undefined } | undefined
  frameIndex: number
  /** The chunk that is being read: what it completed so far, and how long nothing had come before it. */
  lump: { seq: number; at: number; events: number; pings: number; silence: number }
  /** Bytes by which the proxy's own rewriting made the body longer. */
  shift: number
  /** What its client would name to take it up elsewhere: the newest SSE `id`, or where it was itself taken up. */
  cursor: string | undefined
  /** Calls whose stream it took up again where that had ended. */
  resumes: readonly CallState[]
  /** An initialize was POSTed in it. */
  initialize: boolean
  finished: boolean
}

export interface Answer {
  readonly at: number
  readonly seq: number
  readonly bytes: number
  readonly exchange: ExchangeState
  readonly mark?: FrameMark
  /** Raw body bytes after which it was complete. */
  readonly end: number
  /** Began to come. */
  readonly firstAt: number
  crossed: boolean
  /** It was no JSON-RPC message but a refusal by HTTP status. */
  readonly refusal?: boolean
}

export type Cancellation = NonNullable<Call['cancelled']>

/** Calls of clients that cannot be told apart, and cancellations of which each may mean one or another of them, oldest first. */
export interface Doubt {
  readonly cancellations: Cancellation[]
  /** How many of them may be meant. */
  calls: number
}

export interface CallState {
  readonly row: Grown<Call>
  readonly session: SessionState
  /** Exchanges that carried it, oldest first: redirect hops. For a request of the server: the stream it came on. */
  readonly hops: ExchangeState[]
  answer: Answer | undefined
  broken: Break | undefined
  /** Its own response stream was lost, but can be resumed until this time. */
  resumeUntil: { readonly at: number; readonly from: Break } | undefined
  /** The stream on which it waits since. */
  resumed: ExchangeState | undefined
  /** Records were lost, or a body could not be read, while it was open. */
  blind: string | undefined
  /** Cancellations that may mean it. */
  doubt: Doubt | undefined
  timedOut: boolean
  counted: boolean
  cut: boolean
  /** Bytes of the answer that were left when the client's end came. */
  taken: number | undefined
  /** It was answered more than once. */
  repeated: boolean
  /** What rules see of it, for as long as it does not change. */
  fact: Call | undefined
}

export interface SessionState {
  readonly row: Grown<Session>
  readonly client: string
  readonly path: string
  /** Its key is the one on the wire (or it is known to have none). */
  established: boolean
  /** Its last exchange was refused: the same client's next try belongs to it. */
  failed: boolean
  /** It was answered with 2xx at least once: it is no mere attempt. */
  served: boolean
  offered: string | undefined
  stream: ExchangeState | undefined
  readonly open: OpenCalls
  readonly openExchanges: Set<ExchangeState>
  number: number
  exchanges: ExchangeState[]
  calls: CallState[]
  frames: Grown<Frame>[]
  noted: { exchanges: ExchangeState[]; calls: CallState[] }
  /** Rows of it have left memory. */
  partial: boolean
  dropped: boolean
  /** None of its connections is open, and nothing came for a while. */
  gone: boolean
  /** The recording ended: it is not live any more. */
  over: boolean
}

/** What every part of the fold shares: the clock, numbers, and the rows that changed. */
export class World {
  /** Time and number of the event being folded. */
  at = 0
  seq = 0
  /** Wall clock at time 0; undefined until the recording's first event came. */
  startedAt: number | undefined
  readonly access = new AccessBook()
  readonly mask: (text: string) => string
  /** Upstreams that the client itself reached by https. */
  readonly secure = new Set<string>()
  /** URLs of the upstreams. */
  readonly targets = new Map<string, string>()
  readonly sessions = new Set<SessionState>()
  readonly exchanges = new Set<ExchangeState>()
  readonly calls = new Set<CallState>()
  readonly frames = new Set<Grown<Frame>>()
  readonly logs = new Set<Grown<LogLine>>()
  readonly gaps: Grown<Gap>[] = []
  readonly outages = new Outages()
  /** Sessions to be judged anew. */
  readonly changed = new Set<SessionState>()
  #id: number

  constructor(firstId: number, mask: (text: string) => string) {
    this.#id = firstId
    this.mask = mask
  }

  nextId(): number {
    return ++this.#id
  }

  clock(event: WireEvent): void {
    this.at = Math.max(this.at, event.at)
    this.seq = event.seq
  }

  /** First 200 characters for a preview, masked before they are cut. */
  preview(text: string): string {
    return this.mask(text.slice(0, 1000)).slice(0, 200)
  }

  touch(session: SessionState): void {
    this.sessions.add(session)
    this.changed.add(session)
  }

  touchExchange(exchange: ExchangeState): void {
    this.exchanges.add(exchange)
    if (exchange.session) this.touch(exchange.session)
  }

  touchCall(call: CallState): void {
    call.fact = undefined
    this.calls.add(call)
    this.touch(call.session)
  }
}
