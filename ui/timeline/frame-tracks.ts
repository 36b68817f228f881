/**
 * The SSE frames of a session, by stream: events, pings and problems apart, and the silences between them.
 * Promise: frames that only grew at the end cost only what is new.
 */
import type { Frame } from '../../proxy/core/model.ts'

/** Moments, ascending. */
export interface Ticks<T> {
  readonly times: number[]
  readonly items: T[]
}
export interface StreamFrames {
  readonly events: Ticks<Frame>
  readonly pings: Ticks<Frame>
  readonly problems: Ticks<Frame>
  /** Stretches of at least SILENCE_MS without a frame that crossed. */
  readonly silences: { readonly starts: number[]; readonly ends: number[] }
  /** Last frame that crossed to the client. */
  lastAt?: number
  /** An answer, or an unfinished rest of one, found nobody. */
  lost: boolean
}

/** Shorter pauses are not worth a word. */
export const SILENCE_MS = 4000

const ticks = (): Ticks<Frame> => ({ times: [], items: [] })

/** A frame that carries a failure: an error answer, a torn rest, or an answer that did not cross. */
function isProblemFrame(frame: Frame): boolean {
  if (frame.kind === 'unfinished') return true
  if (frame.kind !== 'event') return false
  if (frame.rpc === 'error' || frame.rpc === 'invalid') return true
  return !frame.crossed && (frame.rpc === 'response' || frame.call !== undefined)
}

export class FrameTracks {
  readonly #streams = new Map<number, StreamFrames>()
  readonly #seen: Frame[] = []

  of(exchange: number): StreamFrames | undefined {
    return this.#streams.get(exchange)
  }

  /** Whether `frames` begins with everything that is already here. */
  takes(frames: readonly Frame[]): boolean {
    if (frames.length < this.#seen.length) return false
    for (let i = this.#seen.length - 1; i >= 0; i--) if (this.#seen[i] !== frames[i]) return false
    return true
  }

  /** Adds what is new in `frames`; call only where `takes` agreed. */
  update(frames: readonly Frame[]): void {
    for (let i = this.#seen.length; i < frames.length; i++) {
      const frame = frames[i] as Frame
      this.#seen.push(frame)
      this.#add(frame)
    }
  }

  #add(frame: Frame): void {
    let stream = this.#streams.get(frame.exchange)
    if (!stream) {
      stream = { events: ticks(), pings: ticks(), problems: ticks(), silences: { starts: [], ends: [] }, lost: false }
      this.#streams.set(frame.exchange, stream)
    }
    const into = isProblemFrame(frame) ? stream.problems : frame.kind === 'event' ? stream.events : stream.pings
    into.times.push(frame.at)
    into.items.push(frame)
    if (into === stream.problems && !frame.crossed) stream.lost = true
    if (!frame.crossed) return
    if (stream.lastAt !== undefined && frame.at - stream.lastAt >= SILENCE_MS) {
      stream.silences.starts.push(stream.lastAt)
      stream.silences.ends.push(frame.at)
    }
    stream.lastAt = frame.at
  }
}
