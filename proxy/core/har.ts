/**
 * A recording as HAR 1.2, for Chrome DevTools and everything else that reads HAR, and complete enough to be opened again here.
 * Promise: written piece by piece, one exchange in memory at a time; with a masker nothing secret is in any piece.
 *
 * SSE text stands in `response.content.text`, its messages with their times in `_eventSourceMessages`, everything else under `_mcp`.
 */

import { concat } from './bytes.ts'
import { type ChunkEvent, isFinal, type Part, type RequestEvent, type WireEvent } from './event.ts'
import { harEntry } from './har-entry.ts'
import type { BodyNote, HarLogMcp } from './har-types.ts'
import { eventToLine } from './lines.ts'
import { maskFindings, maskTree } from './mask-event.ts'
import type { Call, Finding, Session } from './model.ts'
import type { Masker } from './redact.ts'
import { Sanitiser } from './sanitise.ts'

/** One exchange with what was derived of it. */
export interface HarExchange {
  /** All its events in order, the request first. Without a request it is left out: the recording began or was cut in it. */
  readonly events: readonly WireEvent[]
  /** Key of its session. */
  readonly session?: string
  /** The key is an id that the server issued, which gets a pseudonym. */
  readonly hasSessionId?: boolean
  readonly calls?: readonly Call[]
  readonly findings?: readonly Finding[]
}

export interface HarInput {
  readonly startedAt: number
  readonly creator: { readonly name: string; readonly version: string }
  /** Called twice when there is a masker: what is learned at the end is masked at the beginning too. */
  readonly exchanges: () => Iterable<HarExchange>
  /** Events of no exchange, the `recording` event first. */
  readonly loose: () => Iterable<WireEvent>
  readonly sessions: readonly Session[]
  readonly findings: readonly Finding[]
  /** Absent: everything as it is in the recording. */
  readonly masker?: Masker
  /** Decodes a body with this Content-Encoding; undefined when it cannot. */
  readonly inflate?: (encoding: string, bytes: Uint8Array) => Uint8Array | undefined
}

/** The file's text in pieces; empty ones while secrets are learned, so that others may have their turn. */
export function* eventsToHar(input: HarInput): Generator<string> {
  const { masker } = input
  if (masker) yield* learn(input, masker)
  const { name, version } = input.creator
  const comment = masker
    ? 'Sanitised: credentials are masked and session ids replaced.'
    : 'With secrets: credentials in bodies are as they crossed the wire. Keep this file to yourself.'
  const browser = { name: 'Seismograph', version }
  yield `{"log":${JSON.stringify({ version: '1.2', creator: { name, version }, browser, pages: [], comment }).slice(0, -1)},"entries":[`
  let first = true
  for (const exchange of input.exchanges()) {
    const entry = entryText(exchange, input)
    if (entry === undefined) continue
    yield `${first ? '' : ','}\n${entry}`
    first = false
  }
  yield '\n],"_mcp":'
  yield* logPieces(input)
  yield '}}\n'
}

function* logPieces({ masker, sessions, findings, loose }: HarInput): Generator<string> {
  const head: Omit<HarLogMcp, 'events'> = {
    version: 1,
    sanitised: masker !== undefined,
    sessions: masker ? sessions.map(session => maskSession(session, masker)) : sessions,
    findings: masker ? maskFindings(findings, masker) : findings,
  }
  yield `${JSON.stringify(head).slice(0, -1)},"events":[`
  const sanitiser = masker && new Sanitiser(masker)
  let first = true
  for (const event of loose()) {
    yield `${first ? '' : ','}\n${eventToLine(sanitiser?.sanitise(event).event ?? event)}`
    first = false
  }
  yield '\n]}'
}

function* learn(input: HarInput, masker: Masker): Generator<string> {
  for (const session of input.sessions) if (hasSessionId(session)) masker.learnSession(session.key)
  for (const { events } of input.exchanges()) {
    const sanitiser = new Sanitiser(masker)
    for (const event of decode(events, input).events) sanitiser.learn(event)
    sanitiser.studied()
    yield ''
  }
  for (const event of input.loose()) {
    new Sanitiser(masker).learn(event)
    yield ''
  }
}

/** A body that no text can hold (JSON writes a control character as six) is left out: the other exchanges are wanted all the same. */
function entryText(exchange: HarExchange, input: HarInput): string | undefined {
  try {
    return JSON.stringify(entryOf(exchange, input))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const events = exchange.events.map(event => (event.kind === 'chunk' ? { ...event, bytes: new Uint8Array(0) } : event))
    return JSON.stringify(entryOf({ ...exchange, events }, input, true))
  }
}

function entryOf(exchange: HarExchange, input: HarInput, isWithoutBodies = false): ReturnType<typeof harEntry> | undefined {
  const { masker, startedAt } = input
  const { events: decoded, bodies } = decode(exchange.events, input)
  if (isWithoutBodies) for (const event of decoded) if (event.kind === 'chunk') bodies[event.part] = 'left-out'
  const events = masker ? sanitise(decoded, masker, bodies) : decoded
  const request = events.find((event): event is RequestEvent => event.kind === 'request')
  if (request === undefined) return undefined
  const calls = exchange.calls ?? []
  const findings = exchange.findings ?? []
  const session =
    exchange.session === undefined ? {} : { session: masker && exchange.hasSessionId ? masker.session(exchange.session) : exchange.session }
  return harEntry({
    events,
    request,
    startedAt,
    bodies,
    ...session,
    calls: masker ? maskTree(calls, masker) : calls,
    findings: masker ? maskFindings(findings, masker) : findings,
  })
}

/** Whether the key of a session is an id from the wire, and not a client's port. */
export function hasSessionId({ transport }: Session): boolean {
  return transport === 'sse' || transport === 'streamable'
}
function maskSession(session: Session, masker: Masker): Session {
  return hasSessionId(session) ? { ...maskTree(session, masker), key: masker.session(session.key) } : maskTree(session, masker)
}

type Bodies = { -readonly [P in Part]?: BodyNote }

function sanitise(events: readonly WireEvent[], masker: Masker, bodies: Bodies): WireEvent[] {
  const sanitiser = new Sanitiser(masker)
  for (const event of events) sanitiser.study(isHead(event) && bodies[event.kind] === 'decoded' ? withoutEncoding(event) : event)
  sanitiser.studied()
  // The heads keep their Content-Encoding, as in a browser's HAR.
  return events.map(event => {
    const { event: masked, body } = sanitiser.sanitise(event)
    if (body === 'left-out' && masked.kind === 'chunk') bodies[masked.part] = 'left-out'
    return masked
  })
}

/** Bodies without their Content-Encoding; all decoded bytes stand in the last chunk that held any, for the cuts between are not known. */
function decode(events: readonly WireEvent[], { inflate }: HarInput): { events: readonly WireEvent[]; bodies: Bodies } {
  const bodies: Bodies = {}
  let decoded = events
  for (const part of ['request', 'response'] as const) {
    const head = events.filter(isHead).find(event => (part === 'request' ? event.kind === part : isFinal(event)))
    const encoding = head?.headers.find(([name]) => isEncoding(name))?.[1].trim()
    if (!encoding || encoding.toLowerCase() === 'identity' || inflate === undefined) continue
    const chunks = events.filter((event): event is ChunkEvent => event.kind === 'chunk' && event.part === part)
    const last = chunks.findLast(({ bytes }) => bytes.length > 0)
    const plain = last && inflate(encoding, concat(chunks.map(({ bytes }) => bytes)))
    if (plain === undefined) continue
    bodies[part] = 'decoded'
    decoded = decoded.map(event =>
      event.kind !== 'chunk' || event.part !== part ? event : { ...event, bytes: event === last ? plain : new Uint8Array(0) },
    )
  }
  return { events: decoded, bodies }
}

type Head = Extract<WireEvent, { kind: 'request' | 'response' }>
function isHead(event: WireEvent): event is Head {
  return event.kind === 'request' || event.kind === 'response'
}
function isEncoding(name: string): boolean {
  return name.toLowerCase() === 'content-encoding'
}
function withoutEncoding(event: Head): Head {
  return { ...event, headers: event.headers.filter(([name]) => !isEncoding(name)) }
}
