/**
 * The inspector as the rest of the product sees it: a worker thread with a dashboard. Promise: nothing that happens in it can touch
 * the traffic; when it dies it is started again on the same port with the same token, and catches up from the journal.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ProbeAnswer } from '../core/feed.ts'
import type { FromWorker, InspectorSummary, Source, ToWorker, WorkerSetup } from './messages.ts'

export interface InspectorOptions {
  readonly recordings: readonly Source[]
  readonly host: string
  /** 0 = a free port. */
  readonly port: number
  /** Made when absent: 32 random bytes, base64url. */
  readonly token?: string
  /** The built page. */
  readonly uiDir: string
  /** Name and version, as in `mcp-seismograph 0.1.0`; a page of another one asks to be loaded again. */
  readonly product: string
  /** Further values of Host that may address the dashboard. */
  readonly allowHosts?: readonly string[]
  /** Told each time the worker died, in words. */
  readonly onCrash?: (message: string) => void
}

export interface Inspector {
  readonly port: number
  readonly token: string
  /** Address of the dashboard with the token in its fragment. */
  readonly url: string
  /** What POST /api/demo starts; the dashboard offers it only once this was called. Resolves when it has begun. */
  onDemo(play: () => void | Promise<void>): void
  /** What POST /api/probe asks. */
  onProbe(probe: () => Promise<ProbeAnswer>): void
  /** A failure of the recorder that goes on now, in words; undefined when it is over. */
  setTrouble(text: string | undefined): void
  /** What has been recorded, after the inspector has read what is in the journal now; what it has read by then after `withinMs` (default 5 s). */
  summary(withinMs?: number): Promise<InspectorSummary>
  /** Ends the worker; resolves when its files and sockets are closed. */
  close(): Promise<void>
}

const CRASHES_PER_MINUTE = 10
const CLOSE_MS = 5000
const SUMMARY_MS = 5000
const MEMORY_MB = 2048
/** V8 would let short-lived objects grow to three times 64 MB before it looks at them; smaller costs no measurable time. */
const YOUNG_MEMORY_MB = 24

/** Starts the dashboard. Rejects when its port is taken or a recording cannot be opened, with what to do about it. */
export async function startInspector(options: InspectorOptions): Promise<Inspector> {
  const host = new Host(options)
  try {
    await host.start()
  } catch (error) {
    await host.close()
    throw error
  }
  return host
}

class Host implements Inspector {
  readonly token: string
  readonly #options: InspectorOptions
  readonly #scratch = mkdtempSync(join(tmpdir(), 'seismograph-'))
  readonly #waiting = new Map<number, (summary: InspectorSummary) => void>()
  #worker: Worker | undefined
  #port: number
  #asked = 0
  #generation = 0
  #crashes: number[] = []
  #isClosing = false
  #trouble: string | undefined
  #play: (() => void | Promise<void>) | undefined
  #probe: (() => Promise<ProbeAnswer>) | undefined

  constructor(options: InspectorOptions) {
    this.#options = options
    this.#port = options.port
    this.token = options.token ?? randomBytes(32).toString('base64url')
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    const name = this.#options.host.includes(':') ? `[${this.#options.host}]` : this.#options.host
    const reachable = name === '0.0.0.0' ? '127.0.0.1' : name === '[::]' ? '[::1]' : name
    return `http://${reachable}:${this.#port}/#t=${this.token}`
  }

  /** Resolves when the worker listens. Only the first start may fail for good. */
  start(): Promise<void> {
    const { recordings, host, uiDir, product, allowHosts = [] } = this.#options
    const setup: WorkerSetup = {
      recordings,
      host,
      port: this.#port,
      token: this.token,
      uiDir,
      product,
      allowHosts,
      scratch: this.#scratch,
      canDemo: this.#play !== undefined,
      generation: this.#generation++,
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
    }
    // Compiled, this file and the worker are JavaScript.
    const file = import.meta.url.endsWith('.ts') ? new URL('./worker.ts', import.meta.url) : new URL('./worker.js', import.meta.url)
    const resourceLimits = { maxOldGenerationSizeMb: MEMORY_MB, maxYoungGenerationSizeMb: YOUNG_MEMORY_MB }
    const worker = new Worker(file, { workerData: setup, resourceLimits, execArgv: [] })
    this.#worker = worker
    return new Promise((resolve, reject) => {
      let message = 'the inspector ended without a word'
      let isReady = false
      worker.on('message', (said: FromWorker) => {
        if (said.type === 'ready') {
          isReady = true
          this.#port = said.port
          resolve()
        } else if (said.type === 'failed') message = said.message
        else this.#hear(worker, said)
      })
      worker.on('error', error => {
        message = error instanceof Error ? error.message : String(error)
      })
      worker.on('exit', () => {
        if (this.#worker !== worker) return
        this.#worker = undefined
        this.#settle()
        const crash = new Error(message)
        if (!isReady) reject(crash)
        if (isReady && !this.#isClosing) this.#revive(message)
      })
    })
  }

  #hear(worker: Worker, said: FromWorker): void {
    if (said.type === 'summary') {
      this.#waiting.get(said.id)?.(said.summary)
      this.#waiting.delete(said.id)
    } else if (said.type === 'demo' || said.type === 'probe') void this.#answer(worker, said)
  }

  async #answer(worker: Worker, { type, id }: { type: 'demo' | 'probe'; id: number }): Promise<void> {
    const reply = (answer: ToWorker) => worker.postMessage(answer)
    try {
      if (type === 'demo') {
        if (!this.#play) throw new Error('there is no demonstration here')
        await this.#play()
        reply({ type: 'answer', id })
      } else {
        if (!this.#probe) throw new Error('there is no target to ask: this is a past recording')
        reply({ type: 'answer', id, probe: await this.#probe() })
      }
    } catch (error) {
      reply({ type: 'answer', id, error: error instanceof Error ? error.message : String(error) })
    }
  }

  #revive(message: string): void {
    this.#options.onCrash?.(message)
    const now = performance.now()
    this.#crashes = [...this.#crashes.filter(at => now - at < 60_000), now]
    if (this.#crashes.length > CRASHES_PER_MINUTE) {
      this.#options.onCrash?.(
        'the inspector keeps failing; it is not started again. Recording goes on; open the recording later with "seismograph open".',
      )
      this.#settle()
      return
    }
    const delay = Math.min(2000, 50 * 2 ** (this.#crashes.length - 1))
    setTimeout(() => {
      if (this.#isClosing) return
      this.start().catch(error => {
        if (!this.#isClosing) this.#revive(error instanceof Error ? error.message : String(error))
      })
    }, delay)
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message)
  }

  onDemo(play: () => void | Promise<void>): void {
    this.#play = play
    this.#tell({ type: 'can-demo', value: true })
  }

  onProbe(probe: () => Promise<ProbeAnswer>): void {
    this.#probe = probe
  }

  setTrouble(text: string | undefined): void {
    if (text === this.#trouble) return
    this.#trouble = text
    this.#tell({ type: 'trouble', text })
  }

  summary(withinMs = SUMMARY_MS): Promise<InspectorSummary> {
    const worker = this.#worker
    if (!worker) return Promise.resolve(NOTHING)
    const id = ++this.#asked
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      worker.postMessage({ type: 'summary', id, withinMs } satisfies ToWorker)
    })
  }

  #settle(): void {
    for (const resolve of this.#waiting.values()) resolve(NOTHING)
    this.#waiting.clear()
  }

  /** The thread itself, for tests that end it as a defect would. */
  workerForTests(): Worker | undefined {
    return this.#worker
  }

  async close(): Promise<void> {
    this.#isClosing = true
    const worker = this.#worker
    if (worker) {
      const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()))
      worker.postMessage({ type: 'close' } satisfies ToWorker)
      const impatience = setTimeout(() => void worker.terminate(), CLOSE_MS)
      await ended
      clearTimeout(impatience)
    }
    this.#settle()
    rmSync(this.#scratch, { recursive: true, force: true })
  }
}

const NOTHING: InspectorSummary = {
  sessions: 0,
  calls: 0,
  undelivered: 0,
  cut: 0,
  findings: { error: 0, warning: 0, info: 0 },
  events: 0,
  behind: 0,
}
