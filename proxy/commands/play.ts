/**
 * Plays a scenario through the real proxy into a recording. Promise: every byte crosses real sockets; only waiting is left out, where the
 * scenario says so, and the recording says it too.
 */
import { loadScenario } from '../../server/scenarios/index.ts'
import type { Scenario, Stage, ThroughOptions } from '../../server/scenarios/scenario.ts'
import type { Draft, Journal, Upstream } from '../core/event.ts'
import { createForwarder, type Forwarder } from '../forward.ts'
import { createRecording, type Recording } from '../journal/recording.ts'
import { version } from '../product.ts'

/** However a scenario hangs, it ends after this. */
const LONGEST_MS = 30_000
/** Nothing was recorded for this long: what was sent has crossed. */
const QUIET_MS = 40
const DRAIN_MS = 300
const MIB = 1024 * 1024

export interface Played {
  readonly scenario: Scenario
  /** Folder of the recording. */
  readonly dir: string
}

export interface PlayOptions {
  readonly dataDir: string
  readonly signal: AbortSignal
}

/** A recording whose clock can be put forward. */
class SkippingJournal implements Journal {
  recording: Recording | undefined
  appendedAt = performance.now()
  #skipped = 0

  append(draft: Draft): number {
    this.appendedAt = performance.now()
    return this.recording?.append({ ...draft, at: draft.at ?? this.now() }) ?? 0
  }
  flush(): void {
    this.recording?.flush()
  }
  now(): number {
    return (this.recording?.now() ?? 0) + this.#skipped
  }
  skip(ms: number): void {
    this.#skipped += ms
  }
}

class RealStage implements Stage {
  readonly signal: AbortSignal
  readonly #dataDir: string
  readonly #journal = new SkippingJournal()
  readonly #forwarders: Forwarder[] = []
  readonly #closers: (() => unknown)[] = []

  constructor(dataDir: string, signal: AbortSignal) {
    this.#dataDir = dataDir
    this.signal = signal
  }

  async through(server: string, { hostHeader = 'preserve', lingerMs = 0 }: ThroughOptions = {}): Promise<string> {
    const target = new URL(server)
    const name = this.#forwarders.length === 0 ? 'server' : `server-${this.#forwarders.length + 1}`
    const forwarder = createForwarder(this.#journal, { name, target, hostHeader, lingerMs })
    this.#forwarders.push(forwarder)
    const listen = await forwarder.listen(0, '127.0.0.1')
    this.#journal.recording ??= this.#record({ name, url: target.href, listen }, hostHeader, lingerMs)
    return new URL(`${target.pathname}${target.search}`, `http://127.0.0.1:${listen.port}`).href
  }

  #record(upstream: Upstream, hostHeader: 'preserve' | 'upstream', lingerMs: number): Recording {
    return createRecording(this.#dataDir, {
      upstreams: [upstream],
      options: { hostHeader, forwarded: false, linger: lingerMs / 1000, bodyCap: 64 * MIB, masked: true },
      product: version(),
      retention: false,
    })
  }

  async quiet(): Promise<void> {
    const began = performance.now()
    while (performance.now() - Math.max(began, this.#journal.appendedAt) < QUIET_MS) {
      this.signal.throwIfAborted()
      await new Promise(resolve => setTimeout(resolve, QUIET_MS / 4))
    }
  }

  async skip(ms: number): Promise<void> {
    await this.quiet()
    this.#journal.skip(ms)
    this.#append('process', `${ms / 1000} s of waiting are left out here`)
    this.#journal.flush()
  }

  log(line: string): void {
    this.#append('stderr', line)
  }

  #append(source: 'process' | 'stderr', text: string): void {
    this.#journal.append({ kind: 'log', upstream: 'server', source, text })
  }

  onEnd(close: () => unknown): void {
    this.#closers.push(close)
  }

  /** Ends the recording, then closes what is still open. */
  async end(): Promise<string | undefined> {
    const { recording } = this.#journal
    recording?.close()
    for (const close of this.#closers.reverse()) await close()
    await Promise.all(this.#forwarders.map(forwarder => forwarder.drain(DRAIN_MS)))
    return recording?.dir
  }
}

/** Plays a scenario by its name. Rejects with an Error that names it when it could not be played. */
export async function playScenario(id: string, options: PlayOptions): Promise<Played> {
  return play(await loadScenario(id), options)
}

/** Plays it and resolves when its recording is closed. Rejects with an Error that names it when it could not be played. */
export async function play(scenario: Scenario, { dataDir, signal }: PlayOptions): Promise<Played> {
  const limit = AbortSignal.timeout(LONGEST_MS)
  const stage = new RealStage(dataDir, AbortSignal.any([signal, limit]))
  let failure: unknown
  try {
    await scenario.play(stage)
  } catch (error) {
    failure = error
  }
  const dir = await stage.end()
  if (failure !== undefined) {
    const why = failure instanceof Error ? failure.message : String(failure)
    throw new Error(`the scenario ${scenario.id} could not be played: ${why}`, { cause: failure })
  }
  if (dir === undefined) throw new Error(`the scenario ${scenario.id} put up no proxy`)
  return { scenario, dir }
}
