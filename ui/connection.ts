/**
 * The page's line to the recorder: all rows first, then the live feed, again and again.
 * Promise: after any break it goes on after the last row that it has, without a gap; it never gives up and never hammers.
 */
import type { FeedMessage, PageMessage, State } from '../proxy/core/feed.ts'
import type { AnyRow } from '../proxy/core/model.ts'
import { plainJson } from './plain-text.ts'
import { type Recorder, RecorderError } from './recorder.ts'

export type Link =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  /** The next attempt comes `inMs` after `at` (performance clock). `ended`: the recorder said that it ends, so nothing is amiss. */
  | { readonly phase: 'lost'; readonly at: number; readonly inMs: number; readonly why: string; readonly ended: boolean }
  /** The token is missing or not this recorder's (any more). */
  | { readonly phase: 'refused' }

export interface ConnectionHandlers {
  rows(rows: readonly AnyRow[]): void
  state(state: State): void
  link(link: Link): void
  /** The recorder holds other recordings than before: what the page has is of no use. */
  reset(): void
  /** Watched sessions whose rows have all been fetched once. */
  filled(sessions: readonly number[]): void
}

export interface ConnectionTimes {
  readonly firstRetryMs: number
  readonly lastRetryMs: number
  /** Without any message for so long, the line is dead (the recorder pings every 20 s). */
  readonly silentMs: number
  /** A feed that has run so long after a `watch` has sent what was between. */
  readonly settleMs: number
  readonly random: () => number
}
const TIMES: ConnectionTimes = { firstRetryMs: 500, lastRetryMs: 15_000, silentMs: 50_000, settleMs: 5000, random: Math.random }

/** Close code of the feed, as HTTP's 401. */
const UNAUTHORIZED = 4401
/** Close code of an orderly end (RFC 6455, 7.4.1: going away). */
const GOING_AWAY = 1001

/** How rows come to the page. */
export interface Line {
  start(): void
  stop(): void
  /** Does not wait for the next attempt. */
  retryNow(): void
  /** Sessions whose rows are wanted from now on, live. */
  watch(sessions: readonly number[]): void
  /** The page dropped a session's rows: they are wanted anew when it is watched again. */
  forget(session: number): void
}

export class Connection implements Line {
  readonly #recorder: Recorder
  readonly #product: string
  readonly #to: ConnectionHandlers
  readonly #times: ConnectionTimes
  #socket: WebSocket | undefined
  #stopped = new AbortController()
  #retry: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #ended = false
  /** Global rows are complete up to here. */
  #rev = 0
  #recordings = ''
  #watched: readonly number[] = []
  /** The list that the feed was last given, and when. */
  #sent: readonly number[] = []
  #watchedAt = 0
  #filling: AbortController | undefined
  /** Rows of a session are complete up to its revision here. */
  readonly #have = new Map<number, number>()

  constructor(recorder: Recorder, product: string, handlers: ConnectionHandlers, times: Partial<ConnectionTimes> = {}) {
    this.#recorder = recorder
    this.#product = product
    this.#to = handlers
    this.#times = { ...TIMES, ...times }
  }

  start(): void {
    this.#to.link({ phase: 'connecting' })
    void this.#attempt()
  }

  stop(): void {
    this.#stopped.abort()
    this.#filling?.abort()
    clearTimeout(this.#retry)
    clearTimeout(this.#silence)
    this.#socket?.close()
  }

  retryNow(): void {
    if (this.#retry === undefined) return
    clearTimeout(this.#retry)
    void this.#attempt()
  }

  watch(sessions: readonly number[]): void {
    if (sessions.length === this.#watched.length && sessions.every((id, at) => id === this.#watched[at])) return
    this.#watched = [...sessions]
    if (this.#socket?.readyState === WebSocket.OPEN) void this.#fill(this.#socket)
  }

  forget(session: number): void {
    this.#have.delete(session)
  }

  async #attempt(): Promise<void> {
    this.#retry = undefined
    const { signal } = this.#stopped
    try {
      const state = await this.#recorder.state(signal)
      this.#compare(state)
      this.#to.state(state)
      this.#rev = await this.#recorder.rows(this.#rev, [], rows => this.#to.rows(rows), signal)
      if (!signal.aborted) this.#open()
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof RecorderError && error.status === 401) this.#to.link({ phase: 'refused' })
      else this.#lost(error instanceof Error ? error.message : String(error))
    }
  }

  /** Other recordings, or revisions that began anew: start over. */
  #compare(state: State): void {
    const recordings = state.recordings.map(one => one.id).join()
    if (this.#recordings && (this.#recordings !== recordings || state.rev < this.#rev)) {
      this.#rev = 0
      this.#have.clear()
      this.#to.reset()
    }
    this.#recordings = recordings
  }

  #open(): void {
    const socket = new WebSocket(`${this.#recorder.base.replace(/^http/, 'ws')}/api/feed`)
    this.#socket = socket
    socket.onopen = () => this.#send(socket, { type: 'hello', token: this.#recorder.token, after: this.#rev, product: this.#product })
    socket.onmessage = event => this.#heard(socket, plainJson<FeedMessage>(String(event.data)))
    socket.onclose = event => {
      if (this.#socket === socket && event.code === GOING_AWAY) this.#ended = true
      this.#closed(socket, event.code === UNAUTHORIZED, event.reason || 'The connection ended.')
    }
    this.#listen(socket)
  }

  /** The line is down, or given up by us; called at most once with effect for each socket. */
  #closed(socket: WebSocket, refused: boolean, why: string): void {
    if (this.#socket !== socket || this.#stopped.signal.aborted) return
    this.#socket = undefined
    this.#filling?.abort()
    clearTimeout(this.#silence)
    this.#settle()
    socket.close()
    if (refused) this.#to.link({ phase: 'refused' })
    else this.#lost(why)
  }

  #send(socket: WebSocket, message: PageMessage): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }

  /** A half-open line says nothing for ever; the recorder's pings make silence mean something. */
  #listen(socket: WebSocket): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#closed(socket, false, 'The recorder fell silent.'), this.#times.silentMs)
  }

  #heard(socket: WebSocket, message: FeedMessage): void {
    if (this.#socket !== socket) return
    this.#listen(socket)
    if (message.type === 'ping') this.#send(socket, { type: 'pong' })
    else if (message.type === 'state') this.#to.state(message.state)
    else if (message.type === 'rows') {
      this.#to.rows(message.rows)
      this.#rev = Math.max(this.#rev, message.rev)
    } else if (message.type === 'resync') void this.#resync(socket)
    else if (message.type === 'welcome') {
      this.#failures = 0
      this.#ended = false
      this.#to.state(message.state)
      this.#to.link({ phase: 'live' })
      void this.#fill(socket)
    }
  }

  /** Fetches what the page lacks of the watched sessions, then asks the feed to go on from there. */
  async #fill(socket: WebSocket): Promise<void> {
    this.#settle()
    this.#filling?.abort()
    const filling = new AbortController()
    this.#filling = filling
    const sessions = this.#watched
    try {
      const fresh = sessions.filter(id => !this.#have.has(id))
      for (const id of fresh) {
        this.#have.set(id, await this.#recorder.rows(0, [id], rows => filling.signal.aborted || this.#to.rows(rows), filling.signal))
        this.#to.filled([id])
      }
      this.#to.filled(sessions)
      const after = Math.min(...sessions.map(id => this.#have.get(id) ?? 0), Number.MAX_SAFE_INTEGER)
      this.#send(socket, { type: 'watch', sessions, after: sessions.length > 0 ? after : this.#rev })
      this.#sent = sessions
      this.#watchedAt = performance.now()
    } catch (error) {
      if (filling.signal.aborted || this.#socket !== socket) return
      // The same attempt as after any break: the line is up, but a page of rows did not come.
      this.#closed(socket, error instanceof RecorderError && error.status === 401, error instanceof Error ? error.message : String(error))
    }
  }

  /** What the feed brought since the last `watch` counts as had, once it ran long enough to have sent what was between. */
  #settle(): void {
    if (this.#watchedAt === 0 || performance.now() - this.#watchedAt < this.#times.settleMs) return
    for (const id of this.#sent) if (this.#have.has(id)) this.#have.set(id, Math.max(this.#have.get(id) ?? 0, this.#rev))
    this.#watchedAt = 0
  }

  async #resync(socket: WebSocket): Promise<void> {
    try {
      const { signal } = this.#stopped
      const after = this.#rev
      const rev = await this.#recorder.rows(after, [], rows => this.#to.rows(rows), signal)
      if (this.#watched.length > 0) await this.#recorder.rows(after, this.#watched, rows => this.#to.rows(rows), signal)
      this.#rev = Math.max(this.#rev, rev)
    } catch (error) {
      this.#closed(socket, false, error instanceof Error ? error.message : String(error))
    }
  }

  #lost(why: string): void {
    const { firstRetryMs, lastRetryMs, random } = this.#times
    // Who said goodbye is not looked for in a hurry.
    const wait = this.#ended ? lastRetryMs : Math.min(firstRetryMs * 2 ** Math.min(this.#failures++, 10), lastRetryMs)
    // Jitter of a quarter either way, so that many pages do not come back in step.
    const inMs = Math.round(wait * (0.75 + random() / 2))
    this.#to.link({ phase: 'lost', at: performance.now(), inMs, why, ended: this.#ended })
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#attempt(), inMs)
  }
}
