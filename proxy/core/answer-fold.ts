/**
 * Reads what the server sends: frames of streams, JSON bodies, refusals. Promise: each message reaches its call once, with
 * the moment, the bytes and whether the client could still take it.
 */
import type { Parts } from './exchange-fold.ts'
import { encodingOf, headerOf } from './fields.ts'
import { reaches } from './half-close.ts'
import { problemOf, type RpcMessage, readRpc } from './jsonrpc.ts'
import type { Frame } from './model.ts'
import { RpcScanner } from './rpc-scan.ts'
import type { SseFrame } from './sse.ts'
import type { CallState, ExchangeState, FrameMark, Grown } from './state.ts'
import { noteFraming, noteLump } from './stream-notes.ts'
import { errorWords } from './words.ts'

/** Frames whose crossing the client's end may still deny. */
const MARKS_KEPT = 64
const decoder = new TextDecoder('utf-8')

export class AnswerFold {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The response's body is whole, or as whole as it will be. */
  body(x: ExchangeState): void {
    const { row, response } = x
    if (x.responseRead || !response || row.status === undefined) return
    const whole =
      x.responseLength >= 0 ? row.responseBytes >= x.responseLength : row.serverEnd?.how === 'complete' || row.serverEnd === undefined
    x.responseRead = true
    response.end()
    if (row.status >= 400) this.#errorText(x)
    const crossed = reaches(x)
    if (response.mode === 'json' && whole && !response.blind && row.responseBy !== 'proxy') {
      const body = response.rpc()
      const problem = problemOf(body)
      if (problem !== undefined && row.status < 400) row.problem = problem
      for (const message of body.messages)
        this.#message(x, message, { at: row.lastByteAt ?? this.#parts.world.at, bytes: row.responseBytes, crossed, end: row.responseBytes })
    } else if (response.mode === 'json' && response.blind) {
      for (const call of x.calls) call.blind ??= 'the body could not be read'
    }
    if (row.status >= 400) this.#parts.calls.refused(x, crossed)
    else if (row.path.startsWith('/.well-known/oauth-protected-resource')) this.#metadata(x)
    if (row.status === 404 || row.status === 400) this.#goneSession(x)
  }

  #errorText(x: ExchangeState): void {
    const { world } = this.#parts
    const text = x.response?.blind ? '' : (x.response?.text().trim() ?? '')
    if (text !== '') x.row.errorText = world.preview(text)
    for (const call of x.calls) world.touchCall(call)
    if (x.row.responseBy === 'proxy') x.row.trouble ??= troubleOf(text)
  }

  /** Where the server says that its tokens are for. */
  #metadata(x: ExchangeState): void {
    if (x.response?.mode !== 'json' || x.response.blind) return
    const found = /"resource"\s*:\s*"((?:[^"\\]|\\.){1,2000})"/.exec(x.response.text())?.[1]
    if (found) x.row.resource = this.#parts.world.preview(found.replaceAll('\\/', '/'))
  }

  /** The server no longer knows this session's id. */
  #goneSession(x: ExchangeState): void {
    const { session, row } = x
    if (session?.row.transport !== 'streamable' || row.responseBy !== 'server') return
    const named = headerOf(row.requestHeaders, 'mcp-session-id') !== ''
    if (!named || (row.status === 400 && !/no valid session/i.test(row.errorText ?? ''))) return
    const { at, seq } = this.#parts.world
    this.#parts.sessions.end(session, {
      at,
      seq,
      how: 'complete',
      by: 'server',
      bytes: 0,
      detail: `${row.status} ${errorWords(row.errorText ?? '')}`.trim(),
    })
  }

  #message(x: ExchangeState, message: RpcMessage, from: { at: number; bytes: number; crossed: boolean; end: number }): void {
    const { world, sessions, calls } = this.#parts
    sessions.learnAnswer(x, message)
    calls.received(x, message, { ...from, seq: world.seq, firstAt: x.row.firstByteAt ?? from.at })
  }

  frame(x: ExchangeState, frame: SseFrame, at: number, seq: number): void {
    const { world, sessions } = this.#parts
    const { row, session } = x
    if (!session) return
    const mark = this.#mark(x, frame, at, seq)
    const { row: drawn } = mark
    if (frame.kind === 'event') row.frames++
    else if (frame.kind === 'comment') row.pings++
    session.row.frames++
    if (frame.id !== undefined) {
      x.cursor = frame.id
      row.resumable = true
    }
    if (frame.retry !== undefined) row.retry = frame.retry
    noteFraming(x, frame, drawn)
    noteLump(x, drawn)
    const whole = frame.kind === 'event'
    if (whole && frame.event === 'endpoint' && row.body === 'stream' && session.row.endpoint === undefined)
      sessions.endpoint(x, decoder.decode(frame.data))
    else if (whole && frame.dataBytes > 0 && (frame.event === '' || frame.event === 'message')) this.#rpcFrame(x, frame, mark)
    if (drawn.crossed) {
      x.marks.push(mark)
      if (x.marks.length > MARKS_KEPT) x.marks.shift()
    } else if (x.lateMarks.length < MARKS_KEPT) x.lateMarks.push(mark)
    noteFrame(session.frames, drawn)
    world.frames.add(drawn)
  }

  #mark(x: ExchangeState, frame: SseFrame, at: number, seq: number): FrameMark {
    const { world } = this.#parts
    const coded = encodingOf(x.row.responseHeaders ?? []) !== ''
    const text = frame.kind === 'comment' ? frame.comment : decoder.decode(frame.data.subarray(0, 4000))
    const row: Grown<Frame> = {
      t: 'frame',
      id: world.nextId(),
      session: x.row.session,
      exchange: x.row.id,
      index: x.frameIndex++,
      at,
      seq,
      kind: frame.kind,
      event: frame.kind === 'event' ? frame.event || 'message' : frame.event,
      ...(frame.id !== undefined && { lastEventId: frame.id }),
      offset: frame.offset,
      size: frame.size,
      crossed: reaches(x),
      preview: world.preview(text),
    }
    return { row, end: coded ? x.row.responseBytes : frame.offset + frame.size }
  }

  #rpcFrame(x: ExchangeState, frame: SseFrame, mark: FrameMark): void {
    const { sessions, calls } = this.#parts
    const body = frame.overflow instanceof RpcScanner ? frame.overflow.result() : readRpc(frame.data)
    const { row } = mark
    const problem = problemOf(body)
    if (problem !== undefined) row.problem = problem
    for (const message of body.messages) {
      row.rpc ??= message.kind
      if (message.method !== undefined) row.method ??= message.method
      sessions.learnAnswer(x, message)
      const firstAt = frame.size > 65_536 ? this.#began(x, row) : row.at
      const call = calls.received(x, message, {
        at: row.at,
        seq: row.seq,
        bytes: frame.dataBytes,
        mark,
        end: mark.end,
        firstAt,
        crossed: row.crossed,
      })
      if (!call) {
        if (message.kind === 'response' || message.kind === 'error') this.#stray(x, message, row)
        continue
      }
      mark.call = call
      row.call ??= call.row.id
      if (call.row.method !== '') row.method ??= call.row.method
    }
  }

  /** An answer that belongs to no call of its session. */
  #stray(x: ExchangeState, message: RpcMessage, row: Grown<Frame>): void {
    if (message.id === undefined || row.rpcId !== undefined) return
    // What a resumed stream repeats has been placed before.
    if (row.lastEventId !== undefined && headerOf(x.row.requestHeaders, 'last-event-id') !== '') return
    const { session } = x
    const other = session && this.#parts.sessions.waitingElsewhere(session, message.id)
    const isRepeated = ({ row, answer }: CallState) => row.from === 'client' && row.rpcId === message.id && answer !== undefined
    const repeated = session?.calls.find(isRepeated) ?? session?.noted.calls.find(isRepeated)
    if (repeated) repeated.repeated = true
    // It may repeat the answer to a call that has left memory.
    else if (session?.partial && !other) return
    row.rpcId = message.id
    if (other) row.elsewhere = other.row.id
  }

  /** When the bytes of a frame that came in several chunks began to come: not before the frame before it. */
  #began(x: ExchangeState, row: Grown<Frame>): number {
    return x.frameIndex === 1 ? (x.row.firstByteAt ?? row.at) : (x.marks.at(-1)?.row.at ?? row.at)
  }
}

const FRAMES_KEPT = 400
const NEWEST_FRAMES = 40
const RPC_FRAMES = 160
const ODD_FRAMES = 100
/** Larger events are what clients have limits for. */
const LARGE_BYTES = 64_000

/** What a finding rests on for as long as the session lives: endpoints, what is no message, answers to nobody, what is large. */
const isOdd = ({ event, problem, rpcId, call, size }: Grown<Frame>): boolean =>
  event === 'endpoint' || problem !== undefined || (rpcId !== undefined && call === undefined) || size >= LARGE_BYTES

/** Keeps what rules look at, in order: the newest of all, the newest JSON-RPC, and the first that are odd. */
function noteFrame(frames: Grown<Frame>[], row: Grown<Frame>): void {
  frames.push(row)
  if (frames.length <= FRAMES_KEPT) return
  const older = frames.slice(0, -NEWEST_FRAMES)
  const kept = new Set([...older.filter(isOdd).slice(0, ODD_FRAMES), ...older.filter(({ rpc }) => rpc !== undefined).slice(-RPC_FRAMES)])
  frames.splice(0, older.length, ...older.filter(frame => kept.has(frame)))
}

/** The words of the proxy's own 502 body. */
function troubleOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } }
    const words = [error?.code, error?.message].filter(part => typeof part === 'string')
    return words.length > 0 ? words.join(': ') : undefined
  } catch {
    return text === '' ? undefined : text.slice(0, 200)
  }
}
