/**
 * The derived nouns: Exchange, Frame, Call, Session, Finding. Promise: each is a pure function of the wire events;
 * nothing here is stored as truth, and every value says by which event (`seq`) it can be proven.
 *
 * All rows are plain JSON. `id`s are unique within one inspector: `recording * ID_SPACE + local number`.
 * `rev` grows with each change of any row, so that a reader can resume after the last `rev` it has seen.
 */
import type { Actor, Ending, Part, RawHeader } from './event.ts'

/** Ids of the n-th opened recording (0 for a live run) begin at n * ID_SPACE. */
export const ID_SPACE = 1_000_000_000

interface Row {
  readonly id: number
  readonly rev: number
}

/** An end as one leg saw it. */
export interface End {
  readonly at: number
  readonly how: Ending
  readonly by: Actor
  readonly bytes: number
  readonly seq: number
  readonly code?: string
  readonly detail?: string
}

/** One HTTP request and its response. */
export interface Exchange extends Row {
  readonly t: 'exchange'
  readonly session: number
  readonly conn: number
  readonly upstream: string
  readonly clientPort: number
  /** Our own port towards the server: what its access log shows. 0 while unknown. */
  readonly serverPort: number
  /** The address at which the server was reached. */
  readonly serverAddress?: string
  readonly method: string
  readonly target: string
  /** Target without its query: the name of the lane. */
  readonly path: string
  readonly requestHeaders: readonly RawHeader[]
  /** The client came by https: a recording of another program, without the proxy between. */
  readonly secure?: boolean
  readonly requestAt: number
  readonly requestSeq: number
  readonly requestBytes: number
  /** When the last byte of the request had come. */
  readonly requestEndAt?: number
  readonly status?: number
  readonly reason?: string
  /** Who made the response. */
  readonly responseBy?: 'server' | 'proxy'
  readonly responseHeaders?: readonly RawHeader[]
  readonly responseAt?: number
  readonly responseSeq?: number
  readonly responseBytes: number
  readonly firstByteAt?: number
  readonly lastByteAt?: number
  /** The record that brought the last byte. */
  readonly lastByteSeq?: number
  /** `stream`: text/event-stream answer to a GET. `sse`: text/event-stream answer to a POST. */
  readonly body: 'none' | 'json' | 'sse' | 'stream' | 'other'
  /** Ends of the response on both legs. On the client leg `bytes` is what the client's kernel took. */
  readonly clientEnd?: End
  readonly serverEnd?: End
  /**
   * What became of bytes that went to a client after its FIN: met by a reset; taken, which proves nothing; taken for so long that it must
   * have read on (it had only half-closed), or that it may have.
   */
  readonly afterFin?: 'reset' | 'taken' | 'unclear' | 'read'
  /** The server closed the connection while nothing was under way on it, after this exchange, its last. */
  readonly hangup?: End
  /** Ends of the request body, only where it did not end cleanly. */
  readonly requestEnd?: End
  /** Absolute or relative `Location` as the server wrote it. */
  readonly location?: string
  readonly followedBy?: number
  readonly follows?: number
  readonly calls: readonly number[]
  readonly frames: number
  readonly pings: number
  /** The part of its time in which the proxy alone held the server leg open (`--linger`). */
  readonly held?: { readonly from: number; readonly to?: number }
  readonly changes: readonly Change[]
  /** A guard or framing refusal by the proxy, or an upstream failure, in words. */
  readonly trouble?: string
  /** Beginning (200 characters, masked) of the body of a 4xx or 5xx answer. */
  readonly errorText?: string
  /** An SSE `id` was seen in the response: it can be resumed. */
  readonly resumable?: boolean
  /** How long the client is to wait before it resumes, as the stream last said (ms). */
  readonly retry?: number
  /** Why a JSON response is no JSON-RPC message, or not clean text. */
  readonly problem?: string
  /** Peculiarities of a stream's framing, each once. */
  readonly framing?: readonly Framing[]
  /** The largest lump of a stream: several events or comments in one chunk after a silence. */
  readonly burst?: Burst
  /** How far the server's time in `: ping - <time>` lies behind the arrival: its range shows how long pings were held (ms). */
  readonly pingLag?: { readonly least: number; readonly most: number; readonly seq: number; readonly at: number }
  /** For a stream: how many streams of this client were open when it opened, itself included. */
  readonly streams?: number
  /** The longest span (ms) of a stream in which nothing came, and the moment at which it began. */
  readonly silence?: { readonly ms: number; readonly from: number }
  /** `resource` of the protected-resource metadata (RFC 9728) in the answer, as the server wrote it. */
  readonly resource?: string
}

/** What is legal or not in text/event-stream, and breaks readers that are not prepared for it. */
export interface Framing {
  readonly what: 'lone-cr' | 'multi-line' | 'nul-id' | 'event-name' | 'unfinished'
  readonly count: number
  readonly seq: number
  readonly at: number
  /** Name of the event for `event-name`; beginning of the rest for `unfinished`. */
  readonly detail: string
  /** It held what looks like a JSON-RPC message. */
  readonly rpc: boolean
}

/** Frames that came in one chunk, and the time (ms) in which nothing had come before it. */
export interface Burst {
  readonly seq: number
  readonly at: number
  readonly events: number
  readonly pings: number
  readonly silence: number
}

export interface Change {
  readonly seq: number
  readonly at: number
  readonly what: string
  readonly original: string
  readonly replacement: string
}

/** One SSE event, comment, or the unfinished rest at a stream's end. */
export interface Frame extends Row {
  readonly t: 'frame'
  readonly session: number
  readonly exchange: number
  /** Position in its stream, from 0. */
  readonly index: number
  readonly at: number
  /** The chunk event that completed it. */
  readonly seq: number
  readonly kind: 'event' | 'comment' | 'retry' | 'unfinished'
  readonly event: string
  readonly lastEventId?: string
  /** Byte range in the decoded response body. */
  readonly offset: number
  readonly size: number
  /** JSON-RPC in it: what kind, and the call it belongs to. */
  readonly rpc?: 'request' | 'response' | 'error' | 'notification' | 'invalid'
  readonly method?: string
  /** JSON text of the id of an answer that belongs to no call. */
  readonly rpcId?: string
  /** Another session that was waiting under this id when it came. */
  readonly elsewhere?: number
  /** Why its data is no JSON-RPC message, or not clean text. */
  readonly problem?: string
  readonly call?: number
  /** False when the client leg had ended before it. */
  readonly crossed: boolean
  /** First 200 characters of its data (comment text for a comment), masked. */
  readonly preview: string
}

export type StepName = 'sent' | 'accepted' | 'answered' | 'written' | 'received'
/** One rung of the delivery ladder. `at` absent: it has not happened; `state: 'no'`: it never will. */
export interface Step {
  readonly name: StepName
  readonly state: 'yes' | 'no' | 'open' | 'unknown'
  readonly at?: number
  readonly seq?: number
  readonly bytes?: number
  readonly says: string
}
/** `cancelled`: taken back by the client itself, and not answered. `none`: a notification or a response, to which no answer is due. */
export type Delivery = 'pending' | 'delivered' | 'undeliverable' | 'unanswered' | 'cancelled' | 'unknown' | 'none'

/** The moment from which a call could no longer be answered. */
export interface Break {
  readonly at: number
  readonly seq: number
  readonly by: Actor
  readonly how: Ending
  /** "The client closed the stream" */
  readonly says: string
  /** "FIN from port 52114, call 6 the only one in flight" */
  readonly detail: string
}

/** A header that should repeat what the body says, and does not. `sent` absent: there was none. */
export interface HeaderDifference {
  readonly header: string
  readonly sent?: string
  readonly body: string
}

/** One JSON-RPC message that the client POSTed (or the server sent as a request) and its answer, whichever exchanges carried them. */
export interface Call extends Row {
  readonly t: 'call'
  readonly session: number
  /** Row number within its session, from 1; 0 for notifications and responses. */
  readonly number: number
  readonly from: 'client' | 'server'
  readonly kind: 'request' | 'notification' | 'response' | 'invalid'
  readonly method: string
  /** Tool, prompt or resource named by the call; what a person calls it. */
  readonly name?: string
  /** What a tool was called with, in one line of at most 120 characters, masked: `log_type=traffic, source=10.1.1.5`. */
  readonly hint?: string
  /** JSON text of the id (`5`, `"a"`, `null`); absent for notifications. */
  readonly rpcId?: string
  /** The exchange that first carried it, and all that did (redirect hops, the answer's stream). */
  readonly exchange: number
  readonly exchanges: readonly number[]
  readonly sentAt: number
  readonly sentBytes: number
  readonly acceptedAt?: number
  readonly status?: number
  readonly answeredAt?: number
  readonly answerExchange?: number
  readonly answerFrame?: number
  readonly answerBytes?: number
  readonly error?: { readonly code: number; readonly message: string }
  /** A tool's result with `isError: true`, and its text's beginning (masked). */
  readonly toolError?: string
  readonly cancelled?: { readonly at: number; readonly seq: number; readonly reason?: string }
  /** What a `notifications/cancelled` takes back, whether or not it was still open. */
  readonly cancels?: { readonly id: string; readonly reason?: string }
  /** JSON text of the answer's id, where it is not the request's own. */
  readonly answerId?: string
  /** Where its headers (version, `Mcp-Param-*`) disagree with its body; absent where they agree, or the revision knows no such headers. */
  readonly differs?: readonly HeaderDifference[]
  /** Records were lost while it waited: it may have been answered unseen. */
  readonly unseen?: boolean
  /** It brings a `requestState` back: whether a server issued exactly that through this proxy. Absent where it brings none. */
  readonly requestState?: 'issued' | 'unknown'
  /** What an answer to `tools/list` holds: how many tools, and those whose `x-mcp-header` breaks the specification, with the reason. */
  readonly tools?: { readonly count: number; readonly flawed: readonly string[]; readonly more: boolean }
  /** The client could no longer be answered from here on. */
  readonly brokenAt?: number
  /** Who broke it and how, in the words of the ladder's red row. `at` equals `brokenAt`. */
  readonly broken?: Break
  readonly delivery: Delivery
  readonly ladder: readonly Step[]
  /** Sequence numbers that prove it: request head, request body, acceptance, answer, break. */
  readonly seqs: readonly number[]
}

/** `other`: HTTP that belongs to no MCP connection (metadata, health, preflight). */
export type Transport = 'sse' | 'streamable' | 'stateless' | 'other'

/** What the traffic of a session gives away. */
export interface Hint {
  readonly about: 'server' | 'server version' | 'client' | 'client version' | 'ping interval' | 'client’s limit' | 'limit on silence'
  readonly says: string
  readonly confidence: Confidence
  /** The record that shows it, and how. */
  readonly evidence: Evidence
  /** The figure, where it is one (ms). */
  readonly ms?: number
}

/** The exchanges of one MCP connection. */
export interface Session extends Row {
  readonly t: 'session'
  readonly upstream: string
  readonly transport: Transport
  /** Its id on the wire; for stateless ones the client's port. */
  readonly key: string
  /** False when its id was used by a client but never issued through this proxy. */
  readonly issued: boolean
  readonly protocolVersion?: string
  /** Revision that the client asked for in `initialize`. */
  readonly askedVersion?: string
  readonly client: { readonly name?: string; readonly version?: string; readonly userAgent?: string; readonly address: string }
  readonly server: { readonly name?: string; readonly version?: string; readonly header?: string }
  readonly endpoint?: string
  /** When the endpoint event had come. */
  readonly endpointAt?: number
  readonly startedAt: number
  /** When a byte of it last crossed. */
  readonly lastAt: number
  /** When one of its exchanges last ended, on either leg. */
  readonly lastEndAt?: number
  readonly initializedAt?: number
  /** Whether the server named tools among its capabilities; absent while it has not said. */
  readonly offersTools?: boolean
  /** The exchange with the long stream (GET), the newest if several. */
  readonly stream?: number
  /** `silentMs`: how long nothing had come on the stream that ended. */
  readonly ended?: End & { readonly inFlight: number; readonly silentMs?: number }
  /** `quiet`: nothing is under way, but more may come. */
  readonly state: 'live' | 'quiet' | 'ended' | 'broken'
  /** What its traffic gives away about both sides and what stands between them. */
  readonly hints?: readonly Hint[]
  readonly replaces?: number
  readonly replacedBy?: number
  readonly calls: number
  readonly exchanges: number
  readonly frames: number
  /** Calls of the client whose answer did not reach it, or never came. */
  readonly undelivered: number
  /** Calls of the client that the end of the recording cut: what came of them was not seen. */
  readonly cut?: number
  readonly redirects: number
  readonly bytes: number
  readonly errors: number
  readonly warnings: number
}

export interface LogLine extends Row {
  readonly t: 'log'
  readonly upstream: string
  readonly at: number
  readonly seq: number
  readonly source: 'file' | 'stdout' | 'stderr' | 'process'
  readonly level: 'info' | 'warning' | 'error'
  /** Lines of one traceback are one row. */
  readonly lines: number
  readonly text: string
  /** Name of the exception, for a traceback. */
  readonly exception?: string
  /** The exchange that an access line is about, by our own port, method and path. */
  readonly exchange?: number
  /** When the line itself says that it was written; `at` is when it appeared. */
  readonly statedAt?: number
}

export interface Gap extends Row {
  readonly t: 'gap'
  readonly at: number
  readonly since: number
  readonly seq: number
  readonly reason: string
  readonly lost: number
  readonly lostBytes: number
  readonly detail: string
}

export type Severity = 'error' | 'warning' | 'info'
export type Confidence = 'certain' | 'likely' | 'possible'
/** One line of evidence: a record and what it shows. */
export interface Evidence {
  readonly seq: number
  readonly at: number
  readonly says: string
}
export interface Alternative {
  readonly rule: string
  readonly standing: 'possible' | 'ruled out'
  readonly why: string
}
/** What a rule says of a session. */
export interface Finding extends Row {
  readonly t: 'finding'
  readonly rule: string
  readonly severity: Severity
  /** How sure the fault itself is. */
  readonly confidence: Confidence
  /** How sure its cause is, where that is another question ("loss certain, cause likely"). */
  readonly causeConfidence?: Confidence
  readonly session: number
  readonly exchange?: number
  readonly call?: number
  readonly at: number
  readonly title: string
  readonly says: string
  readonly cause: string
  readonly fix: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly alternatives: readonly Alternative[]
  /** True when a later judgement withdrew it. */
  readonly gone?: boolean
}

export type AnyRow = Session | Exchange | Call | Frame | LogLine | Finding | Gap
export type RowKind = AnyRow['t']
/** Where the bytes of one part of an exchange lie, for reading bodies from the journal. */
export interface BodySlice {
  readonly exchange: number
  readonly part: Part
  readonly seq: number
  readonly at: number
  readonly segment: number
  readonly offset: number
  readonly size: number
}
