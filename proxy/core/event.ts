/**
 * The vocabulary of the journal: a WireEvent is one fact at one moment, as the proxy saw it.
 * Promise: the vocabulary is closed. A new kind is a decision (README, "Decisions"); a new rule is only a file.
 *
 * Times (`at`) are milliseconds since the recording began, with microsecond digits, from a monotonic clock;
 * the `recording` event anchors them to the wall clock. `seq` numbers the events of one recording from 1.
 * `conn` numbers client connections; the upstream connection that mirrors one bears the same number on the server leg.
 * `exchange` numbers HTTP requests; 0 means none.
 */

/** Which of the proxy's two sides: the one towards the MCP client, or the one towards the MCP server. */
export type Leg = 'client' | 'server'
/** Which half of an exchange bytes belong to. */
export type Part = 'request' | 'response'
/** Who did something. */
export type Actor = 'client' | 'server' | 'proxy'

/**
 * How a message or a connection ended on one leg.
 * `complete`: framed end (terminal chunk, Content-Length reached, or 204/304/HEAD). `fin`: FIN with the message unfinished
 * (or, for a connection, an ordinary FIN). `reset`: RST, or a write to a closed socket. `timeout`: a limit of ours or ETIMEDOUT.
 * `refused`, `unresolved`, `tls`: the upstream could not be reached. `garbage`: the peer broke HTTP framing.
 * `closed`: we closed it, to pass on what happened on the other leg.
 */
export type Ending = 'complete' | 'fin' | 'reset' | 'timeout' | 'refused' | 'unresolved' | 'tls' | 'garbage' | 'closed'

/** A header as received: name in its own case, value as latin1 text. Order and duplicates are kept by the list. */
export type RawHeader = readonly [name: string, value: string]
export interface Endpoint {
  readonly address: string
  readonly port: number
}

export interface Upstream {
  /** Name from `--target name=URL`; `mcp` when none was given. */
  readonly name: string
  /** The target as configured, without credentials: its path only shapes the snippet for the client. */
  readonly url: string
  /** Where the proxy listens for this upstream. */
  readonly listen: Endpoint
}

interface Stamped {
  readonly seq: number
  readonly at: number
}
interface OnConnection extends Stamped {
  readonly conn: number
}
interface OnExchange extends OnConnection {
  readonly exchange: number
}

/** First event of every recording: what was recorded, by what, since when. */
export interface RecordingEvent extends Stamped {
  readonly kind: 'recording'
  readonly version: 1
  /** Recording id: unique, sortable by time, usable as a folder name. */
  readonly id: string
  /** Wall clock at `at` 0, in milliseconds since the epoch. */
  readonly startedAt: number
  readonly product: string
  readonly pid: number
  readonly upstreams: readonly Upstream[]
  readonly options: RecordingOptions
  /** Where an imported recording came from (`har`, `jsonl`); absent for a live one. */
  readonly imported?: string
}
export interface RecordingOptions {
  readonly hostHeader: 'preserve' | 'upstream'
  readonly forwarded: boolean
  /** Seconds that an upstream is held open after its client has gone; 0 = transparent. */
  readonly linger: number
  /** Bytes kept of each body; beyond it head, tail, length and SHA-256. */
  readonly bodyCap: number
  /** Stored credentials were masked (false with `--capture-secrets`). */
  readonly masked: boolean
}

/** A connection was accepted (client leg) or established (server leg). */
export interface OpenEvent extends OnConnection {
  readonly kind: 'open'
  readonly leg: Leg
  readonly upstream: string
  /** Our own end of the socket; on the server leg its port is what the server's access log shows. */
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Milliseconds from the start of connecting (server leg only). */
  readonly took?: number
  readonly tls?: { readonly protocol: string; readonly cipher: string; readonly verified: boolean; readonly subject?: string }
}

/** A request head, as the client sent it. */
export interface RequestEvent extends OnExchange {
  readonly kind: 'request'
  readonly upstream: string
  readonly method: string
  readonly target: string
  readonly http: string
  readonly headers: readonly RawHeader[]
}

/**
 * A response head, as the server sent it (`by: 'server'`) or as the proxy had to invent it (`by: 'proxy'`: guard, 502).
 * Informational heads (1xx) come as such events too, before the final one.
 */
export interface ResponseEvent extends OnExchange {
  readonly kind: 'response'
  readonly by: 'server' | 'proxy'
  readonly status: number
  readonly reason: string
  readonly http: string
  readonly headers: readonly RawHeader[]
}

/** Body bytes as received from the peer that sent them; recorded before they are forwarded. */
export interface ChunkEvent extends OnExchange {
  readonly kind: 'chunk'
  readonly part: Part
  /** Bytes that crossed. `bytes` holds all of them, or fewer once the body passed the recording's cap. */
  readonly size: number
  readonly bytes: Uint8Array
}

/**
 * One part of an exchange ended on one leg. The same part ends twice: once on the leg it came from and once on the leg
 * it went to; the shorter one closed first. `bytes` is what crossed that leg: read from the peer, or handed to the peer's kernel.
 * A client's FIN while its answer is due ends the response on its leg at once (`fin` by the client): it has gone, or it only sends
 * no more (a half-close); what the server still answers is handed to its kernel all the same. A refused request never reached a server
 * and ends on the client's leg alone.
 */
export interface EndEvent extends OnExchange {
  readonly kind: 'end'
  readonly leg: Leg
  readonly part: Part
  readonly how: Ending
  readonly by: Actor
  readonly bytes: number
  /** System or parser code (`ECONNRESET`, `HPE_INVALID_CONSTANT`) and its text, where there was one. */
  readonly code?: string
  readonly detail?: string
  readonly trailers?: readonly RawHeader[]
  /** For a body beyond the cap: its last bytes and the SHA-256 of all of it (hex). */
  readonly tail?: Uint8Array
  readonly sha256?: string
}

/** A connection ended on one leg, or could not be opened. `by` is who closed first on this leg. */
export interface CloseEvent extends OnConnection {
  readonly kind: 'close'
  readonly leg: Leg
  readonly how: Ending
  readonly by: Actor
  readonly code?: string
  readonly detail?: string
  /** Bytes of the socket, framing included. */
  readonly received: number
  readonly sent: number
}

/** A line of the server's own words, or the fate of its process (`source: 'process'`). */
export interface LogEvent extends Stamped {
  readonly kind: 'log'
  readonly upstream: string
  readonly source: 'file' | 'stdout' | 'stderr' | 'process'
  readonly text: string
}

/** Something the proxy changed or did on its own; the original is kept. */
export interface ChangeEvent extends OnExchange {
  readonly kind: 'change'
  readonly what:
    | 'host'
    | 'forwarded'
    | 'accept-encoding'
    | 'endpoint'
    | 'location'
    | 'resource-metadata'
    | 'linger-begin'
    | 'linger-end'
    | 'rejected'
    | 'drain'
  readonly original: string
  readonly replacement: string
}

/** Records are missing (`lost` > 0), or writing went another way for a while (`lost` = 0). */
export interface GapEvent extends Stamped {
  readonly kind: 'gap'
  readonly reason: 'disk-full' | 'read-only' | 'io-error' | 'deleted' | 'stall' | 'torn-tail' | 'corrupt'
  /** Records and body bytes that could not be kept. */
  readonly lost: number
  readonly lostBytes: number
  /** When it began, in recording milliseconds; `at` is when writing worked again. */
  readonly since: number
  readonly detail: string
}

export type WireEvent =
  | RecordingEvent
  | OpenEvent
  | RequestEvent
  | ResponseEvent
  | ChunkEvent
  | EndEvent
  | CloseEvent
  | LogEvent
  | ChangeEvent
  | GapEvent
export type EventKind = WireEvent['kind']

/** The answer itself; informational heads (1xx, RFC 9110, 15.2) come before it. */
export const isFinal = (event: WireEvent): event is ResponseEvent =>
  event.kind === 'response' && (event.status < 100 || event.status >= 200 || event.status === 101)

type Unstamped<E> = E extends WireEvent ? Omit<E, 'seq' | 'at'> & { readonly at?: number } : never
/** An event before the journal gave it its number and, unless `at` is given, its time. */
export type Draft = Unstamped<WireEvent>

/** Byte position of a record in a recording: which segment file and where in it. */
export interface Position {
  readonly segment: number
  readonly offset: number
}

/**
 * The journal as the main thread sees it. `append` queues an event and gives its number; `flush` puts everything queued
 * into the file with one write. Forwarding calls `flush` before any byte leaves; what nobody flushes leaves within some milliseconds.
 * Neither ever throws for the disk's sake: what cannot be written becomes a gap.
 */
export interface Journal {
  append(draft: Draft): number
  flush(): void
  /** Milliseconds since the recording began. */
  now(): number
}
